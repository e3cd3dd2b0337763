"""GOV.UK: pages of its publishing components, and documents of its content API.

    <div class="gem-c-heading"><span class="..__context">Press release</span>
      <h1 class="gem-c-heading__text">title</h1></div>    (earlier .gem-c-title__text)
    <p class="gem-c-lead-paragraph">lead</p>
    <div class="gem-c-metadata"><dl><dt class="gem-c-metadata__term">Published:</dt>
      <dd class="gem-c-metadata__definition">12 March 2026</dd>
      <dt>Last updated</dt><dd>14 March 2026 - <a>See all updates</a></dd></dl></div>
    <div class="gem-c-govspeak govuk-govspeak"><p>..</p></div>
    <meta name="govuk:first-published-at" content="2026-03-12T10:15:00+00:00">
    API: {"base_path": "/government/news/..", "title": "..", "description": "lead",
      "first_published_at": "..", "public_updated_at": "..", "details": {"body": "<div ..>"}}

The first publication counts: neither the last update nor the day on which a speech was delivered.
The lead is part of what was published. Evidence: public scrapers and the components' own sources.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from scrapers.readers import Page, Reader, _datelines, _document, _family, _layout
from scrapers.readers._layout import Layout
from scrapers.readers.api import at, parsed, text_at
from scrapers.values import Article, Entry, Listing, Precision

_OUTSIDE = ".gem-c-notice *, .gem-c-devolved-nations *, .gem-c-contextual-sidebar *"
_DROP = (
    f"{_layout.FURNITURE},.gem-c-contents-list,.gem-c-share-links,.gem-c-attachment,.attachment,"
    ".gem-c-published-dates,.gem-c-single-page-notification-button,.gem-c-print-link,.contact,"
    ".govuk-visually-hidden,.gem-c-related-navigation,.back-to-top,.gem-c-back-to-top-link"
)
_PAGE = Layout(
    text=(
        f"main .gem-c-lead-paragraph:not({_OUTSIDE}),main .gem-c-govspeak:not({_OUTSIDE})",
        f"main .govuk-govspeak:not({_OUTSIDE}),main .govspeak:not({_OUTSIDE})",
        ".gem-c-govspeak,.govuk-govspeak,.govspeak",
    ),
    title=("h1.gem-c-heading__text", "h1.gem-c-title__text", ".gem-c-title h1", "main h1"),
    dated=(
        "meta[name='govuk:first-published-at']",
        ".gem-c-metadata",
        ".gem-c-published-dates",
        ".gem-c-important-metadata",
    ),
    drop=_DROP,
    ends=r"share this page|get emails about this page|sign up for emails or print this page",
)
_STATEMENT = re.compile(
    r"/government/(?:news|speeches|publications|consultations|statistics|world-location-news"
    r"|fatalities|case-studies)/[^/?#]+$"
)


def article(page: Page) -> Article:
    """A page, or the content API's document of it."""
    return _from_api(page) if _document.is_json(page) else _layout.read(page, _PAGE)


def _from_api(page: Page) -> Article:
    data = parsed(page.html)
    return _document.made(
        page,
        title=text_at(data, "title"),
        html=(text_at(data, "description"), _body(at(data, "details.body"))),
        published=_datelines.read(text_at(data, "first_published_at"), page),
        language=text_at(data, "locale"),
        drop=_DROP,
        selector="details.body",
    )


def _body(body: Any) -> str | None:
    """Its HTML; some documents have it beside the same text in another notation."""
    if isinstance(body, list):
        body = next((at(part, "content") for part in body if _is_html(part)), None)
    return body if isinstance(body, str) else None


def _is_html(part: Any) -> bool:
    return bool(at(part, "content_type") == "text/html")


def listing(page: Page) -> Listing:
    """A finder's results. Their days are those of the last update: no publication is later, so
    they are marked as inferred."""
    found = _family.listing(page, _STATEMENT.pattern)
    return replace(found, entries=tuple(_as_updated(entry) for entry in found.entries))


def _as_updated(entry: Entry) -> Entry:
    if entry.published is None:
        return entry
    day = replace(entry.published, precision=Precision.INFERRED, at=None)
    return replace(entry, published=day)


def is_address(url: str) -> bool:
    """A statement stands under /government/ and its kind: news, speeches, publications."""
    return _STATEMENT.search(urlsplit(url).path.rstrip("/")) is not None


READER = Reader("govuk", 1, listing, article, is_address)
