"""India: Press Information Bureau (pib.gov.in) and Ministry of External Affairs (mea.gov.in).

PIB, whose pages repeat release number and language links around the text:

    <div class="innner-page-main-about-us-content-right-part"><div class="ReleaseLang">..</div>
      <div class="MinistryNameSubhead text-center" id="MinistryName">..</div>
      <h2 id="Titleh2">title</h2><h3 id="Subtitleh3">..</h3>
      <div id="PrDateTime" class="ReleaseDateSubHeaddateTime">Posted On: 12 MAR 2026 5:30PM by
      PIB Delhi</div><p>..</p><p>****</p><span id="ReleaseId">(Release ID: 2240001) Visitor Counter
      : 12</span></div>
    list: <ul class="num"><li><a href="/PressReleasePage.aspx?PRID=2240001">..</a>
      <span class="publishdatesmall">Posted on: 12 Mar 2026</span></li>

MEA, whose foot says "Page last updated on: 13/03/2026", which is no publication:

    <div class="innerHead"><h2>title</h2></div><p class="date">March 12, 2026</p>
    <div class="innerContent"><p>..</p></div> Write a Comment ...
    list: <ul class="commonListing"><li><a href="/press-releases.htm?dtl/40001/..">..</a>
      <p><span class="fa fa-calendar"></span> March 12, 2026</p></li>

Evidence: more than a dozen public scrapers of PIB pages; for MEA public scrapers of its lists and
of its page text, which do not name the elements of an article: those are guesses.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from scrapers.readers import Page, Reader, _layout, _lists
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_ROWS = (
    _lists.Rows(
        "ul.commonListing li,.press-releases li,.whatsnew li",
        link="a[href*='?dtl/']",
        dated="p,.date,.dateTxt",
    ),
    _lists.Rows("li:has(a[href*='?dtl/'])", link="a[href*='?dtl/']"),
    _lists.Rows("li:has(a[href*='PRID='])", link="a[href*='PRID=']"),
)
_PIB = Layout(
    text=(".innner-page-main-about-us-content-right-part", "#PdfDiv", "#ReleaseText"),
    title=("#Titleh2", ".innner-page-main-about-us-content-right-part h2", ".ReleaseTitleTxt"),
    dated=("#PrDateTime", ".ReleaseDateSubHeaddateTime"),
    drop=(
        f"{_layout.FURNITURE},#PrDateTime,.ReleaseDateSubHeaddateTime,#MinistryName,.ReleaseLang,"
        ".MinistryNameSubhead,#Titleh2,#ReleaseId,.VisitorCounter,.ReleaseIframe,[id*=Related],"
        ".RelTag,.RelLink,.social-media,.log_oo"
    ),
    noise=(
        r"[*#\s]{2,}|\(?release id[:：].{0,80}|visitor counter.{0,40}|posted on[:：].{0,80}"
        r"|read this release in[:：]?.{0,200}|prime minister's office"
        r"|[A-Z]{2,6}(?:/[A-Za-z.]{1,12}){1,5}"
    ),
    ends=r"\(?release id\s*[:：].*|read this release in\b.*",
)
_MEA = Layout(
    text=("body:has(.innerHead) .innerContent", "body:has(.innerHead) #innerContent"),
    title=(".innerHead h1", ".innerHead h2", ".innerHead"),
    dated=(".innerHead + p", ".innerHead + .date", ".innerHead .date", ".innerContent .date"),
    drop=(
        f"{_layout.FURNITURE},.innerHead,.comments,#comments,.writeComment,.printIcon,.date,"
        ".lastUpdated,.addthis_toolbox"
    ),
    noise=(
        r"page last updated on[:：].{0,40}|click here for .{1,40} version"
        r"|ministry of external affairs|home\b.{0,5}[›>»].{0,120}"
    ),
    ends=r"comments|(?:write|post) a comment.*|visitors[:：].*|page (?:last updated on.*|feedback)",
)  # fmt: skip
_STATEMENT = re.compile(r"(?:^|&)dtl/\d+|(?:^|&)PRID=\d+", re.IGNORECASE)


def article(page: Page) -> Article:
    """A statement of either; its date is the one beside the title."""
    return _layout.read(page, _PIB, _MEA)


def listing(page: Page) -> Listing:
    """The statements that a page names, by the addresses of either site."""
    return _lists.listing(page, *_ROWS, pages=_lists.numbered("page"))


def is_address(url: str) -> bool:
    """press-releases.htm?dtl/40001/title or PressReleasePage.aspx?PRID=2240001."""
    return _STATEMENT.search(urlsplit(url).query) is not None


READER = Reader("india", 1, listing, article, is_address, inferred=True)
