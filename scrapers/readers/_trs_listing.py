"""A listing page on the sites of the Chinese Foreign Ministry and its missions.

Any generation: links to statements (.../t1794629.shtml, .../202106/t20210618_8955391.htm), each
with a date beside it or in its title, and a script that knows how many pages there are:

    <ul><li><a href="./t1794584.shtml">title</a>(2020-07-03)</li> ...
    <div><a href="./202512/t20251224_11788.html">title</a><div>December 24, 2025</div></div>
    <script>var countPage = 13 ... </script>   or   createPageHTML(13, 0, "index", "htm")

The front page of an edition (/eng/, /chn/) names the newest of each section, and statements of the
ministry and of other posts, which are theirs. A section of the older sites may show its newest
statement whole, without an address of its own: it is then the first entry, under the address of the
section, and its text comes with it. When the next one takes its place, it is listed by its own.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers import regions
from scrapers.errors import NothingListed
from scrapers.readers import Page, _rows
from scrapers.readers._trs import is_address, published_in, published_in_title
from scrapers.readers._trs_hosts import is_own
from scrapers.readers._trs_inline import shown_whole
from scrapers.values import Entry, Listing

# Where the lists of the many templates stand; a page with none of them is looked at as a whole.
_LISTS = (
    ".newsLst_mod",
    ".rebox_news",
    "ul.list1",
    ".list-content",
    ".news-list",
    ".newsList",
    ".newslist",
    ".title_list",
    ".nav_title_list",
    ".cbox_ul",
    ".nbox_ul",
    ".Text_Center",
    "#docMore",
    "#docNum",
    "#TRS",
    "#TRS_OUTLINE",
    "#manytitle",
    "#liebiao",
    ".center_content",
)
# The front pages of editions, where each section has a box of its own.
_FRONT = re.compile(
    r"^(?:/ce/c[eg][a-z]+)?/+(?:(?:eng?|chn?|zh|fra?|fre|esp?|spa|rus?|ara?|deu?|ger?|jpn?|kor?|por?|"
    r"pot|ita?|cze|cz|svk|slo|srb|ser|mkd|hun|pol|ukr|tha|vnm|ind|tur|per|mfa_eng|web)/+)?"
    r"(?:(?:index|default)\.s?html?)?$"
)

_PAGE_COUNT = re.compile(
    r"countPage\s*=\s*['\"]?(\d{1,6})|createPageHTML\(\s*['\"]?(\d{1,6})['\"]?"
    r"(?:\s*,\s*['\"]?\d+['\"]?\s*,\s*['\"](\w+)['\"]\s*,\s*['\"](\w+)['\"])?"
)
_STEM_IN_SCRIPT = re.compile(r"(default|index)_?(?:\\?[\"']\s*\+.{0,80}?|\.)(s?html?)\b", re.DOTALL)
_NUMBERED = re.compile(r"_\d+\.s?html?$")
_OWN_NAME = re.compile(r"^([A-Za-z]+)(?:_\d+)?\.(s?html?)$")
# No listing of theirs has as many pages; a larger number is a mistake or a trap.
_MOST_PAGES = 5000


def listing(page: Page) -> Listing:
    """The entries of a listing page and the addresses of its other pages.

    Raises NothingListed where no link leads to a statement of the source.
    """
    tree = regions.parse(page.html)
    base = regions.base_address(tree, page.url)
    soup = regions.soup(*_lists(tree, base, page))
    found = _rows.rows(soup, lambda href: _statement_address(base, href, page))
    entries = [_entry(url, row, page) for url, row in found.items()]
    if not _NUMBERED.search(urlsplit(page.url).path):
        entries[:0] = shown_whole(page, entries)
    if not entries:
        raise _nothing(tree, base, page)
    return Listing(tuple(entries), _further_pages(page, tree))


def _nothing(tree: LexborHTMLParser, base: str, page: Page) -> NothingListed:
    links = [regions.address(base, link.attributes.get("href")) for link in tree.css("a[href]")]
    others = {urlsplit(url).hostname for url in links if url and is_address(url)}
    others.discard(urlsplit(page.url).hostname)
    if others:
        named = ", ".join(sorted(filter(None, others))[:5])
        reason = f"only statements of other hosts are named here ({named}): is one an alias?"
        return NothingListed(reason, selector="a[href]")
    return NothingListed("no link on this page leads to a statement", selector="a[href]")


def _entry(url: str, row: _rows.Row, page: Page) -> Entry:
    published = published_in(row.beside, page) or published_in_title(row.title, page)
    return Entry(url, row.title or None, published)


def _statement_address(base: str, href: str, page: Page) -> str | None:
    url = regions.address(base, href)
    if url is None:
        return None
    if page.source.articles is not None:
        # An address is known under https, whatever the page says; a pattern may say so too.
        spelt = (url, url.replace("http://", "https://", 1))
        fits = any(re.search(page.source.articles, one) for one in spelt)
    else:
        fits = is_address(url)
    return url if fits and is_own(url, page) else None


def _lists(tree: LexborHTMLParser, base: str, page: Page) -> list[LexborNode]:
    """The regions that hold the list: those of the first known template, else the whole body."""
    front = _FRONT.match(urlsplit(regions.unarchived(page.url)).path) is not None
    for selector in () if front else _LISTS:
        found = [
            node
            for node in tree.css(selector)
            if any(
                _statement_address(base, link.attributes.get("href") or "", page)
                for link in node.css("a[href]")
            )
        ]
        if found:
            return found
    return [tree.body] if tree.body is not None else []


def _further_pages(page: Page, tree: LexborHTMLParser) -> tuple[str, ...]:
    """index.htm, index_1.htm, index_2.htm ...: the first page has no number, and its folder's
    address is the first page too."""
    script = "\n".join(node.text() for node in tree.css("script"))
    found = _PAGE_COUNT.search(script)
    if found is None:
        return ()
    count = min(int(found[1] or found[2]), _MOST_PAGES)
    stem, ending = _page_name(page, script, found)
    return tuple(urljoin(page.url, f"{stem}_{number}.{ending}") for number in range(1, count))


def _page_name(page: Page, script: str, count: re.Match[str]) -> tuple[str, str]:
    """How the pages of a listing are called: as the script says, as this one is, or index.htm."""
    if count[3] and count[4]:
        return count[3], count[4]
    own = _OWN_NAME.match(urlsplit(page.url).path.rpartition("/")[2])
    if own:
        return own[1], own[2]
    named = _STEM_IN_SCRIPT.search(script)
    if named:
        return named[1], named[2]
    endings = re.findall(r"/t(?:\d{8}_)?\d+\.(s?html?)[\"']", page.html)
    return "index", endings[0] if endings else "htm"
