"""Loads the source facts: sources/<desk>.yaml, one file a desk, into Source values.

A file is a list of sources, or `defaults:` (fields that its sources share) and `sources:` (the
list). A listing may be just its address. Values are taken as they are written, not as YAML 1.1
guesses: NO is Norway. Everything that is wrong in all files is reported at once, with its line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scrapers.errors import SourceFactsError
from scrapers.sources import DESKS, ListingFacts, Source
from scrapers.written import Problem, Where, Written, read

# What a field wants, told to those who write the files. No field of a listing is one of a source.
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
    "items": "the path of the list, such as data.results",
    "title": "the path of the title, such as title.rendered",
    "date": "the path of the publication's date",
    "body": "the path of the statement's HTML",
    "parameter": "the name of the page's parameter, such as page",
    "first": "its value on the first page, 0 or more",
    "step": "how much it grows by page, 1 or more",
}
ALIAS = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/[^\s?#]*)?", re.IGNORECASE)


def load_sources(folder: Path) -> tuple[Source, ...]:
    """All sources of a folder, sorted by id. Raises SourceFactsError with all that is wrong."""
    from scrapers.readers import readers

    if not folder.is_dir():
        raise SourceFactsError(f"there is no folder {folder}: COMMUNIQUE_SOURCES names it")
    known = sorted(readers())
    problems: list[Problem] = []
    written: list[Written] = []
    for path in sorted(folder.glob("*.y*ml")):
        problems += _wrong_name(path)
        found, wrong = read(path)
        written += found
        problems += wrong
    problems += _ids_twice(written)
    sources = [source for one in written if (source := _source(one, known, problems))]
    if problems:
        raise SourceFactsError(_report(problems, folder))
    if not sources:
        raise SourceFactsError(
            f"there is no source in {folder}: expected {DESKS[0]}.yaml or others"
        )
    return tuple(sorted(sources, key=lambda source: source.id))


def find(sources: Iterable[Source], id: str) -> Source:  # noqa: A002 (the field's own name)
    """The source with this id. Raises SourceFactsError that names the nearest ids."""
    known = {source.id: source for source in sources}
    if id in known:
        return known[id]
    parts = set(id.lower().split("_"))
    near = get_close_matches(id.lower(), known, n=3, cutoff=0.75)
    near = near or sorted(name for name in known if parts <= set(name.split("_")))[:3]
    hint = f": did you mean {' or '.join(near)}?" if near else ""
    raise SourceFactsError(f"there is no source {id!r}{hint}")


def _report(problems: list[Problem], folder: Path) -> str:
    told = sorted(set(problems))
    count = "1 problem" if len(told) == 1 else f"{len(told)} problems"
    return "\n  ".join([f"{count} in the source facts in {folder}:", *map(str, told)])


def _wrong_name(path: Path) -> Iterator[Problem]:
    if path.stem not in DESKS or path.suffix != ".yaml":
        near = get_close_matches(path.stem, DESKS, n=1)
        names = [f"{desk}.yaml" for desk in near or DESKS]
        yield Problem(path.name, 1, f"no desk has a file of this name, expected {_or(names)}")


def _ids_twice(written: list[Written]) -> Iterator[Problem]:
    places = defaultdict(list)
    for one in written:
        if isinstance(one.values.get("id"), str):
            places[one.values["id"]].append(one)
    for same in places.values():
        for one in same if len(same) > 1 else ():
            others = _or([str(other.place("id")) for other in same if other is not one], "and")
            yield one.problem(("id",), f"id: used again at {others}, expected one place")


def _source(written: Written, readers: list[str], problems: list[Problem]) -> Source | None:
    """The source as a value; None, and its problems added, if it cannot be one."""
    values = dict(written.values)
    if "desk" in values:
        problems.append(written.problem(("desk",), "desk: the name of the file says it already"))
    values["desk"] = Path(written.file).stem
    if values["desk"] not in DESKS:
        values["desk"] = DESKS[0]  # the file's name is a problem of its own; see all the others too
    if isinstance(languages := values.get("languages"), str) and languages:
        values["languages"] = [languages]
    if isinstance(listings := values.get("listings"), list):
        values["listings"] = [{"url": it} if isinstance(it, str) else it for it in listings]
    problems += (written.problem(path, text) for path, text in _checks(values, readers))
    try:
        source = Source.model_validate(values)
    except ValidationError as error:
        problems += (_invalid(written, detail) for detail in error.errors())
        return None
    if source.enabled and not source.listings:
        text = f"listings: missing, expected {EXPECTED['listings']} (or enabled: false)"
        problems.append(written.problem(("listings",), text))
    return source


def _invalid(written: Written, detail: ErrorDetails) -> Problem:
    path = detail["loc"]
    fields = [part for part in path if isinstance(part, str)]
    field = fields[-1]
    if detail["type"] == "extra_forbidden":
        model = ListingFacts if "listings" in fields else Source
        known = [name for name in model.model_fields if name != "desk"]
        near = get_close_matches(field, known, n=1)
        text = f"unknown field, expected {_or(near or known)}"
    elif detail["type"] == "missing":
        text = f"missing, expected {EXPECTED[field]}"
    else:
        text = f"found {_short(detail['input'])}, expected {EXPECTED[field]}"
    return written.problem(path, f"{field}: {text}")


def _checks(values: dict[str, Any], readers: list[str]) -> Iterator[tuple[Where, str]]:
    """What the model does not see, of values that may be anything: where, and what is wrong."""
    if isinstance(name := values.get("reader"), str) and name not in readers:
        wanted = _or(get_close_matches(name, readers, n=1) or readers)
        yield ("reader",), f"reader: found {name!r}, expected {wanted}"
    listings, aliases = values.get("listings"), values.get("aliases")
    yield from _listed_twice(listings if isinstance(listings, list) else [])
    for index, alias in enumerate(aliases if isinstance(aliases, list) else []):
        if isinstance(alias, str) and not ALIAS.fullmatch(alias):
            yield ("aliases", index), f"aliases: found {alias!r}, expected {EXPECTED['aliases']}"
    if isinstance(pattern := values.get("articles"), str):
        try:
            re.compile(pattern)
        except re.error as error:
            yield ("articles",), f"articles: {error}, expected {EXPECTED['articles']}"


def _listed_twice(listings: list[Any]) -> Iterator[tuple[Where, str]]:
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


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _or(words: list[str], last: str = "or") -> str:
    """Words as they are read out: a, b or c."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
