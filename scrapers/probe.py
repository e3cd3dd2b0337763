"""What a source looks like today: its listings, their newest statements, what else its pages offer.

For a maintainer who asks whether the facts hold. Nothing is stored: each result is a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urljoin, urlsplit

from protego import Protego

from scrapers import regions
from scrapers.addresses import canonical, host_of
from scrapers.charset import decode
from scrapers.errors import NothingListed, ScrapeError
from scrapers.listings import read_listing
from scrapers.look import is_html
from scrapers.periods import addresses, day_in
from scrapers.policy import ROBOT
from scrapers.sources import ListingFacts, Source
from scrapers.values import Capture, Entry, Finding
from scrapers.visit import Fetch, visit

# Statements that are read of each listing.
NEWEST = 2
_LONGEST_LINK = 200

_FEED_TYPES = {"application/rss+xml": "rss", "application/atom+xml": "atom"}
_LIKE_A_FEED = re.compile(r"(^|[/.?=_-])(rss|atom|feed|rdf)([/.?&=_-]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Robots:
    """What a host's robots.txt says. found: False where there is none; allowed: of the listings'
    addresses those that we may not fetch are in `forbidden`; delay: seconds asked for."""

    url: str
    found: bool
    forbidden: tuple[str, ...] = ()
    delay: float | None = None
    sitemaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """What a listing said. url: as it was asked for; error: why it could not be read. entries:
    newest first, as far as they are dated; pages: further ones that it names. feeds: (kind,
    address) of the feeds that its page offers. newest: visits to its first statements. links: where
    none of its links leads to a statement, those that look most like one."""

    facts: ListingFacts
    url: str
    error: ScrapeError | None = None
    entries: tuple[Entry, ...] = ()
    pages: int = 0
    feeds: tuple[tuple[str, str], ...] = ()
    newest: tuple[Finding, ...] = ()
    links: tuple[str, ...] = ()

    @property
    def works(self) -> bool:
        """Whether it was read, and at least one of its newest statements too."""
        read = [finding for finding in self.newest if finding.statement is not None]
        return self.error is None and bool(read)

    @property
    def days(self) -> tuple[date, ...]:
        """The days that the listing itself states."""
        return tuple(e.published.on for e in self.entries if e.published and e.published.on)


def listings(source: Source, fetch: Fetch, now: datetime) -> Iterator[Listed]:
    """Reads each listing of a source that is in use and its newest statements, politely, one after
    the other."""
    for facts in source.listings:
        if facts.valid_until is not None and now.date() > facts.valid_until:
            continue
        yield listing(source, facts, fetch, now)


def listing(source: Source, facts: ListingFacts, fetch: Fetch, now: datetime) -> Listed:
    """Reads one listing's first page and its newest statements. Raises nothing for what the
    source's pages do."""
    today = day_in(now, source.time_zone)
    url = next(addresses(facts.url, today, today))
    capture = fetch(url, source, None)
    found = Listed(facts, url, feeds=feeds_on(capture))
    try:
        read = read_listing(source, facts, replace(capture, url=facts.url), now)
    except ScrapeError as error:
        links = links_on(capture) if isinstance(error, NothingListed) else ()
        return replace(found, error=error, links=links)
    entries = tuple(read.entries)
    visits = tuple(_visit(source, entry, fetch, now, capture) for entry in _newest(entries))
    return replace(found, entries=entries, pages=len(read.pages), newest=visits)


def _newest(entries: Sequence[Entry]) -> Sequence[Entry]:
    """By the days that the listing states, else by its order."""
    dated = [entry for entry in entries if entry.published and entry.published.on]
    if len(dated) * 2 < len(entries):
        return entries[:NEWEST]
    dated.sort(key=lambda e: e.published.on if e.published and e.published.on else date.min)
    return dated[::-1][:NEWEST]


def _visit(
    source: Source, entry: Entry, fetch: Fetch, now: datetime, listing_capture: Capture
) -> Finding:
    try:
        url = canonical(entry.url, source)
    except ScrapeError as error:
        return Finding(source.id, entry.url, error=error, entry=entry)
    return visit(source, url, entry, fetch, None, now, capture=listing_capture)


def feeds_on(capture: Capture) -> tuple[tuple[str, str], ...]:
    """The feeds that a page offers: (`rss` or `atom`, address), those it declares first, then
    links that look like one. Empty for what is no page."""
    if capture.error is not None or not is_html(capture):
        return ()
    try:
        tree = regions.parse(decode(capture.body, capture.headers.get("content-type")))
    except ScrapeError:
        return ()
    base = regions.base_address(tree, capture.final_url)
    found: dict[str, str] = {}
    for node in tree.css("link[rel~=alternate][type][href]"):
        kind = _FEED_TYPES.get((node.attributes.get("type") or "").strip().lower())
        address = regions.address(base, node.attributes.get("href"))
        if kind and address:
            found.setdefault(address, kind)
    for node in tree.css("a[href]"):
        address = regions.address(base, node.attributes.get("href"))
        if address and _LIKE_A_FEED.search(urlsplit(address).path):
            found.setdefault(address, "atom" if "atom" in address.lower() else "rss")
    return tuple((kind, address) for address, kind in found.items())


def links_on(capture: Capture, most: int = 4) -> tuple[str, ...]:
    """The longest addresses on its own host that a page links to, without those that differ in
    their numbers only: statements have longer ones than sections."""
    if capture.error is not None or not is_html(capture):
        return ()
    try:
        tree = regions.parse(decode(capture.body, capture.headers.get("content-type")))
    except ScrapeError:
        return ()
    base = regions.base_address(tree, capture.final_url)
    kinds: dict[str, str] = {}
    for node in tree.css("a[href]"):
        address = regions.address(base, node.attributes.get("href"))
        if address and host_of(address) == host_of(base) and len(address) <= _LONGEST_LINK:
            kinds.setdefault(re.sub(r"\d+", "0", address), address)
    return tuple(sorted(kinds.values(), key=len, reverse=True)[:most])


def robots(source: Source, fetch: Fetch) -> Iterator[Robots]:
    """What the robots.txt of each of the source's hosts says."""
    by_host: dict[str, list[str]] = {}
    for facts in source.listings:
        by_host.setdefault(urljoin(facts.url, "/robots.txt"), []).append(facts.url)
    for url, wanted in by_host.items():
        capture = fetch(url, source, None)
        body = capture.body.removeprefix(b"\xef\xbb\xbf").lstrip()
        if capture.error is not None or not body or body.startswith(b"<"):
            yield Robots(url, found=False)
            continue
        rules = Protego.parse(body[:512_000].decode("utf-8", "replace"))
        yield Robots(
            url,
            found=True,
            forbidden=tuple(one for one in wanted if not rules.can_fetch(one, ROBOT)),
            delay=rules.crawl_delay(ROBOT),
            sitemaps=tuple(rules.sitemaps),
        )
