"""Replacing a file together with a note in the store, so that neither is without the other whenever
a process dies.

Under a lock on the folder, the new content goes to a file beside the old one that bears the number
of its note (`.ports.yaml.12.new`); the note is committed; the new file takes the old one's place.
Whoever dies before the commit has changed nothing, after the last step everything. In between the
file beside says that note 12 did not come to pass: it counts for nothing at once (`unfinished`),
and is taken back by whoever locks the folder next.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from communique import rule_edits

log = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds that a change waits for another one
_BESIDE = re.compile(r"\.(?P<file>.+)\.(?P<note>\d+)\.new")


class BusyError(Exception):
    """Somebody else has held the folder for PATIENCE seconds."""


@contextmanager
def locked(engine: Engine, folder: Path) -> Iterator[None]:
    """The folder is this thread's alone, and nothing in it is half done. Raises BusyError, and
    OSError for a folder that cannot be read."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _wait_for(opened)
        if left := _beside(folder):
            with engine.begin() as connection:
                rule_edits.forget(connection, [note for _, note in left])
            for path, _ in left:
                path.unlink(missing_ok=True)
        yield
    finally:
        os.close(opened)  # which gives the lock back


def replaced(
    engine: Engine,
    path: Path,
    content: bytes,
    note: Callable[[Connection], int],
    check: Callable[[Path], None],
) -> None:
    """Puts a file with this content at a path of a `locked` folder. note: writes the note in the
    store, and returns its number. check: raises where the new file (it is given its place) must not
    take the old one's. Raises OSError for what cannot be written, and what note and check raise:
    then nothing is changed, and nothing noted."""
    _require_writable(path)
    beside: Path | None = None
    try:
        with engine.begin() as connection:
            beside = path.with_name(f".{path.name}.{note(connection)}.new")
            _write(beside, content, path)
            check(beside)
        os.replace(beside, path)  # noqa: PTH105 (which tests interrupt)
    except SQLAlchemyError:  # the store is away, or may have committed: whoever comes next sees
        raise
    except Exception:
        _take_back(engine, beside)
        raise
    _sync(path.parent)


def unfinished(folder: Path) -> frozenset[int]:
    """The notes that are not to be believed: their change did not come to pass."""
    return frozenset(note for _, note in _beside(folder))


def _wait_for(opened: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise BusyError from error
            time.sleep(0.02)
        else:
            return


def _require_writable(path: Path) -> None:
    if path.is_symlink():
        raise PermissionError(0, f"it is a link to {path.resolve()}, and kept there")
    where = path if path.exists() else path.parent
    if not (os.access(where, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise PermissionError(0, "this service may not write there")


def _write(beside: Path, content: bytes, old: Path) -> None:
    """A new file, safe on the disk, with the permissions of the one whose place it is to take, and
    where the service may give it away its owner."""
    opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(opened, "wb") as file:
        if old.exists():
            kept = old.stat()
            with suppress(PermissionError):
                os.fchown(opened, kept.st_uid, kept.st_gid)
            os.fchmod(opened, kept.st_mode & 0o7777)
        file.write(content)
        file.flush()
        os.fsync(opened)


def _take_back(engine: Engine, beside: Path | None) -> None:
    """After a failure: the note, should it stand already, then the file that says so."""
    if beside is not None and (found := _BESIDE.fullmatch(beside.name)):
        with engine.begin() as connection:
            rule_edits.forget(connection, [int(found["note"])])
        with suppress(OSError):  # should it stay, it says what is true: the note is none
            beside.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    except OSError as error:  # some file systems know no such thing
        log.warning("%s cannot be synchronised: %s", folder, error)
    finally:
        os.close(opened)


def _beside(folder: Path) -> Sequence[tuple[Path, int]]:
    try:
        each = [(path, _BESIDE.fullmatch(path.name)) for path in folder.iterdir()]
    except OSError:  # a folder that cannot be read holds nothing half done of ours
        return ()
    return [(path, int(found["note"])) for path, found in each if found]
