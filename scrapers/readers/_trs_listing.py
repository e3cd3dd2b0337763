"""A listing page on the sites of the Chinese Foreign Ministry and its missions.

Any generation: links to statements (.../t1794629.shtml, .../202106/t20210618_8955391.htm), each
with a date beside it or in its title, and a script that knows how many pages there are:

    <ul><li><a href="./t1794584.shtml">title</a>(2020-07-03)</li> ...
    <div><a href="./202512/t20251224_11788.html">title</a><div>December 24, 2025</div></div>
    <script>var countPage = 13 ... </script>   or   createPageHTML(13, 0, "index", "htm")
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from bs4 import Tag
from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers import markup, regions
from scrapers.errors import NothingListed
from scrapers.readers import Page
from scrapers.readers._trs import is_address, published_in, published_in_title
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
)

_PAGE_COUNT = re.compile(
    r"countPage\s*=\s*['\"]?(\d{1,6})|createPageHTML\(\s*['\"]?(\d{1,6})['\"]?"
    r"(?:\s*,\s*['\"]?\d+['\"]?\s*,\s*['\"](\w+)['\"]\s*,\s*['\"](\w+)['\"])?"
)
_STEM_IN_SCRIPT = re.compile(r"(default|index)(?:\\?[\"']\s*\+.{0,80}?|\.)(s?html?)\b", re.DOTALL)
_OWN_NAME = re.compile(r"^([A-Za-z]+)(?:_\d+)?\.(s?html?)$")
# No listing of theirs has as many pages; a larger number is a mistake or a trap.
_MOST_PAGES = 5000


def listing(page: Page) -> Listing:
    """The entries of a listing page and the addresses of its other pages.

    Raises NothingListed where no link leads to a statement.
    """
    tree = regions.parse(page.html)
    base = regions.base_address(tree, page.url)
    soup = regions.soup(*_lists(tree, base, page))
    entries: dict[str, Entry] = {}
    for link in soup.select("a[href]"):
        url = _statement_address(base, str(link["href"]), page)
        if url is not None:
            entry = _entry(url, link, base, page)
            entries[url] = _better(entries.get(url), entry)
    if not entries:
        raise NothingListed("no link on this page leads to a statement", selector="a[href]")
    return Listing(tuple(entries.values()), _further_pages(page, tree))


def _statement_address(base: str, href: str, page: Page) -> str | None:
    url = regions.address(base, href)
    if url is None:
        return None
    if page.source.articles is not None:
        return url if re.search(page.source.articles, url) else None
    return url if is_address(url) else None


def _lists(tree: LexborHTMLParser, base: str, page: Page) -> list[LexborNode]:
    """The regions that hold the list: those of the first known template, else the whole body."""
    for selector in _LISTS:
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


def _entry(url: str, link: Tag, base: str, page: Page) -> Entry:
    title = markup.text_of(link)
    full = markup.one_line(str(link.get("title") or ""))
    if not title or (title.endswith(("...", "…")) and len(full) > len(title)):
        title = full
    beside = _beside(link, base, page)
    published = published_in(beside, page) or published_in_title(title, page)
    return Entry(url, markup.title_text(title) or None, published)


def _beside(link: Tag, base: str, page: Page) -> str:
    """What stands in the link's row besides the link: the row is the widest element around it
    that holds no other statement."""
    row: Tag = link
    for parent in link.parents:
        others = {
            _statement_address(base, str(other["href"]), page) for other in parent.select("a[href]")
        }
        if len(others - {None}) > 1 or parent.name in ("body", "html", "[document]"):
            break
        row = parent
    if row is link:
        return _until_next_link(link)
    own = link.get_text()
    return markup.one_line(row.get_text(" ")).replace(markup.one_line(own), " ", 1)


def _until_next_link(link: Tag) -> str:
    """In lists without rows, the text that follows the link."""
    texts: list[str] = []
    for sibling in link.next_siblings:
        if isinstance(sibling, Tag) and (sibling.name == "a" or sibling.find("a")):
            break
        texts.append(sibling.get_text(" ") if isinstance(sibling, Tag) else str(sibling))
    return markup.one_line(" ".join(texts))


def _better(known: Entry | None, entry: Entry) -> Entry:
    """Two links to one statement (its picture and its title) are one entry."""
    if known is None:
        return entry
    return Entry(known.url, known.title or entry.title, known.published or entry.published)


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
