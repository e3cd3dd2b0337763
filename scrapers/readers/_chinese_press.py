"""What the sites of the Chinese press and ministries have in common around a text.

Before it, an agency's dateline, which names place and day without a year; behind it, credits of
editors, invitations to an application or a code to scan, and a marker of their publishing system:

    BEIJING, July 15 (Xinhua) -- The ministry ...       新华社北京7月15日电（记者甲）商务部……
    (Web editor: N. N., M. M.)   【责任编辑：某某】   扫一扫在手机打开   /enpproperty-->
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from scrapers import markup, regions
from scrapers.errors import MissingElement
from scrapers.readers import Page, _layout
from scrapers.values import Article

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_AGENCY = r"(?:Xinhua|ECNS|CNS|China News Service|CNA|CGTN|People's Daily(?: Online)?|Global Times)"
_DATELINE = re.compile(
    rf"(?:[^\W\d_][\w.'’/ -]{{1,40}}(?:, [^\W\d_][\w.'’ -]{{1,30}})?,? )?"
    rf"(?:{_MONTH} \d{{1,2}} ?)?\({_AGENCY}\) ?(?:--+|—+|–|-) ?"
    r"|[^\W\d_][^\d\n()]{1,40}, \d{1,2} [^\W\d_]{3,12}\.? \((?:Xinhua|Синьхуа)\) ?(?:--+|—+|–|-) ?"
    r"|(?:新华社|中新社|中新网|人民网|中国日报网|央视网|环球网|中国网)[^\s\d，。]{0,12}"
    r"\d{1,2}月\d{1,2}日[电讯]\s?"
    r"(?:[（(](?:记者|通讯员|总台|作者)[^（）()]{0,40}[）)]\s?)?"
    r"|C114讯\s?(?:\d{1,2}月\d{1,2}日)?(?:消息|专稿)?\s?(?:[（(][^（）()]{1,20}[）)])?\s?"
)
_CREDIT = re.compile(
    r"[\[【(（]?\s*(?:责任编辑|责编|编辑|编辑/|审核|校对|监制|统筹|策划|制作|供稿|"
    r"(?:web |copy |managing |assistant )?editors?|edited by|(?:rédacteurs?|редакторы?|redakteure?)"
    r"(?: en ligne| web)?)\s*[:：].{0,100}",
    re.IGNORECASE,
)
_INVITATION = re.compile(
    r".{0,30}(?:>>|＞＞|》》)|扫一扫.{0,40}|扫描.{0,10}二维码.{0,30}|分享让更多人看到|.{0,10}客户端下载"
    r"|关注.{0,10}(?:微信|公众号|官方微博).{0,20}|返回顶部|打印本?[页文稿].{0,10}|【?纠错】?"
    r"|【?[打关][印闭](?:窗口|本页)?】?(?:\s*【?[打关][印闭](?:窗口|本页)?】?)*"
    r"|follow (?:us|china\.org\.cn|@?\w+) on (?:twitter|facebook).{0,80}"
    r"|(?:share|print|e-?mail|save|comments?|add your comments?)(?:[ |,/]+(?:to|this|article|share"
    r"|print|e-?mail|save|comments?|facebook|twitter|wechat|weibo))*"
    r"|newspaper headline:.{0,200}|most popular.{0,40}|share or comment on this article:?"
    r"|(?:download|open) (?:the )?.{0,30}\bapp\b.{0,60}|photo(?: by)?: ?[\w /.’'-]{1,60}"
    r"|(?:file photo|illustration): ?[\w /.’'-]{1,60}",
    re.IGNORECASE,
)
# A picture's caption ends in whose picture it is.
_CAPTION = re.compile(
    r".{0,400}(?:[(\[](?:Xinhua|Photo|File photo|AP|AFP|Reuters)(?: by|:|/)[^()\[\]]{1,50}[)\]]"
    r"|\b(?:File )?Photo: ?[\w /.’'-]{1,40}|/(?:VCG|CFP|IC|GT|CGTN|Xinhua Photo|CGTN Photo))\.?"
)
_LONGEST_CREDIT = 160
_MARKER = re.compile(r"\s*(?:/enpproperty--(?:>|&gt;)|(?:\bEnditem|■)$)", re.MULTILINE)


def article(page: Page, *layouts: _layout.Layout) -> Article:
    """The statement on a page, by the first fitting layout, without what surrounds the text there.
    Raises MissingElement where none fits or nothing but credits is left."""
    found = _layout.read(page, *layouts)
    text = bare(found.text)
    if not text:
        raise MissingElement("the statement's element has no text", selector=layouts[0].text[0])
    return replace(found, text=text)


def bare(text: str) -> str:
    """A text without the agency's dateline before it, the credits behind it, and captions and
    invitations wherever they stand."""
    blocks = [block for block in _MARKER.sub("", text).split("\n\n") if not _is_aside(block)]
    while blocks and _is_credit(blocks[-1]):
        blocks.pop()
    if blocks:
        blocks[0] = _DATELINE.sub("", blocks[0], count=1) if _begins(blocks[0]) else blocks[0]
    return markup.joined(blocks)


def _is_aside(block: str) -> bool:
    return any(pattern.fullmatch(block) for pattern in (_INVITATION, _CAPTION))


def _is_credit(block: str) -> bool:
    return len(block) <= _LONGEST_CREDIT and _CREDIT.fullmatch(block) is not None


def _begins(block: str) -> bool:
    """Whether a block begins with a dateline and has words behind it."""
    match = _DATELINE.match(block)
    return match is not None and 0 < match.end() < len(block)


def numbered_pages(page: Page) -> tuple[str, ...]:
    """The other pages of a list that a page links to: node_7_2.htm of node_7.htm."""
    stem, dot, ending = page.url.partition("?")[0].rpartition(".")
    first = re.sub(r"(?<=\d)_\d{1,3}$", "", stem)
    other = re.compile(rf"{re.escape(first)}_\d+{re.escape(dot + ending)}")
    tree = regions.parse(page.html)
    base = regions.base_address(tree, page.url)
    links = (regions.address(base, link.attributes.get("href")) for link in tree.css("a[href]"))
    return tuple(dict.fromkeys(url for url in links if url and other.fullmatch(url)))


def address_like(pattern: str) -> Callable[[str], bool]:
    """Whether an address is that of an article of a family: its host and path match a pattern."""
    shape = re.compile(pattern)
    return lambda url: shape.search(url) is not None
