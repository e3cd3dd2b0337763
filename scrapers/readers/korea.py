"""Boards of Korean ministries (eGov frame): mofa.go.kr and its missions, msit.go.kr.

    <table><tbody><tr><td>12</td><td><a href="#" onclick="f_view('322958'); return false;">title</a>
      </td><td>2026-03-12</td></tr> ...   pager: <a onclick="f_page(2)"> or ?page=2

    <div class="board_detail"><div class="bo_head"><h2>title</h2>
      <dl><dt>Date</dt><dd>2026-03-12</dd></dl></div>
      <div class="bo_con"><div class="se-contents"><p>..</p></div></div></div>

msit.go.kr fills its rows by a script that stands in the page, with each statement dead twice in
comments beside the living one:

    <a onclick="fn_detail(3186887);"> .. <p id="td_NTT_SJ_0"></p><div id="td_REG_DT_0"></div></a>
    sHtml+= unescape('title');  $('#td_'+'NTT_SJ'+'_0').html(sHtml);
    // $('#td_'+'REG_DT'+'_0').html('2026-03-11');
    $('#td_'+'REG_DT'+'_0').html('2026. 3. 12');

    <div class="view_head"><h2>..</h2>..</div><div id="cont-wrap" class="view_cont"> .. </div>
    <div class="view_file"> .. </div>

A row's address is made of the number that its script is called with and, on boards that need
them, of the parameters of the listing's own address. Evidence: public scrapers of mofa.go.kr, of
overseas.mofa.go.kr and of msit.go.kr (lists and pages).
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit

from bs4 import Tag

from scrapers import markup, regions
from scrapers.readers import Page, Reader, _datelines, _layout, _lists
from scrapers.readers._layout import Layout
from scrapers.values import Article, Entry, Listing

_CALL = re.compile(
    r"\b(?:f_view|fn_view|fnView|fn_detail|fnDetail|f_detail|viewDetail)"
    r"\(\s*['\"]?(\d{1,12})\b"
)
_PAGERS = ("f_page", "fn_paging", "fnPaging", "fn_page", "goPage", "fn_egov_link_page", "linkPage")
_ROWS = (
    _lists.Rows("tbody tr", link="a[href],a[onclick]"),
    _lists.Rows(".board_list .toggle", link="a[href],a[onclick]"),
    _lists.Rows(".board_list li,.bbs_list li,.list_wrap li,ul.board li", link="a[href],a[onclick]"),
)
# The name of the number in the address of a statement's page, by what the listing's address has.
_NUMBERED = {"bbsSeqNo": "nttSeqNo", "bbsId": "nttId", "boardId": "nttId"}
_KEPT = re.compile(r"sCode|mId|mPid|bbsSeqNo|bbsId|boardId|menuNo|key|siteId")
_STATED = re.compile(r"(?:^|[?&])(?:seq|nttSeqNo|nttId|bcIdx|boardSeq|articleNo)=\d+")
# Where a listing stood in its board, which changes daily, is no part of a statement's address.
_PLACE = re.compile(
    r"(?:page|pageIndex|pageNo|currPage|srch\w*|search\w*|pitem|itm\w*|multi\w*|company\w*|Value\d)"
)

_BODY = Layout(
    text=(
        ".board_detail .bo_con", ".bo_con", ".se-contents", "#cont-wrap", ".view_cont",
        ".board_view_cont", ".board_view_con", ".board_view_body", ".view_contents", ".cont_view",
        ".editor_view", ".bbs_view .content", ".board-view .content",
    ),
    title=(
        ".board_detail .bo_head h2", ".bo_head h2", ".view_head h2", ".view_head .tit",
        ".board_view_tit", ".board_view h2", ".board_view h3", ".view_tit", ".view_title",
    ),
    labelled=(
        ".bo_head dl", ".bo_head", ".view_head .info", ".view_info", ".view_head",
        ".board_view_info", ".board_view dl", ".board_view_tit + *",
    ),
    dated=(".bo_head dl", ".view_head .info", ".view_info", ".board_view_info"),
    after=r"(?:등록일|작성일|게시일|게시\s?시작일|보도일|date|posted|registered)\s*[:：]?",
    drop=(
        f"{_layout.FURNITURE},.bo_head,.view_head,.view_file,.bo_file,.file,.attach,.sns,"
        ".board_navi,.board_btn,.article_btn,.btn_area,.satisfaction,.copyright"
    ),
    noise=r"(?:첨부파일|attachments?|첨부\s?\d*)[:：]?.{0,80}|목록|list|이전글.*|다음글.*|인쇄|print",
)  # fmt: skip


def article(page: Page) -> Article:
    """A statement; its date is the one after the label in its head, never that of a change."""
    return _layout.read(page, _BODY)


def listing(page: Page) -> Listing:
    """The rows of a board, whether their links are addresses, calls of a script, or both."""
    scripted = _filled_by_script(page)
    if scripted:
        tree = regions.parse(page.html)
        return Listing(scripted, _pages(page)(tree, page.url))
    return _lists.listing(
        page, *_ROWS, address_of=lambda link, base: _address(link, base), pages=_pages(page)
    )


def is_address(url: str) -> bool:
    """A page of a board that shows one statement."""
    return _STATED.search(urlsplit(url).query) is not None


def _pages(page: Page) -> _lists.Pages:
    query = urlsplit(page.url).query
    named = "pageIndex" if "bbsSeqNo=" in query or "pageIndex=" in query else "page"
    return _lists.numbered(named, *_PAGERS)


def _address(link: Tag, base: str) -> str | None:
    """Where a row leads: the number of its script's call counts before the link's own address."""
    said = f"{link.get('onclick') or ''} {link.get('href') or ''}"
    called = _CALL.search(said)
    if called:
        return _statement(base, called[1])
    url = regions.address(base, str(link.get("href") or ""))
    return _without_place(url) if url and is_address(url) else None


def _statement(listing: str, number: str) -> str:
    """The address of a statement's page by its number, beside the listing that it stands in."""
    query = [(name, value) for name, value in parse_qsl(urlsplit(listing).query)]
    kept = [(name, value) for name, value in query if _KEPT.fullmatch(name)]
    name = next((_NUMBERED[name] for name, _ in kept if name in _NUMBERED), "seq")
    return urljoin(listing, f"view.do?{urlencode([*kept, (name, number)])}")


def _without_place(url: str) -> str:
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if not _PLACE.fullmatch(pair.partition("=")[0])]
    return parts._replace(query="&".join(kept)).geturl()


def _filled_by_script(page: Page) -> tuple[Entry, ...]:
    """The entries of a list whose cells a script in the page fills: number, title and date by row.

    A row whose title is not found stands all the same: its page has one.
    """
    if "NTT_SJ" not in page.html:
        return ()
    numbers = list(dict.fromkeys(re.findall(r"fn_detail\(\s*['\"]?(\d+)", page.html)))
    script = _living(page.html)
    titles, dates = _titles(script), dict(_cells(script, "REG_DT"))
    return tuple(
        Entry(
            _statement(page.url, number),
            titles.get(row),
            _datelines.read(dates.get(row), page),
        )
        for row, number in enumerate(numbers)
    )


def _living(html: str) -> str:
    """The page's scripts without what is commented out in them."""
    first, *others = html.split("/*")
    without_blocks = first + "".join(other.partition("*/")[2] for other in others)
    lines = without_blocks.split("\n")
    return "\n".join(line for line in lines if not line.lstrip().startswith("//"))


def _titles(script: str) -> dict[int, str]:
    """Titles by row: the words put together before the row's cell is filled, or in the filling."""
    titles: dict[int, str] = {}
    start = 0
    for filled in re.finditer(r"['\"]#td_['+\s]*NTT_SJ['+\s]*_['+\s]*(\d+)['\"]\)\.html\(", script):
        end = script.find("\n", filled.end())
        before = script[start : end if end >= 0 else len(script)]
        words = re.findall(r"unescape\(\s*'((?:[^'\\]|\\.)+)'", before)
        if words:
            titles[int(filled[1])] = _said(words[-1])
        start = filled.end()
    return titles


def _cells(script: str, name: str) -> list[tuple[int, str]]:
    found = re.findall(
        rf"['\"]#td_['+\s]*{name}['+\s]*_['+\s]*(\d+)['\"]\)\.html\(\s*'([^']+)'", script
    )
    return [(int(row), words) for row, words in found]


def _said(words: str) -> str:
    """What JavaScript's unescape makes of a literal, as text."""
    plain = re.sub(r"\\(.)", r"\1", words)
    plain = re.sub(r"%u([0-9A-Fa-f]{4})", lambda code: chr(int(code[1], 16)), plain)
    return markup.title_text(markup.paragraphs_of(unquote(plain)))


READER = Reader("korea", 1, listing, article, is_address)
