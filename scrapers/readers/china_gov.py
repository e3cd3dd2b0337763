"""Chinese ministries and offices beside the Foreign Ministry. Each has a publishing system of its
own, but they read alike: a list of links with days beside them, a page of one text.

Commerce (mofcom.gov.cn; PubDate in the head), and its older offices abroad:

    <div class="art-title">...</div> <div class="art-con"><p>...</p></div>
    <h2 id="artitle">...</h2> <div id="arsource">2019-06-28 10:05</div> <div id="zoom">...</div>

Defence (mod.gov.cn, eng.mod.gov.cn), the title in `.article-header h1` or

    <div class="artichle-info"><h2>...</h2> <p>来源 <span>发布：2026-05-07 06:00</span></p></div>
    <div id="article-content"><div class="article-content"><p>...</p></div></div>

Cyberspace Administration (cac.gov.cn), Industry (miit.gov.cn), State Council (gov.cn): the texts
are in #BodyLabel, #con_con, #UCAP-CONTENT. What is read at the State Council's Information Office
(scio.gov.cn) is what the same house uses at china.org.cn, and a guess.

Lists. Defence counts its pages from one: createPageHTML('3', '1', 'index', 'html', ...) on
index.html, then index_2.html. Commerce fills some of its lists by a script from an address that
answers {"data": {"html": "<ul>..."}}; that address can be a listing of its own.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from scrapers.errors import NeedsScript, NothingListed
from scrapers.readers import Page, Reader, _chinese_press, _layout, generic
from scrapers.values import Article, Listing

_DROP = (
    f"{_layout.FURNITURE},.more-page,#displaypagenum,#mediaurl,#cmplayer,.editor,.art-tool,.qrcode,"
    ".info,.art-info,#arsource,.pages-date,#pubtime,.pub_date,#con_time,.ewm,.pages_print,.bdsharebuttonbox,.share-box,#qr_container,.attachment_title,iframe"
)
_COMMERCE = _layout.Layout(
    text=(".art-con", ".artCon", "#zoom", ".textlive"),
    title=("#artitle", ".art-title", "h1.art-tit", ".title h1", ".artTitle", "h1"),
    dated=("#arsource", ".art-source", ".source", ".artSource"),
    drop=_DROP,
)
_DEFENCE = _layout.Layout(
    text=("#article-content .article-content", "#article-content", ".article-content"),
    title=(".article-header h1", ".artichle-info h2", ".article-info h2", ".video-header h2", "h1"),
    dated=(".artichle-info .time", ".artichle-info p", ".article-header .info", "small .time"),
    drop=_DROP,
)
_OFFICES = _layout.Layout(
    text=(
        "#BodyLabel",
        "#UCAP-CONTENT",
        "#con_con",
        ".pages_content",
        ".main-content",
        ".TRS_Editor",
    ),
    title=("#con_title", "#ti", ".article h1", ".title h1", "h1.title", ".main-title", "h1"),
    dated=("#con_time", ".pages-date", "#pubtime", ".info", ".date"),
    drop=_DROP,
)
_INFORMATION = _layout.Layout(
    text=("#container_txt", "#artibody", ".artibody", ".article_content", "#content", ".content"),
    title=("#title", ".article_title", "h1"),
    dated=("#guild dd", ".pub_date", "#pubtime", ".time", ".date"),
    drop=_DROP,
)
_FILLED = re.compile(r"jpaas-publish-server/front/page/build/unit")
_PAGES = re.compile(
    r"createPageHTML\(\s*['\"]?(\d{1,4})['\"]?\s*,\s*['\"]?(\d{1,4})['\"]?\s*,"
    r"\s*['\"](\w{1,40})['\"]\s*,\s*['\"](s?html?)['\"]"
)
_FIRST = re.compile(r"(?:/|/[a-z]+\.s?html?)$")


def article(page: Page) -> Article:
    """A statement. The first layout decides whose text is there."""
    return _chinese_press.article(page, _COMMERCE, _DEFENCE, _OFFICES, _INFORMATION)


def listing(page: Page) -> Listing:
    """The links of a list, as any site's, with the pages that a script counts. Raises NeedsScript
    for a list that a script would fill, NothingListed for another without entries."""
    filled = _unpacked(page)
    try:
        found = generic.listing(filled)
    except NothingListed as error:
        if _FILLED.search(page.html):
            raise NeedsScript(
                "the list is filled by a script: take the address that it asks as the listing",
                selector="a[href]",
            ) from error
        raise
    pages = found.pages or _counted(page) or _chinese_press.numbered_pages(page)
    return replace(found, pages=pages)


def _unpacked(page: Page) -> Page:
    """An answer of the address that a script asks, as the page that it is a part of."""
    if not page.html.lstrip().startswith("{"):
        return page
    try:
        answer: Any = json.loads(page.html)
    except (ValueError, RecursionError):
        return page
    data = answer.get("data")
    part = data.get("html") if isinstance(data, dict) else None
    return replace(page, html=part) if isinstance(part, str) else page


def _counted(page: Page) -> tuple[str, ...]:
    """All other pages, as the first one tells: from index_1 where its script calls it 0, from
    index_2 where it calls it 1. A later page does not tell which of the two it counts by."""
    found = _PAGES.search(page.html)
    if found is None or not _FIRST.search(page.url):
        return ()
    count, first = int(found[1]), int(found[2])
    numbers = range(first + 1, first + count)
    return tuple(urljoin(page.url, f"{found[3]}_{number}.{found[4]}") for number in numbers)


is_address = _chinese_press.address_like(
    r"/art/\d{4}/art_[0-9a-f]+\.html$|/c_\d+\.htm$|/content_\d+\.s?html?$|/\d{6}/\d{8,}\.s?html$"
    r"|/\d{7,}\.html$|/art_\d+_\d+\.html$|/t\d{8}_\d+\.s?html?$|/art/\d{4}/art_\w+\.html$"
)

READER = Reader("china_gov", 1, listing, article, is_address)
