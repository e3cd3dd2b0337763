"""What a person should look at before believing the facts of a source: none of it is an error.

A reader may read every page and yet take the site's name for a title, or the day of a change for
that of publication. Then the listing says another thing, or the statements say all the same.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from babel.core import get_global

from scrapers.probe import Listed
from scrapers.sources import Source
from scrapers.values import Finding

# Days that a page and its listing may differ by: zones, and posts that went online overnight.
_NEAR = timedelta(days=1)


def remarks(source: Source, found: Sequence[Listed]) -> Iterator[str]:
    """What looks wrong in a source's facts and in what was read by them, a sentence each, with what
    to do."""
    yield from _of_its_place(source)
    for listed in found:
        yield from misread(listed)
        for finding in listed.newest:
            yield from _undated(source, finding)
        if listed.error is not None and listed.links:
            yield _no_statement(source, listed)


def misread(listed: Listed) -> Iterator[str]:
    """Where the statements that were read of a listing are unlike what it says of them, or have one
    title: the reader is probably not that of their family."""
    yield from _one_title(listed.newest)
    for finding in listed.newest:
        yield from _unlike_its_listing(finding)


def zones(source: Source) -> list[str]:
    """The time zones of where the publisher sits, as far as that is known."""
    seat = source.host_country or source.country
    territories: Mapping[str, str] = get_global("zone_territories")
    return sorted(zone for zone, territory in territories.items() if territory == seat)


def _of_its_place(source: Source) -> Iterator[str]:
    seat, theirs = source.host_country or source.country, zones(source)
    if seat and not theirs and seat != "EU":
        others = get_global("territory_aliases").get(seat, [])
        meant = f", expected {' or '.join(others)}" if others else ""
        yield f"{seat} is the code of no country that is known here{meant}"
    if source.time_zone in ("UTC", "Etc/UTC") and source.kind != "alliance":
        known = ", ".join(theirs[:6]) or "where does it sit"
        yield f"time_zone is UTC, in which its dates are read: {known}?"
    elif theirs and source.time_zone not in theirs and _is_current(source):
        yield f"time_zone {source.time_zone} is not one of {seat}: {', '.join(theirs[:6])}?"


def _is_current(source: Source) -> bool:
    """Whether its zone is no older name of one, whose country is not known."""
    return source.time_zone in get_global("zone_territories")


def _one_title(findings: Iterable[Finding]) -> Iterator[str]:
    titles = Counter(one.statement.title for one in findings if one.statement is not None)
    for title, count in titles.items():
        if count > 1:
            yield f"{count} statements have the title {title!r}: is it the site's name? {_MEND}"


def _unlike_its_listing(finding: Finding) -> Iterator[str]:
    statement, entry = finding.statement, finding.entry
    if statement is None or entry is None:
        return
    if entry.title and not _alike(entry.title, statement.title):
        yield f"the listing calls it {entry.title!r}, the page was read as {statement.title!r}"
    listed, read = entry.published, statement.published.on
    if listed and listed.on and read and abs(listed.on - read) > _NEAR:
        yield f"the listing dates it {listed.on}, the page was read as of {read}: a change's date?"


def _undated(source: Source, finding: Finding) -> Iterator[str]:
    if finding.statement is None or finding.statement.published.on is not None:
        return
    where = "" if source.country else " (`country` decides whether 03/04 is of March or of April)"
    yield f"no date was read of {finding.url}{where}: `dated` or `labelled` of its reader"


def _no_statement(source: Source, listed: Listed) -> str:
    said = f"`articles` is {source.articles!r}" if source.articles else "`articles` is not set"
    wanted = f"{said}, and reader {source.reader} knows its family's addresses"
    return f"{wanted}; the page's links lead to {', '.join(listed.links)}"


def _alike(one: str, other: str) -> bool:
    mine, theirs = _folded(one), _folded(other)
    cut = min(len(mine), len(theirs), 20)  # listings shorten titles
    return mine in theirs or theirs in mine or mine[:cut] == theirs[:cut]


def _folded(title: str) -> str:
    said = unicodedata.normalize("NFKC", title).casefold()
    return "".join(character for character in said if character.isalnum())


_MEND = "A reader of its own tells them apart (docs/reader.md)."
