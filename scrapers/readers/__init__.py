"""Readers: how a family of sites lays out its pages. A module a family, found on demand.

A reader is two small functions. `listing` takes a page of a listing and gives its entries;
`article` takes a statement's page and gives title, text and date. Both raise nothing but errors of
`scrapers.errors`, whatever a page contains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, wraps
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Literal, TypeVar

from scrapers.errors import NotText, ScrapeError, SourceFactsError, Unreadable
from scrapers.pdf_lines import is_pdf
from scrapers.sources import ListingFacts, Source
from scrapers.values import Article, Entry, Listing

Result = TypeVar("Result", Listing, Article)


@dataclass(frozen=True, slots=True)
class Page:
    """A page to be read.

    url: its address, after redirects. html: its text, decoded. fetched_at: aware. entry: on a
    statement's page, what the listing said of it. listing: on a listing's page, its facts. body:
    the bytes as they came, for what is no text.
    """

    url: str
    html: str
    source: Source
    fetched_at: datetime
    entry: Entry | None = None
    listing: ListingFacts | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reader:
    """How one family of sites reads.

    version: rises with every change to what is read from the same page. is_address: whether an
    address looks like a statement of the family; used where a source says nothing of its own
    (`articles`). reads: whether it is for listings, articles or both. inferred: True where the
    layout is a guess that no real page has confirmed. asked_at, stands_at: where pages are shells
    that a script fills from an API, the API's address for a statement's, and the other way round;
    each gives an address that it does not know back as it is.
    """

    name: str
    version: int
    listing: Callable[[Page], Listing]
    article: Callable[[Page], Article]
    is_address: Callable[[str], bool]
    reads: Literal["both", "listings", "articles"] = "both"
    inferred: bool = False
    asked_at: Callable[[str], str] | None = None
    stands_at: Callable[[str], str] | None = None

    @property
    def id(self) -> str:
        """Stored with each revision, so that one knows which code has read it."""
        return f"{self.name}/{self.version}"


def reader(name: str) -> Reader:
    """The reader of this name. Raises SourceFactsError, naming those there are, for another."""
    known = readers()
    if name not in known:
        raise SourceFactsError(f"no reader is called {name!r}; there are {', '.join(known)}")
    return known[name]


@lru_cache(maxsize=1)
def readers() -> Mapping[str, Reader]:
    """All readers by name: the modules of this package. Raises SourceFactsError where one defines
    no `READER`, or takes another's name."""
    found: dict[str, Reader] = {}
    for module in sorted(iter_modules(__path__), key=lambda module: module.name):
        if not module.name.startswith("_"):
            made = getattr(import_module(f"{__name__}.{module.name}"), "READER", None)
            if not isinstance(made, Reader) or made.name in found:
                raise SourceFactsError(_no_reader(module.name, made))
            found[made.name] = _guarded(made)
    return MappingProxyType(found)


def _no_reader(module: str, made: object) -> str:
    wanted = f"READER = Reader({module!r}, 1, listing, article, is_address)"
    if isinstance(made, Reader):
        return f"scrapers/readers/{module}.py: {made.name!r} is another reader, expected {wanted}"
    return f"scrapers/readers/{module}.py defines no READER, expected {wanted} as its last line"


def _guarded(made: Reader) -> Reader:
    listing = _guard(made, _but_no_pdf(made.listing))
    return replace(made, listing=listing, article=_guard(made, made.article))


def _but_no_pdf(read: Callable[[Page], Listing]) -> Callable[[Page], Listing]:
    def listing(page: Page) -> Listing:
        if is_pdf(page.body):
            raise NotText("the listing is a PDF, which names no addresses")
        return read(page)

    return listing


def _guard(made: Reader, read: Callable[[Page], Result]) -> Callable[[Page], Result]:
    """Strangers' pages find every weakness of a parser: what one throws makes the page
    unreadable, never ends a run."""

    @wraps(read)
    def guarded(page: Page) -> Result:
        try:
            return read(page)
        except ScrapeError as error:
            error.source = error.source or page.source.id
            error.url = error.url or page.url
            raise
        except (Exception, RecursionError) as error:
            raise Unreadable(
                f"reader {made.id} failed with {type(error).__name__}: {error}"[:500],
                source=page.source.id,
                url=page.url,
            ) from error

    return guarded
