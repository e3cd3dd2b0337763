"""Beijing Review, bjreview.com and beijingreview.com.cn.

    <td id="TRS_Editor_title">...</td> <td class="ly4">2020-08-19 &middot; Source: Xinhua News
    Agency</td> <td><div class="TRS_Editor"><p>...</p></div></td>

The Chinese edition has the title in an h4 and the date in td.ly3. The address holds the day on
which the file was written (/202008/t20200819_800218030.html).
"""

from __future__ import annotations

from scrapers.readers import Page, Reader, _chinese_press, _layout, generic
from scrapers.values import Article

_LAYOUT = _layout.Layout(
    text=(".TRS_Editor", ".TRS_UEDITOR", ".trs_editor_view", "#zoom", ".content"),
    title=("#TRS_Editor_title", ".bigtitle", ".title1", "h1", "h4"),
    dated=("td.ly4", "td.ly3", ".ly4", ".ly3", ".date", ".time"),
    drop=f"{_layout.FURNITURE},.ly4,.ly3,iframe",
    noise=r"\(?Print Edition Title:.*|Copyedited by .*|Comments? to \S+@\S+.*",
)


def article(page: Page) -> Article:
    """An article."""
    return _chinese_press.article(page, _LAYOUT)


is_address = _chinese_press.address_like(r"/\d{6}/t\d{8}_\d+\.s?html?$")

READER = Reader("bjreview", 1, generic.listing, article, is_address)
