"""Changing a watchlist's file from the pages: all or nothing, noted, and never over somebody
else's change.

How both hold whenever a process dies says `communique.replacing`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from communique import rule_edits
from communique.replacing import BusyError, locked, replaced
from communique.rule_drafts import Draft, mistakes, one_line, unprintable
from communique.rule_edits import fields_of
from communique.rules import Rule
from communique.watchlist_checks import require_as_wanted
from communique.watchlist_text import (
    NotEditableError,
    new_file,
    with_rule,
    without_rule,
    written_draft,
)
from communique.watchlists import NAME_EXPECTED, Loaded, is_name, load_files

SUFFIXES = (".yaml", ".yml")


class WatchlistFileError(Exception):
    """A file that was not changed; the message says why and what to do."""


class UnwritableError(WatchlistFileError):
    """The service may not write there."""


class ChangedMeanwhileError(WatchlistFileError):
    """The file is another one than the change was made from. now: as it is."""

    def __init__(self, message: str, now: WatchlistFile) -> None:
        self.now = now
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class WatchlistFile:
    """A watchlist's file as it was read. text, version: empty where there is no such file yet;
    version changes with its bytes. loaded: what the loader makes of it."""

    name: str
    path: Path
    text: str
    version: str
    loaded: Loaded

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Its rules that can be used."""
        return self.loaded.rules

    def rule(self, rule: str) -> Rule | None:
        """Its rule of this id; None where there is none, or it cannot be used."""
        return next((one for one in self.rules if one.id == rule), None)

    def draft(self, rule: str) -> Draft | None:
        """Its rule of this id as it stands there, usable or not; None: there is none."""
        try:
            return written_draft(self.text, self.name, rule) if self.text else None
        except NotEditableError as error:
            raise WatchlistFileError(
                f"{self.path.name}: {error}. Change it in the file."
            ) from error


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, why, and when (aware, UTC)."""

    name: str
    reason: str | None
    now: datetime


def read_watchlist(folder: Path, name: str) -> WatchlistFile:
    """The file of a watchlist, or what a new one of this name would be. Raises WatchlistFileError
    for what cannot be a name, and for a file of which nothing can be read."""
    if not is_name(name):
        raise WatchlistFileError(f"{name[:40]!r} cannot name a watchlist: {NAME_EXPECTED}")
    paths = [folder / f"{name}{suffix}" for suffix in SUFFIXES]
    path = next((one for one in paths if os.path.lexists(one)), None)
    if path is None:
        return WatchlistFile(name, paths[0], "", "", Loaded((), ()))
    try:
        raw, loaded = path.read_bytes(), load_files([path], name)
        if raw != path.read_bytes():  # it was saved just now
            return read_watchlist(folder, name)
    except OSError as error:
        raise WatchlistFileError(f"{path} cannot be read: {error.strerror}.") from error
    if not loaded.watchlists:
        raise WatchlistFileError("; ".join(map(str, loaded.problems)))
    return WatchlistFile(name, path, raw.decode("utf-8"), _version(raw), loaded)


def save_rule(
    engine: Engine, folder: Path, draft: Draft, version: str, author: Author, title: str = ""
) -> WatchlistFile:
    """Changes a rule, or adds it at the end, in the file that has this version; where that is
    empty, makes the file, with this title. Returns the file as it is then. Raises
    ChangedMeanwhileError, UnwritableError or WatchlistFileError; nothing is changed then."""
    if sign := unprintable(title):
        raise WatchlistFileError(f"title: {sign}")
    if wrong := mistakes(draft):
        raise WatchlistFileError("; ".join(f"{one.field}: {one.reason}" for one in wrong))
    with _alone(engine, folder):
        was = _unchanged(folder, draft.watchlist, version)
        title = one_line(title)[:200] or draft.watchlist
        try:
            text = with_rule(was.text, draft) if was.text else new_file(title, draft)
        except NotEditableError as error:
            raise WatchlistFileError(f"{was.path.name}: {error}. Change it in the file.") from error
        return _written(engine, was, text, draft.rule, draft, author)


def remove_rule(
    engine: Engine, folder: Path, watchlist: str, rule: str, version: str, author: Author
) -> WatchlistFile:
    """Takes a rule out of the file that has this version. Returns and raises as `save_rule`."""
    with _alone(engine, folder):
        was = _unchanged(folder, watchlist, version)
        try:
            text = without_rule(was.text, rule) if was.text else ""
        except NotEditableError as error:
            raise WatchlistFileError(f"{was.path.name}: {error}. Change it in the file.") from error
        return _written(engine, was, text, rule, None, author)


@contextmanager
def _alone(engine: Engine, folder: Path) -> Iterator[None]:
    try:
        with locked(engine, folder):
            yield
    except BusyError as error:
        said = "Another change of the watchlists is under way. Try again in a moment."
        raise WatchlistFileError(said) from error
    except OSError as error:
        raise UnwritableError(f"{folder} cannot be opened: {error.strerror or error}.") from error


def _unchanged(folder: Path, name: str, version: str) -> WatchlistFile:
    now = read_watchlist(folder, name)
    if now.version != version:
        what = "is there already" if not version else "has changed since you opened it"
        raise ChangedMeanwhileError(f"{now.path.name} {what}: nothing was saved.", now)
    return now


def _written(
    engine: Engine, was: WatchlistFile, text: str, rule: str, draft: Draft | None, author: Author
) -> WatchlistFile:
    """Puts the text in the place of the file, and notes it."""
    if text == was.text:
        raise WatchlistFileError("Nothing is different from the file: there is nothing to save.")
    before, wanted = _before(was, rule), draft.as_rule() if draft else None
    after = fields_of(wanted) if wanted else None

    def note(connection: Connection) -> int:
        return rule_edits.note(
            connection,
            *((was.name, rule), before, after),
            editor=author.name,
            reason=author.reason,
            now=author.now,
        )

    def check(beside: Path) -> None:
        require_as_wanted(was.loaded, load_files([beside], was.name), rule, wanted)
        _unchanged(was.path.parent, was.name, was.version)

    try:
        replaced(engine, was.path, text.encode("utf-8"), note, check)
    except OSError as error:
        said = error.strerror or str(error)
        raise UnwritableError(f"{was.path} cannot be written: {said}.") from error
    except ValueError as error:
        raise WatchlistFileError(f"{was.path.name}: {error}") from error
    return read_watchlist(was.path.parent, was.name)


def _before(was: WatchlistFile, rule: str) -> Mapping[str, Any] | None:
    """The rule as the file had it, usable or not."""
    if usable := was.rule(rule):
        return fields_of(usable)
    draft = was.draft(rule)
    return fields_of(draft.as_rule()) if draft else None


def _version(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
