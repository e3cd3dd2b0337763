"""The title of a page whose layout is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from scrapers import markup, regions
from scrapers.readers import Page

# What stands between a title and the name of the site; a bare hyphen only with blanks around it.
_JOINTS = re.compile(r"\s+[|·•»«›:–—-]{1,2}\s+|\s*(?:--+|__+|_|——|｜|丨|\|)\s*|-(?=[㐀-鿿]{2,10}$)")
# Chinese sites leave out the blanks around a hyphen; their names end so.
_SITE_ENDING = re.compile(
    r"(?:网|網|网站|網站|频道|頻道|日报|日報|在线|使馆|领事馆|代表团|外交部|政府|新华社|新華社|新闻)$"
)

# A site's name may stand among so many times its letters ("Website of the ..."), not in a sentence.
_MOSTLY = 3
_WEAK = re.compile(r"[·•:–—-]+")

# Characters of an h2 that is a title and not a box's.
_LIKE_A_TITLE = 15


def headline(page: Page, tree: LexborHTMLParser) -> str | None:
    """The page's title without the name of its site; None where it has none.

    The longest h1 that og:title or the head's title contains is the title, or an h2 that one of
    them begins with where no h1 is; else og:title, else the head's title, each without the site's
    name; else the only h1; else what the listing said. A heading or a head that is nothing but
    the site's name, as many a logo is, is never the title where there is another.
    """
    site = _site_names(page, tree)
    everywhere = [text for text in _in_head(tree) if text]
    named = [text for text in everywhere if not _is_site(text, site)]
    headings = [text for text in _headings(tree, "h1") if not _is_site(text, site)]
    inside = [text for text in headings if len(text) > 3 and _is_within(text, named)]
    found = max(inside, key=len, default=None) or _leading_heading(tree, named)
    if found:
        return markup.title_text(_without_site(found, site, bars=False))
    if named:
        return markup.title_text(_without_site(named[0], site))
    if headings and (everywhere or len(headings) == 1):
        return markup.title_text(headings[0])
    said = page.entry.title if page.entry else None
    return said or next(map(markup.title_text, everywhere), None)


def _headings(tree: LexborHTMLParser, tag: str) -> list[str]:
    return list(dict.fromkeys(text for node in tree.css(tag) if (text := markup.line(node))))


def _is_within(heading: str, named: list[str]) -> bool:
    return any(heading.casefold() in text.casefold() for text in named)


def _leading_heading(tree: LexborHTMLParser, named: list[str]) -> str | None:
    """The h2 before the site's name in the head, of a page that keeps no h1 or its logo there."""
    for heading in _headings(tree, "h2"):
        for text in named:
            begins = text.casefold().startswith(heading.casefold())
            if len(heading) >= _LIKE_A_TITLE and begins and _JOINTS.match(text, len(heading)):
                return heading
    return None


def _in_head(tree: LexborHTMLParser) -> Iterator[str]:
    yield markup.one_line(regions.meta(tree, "og:title", "twitter:title", "ArticleTitle") or "")
    node = tree.css_first("head title") or tree.css_first("title")
    yield markup.line(node) if node is not None else ""


def _is_site(text: str, site: set[str]) -> bool:
    """Whether these words are the site's name and nothing else, however it is written."""
    folded = _folded(text)
    return folded != "" and any(folded == _folded(name) for name in site)


def _folded(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _site_names(page: Page, tree: LexborHTMLParser) -> set[str]:
    host = (urlsplit(page.url).hostname or "").removeprefix("www.")
    labels = host.split(".")
    names = {
        regions.meta(tree, "og:site_name", "application-name", "dcterms.publisher") or "",
        page.source.publisher,
        host,
        labels[0],
        *(".".join(labels[place:]) for place in range(1, len(labels) - 1)),
    }
    return {name.casefold() for name in names if name}


def _without_site(title: str, site: set[str], *, bars: bool = True) -> str:
    """A title without its last parts, as long as they are the site's name or, after a bar or an
    underscore (bars), shorter than what stands before them. « Quoted words » are no last part."""
    quoted = "«" in title and "»" in title
    for joint in reversed(list(_JOINTS.finditer(title))):
        head, tail = title[: joint.start()].strip(), title[joint.end() :].strip().casefold()
        sign = joint.group().strip()
        if quoted and sign in "«»":
            break
        strong = bars and not _WEAK.fullmatch(sign)
        ending = bars and _SITE_ENDING.search(tail) is not None
        shorter = strong and len(tail) < len(head)
        if not head or not (ending or shorter or _names_site(tail, site)):
            break
        title = head
    return title


def _names_site(tail: str, site: set[str]) -> bool:
    """Whether the last part of a title says little more than the site's name."""
    short = (name for name in site if len(name) > 4 and len(tail) <= _MOSTLY * len(name))
    return tail in site or any(name in tail for name in short)
