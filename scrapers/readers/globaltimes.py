"""Global Times, globaltimes.cn.

Since 2021, /page/202201/1245856.shtml:

    <div class="article"><div class="article_top"> <div class="article_title">...</div>
      <span class="byline">By ...</span> <span class="pub_time">Published: Jan 13, 2022 06:15 PM
      Updated: Jan 13, 2022 07:01 PM</span></div>
      <div class="article_content"><div class="article_right"><center><img></center>text<br><br>text

Before, /content/1193261.shtml:

    <div class="row-fluid article-title"><h3>...</h3></div>
    <div class="row-fluid article-source">Source: Global Times Published: 2020/7/2 1:31:42</div>
    <div class="row-fluid article-content"><div class="row-content">text<br><br>text

A page of either kind may be served under either address, so neither layout has a last day. The
time is Beijing's, which the page does not say.
"""

from __future__ import annotations

from scrapers.readers import Page, Reader, _chinese_press, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article

_DROP = (
    "center:has(img),figure,.picture,.article_footer,.related,.relatedstories,.article_related,"
    ".author_share,.share,.tags,.recommend,.most_view,.hot_news,.read_more,iframe"
)
_NEW = Layout(
    text=(".article_content .article_right", ".article_right", ".article_content"),
    title=(".article_title",),
    dated=(".pub_time",),
    drop=_DROP,
    noise="Global Times",
)
_OLD = Layout(
    text=(".article-content .row-content", ".row-content", ".article-content"),
    title=(".article-title h3", ".article-title"),
    dated=(".article-source",),
    drop=_DROP,
    noise="Global Times",
)


def article(page: Page) -> Article:
    """An article. Its date is the one behind "Published"."""
    return _chinese_press.article(page, _NEW, _OLD)


is_address = _chinese_press.address_like(r"/(?:content/\d+|page/\d{6}/\d+)\.s?html$")

READER = Reader("globaltimes", 1, generic.listing, article, is_address, reads="articles")
