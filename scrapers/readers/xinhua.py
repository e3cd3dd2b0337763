"""Xinhua: news.cn, english.news.cn and, until about 2021, xinhuanet.com; all languages.

Since about 2021, /20240424/b3e483975ed64224afba3567f940a0b0/c.html:

    <div class="conTop"><h1>...</h1> <p class="time">2026-03-17 14:22:30</p></div>
    <div id="detailContent"> or <div id="detail"><p>...</p></div>

The Chinese pages of that time part the date:

    <div class="header-time"><span class="year">2021</span> <span class="day">11/25</span>
      <span class="time">08:22:16</span></div>

About 2017 to 2021, /politics/2020-02/19/c_1125597921.htm (as a real page of 2019 has it):

    <div class="h-title">...</div> <span class="h-time"> 2020-02-19 20:29:58</span>
    <div id="p-detail"><p>...</p> <div class="p-tags">责任编辑： ...</div></div>

English, /english/2019-04/25/c_138009644.htm: "Source: Xinhua| 2019-04-25 21:48:26|Editor: ..."

    <h1 id="bltitle">...</h1> <i class="time">...</i> <div id="content"><p>...</p></div>

Pages are not moved to newer layouts, so none of these has a last day.
"""

from __future__ import annotations

import re
from dataclasses import replace

from scrapers import markup, regions
from scrapers.readers import Page, Reader, _chinese_press, _datelines, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article, Precision, Published

_DROP = (
    ".p-tags,.zan-wap,.lb,.tiyi1,#articleEdit,.editor,.p-jc,.relatedNews,.related,.share,.mediaBar,"
    ".bdsharebuttonbox,.standard_lb,.video-frame,.video-url,.ewm,.wx-ewm,.p-left,figcaption,iframe"
)
_TITLES = (
    ".conTop h1",
    ".head-line h1 .title",
    ".head-line h1",
    ".mheader h1",
    ".h-title",
    "#bltitle",
    ".Btitle",
    "#title",
)
_DATES = (".h-time", ".conTop .time", ".conTop .info", ".infoBar .time", "i.time", ".time")
_LAYOUTS = tuple(
    Layout(text, title=_TITLES, dated=_DATES, drop=_DROP)
    for text in (
        ("#detailContent", "#detail"),
        ("#p-detail",),
        ("#content", "#Content", ".main-aticle", ".article", "#Zoom"),
    )
)
_PARTED = re.compile(r"(\d{4})\s*(\d{1,2})\s*/\s*(\d{1,2})\s+(\d{1,2}:\d\d(?::\d\d)?)")


def article(page: Page) -> Article:
    """An article."""
    found = _chinese_press.article(page, *_LAYOUTS)
    if found.published.precision is Precision.MINUTE:
        return found
    parted = _parted_date(page)
    return replace(found, published=parted) if parted else found


def _parted_date(page: Page) -> Published | None:
    """The date of a head that has year, day and time in elements of their own."""
    node = regions.parse(page.html).css_first(".header-time")
    said = _PARTED.search(markup.one_line(_spaced(node.html or ""))) if node is not None else None
    return _datelines.read("{}-{}-{} {}".format(*said.groups()), page) if said else None


def _spaced(written: str) -> str:
    return re.sub(r"<[^>]*>", " ", written).replace(" / ", "/")


is_address = _chinese_press.address_like(
    r"/\d{4}-\d\d/\d\d/c_\d+\.s?html?$|/\d{8}/[0-9a-f]{32}/c\.html$|/content_\d+\.html?$"
)

READER = Reader("xinhua", 1, generic.listing, article, is_address, reads="articles")
