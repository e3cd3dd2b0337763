"""ECNS, the English site of China News Service, ecns.cn.

    <h1>...</h1> <div class="source">2020-08-19 09:22:33 | ECNS | Editor: ...</div>
    <div class="content"> or <div class="left_zw"><p>...</p></div>

The names are those of the house's Chinese sites (left_zw) and a guess; the day is also that of the
address (/news/2020-08-19/detail-ifzzcmwe9699571.shtml).
"""

from __future__ import annotations

from scrapers.readers import Page, Reader, _chinese_press, _layout, generic
from scrapers.values import Article

_DROP = (
    f"{_layout.FURNITURE},h1,.source,.time,.info,.editor,.left_pt,.adEditor,.bdsharebuttonbox,"
    ".sharewx,.moreon,.hotnews,.relatedread,.article_page,.left_relatednews,iframe"
)
_LAYOUT = _layout.Layout(
    text=(
        ".left_zw",
        "#newsContent",
        ".newsContent",
        ".content_txt",
        ".main_content .content",
        ".article .content",
        ".content_left_content",
        "#content",
        ".content",
    ),
    title=(".content_left_title", ".newstitle h1", ".main_content h1", ".title h1", "h1"),
    dated=(".content_left_time", ".left-t", ".newsdate", ".source", ".time", ".info"),
    drop=_DROP,
)


def article(page: Page) -> Article:
    """An article."""
    return _chinese_press.article(page, _LAYOUT)


is_address = _chinese_press.address_like(r"/\d{4}-\d\d-\d\d/detail-[a-z0-9]+\.shtml$")

READER = Reader("ecns", 1, generic.listing, article, is_address, inferred=True)
