"""One address, from the visit to what it says: the second half of a crawl."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from scrapers.addresses import canonical
from scrapers.charset import decode
from scrapers.dates import is_plausible
from scrapers.errors import Implausible, ScrapeError
from scrapers.language import language_of
from scrapers.readers import Page, reader
from scrapers.sources import Source
from scrapers.values import Capture, Entry, Finding, Known, Precision, Published, Statement

Fetch = Callable[[str, Source, Known | None], Capture]


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
        return replace(base, error=located(capture.error, source, entry.url))
    if capture.status == 304:
        return base
    try:
        statement = read_statement(source, url, entry, capture, now)
    except ScrapeError as error:
        return replace(base, error=located(error, source, entry.url))
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
    page = Page(
        url=entry.url, html=html, source=source, fetched_at=now, entry=entry, body=capture.body
    )
    article = used.article(page)
    published = article.published
    if published.precision is Precision.UNKNOWN and entry.published is not None:
        published = entry.published
    published = _in_zone(published, source)
    language = article.language or language_of(article.text, expected=source.languages)
    if language is None:
        language = source.languages[0]
    return Statement(source.id, address, article.title, article.text, language, published, used.id)


def _in_zone(published: Published, source: Source) -> Published:
    """A moment's day is that of the source's zone, whatever offset the page states it in."""
    if published.at is None:
        return published
    day = published.at.astimezone(ZoneInfo(source.time_zone)).date()
    return replace(published, on=day, zone=source.time_zone)


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


def located(error: ScrapeError, source: Source, url: str) -> ScrapeError:
    """The error, with source and address filled in where its raiser did not know them."""
    error.source = error.source or source.id
    error.url = error.url or url
    return error
