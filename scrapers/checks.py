"""What the model of a source cannot see: patterns, placeholders, fields that need each other.

Told in the words of those who write the files: `EXPECTED` says what each field wants. The checks
take values that may be anything, since they run whether the model accepts them or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from scrapers.readers import Reader
from scrapers.written import Where

# What a field wants. The fields of an API's answer are named after where they stand.
EXPECTED = {
    "id": "small letters, digits and _, at most 60, such as cn_embassy_mk",
    "publisher": "the name of who publishes, at least 2 letters",
    "kind": "embassy, consulate, mission, ministry, legislature, alliance, regulator or news",
    "country": "the sender's country in two capital letters, such as CN",
    "host_country": "the country it sits in, in two capital letters, such as MK",
    "languages": "language codes, such as [en, zh]",
    "time_zone": "an IANA time zone, such as Asia/Shanghai",
    "reader": "the name of a reader",
    "listings": "addresses, or mappings of url, type, language, confidence, at_least",
    "articles": "a regular expression that the addresses of its statements match",
    "aliases": "former hosts, such as mk.china-embassy.org, or host/path",
    "series": "a regular expression with one group: the running number in its addresses",
    "cadence": "days within which it is sure to publish, such as 7",
    "fetch": "http or browser",
    "delay": "seconds between two requests, such as 2",
    "enabled": "true or false",
    "note": "words",
    "url": "an address that begins with http:// or https://",
    "type": "html, rss, atom, sitemap or json",
    "language": "a language code, such as en",
    "confidence": "seen or inferred",
    "seen_on": "the day it was last confirmed, such as 2026-11-22",
    "at_least": "a whole number of entries, 1 or more",
    "valid_until": "the last day it stood there, such as 2024-12-31",
    "fields": "a mapping of items, url, title, date, body: where the answer says what",
    "paging": "a mapping of parameter, first, step",
    "fields.items": "the path of the list, such as data.results",
    "fields.url": "the path of the address, such as link, or https://host{link}",
    "fields.title": "the path of the title, such as title.rendered",
    "fields.date": "the path of the publication's date",
    "fields.body": "the path of the statement's HTML",
    "paging.parameter": "the name of the page's parameter, such as page",
    "paging.first": "its value on the first page, 0 or more",
    "paging.step": "how much it grows by page, 1 or more",
}
PLACES = "only {year}, {year} and {month}, or {year}, {month} and {day} as placeholders"
_ALIAS = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/[^\s?#]*)?", re.IGNORECASE)

Problems = Iterator[tuple[Where, str]]


def checks(values: Mapping[str, Any], readers: Mapping[str, Reader]) -> Problems:
    """Where in a source something is wrong that no field alone can tell, and what."""
    reader = values.get("reader")
    if isinstance(reader, str) and reader not in readers:
        wanted = one_of(get_close_matches(reader, readers, n=1) or sorted(readers))
        yield ("reader",), f"reader: found {reader!r}, expected {wanted}"
    yield from _patterns(values)
    for index, alias in enumerate(_list(values.get("aliases"))):
        if isinstance(alias, str) and not _ALIAS.fullmatch(alias):
            yield ("aliases", index), f"aliases: found {alias!r}, expected {EXPECTED['aliases']}"
    listings = _list(values.get("listings"))
    yield from _listed_twice(listings)
    own = readers.get(reader) if isinstance(reader, str) else None
    for index, listing in enumerate(listings):
        if isinstance(listing, dict):
            for field, text in _of_listing(listing, own):
                yield ("listings", index, field), text


def one_of(words: list[str], last: str = "or") -> str:
    """Words as they are read out: a, b or c."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _patterns(values: Mapping[str, Any]) -> Problems:
    for field, groups in (("articles", None), ("series", 1)):
        if not isinstance(pattern := values.get(field), str):
            continue
        try:
            found = re.compile(pattern).groups
        except re.error as error:
            yield (field,), f"{field}: {error}, expected {EXPECTED[field]}"
        else:
            if groups is not None and found != groups:
                count = "no group" if not found else f"{found} groups"
                yield (field,), f"{field}: found {count}, expected {EXPECTED[field]}"


def _listed_twice(listings: list[Any]) -> Problems:
    seen: dict[tuple[str, ...], int] = {}
    for index, listing in enumerate(listings):
        url = listing.get("url") if isinstance(listing, dict) else None
        if not isinstance(url, str):
            continue
        host, _, path = url.partition("://")[2].partition("/")
        first = seen.setdefault((host.lower(), path), index)
        if first != index:
            text = f"url: {url} is also listing {first + 1} of this source, expected it once"
            yield ("listings", index, "url"), text


def _of_listing(listing: Mapping[str, Any], reader: Reader | None) -> Iterator[tuple[str, str]]:
    url, kind = listing.get("url"), listing.get("type", "html")
    if isinstance(url, str) and not _places_fit(url):
        yield "url", f"url: found {url!r}, expected {PLACES}"
    if "seen_on" in listing and listing.get("confidence") != "seen":
        yield "seen_on", "seen_on: this listing is not confirmed, expected confidence: seen"
    if kind != "json":
        for field in ("fields", "paging"):
            if field in listing:
                yield field, f"{field}: found with type {kind}, expected type: json"
    elif "fields" not in listing and not _lists_json(reader):
        name = reader.name if reader else "generic"
        text = f"reader {name} does not know this API, expected {EXPECTED['fields']}"
        yield "type", f"fields: missing: {text}"


def _places_fit(url: str) -> bool:
    """Whether an address holds no braces but those of a year, its month and its day."""
    names = re.findall(r"\{([^{}]*)\}", url)
    bare = re.sub(r"\{[^{}]*\}", "", url)
    spans = ({"year"}, {"year", "month"}, {"year", "month", "day"})
    return not re.search(r"[{}]", bare) and (not names or set(names) in spans)


def _lists_json(reader: Reader | None) -> bool:
    """Whether a family's reader may know its own API; those of no family in particular do not."""
    return reader is not None and reader.reads != "articles" and reader.name not in _NO_FAMILY


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


_NO_FAMILY: Iterable[str] = frozenset({"generic", "feed", "json", "sitemap", "wordpress"})
