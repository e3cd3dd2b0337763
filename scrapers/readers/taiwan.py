"""Sites of Taiwan's government on its common platform: mofa.gov.tw, mac.gov.tw and others.

    <table><tr><td class="CCMS_jGridView_td_Class_1" data-title="標題"><span>
      <a href="News_Content.aspx?n=95&sms=73&s=123178" title="title">title</a></span></td>
      <td class="CCMS_jGridView_td_Class_2" data-title="發布日期"><span>115-03-12</span></td></tr>
    pager: News.aspx?n=95&sms=73&page=2&PageSize=20

    <div class="simple-text title"><div class="in"><h3>title</h3></div></div>
    <div class="list-text detail"><ul><li><span>資料更新：115-03-20</span></li>
      <li><span>發布日期：115-03-12</span></li></ul></div>
    <div class="area-essay page-caption-p"><div class="essay"><div class="p">
      <p>March 12, 2026</p><p>..</p></div></div></div>
    <div class="area-editor system-info"> .. </div>

Chinese pages count years from 1911. A page shows the days of publication, of the last change and
of the last check beside each other. Feeds (OpenData.aspx) are read as feeds and as JSON. Evidence:
public scrapers of mofa.gov.tw, mac.gov.tw, gov.taipei and tainan.gov.tw (lists and pages).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from scrapers.readers import Page, Reader, _layout, _lists
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_STATEMENT = "a[href*='_Content.aspx'],a[href*='content.aspx']"
_ROWS = (
    _lists.Rows("tr:has(td[class*=CCMS_jGridView])", link=_STATEMENT,
                dated="[data-title*=日期],[data-title*=時間],[data-title*=Date],[data-title*=Time]"),
    _lists.Rows(".list-text li,.list-pic li,.area-figure li,.area-news li", link=_STATEMENT),
)  # fmt: skip

_BODY = Layout(
    text=(
        ".area-essay .essay", ".page-caption-p .essay", ".area-essay", ".essay",
        ".page-content .p", "#CCMS_Content .p",
    ),
    title=(
        ".simple-text.title h3", ".simple-text.title h2", ".simple-text.title h1",
        ".simple-text.title",
    ),
    labelled=(".list-text.detail li", ".list-text.detail", ".simple-text.date", ".system-info li"),
    after=(
        r"(?:發[布佈](?:日期|時間)|上[版架](?:日期|時間)|公[告布]日期|新聞日期|張貼日期"
        r"|(?:publish(?:ed|ing)?|post(?:ed)?|release|issue)? ?date|posted on)\s*[:：]"
    ),
    drop=(
        f"{_layout.FURNITURE},.system-info,.list-text.file-download,.list-text.detail,.page-footer,"
        ".simple-text.title,.list-pic,.list-text.link,.list-text.label"
    ),
    noise=(
        r"(?:資料來源|發[布佈]單位|資料更新|資料檢視|資料維護|點閱(?:數|次數|人次)|data source)"
        r"[:：].{0,60}|回上一頁|回首頁|友善列印|分享"
    ),
    ends=(
        r"相關(?:連結|附件|檔案|圖片|新聞|影音)|附加檔案|檔案下載|標籤[:：]?.*"
        r"|related (?:links|files|images)"
    ),
)  # fmt: skip


def article(page: Page) -> Article:
    """A statement; its date is the one that the page calls that of publication, else the one that
    begins the text."""
    return _layout.read(page, _BODY)


def listing(page: Page) -> Listing:
    """The rows of a table or of a list with pictures."""
    return _lists.listing(page, *_ROWS, pages=_lists.numbered("page"))


def is_address(url: str) -> bool:
    """A page that shows one statement: News_Content.aspx?n=95&s=123178."""
    parts = urlsplit(url)
    content = parts.path.lower().endswith("content.aspx")
    return content and re.search(r"(?:^|&)s=\w+", parts.query) is not None


READER = Reader("taiwan", 1, listing, article, is_address)
