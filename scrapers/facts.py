"""Loads the source facts: sources/<desk>.yaml, one file a desk, into Source values.

A file is a list of sources, or `defaults:` (fields that its sources share) and `sources:` (the
list). A listing may be just its address. Values are taken as they are written, not as YAML 1.1
guesses: NO is Norway. Everything that is wrong in all files is reported at once, with its line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import available_timezones

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scrapers.checks import EXPECTED, checks, one_of
from scrapers.errors import SourceFactsError
from scrapers.readers import Reader, readers
from scrapers.sources import DESKS, JsonFields, ListingFacts, Paging, Source
from scrapers.written import Problem, Written, read

_MODELS: dict[str, type[BaseModel]] = {
    "listings": ListingFacts,
    "fields": JsonFields,
    "paging": Paging,
}


def load_sources(folder: Path) -> tuple[Source, ...]:
    """All sources of a folder, sorted by id. Raises SourceFactsError with all that is wrong."""
    if not folder.is_dir():
        raise SourceFactsError(f"there is no folder {folder}: COMMUNIQUE_SOURCES names it")
    known = readers()
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
        yield Problem(path.name, 1, f"no desk has a file of this name, expected {one_of(names)}")


def _ids_twice(written: list[Written]) -> Iterator[Problem]:
    places = defaultdict(list)
    for one in written:
        if isinstance(one.values.get("id"), str):
            places[one.values["id"]].append(one)
    for same in places.values():
        for one in same if len(same) > 1 else ():
            others = one_of([str(other.place("id")) for other in same if other is not one], "and")
            yield one.problem(("id",), f"id: used again at {others}, expected one place")


def _source(
    written: Written, known: Mapping[str, Reader], problems: list[Problem]
) -> Source | None:
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
    problems += (written.problem(path, text) for path, text in checks(values, known))
    try:
        source = Source.model_validate(values)
    except ValidationError as error:
        found = error.errors()
        problems += (_invalid(written, one) for one in found if not _told_closer(one, found))
        return None
    problems += _enabled_or_not(written, source)
    return source


def _enabled_or_not(written: Written, source: Source) -> Iterator[Problem]:
    if source.enabled and not source.listings:
        text = f"listings: missing, expected {EXPECTED['listings']} (or enabled: false)"
        yield written.problem(("listings",), text)
    if not source.enabled and not (source.note or "").strip():
        text = "note: missing, expected words that say why it is disabled"
        yield written.problem(("enabled",), text)


def _invalid(written: Written, detail: ErrorDetails) -> Problem:
    path = detail["loc"]
    fields = [part for part in path if isinstance(part, str)]
    field = fields[-1]
    above = fields[-2] if len(fields) > 1 else ""
    expected = EXPECTED.get(f"{above}.{field}") or EXPECTED.get(field, "")
    if detail["type"] == "extra_forbidden":
        known = [name for name in _MODELS.get(above, Source).model_fields if name != "desk"]
        near = get_close_matches(field, known, n=1)
        text = f"unknown field, expected {one_of(near or known)}"
    elif detail["type"] == "missing":
        text = f"missing, expected {expected}"
    else:
        wanted = _nearest_zone(detail["input"]) if field == "time_zone" else ""
        text = f"found {_short(detail['input'])}, expected {wanted or expected}"
    return written.problem(path, f"{field}: {text}")


def _told_closer(detail: ErrorDetails, others: Iterable[ErrorDetails]) -> bool:
    """Whether another problem lies within this one: a list fails where one of its items does."""
    path = detail["loc"]
    return any(len(one["loc"]) > len(path) and one["loc"][: len(path)] == path for one in others)


def _nearest_zone(value: object) -> str:
    """The zone that is spelt most alike, as a whole or by its city; "" where none is."""
    if not isinstance(value, str):
        return ""
    said = value.strip().replace(" ", "_").lower()
    zones = {zone.lower(): zone for zone in sorted(available_timezones())}
    cities = {zone.rpartition("/")[2]: zone for zone in zones}
    near = get_close_matches(said, zones, n=1, cutoff=0.75)
    city = get_close_matches(said.rpartition("/")[2], cities, n=1, cutoff=0.75)
    found = near or [cities[name] for name in city]
    return zones[found[0]] if found else ""


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
