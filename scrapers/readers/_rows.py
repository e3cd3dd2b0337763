"""Rows of a listing: a link to a statement and what stands beside it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement

from scrapers import markup

_WHOLE = ("body", "html", "[document]")
_NAMED_TITLE = re.compile(r"(?:^|[_-])(?:title|headline)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """title: the link's words, "" if it is a picture; beside: what else the row says; stamp: the
    row's `<time datetime>`, "" if it has none."""

    title: str
    beside: str
    stamp: str


def rows(soup: BeautifulSoup, address_of: Callable[[str], str | None]) -> dict[str, Row]:
    """The rows by address, in the order of the page.

    address_of: the absolute address for a link that counts, None for another. A row is the widest
    element around a link that holds no other statement's link; in a list without such elements it
    is the text up to the next link. Several links to one statement are one row.
    """
    links = [
        (link, url) for link in soup.select("a[href]") if (url := address_of(str(link["href"])))
    ]
    inside: defaultdict[int, set[str]] = defaultdict(set)
    for link, url in links:
        for parent in link.parents:
            inside[id(parent)].add(url)
    found: dict[str, Row] = {}
    for link, url in links:
        row = _row(link, inside)
        known = found.get(url)
        found[url] = row if known is None else _merged(known, row)
    return found


def _row(link: Tag, inside: dict[int, set[str]]) -> Row:
    around = link
    for parent in link.parents:
        if len(inside[id(parent)]) > 1 or parent.name in _WHOLE:
            break
        around = parent
    words = _heading(link) or link
    title = _title(link, markup.text_of(words))
    if around is link and words is link:
        return Row(title, _until_next_link(link), "")
    time = around.find("time", attrs={"datetime": True})
    own = markup.one_line(words.get_text(" "))
    beside = markup.one_line(around.get_text(" ")).replace(own, " ", 1)
    return Row(title, beside, str(time["datetime"]) if isinstance(time, Tag) else "")


def _heading(link: Tag) -> Tag | None:
    """The title's own element where the link is a whole card, with a day and a lead."""
    heading = link.find(["h1", "h2", "h3", "h4", "h5"]) or link.find(class_=_NAMED_TITLE)
    return heading if isinstance(heading, Tag) and heading.get_text().strip() else None


def _title(link: Tag, words: str) -> str:
    """The link's words, or, where these are cut off, its title attribute."""
    full = markup.one_line(str(link.get("title") or ""))
    if not words or (words.endswith(("...", "…")) and len(full) > len(words)):
        words = full
    return markup.title_text(words)


def _until_next_link(link: Tag) -> str:
    """What follows a link up to the next one; where its own line says a number only before it, as
    a date, that: what follows is then the next link's."""
    after, before = _pieces(link.next_siblings), _pieces(link.previous_siblings)
    own, ahead = " ".join(_line(after)), " ".join(_line(before)[::-1])
    only_ahead = re.search(r"\d", ahead) and not re.search(r"\d", own)
    return markup.one_line(ahead if only_ahead else " ".join(after))


def _pieces(siblings: Iterable[PageElement]) -> list[str]:
    """What stands there up to the next link; a line break where there is one."""
    texts: list[str] = []
    for sibling in siblings:
        if isinstance(sibling, Tag) and (sibling.name == "a" or sibling.find("a")):
            break
        if isinstance(sibling, Tag):
            texts.append("\n" if sibling.name == "br" else sibling.get_text(" "))
        else:
            texts.append(" ".join(str(sibling).split()))
    return texts


def _line(pieces: list[str]) -> list[str]:
    return list(takewhile(lambda piece: piece != "\n", pieces))


def _merged(known: Row, other: Row) -> Row:
    """A picture, a title and "Read more" may lead to one statement: the longest words are the
    title."""
    title = other.title if len(other.title) > len(known.title) else known.title
    return Row(title, known.beside or other.beside, known.stamp or other.stamp)
