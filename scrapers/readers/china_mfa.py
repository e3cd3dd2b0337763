"""The Chinese Foreign Ministry, fmprc.gov.cn and mfa.gov.cn, in English and Chinese.

English, until about 2021: the date stands in the title only; the element for it is empty.

    <div class="content_mod"><h2 class="title">... Regular Press Conference on July 3, 2020</h2>
      <div class="date" id="News_Body_Time"></div> <div class="content"><p>...</p></div>

Chinese:

    <div class="vibox"><div class="title" id="News_Body_Title">...</div>
      <div class="time"><span id="News_Body_Time">2020-07-03</span></div>
      <div id="News_Body_Txt_A" class="content"><p>...</p></div>

Since about 2022:

    <div class="news_header_title">...</div> <p class="xltime">Updated: May 30, 2024 10:57</p>
    <div class="content_text">...</div>

Pages that were moved in 2024 carry the day of the move in their address and sometimes as their
date: a date that begins or ends the title goes before it.
"""

from __future__ import annotations

from scrapers.language import language_of
from scrapers.readers import Page, Reader, _trs, _trs_listing
from scrapers.values import Article, Precision, Published


def article(page: Page) -> Article:
    """A statement. Its date is that of #News_Body_Time, else the title's, else what the page says
    elsewhere, else the listing's."""
    parts = _trs.take_apart(page)
    return Article(
        title=parts.title,
        text=parts.text,
        published=_published(parts, page),
        language=language_of(parts.text, expected=page.source.languages),
    )


def _published(parts: _trs.Parts, page: Page) -> Published:
    listed = page.entry.published if page.entry else None
    return (
        _trs.published_in(parts.time, page)
        or _title_or_page(parts, page)
        or listed
        or Published(Precision.UNKNOWN, zone=page.source.time_zone)
    )


def _title_or_page(parts: _trs.Parts, page: Page) -> Published | None:
    in_title = _trs.published_in_title(parts.title, page)
    on_page = _trs.published_in(parts.dateline, page) or _trs.published_in(parts.stamp, page)
    if in_title and on_page and in_title.on == on_page.on:
        return on_page  # which may know the minute
    return in_title or on_page


READER = Reader("china_mfa", 2, _trs_listing.listing, article, _trs.is_address)
