"""Listings that answer in JSON: search servlets, content APIs, WordPress's wp-json.

    {"results": [{"title": "..", "link": "/government/news/..", "public_timestamp": ".."}]}
    [{"link": "https://..", "title": {"rendered": ".."}, "content": {"rendered": "<p>.."}}]

Where the parts stand is among the source's facts (`fields`), and so is how further pages are asked
for (`paging`). A page with fewer items than were asked for need not be the last: servers give fewer
than their limit, and leave out of a page what is not public. Only an empty one is.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from scrapers import markup, regions
from scrapers.dates import read_date
from scrapers.errors import MissingElement, NothingListed, Unreadable
from scrapers.readers import Page, Reader
from scrapers.sources import JsonFields, Paging
from scrapers.values import Article, Entry, Listing, Precision, Published

_PLACE = re.compile(r"\{([^{}:]+)(?::(slug))?\}")
# What may stand as it is in an address; anything else a value holds is percent-encoded.
_PLAIN = "/:?&=%#+,;@!~()'*$-._[]"
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")


def listing(page: Page) -> Listing:
    """The items of an API's answer and the address of its next page. An item without an address
    is passed over; one with its whole text carries it (`Entry.body`), if it has a title too.

    Raises Unreadable where there is no JSON or no list at the declared path, MissingElement where
    no item has an address, NothingListed for a first page without items.
    """
    data = parsed(page.html)
    facts = page.listing
    if facts is None or facts.fields is None:
        raise Unreadable("the listing's facts do not say where in the JSON things stand (`fields`)")
    items = _items(data, facts.fields)
    first = facts.paging is None or _position(page.url, facts.paging) == facts.paging.first
    if not items and first:
        raise NothingListed("the API's list has no items", selector=facts.fields.items or None)
    entries = [entry for item in items if (entry := _entry(item, facts.fields, page)) is not None]
    if items and not entries:
        raise MissingElement(
            f"none of {len(items)} items has an address; one has {_keys(items[0])}",
            selector=facts.fields.url,
        )
    return Listing(tuple(entries), _further(page.url, facts.paging, len(items)))


def article(page: Page) -> Article:
    """Never: a statement that comes with its listing is read as a feed's, others as their page."""
    raise Unreadable(f"{page.url[:200]} is a statement's page; this reader reads listings")


def is_address(url: str) -> bool:
    """Whatever an API lists is a statement."""
    return url.startswith(("http://", "https://"))


def parsed(text: str) -> Any:
    """What a JSON document says. Raises Unreadable, with its beginning, for anything else."""
    try:
        return json.loads(text.lstrip("\ufeff"), strict=False)
    except (ValueError, RecursionError) as error:
        html = re.search(r"<(?:html|body|!doctype)\b", text[:5000], re.IGNORECASE)
        found = "a page of HTML" if html else f"{markup.one_line(text[:60])!r}"
        raise Unreadable(f"expected JSON, found {found} ({error})"[:300]) from error


def at(data: Any, path: str) -> Any:
    """What stands at a path of keys and indexes parted by dots; None where nothing does."""
    for key in path.split(".") if path else ():
        if isinstance(data, dict):
            data = data.get(key)
        elif isinstance(data, list) and key.isdecimal() and int(key) < len(data):
            data = data[int(key)]
        else:
            return None
    return data


def text_at(data: Any, path: str | None) -> str | None:
    """The text or number at a path; None for anything else, and for an empty text."""
    value = at(data, path) if path else None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value).strip() or None


def plain(html: str) -> str:
    """A title without tags and entities, on one line."""
    return markup.title_text(markup.paragraphs_of(html))


def _items(data: Any, fields: JsonFields) -> list[Any]:
    items = at(data, fields.items)
    if not isinstance(items, list):
        raise Unreadable(
            f"expected a list, found {type(items).__name__}; the answer has {_keys(data)}",
            selector=fields.items or None,
        )
    return items


def _keys(data: Any) -> str:
    """What a JSON value has, for a message."""
    if isinstance(data, dict):
        return f"keys {', '.join(str(key)[:40] for key in list(data)[:12])}"
    return f"a list of {len(data)}" if isinstance(data, list) else repr(data)[:60]


def _entry(item: Any, fields: JsonFields, page: Page) -> Entry | None:
    spelt = _spelt(item, fields.url)
    url = regions.address(page.url, spelt) if spelt else None
    if url is None:
        return None
    title = plain(text_at(item, fields.title) or "")
    body = text_at(item, fields.body) if title else None
    return Entry(url, title or None, _published(text_at(item, fields.date), page), body)


def _spelt(item: Any, template: str) -> str:
    """The address of an item: the value at a path, or the template with its values; "" where one
    of them is missing."""
    if "{" not in template:
        return text_at(item, template) or ""
    values = [(text_at(item, path), kind) for path, kind in _PLACE.findall(template)]
    if not values or any(value is None for value, _ in values):
        return ""
    filled = iter(_slug(value or "") if kind else value or "" for value, kind in values)
    return _PLACE.sub(lambda _: quote(next(filled), safe=_PLAIN), template)


def _slug(value: str) -> str:
    """ "IP/26/312" as it stands in an address: ip_26_312."""
    return re.sub(r"\W+", "_", value).strip("_").lower()


def _published(said: str | None, page: Page) -> Published | None:
    if said is None:
        return None
    zone = page.source.time_zone
    if _EPOCH.fullmatch(said):
        seconds = int(said) / (1000 if len(said) > 10 else 1)
        moment = datetime.fromtimestamp(seconds, timezone.utc)
        return Published(Precision.MINUTE, moment.date(), moment, said, "UTC", zone_assumed=False)
    declared = page.listing.language if page.listing else None
    languages = (declared,) if declared else page.source.languages
    return read_date(said, zone=zone, languages=languages)


def _further(url: str, paging: Paging | None, count: int) -> tuple[str, ...]:
    if paging is None or count == 0:
        return ()
    # Where items are counted, not pages, the next one stands behind the last that came.
    step = min(paging.step, count) if paging.step > 1 else paging.step
    following = str(_position(url, paging) + step)
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in query if name != paging.parameter]
    asked = urlencode([*kept, (paging.parameter, following)], quote_via=quote, safe="[]:,-")
    return (urlunsplit(parts._replace(query=asked)),)


def _position(url: str, paging: Paging) -> int:
    """Where in the list a page stands: its paging parameter's value."""
    for name, value in parse_qsl(urlsplit(url).query):
        if name == paging.parameter and value.isdecimal():
            return int(value[:18])
    return paging.first


READER = Reader("json", 1, listing, article, is_address, reads="listings")
