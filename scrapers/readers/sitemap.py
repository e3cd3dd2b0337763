"""Sitemaps, their indexes, and news sitemaps, plain or gzipped (sitemaps.org, protocol 0.9).

    <urlset><url><loc>https://..</loc><lastmod>2026-03-12</lastmod>
      <news:news><news:publication_date>..</..><news:title>..</news:title></news:news></url></urlset>
    <sitemapindex><sitemap><loc>https://../sitemap-2.xml.gz</loc><lastmod>..</lastmod></sitemap>..

A sitemap names everything that a site has, so what it calls long unchanged is left to a backfill
(`Listing.older`). `lastmod` is when a page was last changed, and says nothing of its publication.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import zip_longest
from urllib.parse import urlsplit

from lxml import etree

from scrapers import markup, regions
from scrapers.charset import decode
from scrapers.dates import read_date
from scrapers.errors import NothingListed, TooLarge, Unreadable
from scrapers.readers import Page, Reader, generic
from scrapers.values import Article, Entry, Listing

# The protocol allows a sitemap 50 MB; more than this, once inflated, is a bomb or a mistake.
LARGEST = 50_000_000
# What changed before so many days is a backfill's, except the newest: of a site that rests they
# are all there is to see.
WINDOW = timedelta(days=60)
_ALWAYS, _ALWAYS_FURTHER = 20, 3
# So many addresses that say nothing of their age are not a listing: nothing tells the new ones.
MOST_UNDATED = 5000

_GZIP = b"\x1f\x8b"
_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/_-]?([01]\d)(?:[/_-]?([0-3]\d))?(?=[/_.-]|$)")
_DAY = re.compile(r"(?:19|20)\d\d-[01]\d(?:-[0-3]\d)?")


@dataclass(frozen=True, slots=True)
class _Named:
    """One address of a sitemap, or one further sitemap; texts as they stand, "" for none."""

    url: str
    changed: str
    published: str
    title: str
    further: bool


def listing(page: Page) -> Listing:
    """The statements that a sitemap names, newest first, and the sitemaps that an index names.

    A statement's address matches the source's `articles`; where there is no such pattern it looks
    like one and is on the sitemap's own host. Raises Unreadable where there is no sitemap,
    TooLarge for one above 50 MB, NothingListed for one without an address.
    """
    named = list(_named(_text(page)))
    if not named:
        raise NothingListed("the sitemap names no address", selector="url > loc")
    entries = _newest_first([one for one in named if not one.further and _counts(one.url, page)])
    further = _newest_first(_from_both_ends([one for one in named if one.further]))
    if sum(not _stamp(one) for one in entries) > MOST_UNDATED:
        raise Unreadable(
            f"the sitemap names {len(entries):,} statements and does not say how old they are: "
            "narrow them by `articles`, or take another listing"
        )
    since = (page.fetched_at - WINDOW).date().isoformat()
    recent = max(_recent(entries, since), min(_ALWAYS, len(entries)))
    open_ = max(_recent(further, since), min(_ALWAYS_FURTHER, len(further)))
    older = _listing(entries[recent:], further[open_:], page)
    return replace(
        _listing(entries[:recent], further[:open_], page),
        older=older if older.entries or older.pages else None,
    )


def _listing(entries: list[_Named], further: list[_Named], page: Page) -> Listing:
    return Listing(tuple(_entry(one, page) for one in entries), tuple(one.url for one in further))


def article(page: Page) -> Article:
    """Never: a sitemap carries no texts."""
    raise Unreadable(f"{page.url[:200]} is a statement's page; this reader reads listings")


def _text(page: Page) -> str:
    """The sitemap as text, inflated where it came as a gzipped file."""
    if not page.body.startswith(_GZIP):
        return page.html
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        body = inflater.decompress(page.body, LARGEST)
    except zlib.error as error:
        raise Unreadable(f"a gzipped sitemap that cannot be inflated: {error}") from error
    if inflater.unconsumed_tail:
        raise TooLarge(f"a gzipped sitemap of more than {LARGEST:,} bytes")
    return decode(body, "application/xml")


def _named(text: str) -> Iterator[_Named]:
    """What a sitemap names. Not well-formed XML is read as far as it goes; entities, external
    files and depth are not followed: libxml2 refuses them."""
    stream = io.BytesIO(text.lstrip("\ufeff \t\r\n").encode("utf-8", "replace"))
    elements = etree.iterparse(
        stream,
        events=("start", "end"),
        tag=("{*}urlset", "{*}sitemapindex", "{*}url", "{*}sitemap"),
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    is_sitemap = False
    try:
        for event, element in elements:
            kind = etree.QName(element).localname
            is_sitemap = is_sitemap or kind in ("urlset", "sitemapindex")
            if event == "end" and is_sitemap and kind in ("url", "sitemap"):
                yield from _one(element, further=kind == "sitemap")
                element.clear()
    except etree.XMLSyntaxError as error:
        if not is_sitemap:
            raise Unreadable(f"expected a sitemap, found no XML ({error})"[:300]) from error
    if not is_sitemap:
        kind = "a page of HTML" if re.search(r"<html\b", text[:5000], re.I) else "something else"
        raise Unreadable(f"expected a sitemap, found {kind}", selector="urlset, sitemapindex")


def _one(element: etree._Element, *, further: bool) -> Iterator[_Named]:
    said: dict[str, str] = {}
    for inner in element.iter("{*}loc", "{*}lastmod", "{*}publication_date", "{*}title"):
        name = etree.QName(inner)
        of_another = name.namespace is not None and re.search("image|video", name.namespace)
        if not of_another and inner.text:
            said.setdefault(name.localname, inner.text.strip())
    url = regions.address("", said.get("loc"))
    if url is not None:
        published = said.get("publication_date", "")
        yield _Named(url, said.get("lastmod", ""), published, said.get("title", ""), further)


def _counts(url: str, page: Page) -> bool:
    if page.source.articles is not None:
        return re.search(page.source.articles, url) is not None
    return _host(url) == _host(page.url) and generic.is_address(url)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _stamp(one: _Named) -> str:
    """When an address was new or changed, as its sitemap says or else itself; "" for no answer."""
    for said in (one.published, one.changed):
        if _DAY.match(said):
            return said
    stated = _IN_ADDRESS.search(urlsplit(one.url).path)
    return "-".join(filter(None, stated.groups())) if stated else ""


def _recent(named: list[_Named], since: str) -> int:
    """How many of these, newest first, are not known to be older than that day."""
    days = (_stamp(one)[:10] for one in named)
    return sum(not day or day >= since[: len(day)] for day in days)


def _from_both_ends(named: list[_Named]) -> list[_Named]:
    """The last, the first, the last but one, ...: of sitemaps that do not say how old they are,
    what is new stands in the last one, or in the first."""
    ahead, back = named[: len(named) // 2], named[len(named) // 2 :][::-1]
    return [one for pair in zip_longest(back, ahead) for one in pair if one is not None]


def _newest_first(named: list[_Named]) -> list[_Named]:
    """What does not say how old it is may be the newest, and comes first."""
    return sorted(named, key=lambda one: _stamp(one) or "~", reverse=True)


def _entry(one: _Named, page: Page) -> Entry:
    zone, languages = page.source.time_zone, page.source.languages
    published = read_date(one.published, zone=zone, languages=languages) if one.published else None
    return Entry(one.url, markup.title_text(one.title) or None, published)


READER = Reader("sitemap", 1, listing, article, generic.is_address, reads="listings")
