"""Sites of the European institutions on Drupal: EEAS, DG CONNECT, ENISA, the Commission's own.

    Europa Component Library: <h1 class="ecl-page-header__title">title</h1>
      <ul class="ecl-page-header__meta"><li class="ecl-page-header__meta-item">NEWS ARTICLE</li>
      <li class="ecl-page-header__meta-item">Publication 12 March 2026</li></ul>
      <p class="ecl-page-header__description">lead</p>
      <div class="cnt-main-body"><div class="ecl"><p>..</p></div></div>      (digital-strategy)
      <article><div class="ecl-editor"><p>..</p></div></article>            (ewcms, ENISA)
    EEAS: <h1 class="node__title">title</h1> <div class="field--name-field-date"><time ..></div>
      <div class="clearfix text-formatted field field--name-field-text field__item"><p>..</p></div>
      list: <div class="related-grid"><div class="card"><h5 class="card-title"><a ..>title</a></h5>
        <div class="card-footer">12.03.2026</div></div></div>

Evidence: public scrapers of digital-strategy and of the EEAS's list; a page of the EEAS in an
archive (the names of its fields). Which of these fields hold its press releases is inferred.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from scrapers import regions
from scrapers.readers import Page, Reader, _layout, _lists
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_DROP = (
    f"{_layout.FURNITURE},h1,.ecl-social-media-share,.ecl-social-media-follow,.ecl-file,"
    ".ecl-media-container__caption,.ecl-page-header,.cnt-last-update-block,.cnt-aside,.ecl-card,"
    ".ecl-content-item,.ecl-inpage-navigation,.ecl-tag,.ecl-contact,.field--name-field-media,"
    ".field--name-field-tags,.field__label,.card,.facet-pills"
)
_ENDS = (
    r"share this page|print this page|related (?:topics|content|news|links|material)|more on this"
    r"(?: topic)?|(?:press|media) contacts?|see also|last update|downloads?|background documents"
)
_HEADER = (".ecl-page-header__meta", ".ecl-page-header__meta-item", ".ecl-meta")
_CNT = Layout(
    text=(
        ".ecl-page-header__description,.ecl-page-header-standardised__description,.cnt-main-body",
    ),
    title=("h1.ecl-page-header__title", "h1.ecl-page-header-standardised__title"),
    dated=_HEADER,
    drop=_DROP.replace("h1,", "").replace(".ecl-page-header,", ""),
    ends=_ENDS,
)
_ECL = Layout(
    text=(
        "main article .ecl-editor", "main .ecl-editor", "main article .ecl",
        "main .ecl-col-l-9 .ecl",
    ),
    title=("h1.ecl-page-header__title", "main h1"),
    dated=(*_HEADER, "main time[datetime]"),
    drop=_DROP,
    ends=_ENDS,
)  # fmt: skip
_NODE = Layout(
    text=(
        "article .node__content .field--name-field-text", "main .field--name-field-text",
        "main .field--name-field-summary,main .field--name-body", ".node__content .text-formatted",
    ),
    title=("h1.node__title", "h1.page-title", ".node__title", "main h1"),
    dated=(
        ".field--name-field-date time", ".field--name-field-date", ".node__meta time",
        ".node__meta", ".node__submitted",
    ),
    drop=_DROP,
    ends=_ENDS,
)  # fmt: skip
_ROWS = (
    _lists.Rows(".related-grid .card", link=".card-title a[href]", dated=".card-footer"),
    _lists.Rows(
        "article.ecl-content-item,.ecl-content-item-block__item",
        link=".ecl-content-block__title a[href],a[href]",
        dated=".ecl-content-block__primary-meta-container,time[datetime]",
    ),
    _lists.Rows("article.ecl-card", link="h1 a[href],h2 a[href],h3 a[href],a[href]"),
)
_ENDING = re.compile(r"/[^/]+_[a-z]{2}$|/(?:news|news-events/news|news-redirect)/[^/]+$")


def article(page: Page) -> Article:
    """A statement, in whichever of these layouts the page has."""
    if regions.parse(page.html).css_first(".cnt-main-body") is not None:
        return _layout.read(page, _CNT)
    return _layout.read(page, _ECL, _NODE)


def listing(page: Page) -> Listing:
    """The cards or rows of a list; further pages by ?page=1, counted from nought."""
    return _lists.listing(page, *_ROWS, pages=_lists.numbered("page", first=0))


def is_address(url: str) -> bool:
    """A statement's title stands in its address, with its language behind it (_en) or under
    /news/."""
    path = urlsplit(regions.unarchived(url)).path
    return _ENDING.search(path) is not None and path.count("-") > 1


READER = Reader("eu_drupal", 2, listing, article, is_address, inferred=True)
