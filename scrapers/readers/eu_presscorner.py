"""The European Commission's Press Corner: a script's shell over a JSON API.

    https://ec.europa.eu/commission/presscorner/detail/en/ip_26_312                 the statement
    https://ec.europa.eu/commission/presscorner/api/documents?reference=IP/26/312&language=en
    {"docuLanguageResource": {"title": "..", "subtitle": "..", "htmlContent": "<p>..</p>",
       "language": "EN"}, "refCd": "IP/26/312", "eventDate": "2026-03-12",
     "publishDate": "2026-03-12T11:42:00Z", "contactsResource": [..]}

What is fetched is the API's answer; a page that a browser has filled (.ecl-paragraph) is read too.
Evidence: the API's fields as several public scrapers read them; the filled page as one does.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

from scrapers.errors import MissingElement, NeedsScript
from scrapers.readers import Page, Reader, _datelines, _document, _family, _layout
from scrapers.readers._layout import Layout
from scrapers.readers.api import parsed, text_at
from scrapers.values import Article, Listing, Precision, Published

_DETAIL = re.compile(
    r"(https?://[^/]+/commission/presscorner)/detail/([a-z]{2})/([a-z]+(?:_\w+)?_\d+_\d+)/?",
    re.IGNORECASE,
)
_API = re.compile(r"(https?://[^/]+/commission/presscorner)/api/documents\?", re.IGNORECASE)
_DOCUMENT = "docuLanguageResource"
_FILLED = Layout(
    text=(".ecl-paragraph-detail", "main .ecl-paragraph", ".ecl-paragraph"),
    title=("h1.ecl-page-header__title", "h1"),
    dated=(".ecl-page-header__meta-item", ".ecl-meta__item"),
    drop=f"{_layout.FURNITURE},.ecl-social-media-share,.ecl-file,h1",
)
_DROP = "figcaption,script,style,.ecl-social-media-share,.ecl-file"


def article(page: Page) -> Article:
    """A document of the API, or a filled page. Raises NeedsScript for the bare shell, and
    MissingElement where the API has no text in the language asked for."""
    if _document.is_json(page):
        return _from_api(page)
    try:
        return _layout.read(page, _FILLED)
    except MissingElement as error:
        if "app-root" in page.html:
            raise NeedsScript("a script's shell; the API has its text") from error
        raise


def _from_api(page: Page) -> Article:
    data = parsed(page.html)
    return _document.made(
        page,
        title=text_at(data, f"{_DOCUMENT}.title"),
        html=(
            text_at(data, f"{_DOCUMENT}.subtitle"),
            text_at(data, f"{_DOCUMENT}.htmlContent"),
        ),
        published=_published(page, text_at(data, "eventDate"), text_at(data, "publishDate")),
        language=(text_at(data, f"{_DOCUMENT}.language") or "")[:2].lower() or None,
        drop=_DROP,
        selector=f"{_DOCUMENT}.htmlContent",
    )


def _published(page: Page, event: str | None, stamp: str | None) -> Published | None:
    """The day that the page shows is eventDate's; publishDate tells its time of day, or is of
    the day on which the document was put there again."""
    shown = _datelines.read(event, page)
    stamped = _datelines.read(stamp, page)
    exact = stamped is not None and stamped.precision is Precision.MINUTE
    if exact and (shown is None or (stamped is not None and shown.on == stamped.on)):
        return stamped
    return shown or stamped


def asked_at(url: str) -> str:
    """The API's address for a statement's: .../detail/en/ip_26_312 is IP/26/312 in English."""
    found = _DETAIL.match(url)
    if found is None:
        return url
    reference = quote(found[3].upper().replace("_", "/"), safe="/")
    return f"{found[1]}/api/documents?reference={reference}&language={found[2].lower()}"


def stands_at(url: str) -> str:
    """The statement's address for the API's."""
    found = _API.match(url)
    asked = parse_qs(urlsplit(url).query)
    reference, language = asked.get("reference", [""])[0], asked.get("language", ["en"])[0]
    if found is None or not re.fullmatch(r"[A-Za-z]+(?:/\w+)?/\d+/\d+", reference):
        return url
    slug = reference.replace("/", "_").lower()
    return f"{found[1]}/detail/{language.lower()[:2]}/{slug}"


def listing(page: Page) -> Listing:
    """The statements that a page of the site names."""
    return _family.listing(page, r"/commission/presscorner/detail/[a-z]{2}/[a-z]+(?:_\w+)?_\d+_\d+")


def is_address(url: str) -> bool:
    """A statement stands under /detail/, language and reference."""
    return _DETAIL.match(url) is not None


READER = Reader(
    "eu_presscorner",
    1,
    article=article,
    listing=listing,
    is_address=is_address,
    asked_at=asked_at,
    stands_at=stands_at,
)
