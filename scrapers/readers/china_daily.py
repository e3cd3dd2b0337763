"""China Daily: chinadaily.com.cn, its Chinese sites, and chinadailyhk.com.

    <div class="lft_art"><h1>...</h1>
      <span class="info_l">By ... | China Daily | Updated: 2020-02-20 09:05</span>
      <div id="Content"><figure><figcaption>...</figcaption></figure> <p>...</p></div></div>

The Chinese sites have <h1 class="dabiaoti">, <div class="xinf-le">2023-11-17 15:13</div> and the
editor's name in the text's element. The English pages print no other time than "Updated", from the
first minute on. It is not taken for the publication: the day is that of the head (publishdate) or
of the address (/a/202002/20/).
"""

from __future__ import annotations

from scrapers.readers import Page, Reader, _chinese_press, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article

_DROP = (
    "figure,figcaption,.urlShareArea,.fenx,.selectpage,.share,.moreshare,#qrcode,.related,.xiangguan,"
    ".email,.photo-caption,.pagestyle,.mb10,#div_currpage,iframe,div[style*='text-align:right']"
)
_LAYOUTS = (
    Layout(
        text=("#Content",),
        title=("h1.dabiaoti", ".lft_art h1", ".main_art h1", ".main_title1", ".content h1"),
        dated=(".fenx .xinf-le", ".info_l", ".main_title3"),
        drop=_DROP,
    ),
    Layout(
        text=(".article-content", ".content-main", ".news-content", "article .content"),
        title=("h1",),
        dated=(".publish-time", ".article-info", ".time"),
        drop=_DROP,
    ),
)


def article(page: Page) -> Article:
    """An article; where only its last change is timed, dated to the day."""
    return _chinese_press.article(page, *_LAYOUTS)


is_address = _chinese_press.address_like(
    r"/a/\d{6}/\d\d/WS[0-9a-f]{24}(?:_\d+)?\.html$|/\d{4}-\d\d/\d\d/content_\d+\.htm$"
    r"|chinadailyhk\.com/(?:hk/)?article/\d+$"
)

READER = Reader("china_daily", 1, generic.listing, article, is_address, reads="articles")
