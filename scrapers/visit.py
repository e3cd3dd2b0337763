"""One address, from the visit to what it says: the second half of a crawl."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from scrapers.about import about
from scrapers.addresses import canonical
from scrapers.charset import decode
from scrapers.dates import is_plausible, tells_no_time
from scrapers.doubt import doubt, stand_in
from scrapers.errors import Implausible, ScrapeError, Unreadable
from scrapers.language import language_of
from scrapers.large import in_turn, uncommented
from scrapers.pdf_lines import is_pdf
from scrapers.readers import Page, Reader, reader, readers
from scrapers.sources import Source
from scrapers.values import (
    Article,
    Capture,
    Entry,
    Finding,
    Known,
    Precision,
    Published,
    Statement,
)

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
    later: bool = False,
) -> Finding:
    """Visits one listed address. url: canonical; entry: what the listing said of it; capture: the
    feed's own, where the entry carries the whole statement, so that nothing is fetched. later: the
    second opinion on a page that nobody has read before is left to whoever asks for it afterwards:
    it costs many times what the reading does."""
    with about(source=source.id, address=url):
        return _visit(source, url, entry, fetch, known, now, capture, later=later)


def _visit(
    source: Source,
    url: str,
    entry: Entry,
    fetch: Fetch,
    known: Known | None,
    now: datetime,
    capture: Capture | None,
    *,
    later: bool,
) -> Finding:
    if known is not None and known.reader and not known.reader.startswith("feed/"):
        # Read from its page before a feed named it: the feed's words would look like an edit.
        entry = replace(entry, body=None)
    base = Finding(source.id, url, entry=entry, fetch_url=entry.url)
    if entry.body is None or capture is None:
        if known is not None and not known.due:
            return replace(base, known=True)
        capture = fetch(asked_at(source, entry.url), source, _as_read_today(known))
    base = replace(base, capture=capture)
    if capture.error is not None:
        return replace(base, error=located(capture.error, source, entry.url))
    if capture.status == 304:
        return base
    try:
        with in_turn(len(capture.body)):
            statement, suspect = read_checked(source, url, entry, capture, now, known, later=later)
    except ScrapeError as error:
        return replace(base, error=located(error, source, entry.url))
    unchecked = later and suspect is None and entry.body is None and not _is_known(known)
    base = replace(base, suspect=suspect, unchecked=unchecked)
    if suspect is not None and _stood_undoubted(known):
        earlier = Unreadable(f"the reading is doubtful, the earlier wording stands: {suspect}")
        return replace(base, error=located(earlier, source, entry.url))
    return _dated(replace(base, statement=statement), now)


def _as_read_today(known: Known | None) -> Known | None:
    """Without validators where another version of the reader has read the page last: unchanged, it
    would hide what today's makes of it, and the next edit would pass for a new reader's reading."""
    if known is None or known.reader is None:
        return known
    today = readers().get(known.reader.partition("/")[0])
    if today is not None and today.id == known.reader:
        return known
    return replace(known, etag=None, last_modified=None)


def read_statement(
    source: Source, url: str, entry: Entry, capture: Capture, now: datetime
) -> Statement:
    """What a usable capture says. Raises Unreadable where the reader finds no statement in it."""
    used, page = _opened(source, entry, capture, now)
    return _statement(used, page, used.article(page), _address(source, url, entry, capture))


def read_checked(
    source: Source,
    url: str,
    entry: Entry,
    capture: Capture,
    now: datetime,
    known: Known | None,
    *,
    later: bool = False,
) -> tuple[Statement, str | None]:
    """What a usable capture says, and why that is doubtful; None: it is not.

    The generic reader gives the second opinion, except on a wording that is known and was not
    doubtful. Where the source's reader finds nothing it stands in, but never for another reader's
    wording that is known: what it reads differently would look like an edit. later: it is not
    asked about what the source's reader found on a page that nobody has read before. Raises
    Unreadable where no statement was found.
    """
    used, page = _opened(source, entry, capture, now)
    address = _address(source, url, entry, capture)
    try:
        article = used.article(page)
    except Unreadable as error:
        instead = stand_in(page, used, error) if _may_be_stood_in(known) else None
        if instead is None:
            raise
        article, suspect = instead
        return _statement(reader("generic"), page, article, address), suspect
    statement = _statement(used, page, article, address)
    settled = known is not None and known.wording == statement.sha256 and not known.suspect
    if settled or (later and not _is_known(known)):
        return statement, None
    trusted = known.title if known is not None and not known.suspect else None
    return statement, doubt(page, article, used, trusted)


def second_opinion(source: Source, entry: Entry, capture: Capture, now: datetime) -> str | None:
    """Why what the source's reader finds in a capture is doubtful; None: it is not. Raises
    Unreadable where it finds nothing in it any more."""
    used, page = _opened(source, entry, capture, now)
    return doubt(page, used.article(page), used)


def read_again(
    source: Source, entry: Entry, capture: Capture, now: datetime, by: str | None = None
) -> Statement:
    """What is read in a capture that was read before, dated as at that visit (now, aware).

    by: the name of the reader that read it then, which may not be the one that the source has
    today; None: today's. entry: with the body, where its listing carried it whole. The statement
    stands at entry.url, wherever that led. Raises Unreadable where nothing is found any more, and
    SourceFactsError for a reader that is not there any more.
    """
    used, page = _opened(source, entry, capture, now)
    used = used if by is None else reader(by)
    with in_turn(len(capture.body)):
        statement = _statement(used, page, used.article(page), entry.url)
    return _dated(Finding(source.id, entry.url, statement=statement), now).statement or statement


def _is_known(known: Known | None) -> bool:
    return known is not None and known.statement is not None


def _may_be_stood_in(known: Known | None) -> bool:
    if known is None or known.statement is None:
        return True
    return (known.reader or "").startswith("generic/")


def _stood_undoubted(known: Known | None) -> bool:
    """Whether a statement is known here whose last reading was not doubtful."""
    return known is not None and known.statement is not None and not known.suspect


def _opened(source: Source, entry: Entry, capture: Capture, now: datetime) -> tuple[Reader, Page]:
    """The page, and whose it is to read."""
    if entry.body is not None:
        used, html = reader("feed"), entry.body
    elif is_pdf(capture.body):
        used, html = reader("pdf"), ""
    else:
        used = reader("generic" if source.reader == "feed" else source.reader)
        html = uncommented(decode(capture.body, capture.headers.get("content-type")))
    page = Page(
        url=entry.url, html=html, source=source, fetched_at=now, entry=entry, body=capture.body
    )
    return used, page


def asked_at(source: Source, url: str) -> str:
    """The address that is fetched for a statement's: its own, or that of the API that has its
    text, where the source's reader knows one."""
    used = reader("generic" if source.reader == "feed" else source.reader)
    return used.asked_at(url) if used.asked_at is not None else url


def stands_at(source: Source, url: str) -> str:
    """The statement's address for one that was fetched: the other way round."""
    used = reader(source.reader)
    return used.stands_at(url) if used.stands_at is not None else url


def _address(source: Source, url: str, entry: Entry, capture: Capture) -> str:
    """The canonical address that the statement stands at, after redirects."""
    if entry.body is not None or asked_at(source, entry.url) != entry.url:
        return url
    address = canonical(capture.final_url, source)
    return url if address == canonical(capture.url, source) else address


def _statement(used: Reader, page: Page, article: Article, address: str) -> Statement:
    source, published = page.source, article.published
    listed = page.entry.published if page.entry else None
    if published.precision is Precision.UNKNOWN and listed is not None:
        published = listed
    published = _in_zone(published, source)
    language = article.language or language_of(article.text, expected=source.languages)
    if language is None:
        language = source.languages[0]
    return Statement(source.id, address, article.title, article.text, language, published, used.id)


def _in_zone(published: Published, source: Source) -> Published:
    """A moment's day is that of the source's zone, whatever offset the page states it in. Where
    that is another day for a stamp that tells no time of day, the day is the one it states."""
    if published.at is None:
        return published
    day = published.at.astimezone(ZoneInfo(source.time_zone)).date()
    if day != published.on and tells_no_time(published):
        return Published(Precision.DAY, published.on, text=published.text, zone=source.time_zone)
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
    """The error as a value, with source and address filled in where its raiser did not know
    them."""
    error.source = error.source or source.id
    error.url = error.url or url
    return error.kept()
