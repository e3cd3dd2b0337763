"""Drupal sites of governments: what their themes have left of Drupal's own names.

    <article class="node node--type-press-release node--view-mode-full"><h1>title</h1>
      <div class="field field--name-field-date"><time datetime="2026-03-12T15:30Z">..</time></div>
      <div class="field field--name-body field__item"><p>..</p></div></article>
    Drupal 7: <div class="field field-name-body"><div class="field-items"><div class="field-item">
    list: <div class="views-row"><h3><a href="..">..</a></h3><time datetime="..">..</time></div>

home.treasury.gov (.field--name-field-news-body, -publication-date; .mm-news-row in the list, and
also beside each release), beehive.govt.nz (.article__title, .prose, .release__wrapper) and
the committees of Congress (.evo-press-release__body) have names of their own. Evidence: public
scrapers of those, and Drupal's own templates. A site whose theme has none of the names is refused.
"""

from __future__ import annotations

from scrapers.readers import Page, Reader, _layout, _lists, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_DATED = (
    "time[datetime],.date-display-single,.views-field-created,.field--name-field-date,"
    "[class*=field-date],[class*=publication-date],.date,.datetime"
)
ROWS = (
    _lists.Rows(".mm-news-row", link=".news-title a[href],a[href]", dated="time[datetime]"),
    _lists.Rows(".release__wrapper", link="h2 a[href],h3 a[href],a[href]", dated="time,.date"),
    _lists.Rows(".evo-view-row,.newsie-titler", link="h2 a[href],h3 a[href],a[href]"),
    _lists.Rows(
        ".views-row", link="h2 a[href],h3 a[href],h4 a[href],.views-field-title a[href],a[href]",
        dated=_DATED,
    ),
    _lists.Rows(
        "article.node--view-mode-teaser,.node--view-mode-teaser,.node-teaser", link="a[href]"
    ),
)  # fmt: skip
DROP = (
    f"{_layout.FURNITURE},.field--name-field-tags,.field-name-field-tags,.node__links,.links,"
    ".field--type-image .field__label,.media-caption,.service-links,.print-link,.contextual,"
    ".view-related,.visually-hidden,.tabs,.node-meta,.submitted,.meta__date"
)
_BODY = Layout(
    text=(
        ".field--name-field-news-body", ".evo-press-release__body", "article .prose", ".prose",
        "article.node--view-mode-full .field--name-body", "main .field--name-body",
        ".field--name-body", ".field--name-field-body", "article .field-name-body",
        ".field-name-body", ".field--name-field-content", ".field--name-field-text",
        ".field--name-field-paragraphs",
        "article .field[class*=-body]", "article.node--view-mode-full .node__content",
        "main article .node__content", ".node .content",
    ),
    title=(
        "h1.article__title", ".article__title", "h1.page-header", "h1.page-title", "h1.node__title",
        "h2.uswds-page-title", ".field--name-title", "main h1", "article h1",
    ),
    dated=(
        ".field--name-field-news-publication-date time",
        "article.node--view-mode-full [class*=publication-date] time",
        "article.node--view-mode-full [class*=field-date] time",
        "article.node--view-mode-full .field--name-field-date",
        "article.node--view-mode-full .field--name-created time",
        "article.node--view-mode-full header time", ".article__meta time", ".article__meta",
        ".node-full .field-name-field-date", ".node-full .submitted", ".node__submitted",
    ),
    drop=DROP,
    noise=r"[#*\s]{2,}|[-–—_\s]{3,}",
)  # fmt: skip


def article(page: Page) -> Article:
    """A statement, by the node's body field."""
    return _layout.read(page, _BODY)


def listing(page: Page) -> Listing:
    """The rows of a view; further ones by ?page=1, counted from 0."""
    return _lists.listing(page, *ROWS, pages=_lists.numbered("page", first=0))


READER = Reader("drupal", 2, listing, article, generic.is_address)
