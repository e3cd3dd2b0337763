"""The values that pass along the line, all frozen. See docs/maintainer.md for the line itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapers.errors import ScrapeError


def wording_sha256(title: str, text: str) -> str:
    """Identity of a wording: title and text, white space folded, since that is no edit. A NUL does
    not count: no store keeps it."""
    folded = "\n".join(" ".join(part.replace("\x00", "").split()) for part in (title, text))
    return hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()


class Outcome(StrEnum):
    """How a visit to one address ended. Every listed address ends in exactly one."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    GONE = "gone"
    BLOCKED = "blocked"
    SOFT_404 = "soft_404"
    BROKEN = "broken"
    UNREADABLE = "unreadable"
    IMPLAUSIBLE = "implausible"
    DISALLOWED = "disallowed"
    DUPLICATE_ADDRESS = "duplicate_address"
    NOT_IN_ARCHIVE = "not_in_archive"


class Precision(StrEnum):
    """How exactly a publication date is known."""

    MINUTE = "minute"
    DAY = "day"
    INFERRED = "inferred"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Published:
    """When something was published, as far as the page says so.

    on: the calendar day in `zone`; None when unknown.
    at: the instant (aware, UTC); only where the page gives a time of day (precision `minute`).
    text: the words on the page that the date was read from, as they stand; None if there are none.
    zone: IANA name; zone_assumed: True when the page did not state it and it is the source's own.
    """

    precision: Precision
    on: date | None = None
    at: datetime | None = None
    text: str | None = None
    zone: str = "UTC"
    zone_assumed: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One address that a listing names, with what the listing says of it.

    body: the statement's own HTML where a feed carries it whole; None: the page must be fetched.
    """

    url: str
    title: str | None = None
    published: Published | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What one page of a listing says: its entries, newest first, and all its further pages.

    pages: the addresses of the listing's other pages in their order (page 2, 3, ...), as far as
    this page tells; a page that was already read is simply not read again. older: what it says
    besides of things long past, as a sitemap does; only a backfill asks for them.
    """

    entries: tuple[Entry, ...]
    pages: tuple[str, ...] = ()
    older: Listing | None = None

    def whole(self) -> Listing:
        """With what is older."""
        if self.older is None:
            return self
        older = self.older.whole()
        return Listing(self.entries + older.entries, self.pages + older.pages)


@dataclass(frozen=True, slots=True)
class Article:
    """What a reader finds on a statement's page. `text` holds neither title nor dateline;
    paragraphs are separated by one blank line."""

    title: str
    text: str
    published: Published
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What a source published at one address, in one wording."""

    source: str
    url: str
    title: str
    text: str
    language: str
    published: Published
    reader: str

    @property
    def sha256(self) -> str:
        """Identity of the wording: title and text, white space folded: that is no edit."""
        return wording_sha256(self.title, self.text)


@dataclass(frozen=True, slots=True)
class Capture:
    """One HTTP exchange (after redirects), kept as evidence.

    url: the address asked for; final_url: the one that answered.
    status, headers (lower-case names), body (decoded from transfer and content encoding): empty
    when nothing came back. fetched_at: aware, UTC. warc, record_id: where the raw response lies
    (address of the file, urn:uuid of the record). error: why this capture is not usable, if so.
    """

    url: str
    final_url: str
    fetched_at: datetime
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    warc: str | None = None
    record_id: str | None = None
    error: ScrapeError | None = None

    @property
    def sha256(self) -> str:
        """SHA-256 of the body as it was read."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Known:
    """What the store already knows of an address: validators for a conditional request, whether
    another look is due now, and the number of its statement; None: it was never read. suspect:
    the last reading of it was doubtful. wording, title, reader: of the statement as it
    stands, its Statement.sha256, its title, and the reader that read it. visited_at: when it was
    looked at last (aware, UTC)."""

    etag: str | None = None
    last_modified: str | None = None
    due: bool = False
    statement: int | None = None
    suspect: bool = False
    wording: str | None = None
    title: str | None = None
    reader: str | None = None
    visited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListingSeen:
    """One page of a listing was visited. error: why it counts as failed; None when it was read.
    pages: how many pages the listing has, as far as its walk has seen."""

    url: str
    listing: str
    entries: int
    capture: Capture | None
    error: ScrapeError | None = None
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Walked:
    """A listing's walk in a collect. named: the canonical addresses on the pages read, in their
    order. met: whether they reach back to what was known; None: there was nothing to reach."""

    listing: str
    named: tuple[str, ...]
    met: bool | None


@dataclass(frozen=True, slots=True)
class Listed:
    """Addresses that the listings named: canonical address and entry, each address once.

    listings: those walked as far as the plan asks, whose addresses are all among these. walks:
    how each of them went.
    """

    source: str
    entries: tuple[tuple[str, Entry], ...]
    listings: tuple[str, ...] = ()
    walks: tuple[Walked, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """How the visit to one listed address ended: a statement, or why there is none.

    `statement` alone: the store decides new, revised or unchanged. `error` alone: its `outcome`
    says why there is none. Both: the statement is stored, but its date is Implausible. Neither:
    the server said 304. known: the address was known and no second look was due, so nothing was
    fetched. url is canonical; fetch_url as the listing spelt it. suspect: why a maintainer should
    look at what was read here; None: nothing is odd. unchecked: the second opinion on this reading
    is still to be heard (`scrapers.visit.second_opinion`).
    """

    source: str
    url: str
    capture: Capture | None = None
    statement: Statement | None = None
    error: ScrapeError | None = None
    known: bool = False
    fetch_url: str | None = None
    entry: Entry | None = None
    suspect: str | None = None
    unchecked: bool = False
