"""The facts of all sources as their files have them, read again only when a file has changed; and
how they stand, as a strip of squares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from communique.health import NOT_RUN, WORST_FIRST
from communique.settings import Settings
from communique.standing import Standing
from scrapers.errors import SourceFactsError
from scrapers.facts import load_sources
from scrapers.sources import DESKS, Source

# A sign for each state, for who tells colours badly, or prints.
SIGNS = {"failing": "F", "never_worked": "N", "blocked": "B", "late": "L", "quiet": "Q"} | {
    NOT_RUN: "–",
    "ok": "",
}
BEST_FIRST = WORST_FIRST[::-1]


@dataclass(frozen=True, slots=True)
class Desk:
    """The sources of a desk, by name, as they stand."""

    name: str
    standings: tuple[Standing, ...]


def known_sources(settings: Settings) -> tuple[Source, ...]:
    """All sources. Raises SourceFactsError where the files cannot be used."""
    folder = settings.sources
    files = sorted(folder.glob("*.y*ml")) if folder.is_dir() else []
    try:
        stamps = [(str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files]
        return _loaded(folder, tuple(stamps))
    except OSError as error:  # a link to nowhere, a file that went away just now
        said = f"{error.filename or folder} cannot be read: {error.strerror}"
        raise SourceFactsError(said) from error


@lru_cache(maxsize=4)
def _loaded(folder: Path, stamps: tuple[tuple[str, int, int], ...]) -> tuple[Source, ...]:  # noqa: ARG001 (what makes it another)
    return load_sources(folder)


def by_desk(found: Sequence[Standing]) -> tuple[Desk, ...]:
    """The sources of each desk in an order that stays, so that a place means the same every day."""
    order = sorted(found, key=lambda one: one.source)
    desks = [Desk(desk, tuple(one for one in order if one.desk == desk)) for desk in DESKS]
    return tuple(desk for desk in desks if desk.standings)


def legend(found: Sequence[Standing]) -> list[tuple[str, str, int]]:
    """Each state that there is, its sign and how many are in it, the best first."""
    counts = Counter(one.state for one in found)
    return [(state, SIGNS[state], counts[state]) for state in BEST_FIRST if counts[state]]
