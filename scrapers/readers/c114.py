"""C114, a Chinese trade site for telecommunications, in Chinese (GB18030) and English.

Chinese, /news/117/a1230746.html:

    <h1>...</h1> <div class="r_time">2023/5/8 09:01</div> <div class="author">C114通信网 ...</div>
    <div class="text"><p>...</p> <div class="ad">...</div></div>

English, en.c114.com.cn/575/a1147399.html (its elements are a guess), prints nothing but
"Updated:2020/12/11 17:19": no publication, so its day is taken as inferred, unless a listing says
more.
"""

from __future__ import annotations

from scrapers.readers import Page, Reader, _chinese_press, _layout, generic
from scrapers.values import Article

_LAYOUT = _layout.Layout(
    text=("div.text", "#artbody", ".news_content", ".article_content", "#content", ".content"),
    title=(".one h1", ".title h1", "h1", ".title"),
    dated=(".r_time", ".time", ".date"),
    drop=(
        f"{_layout.FURNITURE},.ad,.ads,.author,.r_time,.erweima,.qrcode,.weixin,.xgnews,.copyright,"
        ".bdsharebuttonbox,.zhuanzai,.keywords,iframe"
    ),
    noise=r"免责声明[:：].*|给作者点赞|\d+ ?VS ?\d+|写得不太好|本文(?:版权|链接)[:：].*|相关标签.*",
    ends=r"[\[【]?(?:热门|相关|最新)(?:文章|新闻|视频|推荐)[\]】]?|Related (?:News|Articles)",
)


def article(page: Page) -> Article:
    """An article."""
    return _chinese_press.article(page, _LAYOUT)


is_address = _chinese_press.address_like(r"c114\.com\.cn/(?:\w+/)?\d+/a\d+\.html$")

READER = Reader("c114", 1, generic.listing, article, is_address)
