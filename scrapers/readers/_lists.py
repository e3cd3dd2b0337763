"""Listings of families whose rows are marked: where a row's link, title and date stand.

A reader names the rows of its templates, the newest first. A page with none of them reads as any
site's listing does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup, Tag
from selectolax.lexbor import LexborHTMLParser

from scrapers import markup, regions
from scrapers.errors import NothingListed
from scrapers.readers import Page, _datelines, _layout, generic
from scrapers.values import Entry, Listing, Published

# Given a link of a row, the address of the statement that it leads to; None: to none.
AddressOf = Callable[[Tag, str], str | None]
Pages = Callable[[LexborHTMLParser, str], tuple[str, ...]]

_MORE = re.compile(
    r"\W*(?:(?:read|continue|learn|view|see|show)\b.{0,24}|(?:full )?details?|more|mais|más|altro"
    r"|lire la suite.*|en savoir plus.*|leer más.*|leggi.*|saiba mais.*|подробнее|читать.*"
    r"|더보기|자세히.*|更多|詳細.*)\W*",
    re.IGNORECASE,
)
_HEADINGS = "h1,h2,h3,h4,h5,h6"
_MOST_PAGES = 5000
_DATELINE = 80


@dataclass(frozen=True, slots=True)
class Rows:
    """One template of a listing, in CSS selectors.

    row: the element that holds one statement and no other. link, title, dated: in the row. link:
    the best selector first, as another may lead to a category. title: "" where the link's words are
    it. dated: may match several elements, which are read together (day and time); "" where the date
    stands anywhere beside the title.
    """

    row: str
    link: str = "a[href]"
    title: str = ""
    dated: str = ""


def listing(
    page: Page,
    *templates: Rows,
    address_of: AddressOf | None = None,
    pages: Pages = generic.further_pages,
) -> Listing:
    """The entries of a page by the first template that has any, else as generic.listing reads it.

    address_of: for links that name no address of their own (scripts). pages: how the listing's
    further pages are found. Where the source says what its addresses are (`articles`), what stands
    outside the rows is named too, before them. Raises NothingListed, as generic.listing does.
    """
    tree = regions.parse(page.html)
    base = regions.base_address(tree, page.url)
    accepted = address_of or (lambda link, at: _address(link, at, page))
    for template in templates:
        found: dict[str, Entry] = {}
        nodes = regions.outermost(tree, template.row)
        inside = [node for node in nodes if not _layout.is_beside(node)]
        for node in inside or nodes:
            row = regions.soup(node)
            for entry in _entries(row, template, page, lambda link: accepted(link, base)):
                found.setdefault(entry.url, entry)
        if found:
            outside = _outside(page, found) if address_of is None else ()
            return Listing((*outside, *found.values()), pages(tree, base))
    return generic.listing(page)


def _outside(page: Page, found: dict[str, Entry]) -> tuple[Entry, ...]:
    if page.source.articles is None:
        return ()
    try:
        every = generic.listing(page).entries
    except NothingListed:
        return ()
    return tuple(entry for entry in every if entry.url not in found)


def numbered(parameter: str, *calls: str, first: int = 1) -> Pages:
    """Further pages by a parameter of the address (?page=2), as the page's own pager counts them.

    calls: names of functions of the site's scripts whose first argument is such a number. first:
    the number of the page whose address has none.
    """

    def pages(tree: LexborHTMLParser, base: str) -> tuple[str, ...]:
        now = _number(base, parameter, first)
        asked = set(_in_links(tree, base, parameter, first))
        asked.update(_in_scripts(tree, calls))
        ahead = sorted(number for number in asked if now < number <= _MOST_PAGES)
        return tuple(_with(base, parameter, number) for number in ahead)

    return pages


def _entries(
    row: BeautifulSoup, template: Rows, page: Page, accepted: Callable[[Tag], str | None]
) -> Iterator[Entry]:
    """The row's statement; several where it holds several that the source says are such."""
    every = page.source.articles is not None  # then each link that counts is a statement's
    links: list[tuple[Tag, str]] = []
    for selector in template.link.split(","):
        links += [(link, url) for link in row.select(selector) if (url := accepted(link))]
        if links and not every:
            break
    addresses = list(dict.fromkeys(url for _, url in links))
    alone = len(addresses) == 1 or not every
    for address in addresses[:1] if alone else addresses:
        named = [words for link, url in links if url == address and (words := _words(link))]
        title = _title(row, template, named) if alone else max(named, key=len, default="")
        published = _published(row, template, page, title) if alone else None
        yield Entry(address, title or None, published)


def _title(row: BeautifulSoup, template: Rows, named: list[str]) -> str:
    chosen = row.select_one(template.title) if template.title else None
    if chosen is None and not named:
        chosen = row.select_one(_HEADINGS)
    return markup.title_text(markup.text_of(chosen) if chosen else max(named, key=len, default=""))


def _words(link: Tag) -> str:
    """What a link says, unless it says no more than "Read more"."""
    heading = link.select_one(_HEADINGS)
    words = markup.text_of(heading if heading is not None else link)
    full = markup.one_line(str(link.get("title") or ""))
    if not words or (words.endswith(("...", "…")) and len(full) > len(words)):
        words = full
    return "" if _MORE.fullmatch(words) else words


def _published(row: BeautifulSoup, template: Rows, page: Page, title: str) -> Published | None:
    """The date of a row: where the template says, in a `<time>`, in a short line beside the title;
    in longer words, which may be of any day, only where no better place is known."""
    marked = row.select(template.dated) if template.dated else []
    times = [tag for tag in (*marked, *row.select("time[datetime]")) if tag.get("datetime")]
    stamps = list(dict.fromkeys(str(tag["datetime"]) for tag in times))
    words = _joined(marked or times)  # a day and a time of day that stand apart go together
    exact = stamps if len(stamps) == 1 else ()
    said = [*_layout.in_their_order(exact, words, page), *stamps]
    lines = [line for line in map(markup.one_line, row.stripped_strings) if line != title]
    short = [line for line in lines if len(line) <= _DATELINE]
    longer = () if template.dated else (" ".join(lines),)
    found = (_datelines.read(words, page) for words in (*said, *short, *longer))
    return next((published for published in found if published), None)


def _joined(tags: list[Tag]) -> str:
    return markup.one_line(" ".join(tag.get_text(" ") for tag in tags))


def _address(link: Tag, base: str, page: Page) -> str | None:
    url = regions.address(base, str(link.get("href") or ""))
    if url is None or url == page.url:
        return None
    if page.source.articles is not None:
        return url if re.search(page.source.articles, url) else None
    return url


def _number(url: str, parameter: str, first: int) -> int:
    """Which page an address asks for; the first where it says nothing."""
    values = parse_qs(urlsplit(url).query).get(parameter, [])
    return int(values[-1]) if values and re.fullmatch("[0-9]{1,9}", values[-1]) else first


def _in_links(tree: LexborHTMLParser, base: str, parameter: str, first: int) -> Iterator[int]:
    path = urlsplit(base).path.rstrip("/")
    for node in tree.css("a[href*='=']"):
        url = regions.address(base, node.attributes.get("href"))
        if url and urlsplit(url).path.rstrip("/") == path:
            yield _number(url, parameter, first)


def _in_scripts(tree: LexborHTMLParser, calls: tuple[str, ...]) -> Iterator[int]:
    names = "|".join(map(re.escape, calls))
    for node in tree.css("a[onclick],a[href^=javascript]") if calls else ():
        said = f"{node.attributes.get('onclick') or ''} {node.attributes.get('href') or ''}"
        for number in re.findall(rf"(?<!\w)(?:{names})\(\s*['\"]?(\d{{1,5}})\b", said):
            yield int(number)


def _with(url: str, parameter: str, number: int) -> str:
    """The address with the parameter set; the rest of it stays as it is spelt."""
    parts = urlsplit(url)
    others = [pair for pair in parts.query.split("&") if pair.partition("=")[0] != parameter]
    query = "&".join([*filter(None, others), f"{parameter}={number}"])
    return parts._replace(query=query, fragment="").geturl()
