"""The title of a page whose layout is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from scrapers import markup, regions
from scrapers.readers import Page

# What stands between a title and the name of the site; a bare hyphen only with blanks around it.
_JOINTS = re.compile(r"\s+[|·•»«:–—-]{1,2}\s+|\s*(?:--+|__+|_|——|｜|丨|\|)\s*|-(?=[㐀-鿿]{2,10}$)")
# Chinese sites leave out the blanks around a hyphen; their names end so.
_SITE_ENDING = re.compile(
    r"(?:网|網|网站|網站|频道|頻道|日报|日報|在线|使馆|领事馆|代表团|外交部|政府|新华社|新華社|新闻)$"
)


def headline(page: Page, tree: LexborHTMLParser) -> str | None:
    """The page's title without the name of its site; None where it has none.

    An h1 that the head's title or og:title begins with, or contains, is the title; else og:title,
    else the only h1, else the head's title, each without the site's name; else what the listing
    said.
    """
    named = [text for text in _in_head(tree) if text]
    site = _site_names(page, tree)
    headings = list(dict.fromkeys(text for node in tree.css("h1") if (text := markup.line(node))))
    for heading in headings:
        if len(heading) > 3 and any(heading.casefold() in text.casefold() for text in named):
            return markup.title_text(_without_site(heading, site))
    for text in named:
        return markup.title_text(_without_site(text, site))
    if len(headings) == 1:
        return markup.title_text(headings[0])
    return page.entry.title if page.entry else None


def _in_head(tree: LexborHTMLParser) -> Iterator[str]:
    yield markup.one_line(regions.meta(tree, "og:title", "twitter:title", "ArticleTitle") or "")
    node = tree.css_first("head title") or tree.css_first("title")
    yield markup.line(node) if node is not None else ""


def _site_names(page: Page, tree: LexborHTMLParser) -> set[str]:
    host = (urlsplit(page.url).hostname or "").removeprefix("www.")
    names = {
        regions.meta(tree, "og:site_name", "application-name", "dcterms.publisher") or "",
        page.source.publisher,
        host,
        host.partition(".")[0],
    }
    return {name.casefold() for name in names if name}


def _without_site(title: str, site: set[str]) -> str:
    """A title without its last parts, as long as they are the site's name or, after a bar or an
    underscore, shorter than what stands before them."""
    joints = list(_JOINTS.finditer(title))
    for joint in reversed(joints):
        head, tail = title[: joint.start()].strip(), title[joint.end() :].strip().casefold()
        is_site = any(tail == name or (len(name) > 4 and name in tail) for name in site)
        is_site = is_site or _SITE_ENDING.search(tail) is not None
        strong = joint.group().strip() not in ("-", "–", "—", ":", "·", "•")
        if not head or not (is_site or (strong and len(tail) < len(head))):
            break
        title = head
    return title
