"""What one captured page of a listing names."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scrapers.addresses import canonical, storable
from scrapers.charset import decode
from scrapers.dates import infer_years
from scrapers.errors import NothingListed, ScrapeError
from scrapers.large import in_turn, uncommented
from scrapers.readers import Page, Reader, reader
from scrapers.sources import ListingFacts, Source
from scrapers.values import Capture, Entry, Listing

# Listings of which only the page after the last says that it was the last, or that hold others.
_MAY_END_EMPTY = ("json", "sitemap")


def read_listing(source: Source, facts: ListingFacts, capture: Capture, now: datetime) -> Listing:
    """What a captured page of a listing names. Raises the capture's own error where it is not
    usable, and NothingListed where it names nothing, or its first page less than its floor. A
    further page of an API or a sitemap may be empty, and an index has no statements of its own."""
    if capture.error is not None:
        raise capture.error
    with in_turn(len(capture.body)):
        listing = _read(source, facts, capture, now)
    floor = facts.at_least if capture.url == facts.url else int(facts.type not in _MAY_END_EMPTY)
    whole = listing.whole()
    # One address spelt twice, as with a campaign's tag, is one.
    named = len(canonical_entries(source, whole))
    if named < floor and not (facts.type == "sitemap" and whole.pages):
        raise NothingListed(f"the listing names {named} addresses, at least {floor} were expected")
    languages = (facts.language,) if facts.language else source.languages
    entries = infer_years(listing.entries, zone=source.time_zone, languages=languages)
    return replace(listing, entries=entries)


def canonical_entries(source: Source, listing: Listing) -> list[tuple[str, Entry]]:
    """The entries by canonical address, each address once."""
    entries: dict[str, Entry] = {}
    for entry in listing.entries:
        try:
            url = canonical(entry.url, source)
        except ScrapeError:  # a malformed link: visited as it stands, so its failure is recorded
            url = storable(entry.url)
        entries.setdefault(url, entry)
    return list(entries.items())


def _listing_reader(source: Source, facts: ListingFacts) -> Reader:
    if facts.type in ("rss", "atom"):
        return reader("feed")
    if facts.type == "sitemap" or facts.fields is not None:
        return reader(facts.type)
    return reader("generic" if source.reader == "feed" else source.reader)


def _read(source: Source, facts: ListingFacts, capture: Capture, now: datetime) -> Listing:
    html = decode(capture.body, capture.headers.get("content-type"))
    page = Page(
        url=capture.final_url,
        html=uncommented(html) if facts.type == "html" else html,
        source=source,
        fetched_at=now,
        listing=facts,
        body=capture.body,
    )
    return _listing_reader(source, facts).listing(page)
