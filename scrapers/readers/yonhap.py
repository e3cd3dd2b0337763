"""Yonhap, in English (en.yna.co.kr) and Korean (www.yna.co.kr).

    <h1 class="tit">title</h1> <p class="update-time" data-published-time="2026-03-12 17:30">
      송고시간 2026-03-12 17:30</p>   in English: <span>All News 17:30 March 12, 2026</span>
    <article class="story-news article"><p>SEOUL, March 12 (Yonhap) -- ..</p>
      <div class="comp-box photo-group">..</div><p>name@yna.co.kr</p><p>(END)</p></article>
    in 2015: <article class="article-wrap01">

The time stands before the day in English. Evidence: a real English page of 2019, public scrapers of
both sites.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from scrapers import markup, regions
from scrapers.readers import Page, Reader, _datelines, _layout, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing, Published

_BODY = Layout(
    text=(
        "article.story-news", ".story-news.article", ".story-news article", "div.article-txt",
        "article.article-wrap01", "#articleWrap", ".article-story", ".article01",
    ),
    title=("h1.tit01", "h1.tit", ".title-article01 h1", "header h1", "h1"),
    drop=(
        f"{_layout.FURNITURE},.tit-sub,.comp-box,.photo-group,.image-zone,.writer-zone,"
        ".writer-zone01,.related-group,.aside-box,.ad-wrap,.article-ad,.promotion,.txt-copyright,.keyword-zone,"
        ".update-time,.share-group,.newsct-options"
    ),
    noise=(
        r"\(end\)|\(끝\)|[\w.+-]+@[\w.-]+|<저작권자.{0,120}|제보는 카카오톡.{0,40}"
        r"|(?:all news|연합뉴스|yonhap)\b.{0,60}|\[.{0,60}(?:재판매|제공|photo).{0,60}\]"
    ),
    ends=r"keywords?|related (?:articles|news)|관련기사|most (?:viewed|liked)|많이 본 기사",
)  # fmt: skip
# Where Korean pages have it; elements of the same class may say when an article was changed.
_STAMPED = "[data-published-time]"
_PLACES = ".update-time,.txt-time,.txt,.zone1 span,.time,.date,.tt,.info-text01"
_TIME_FIRST = re.compile(r"\d{1,2}:\d{2}\s+[A-Z][a-z]+ \d{1,2}, \d{4}")
_PLACE = re.compile(
    r"^(?:[A-Z][\w.'’-]*[A-Z/, .\w'’-]{0,60},\s+)?[A-Z][a-z]{2,8}\.? \d{1,2} \(Yonhap\)\s*-{1,2}\s*"
    r"|^\([^()]{1,30}=연합뉴스\)\s*(?:[가-힣·]{2,12}(?:\s[가-힣·]{2,6})?\s(?:기자|특파원)\s*=\s*)?"
)


def article(page: Page) -> Article:
    """An article; its first sentence without the agency's place and day."""
    found = _layout.read(page, _BODY)
    text = _PLACE.sub("", found.text, count=1)
    return replace(found, text=text or found.text, published=_stamped(page) or found.published)


def _stamped(page: Page) -> Published | None:
    """What the page's head says of the moment of publication, if it does."""
    tree = regions.parse(page.html)
    for node in tree.css(_STAMPED):
        if found := _datelines.read(node.attributes.get("data-published-time"), page):
            return found
    for node in tree.css(_PLACES):
        words = markup.line(node)
        match = _TIME_FIRST.search(words) if len(words) < 120 else None
        if match and (found := _datelines.read(match.group(), page)):
            return found
    return None


def listing(page: Page) -> Listing:
    """The articles that a section's page names."""
    return generic.listing(page)


def is_address(url: str) -> bool:
    """/view/AEN20260312005951320 and /view/AKR20260312123400001."""
    return re.search(r"/view/A[A-Z]{2}\d{17}", urlsplit(url).path) is not None


READER = Reader("yonhap", 1, listing, article, is_address)
