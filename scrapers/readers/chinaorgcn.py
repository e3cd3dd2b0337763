"""China.org.cn and its editions in other languages, and sites of the same house.

    <h1 id="title">...</h1> <dl id="guild"><dd>Xinhua, July 2, 2020</dd></dl>
    <div id="container_txt"><p>...</p> Follow China.org.cn on Twitter and Facebook ...</div>

The editions in other languages (french.china.org.cn/foreign/txt/2020-07/02/content_76226829.htm)
print "Mis à jour le 02-07-2020" and the like: a change; the day is that of the address.
"""

from __future__ import annotations

from dataclasses import replace

from scrapers.readers import Page, Reader, _chinese_press, _layout, generic
from scrapers.values import Article, Listing

_LAYOUT = _layout.Layout(
    text=("#container_txt", "#artibody", ".artibody", "#bigpic", "#content", ".content", ".txt"),
    title=("#title", "#art_title", ".wrapper h1", ".title h1", "h1"),
    dated=("#guild dd", "#guild", "#pub_date", ".pub_date", ".pubdate", ".time"),
    drop=(
        f"{_layout.FURNITURE},#autopage,#guild,#title,.guild,.bdsharebuttonbox,.share_box,.editor,"
        "#pub_date,.pub_date,.pubdate,.time,.adv,#comment,.relatedlink,.related_news,.apDiv1,iframe"
    ),
)


def article(page: Page) -> Article:
    """An article."""
    return _chinese_press.article(page, _LAYOUT)


def listing(page: Page) -> Listing:
    """The links of a list, as any site's, and the pages that it links to by number."""
    found = generic.listing(page)
    return replace(found, pages=found.pages or _chinese_press.numbered_pages(page))


is_address = _chinese_press.address_like(r"/\d{4}-\d\d/\d\d/content_\d+\.s?html?$")

READER = Reader("chinaorgcn", 1, listing, article, is_address)
