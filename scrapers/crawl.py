"""One source, from its listings to findings: the first half of the line, as a stream of values.

`crawl` yields, lazily and in this order: for each page of a listing a ListingSeen; then one Listed
with every address that this round of listings named; then one Finding an address. Whoever consumes
it records each value before asking for the next, so a process that dies loses nothing recorded and
the next run finds the rest: a listing's addresses are handed over all together, because a later
run stops paging at the first address it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from scrapers.addresses import canonical, printable
from scrapers.charset import decode
from scrapers.dates import infer_years, is_plausible
from scrapers.errors import DuplicateAddress, Implausible, NothingListed, ScrapeError
from scrapers.language import language_of
from scrapers.readers import Page, Reader, reader
from scrapers.sources import ListingFacts, Source
from scrapers.values import (
    Capture,
    Entry,
    Finding,
    Known,
    Listed,
    Listing,
    ListingSeen,
    Precision,
    Published,
    Statement,
)

# A listing that names this many pages of nothing new has no end that we need to reach.
MOST_PAGES = 2000

Fetch = Callable[[str, Source, Known | None], Capture]

# What the store knows of these canonical addresses of the source; unknown ones are absent.
Lookup = Callable[[Sequence[str]], Mapping[str, Known]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How far a crawl goes.

    now: the run's clock (aware). since: walk the listings page by page back to this day (a
    backfill); None: turn a page only while nothing on it is known. listings_seen: addresses of
    listings that were read before; a listing that was not is read one page deep, what is older
    is a backfill's work. listings: visit only these; None: all of the source. pending: addresses
    that earlier runs listed but could not read; they are visited too.
    """

    now: datetime
    since: date | None = None
    listings_seen: frozenset[str] = frozenset()
    listings: frozenset[str] | None = None
    pending: tuple[tuple[str, Entry], ...] = ()


@dataclass(slots=True)
class _Seen:
    """What one crawl has met so far: addresses still to visit, and those done."""

    todo: dict[str, tuple[Entry, Capture | None]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def add(self, url: str, entry: Entry, capture: Capture | None = None) -> None:
        if url not in self.done:
            self.todo.setdefault(url, (entry, capture))


def crawl(
    source: Source, fetch: Fetch, lookup: Lookup, plan: Plan
) -> Iterator[ListingSeen | Listed | Finding]:
    """Visits one source. Raises nothing for what its pages do: that is in the values it yields."""
    seen = _Seen()
    for facts in source.listings:
        if plan.listings is not None and facts.url not in plan.listings:
            continue
        if facts.valid_until is not None and plan.now.date() > facts.valid_until:
            continue
        for page in _walk(source, facts, fetch, lookup, plan, seen):
            yield page
            if plan.since is not None:
                yield from _visit_listed(source, fetch, lookup, plan, seen)
    for url, entry in plan.pending:
        seen.add(url, entry)
    yield from _visit_listed(source, fetch, lookup, plan, seen)


def _visit_listed(
    source: Source, fetch: Fetch, lookup: Lookup, plan: Plan, seen: _Seen
) -> Iterator[Listed | Finding]:
    todo, seen.todo = seen.todo, {}
    if not todo:
        return
    yield Listed(source.id, tuple((url, entry) for url, (entry, _) in todo.items()))
    known = lookup(list(todo))
    for url, (entry, capture) in todo.items():
        seen.done.add(url)
        finding = visit(source, url, entry, fetch, known.get(url), plan.now, capture=capture)
        yield _not_twice(finding, source, lookup, seen)


def _walk(
    source: Source, facts: ListingFacts, fetch: Fetch, lookup: Lookup, plan: Plan, seen: _Seen
) -> Iterator[ListingSeen]:
    """The pages of one listing, newest first, until the plan says enough."""
    queue, asked, named = [facts.url], set[str](), set[str]()
    while queue and len(asked) < MOST_PAGES:
        address = queue.pop(0)
        asked.add(address)
        capture = fetch(address, source, None)
        try:
            listing = read_listing(source, facts, capture, plan.now)
            entries = _canonical_entries(source, listing)
        except ScrapeError as error:
            yield ListingSeen(address, facts.url, 0, capture, _located(error, source, address))
            continue
        for url, entry in entries:
            seen.add(url, entry, capture if entry.body is not None else None)
        yield ListingSeen(address, facts.url, len(entries), capture)
        fresh = {url for url, _ in entries} - named
        if not fresh or _enough(facts, plan, entries, lookup):
            return
        named |= fresh
        queue += [page for page in listing.pages if page not in asked and page not in queue]


def _enough(
    facts: ListingFacts,
    plan: Plan,
    entries: Sequence[tuple[str, Entry]],
    lookup: Lookup,
) -> bool:
    if plan.since is not None:
        days = [e.published.on for _, e in entries if e.published and e.published.on]
        return bool(days) and max(days) < plan.since
    return facts.url not in plan.listings_seen or bool(lookup([url for url, _ in entries]))


def read_listing(source: Source, facts: ListingFacts, capture: Capture, now: datetime) -> Listing:
    """What a captured page of a listing names. Raises the capture's own error where it is not
    usable, and NothingListed where it names nothing, or its first page less than its floor."""
    if capture.error is not None:
        raise capture.error
    page = Page(
        url=capture.final_url,
        html=decode(capture.body, capture.headers.get("content-type")),
        source=source,
        fetched_at=now,
    )
    listing = _listing_reader(source, facts).listing(page)
    floor = facts.at_least if capture.url == facts.url else 1
    if len(listing.entries) < floor:
        raise NothingListed(
            f"the listing names {len(listing.entries)} addresses, at least {floor} were expected"
        )
    languages = (facts.language,) if facts.language else source.languages
    entries = infer_years(listing.entries, zone=source.time_zone, languages=languages)
    return replace(listing, entries=entries)


def _canonical_entries(source: Source, listing: Listing) -> list[tuple[str, Entry]]:
    entries: dict[str, Entry] = {}
    for entry in listing.entries:
        try:
            url = canonical(entry.url, source)
        except ScrapeError:  # a malformed link: visited as it stands, so its failure is recorded
            url = printable(entry.url)
        entries.setdefault(url, entry)
    return list(entries.items())


def _listing_reader(source: Source, facts: ListingFacts) -> Reader:
    if facts.type in ("rss", "atom"):
        return reader("feed")
    return reader("generic" if source.reader == "feed" else source.reader)


def visit(
    source: Source,
    url: str,
    entry: Entry,
    fetch: Fetch,
    known: Known | None,
    now: datetime,
    *,
    capture: Capture | None = None,
) -> Finding:
    """Visits one listed address. url: canonical; entry: what the listing said of it; capture: the
    feed's own, where the entry carries the whole statement, so that nothing is fetched."""
    base = Finding(source.id, url, entry=entry, fetch_url=entry.url)
    if entry.body is None or capture is None:
        if known is not None and not known.due:
            return replace(base, known=True)
        capture = fetch(entry.url, source, known)
    base = replace(base, capture=capture)
    if capture.error is not None:
        return replace(base, error=_located(capture.error, source, entry.url))
    if capture.status == 304:
        return base
    try:
        statement = read_statement(source, url, entry, capture, now)
    except ScrapeError as error:
        return replace(base, error=_located(error, source, entry.url))
    return _dated(replace(base, statement=statement), now)


def read_statement(
    source: Source, url: str, entry: Entry, capture: Capture, now: datetime
) -> Statement:
    """What a usable capture says. Raises Unreadable where the reader finds no statement in it."""
    if entry.body is not None:
        used, html, address = reader("feed"), entry.body, url
    else:
        used = reader("generic" if source.reader == "feed" else source.reader)
        html = decode(capture.body, capture.headers.get("content-type"))
        address = canonical(capture.final_url, source)
        if address == canonical(capture.url, source):
            address = url
    page = Page(url=entry.url, html=html, source=source, fetched_at=now, entry=entry)
    article = used.article(page)
    published = article.published
    if published.precision is Precision.UNKNOWN and entry.published is not None:
        published = entry.published
    language = article.language or language_of(article.text, expected=source.languages)
    if language is None:
        language = source.languages[0]
    return Statement(source.id, address, article.title, article.text, language, published, used.id)


def _dated(finding: Finding, now: datetime) -> Finding:
    """An implausible date makes the statement's date unknown, marked, with its words kept."""
    statement = finding.statement
    if statement is None or is_plausible(statement.published, now=now):
        return finding
    published = Published(
        Precision.UNKNOWN, text=statement.published.text, zone=statement.published.zone
    )
    error = Implausible(
        f"the page says {statement.published.text!r} ({statement.published.on}), which cannot be",
        source=finding.source,
        url=finding.url,
    )
    return replace(finding, statement=replace(statement, published=published), error=error)


def _not_twice(finding: Finding, source: Source, lookup: Lookup, seen: _Seen) -> Finding:
    """A redirect to an address that is known, or that this crawl visits itself, is an alias."""
    if finding.statement is None or finding.statement.url == finding.url:
        return finding
    target = finding.statement.url
    if target in seen.done or lookup([target]):
        error = DuplicateAddress(
            f"leads to {target}, which is known", source=source.id, url=finding.url
        )
        return replace(finding, statement=None, error=error)
    seen.done.add(target)
    return finding


def _located(error: ScrapeError, source: Source, url: str) -> ScrapeError:
    """The error, with source and address filled in where its raiser did not know them."""
    error.source = error.source or source.id
    error.url = error.url or url
    return error
