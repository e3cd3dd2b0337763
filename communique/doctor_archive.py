"""Whether the evidence can be written and read, and whether there is room for more."""

from __future__ import annotations

import os
import shutil
import socket
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from fsspec import AbstractFileSystem
from sqlalchemy import Connection, text

from communique.doctor_parts import NotKnown, Patient, Said, broken, look, ok, size
from scrapers.storage import is_local, located, put

# Enough that a full disk refuses it.
TRIED = b"Written by communique doctor to see whether it can be; may be removed.\n" * 1_000
LITTLE, TOO_LITTLE = 5e9, 1e9  # bytes that are free
FEW = 0.02  # the share of a file system's files that is free
RUNS = 12

# Of the last runs: whole months of captures need not be looked through.
_NEWEST = text("""
    SELECT warc FROM (
        SELECT DISTINCT ON (source_id) warc, fetched_at FROM communique.captures
        WHERE run_id IN (SELECT id FROM communique.runs WHERE kind = 'collect'
                         ORDER BY id DESC LIMIT :runs)
          AND warc IS NOT NULL
          AND (CAST(:since AS timestamptz) IS NULL OR fetched_at >= :since)
        ORDER BY source_id, fetched_at DESC
    ) AS newest ORDER BY fetched_at DESC LIMIT :most
""")
_LOCAL = text("""
    SELECT current_setting('data_directory') WHERE pg_has_role('pg_read_all_settings', 'USAGE')
""")


def newest_files(
    connection: Connection, most: int, patient: Patient, within: timedelta | None = None
) -> list[str]:
    """The newest file of each source that was collected last, at most so many, the newest first."""
    since = patient.now - within if within else None
    asked = {"runs": RUNS, "since": since, "most": most}
    return list(connection.execute(_NEWEST, asked).scalars())


def archive(patient: Patient) -> Said:
    """Whether a file can be written, read and taken away, and the newest evidence is there."""
    url = patient.settings.archive
    fs, folder = located(url)
    place = folder.rstrip("/") or "/"
    if is_local(fs):
        place = str(_nearest(Path(folder)))
    try:
        left = _tried(fs, f"{place}/.doctor-{socket.gethostname()}-{uuid.uuid4().hex}")
    except Exception as error:  # whatever the store behind it raises
        return broken(
            f"{url} cannot be written and read: {_reason(error)}",
            "No statement is stored without its evidence: make room or give the right to write "
            "there, or set COMMUNIQUE_ARCHIVE_URL.",
        )
    if lost := _lost(patient):
        return lost
    if left:
        found = f"{url} can be written and read, but a file cannot be taken away: {left}"
        return look(found, "If that is meant so (an archive that keeps all), all is well.")
    return ok(f"{url} can be written and read")


def _tried(fs: AbstractFileSystem, path: str) -> str:
    """Writes, reads and removes a file; what came of it where it would not go away. Raises what
    the store raises."""
    try:
        put(fs, path, TRIED)
        if fs.cat_file(path) != TRIED:
            raise OSError("what was written is not what is read")
    except BaseException:
        with suppress(Exception):  # the first error is the one that is told
            fs.rm_file(path)
        raise
    try:
        fs.rm_file(path)
    except Exception as error:
        return _reason(error)
    return ""


def _lost(patient: Patient) -> Said | None:
    """What is wrong where the newest evidence that the store names is not there."""
    try:
        with patient.store() as connection:
            newest = newest_files(connection, 1, patient)
    except NotKnown:
        return None
    if not newest or patient.settings.replay:
        return None
    fs, path = located(newest[0])
    if fs.exists(path):
        return None
    return broken(
        f"the newest evidence is not there: {newest[0]}",
        "Is this the archive that the workers write to? If files are lost: communique verify --all "
        "names the statements, and a backup has the files.",
    )


def disk(patient: Patient) -> Said:
    """How much room is left where this machine keeps things, and how large the store is."""
    told, few, least = [], "", float("inf")
    for path, what in _rooms(patient):
        free, files = shutil.disk_usage(path).free, os.statvfs(path)
        least = min(least, free)
        told.append(f"{size(free)} free for {' and '.join(what)}")
        if files.f_files and files.f_favail < FEW * files.f_files:
            few = f"only {files.f_favail:,} more files can be made in {path}"
    said = "; ".join(filter(None, [*told, few]))
    if least >= LITTLE and not few:
        return ok(said)
    advice = "Make room: old logs, communique db prune, a larger disk."
    return look(said, advice) if least >= TOO_LITTLE and not few else broken(said, advice)


def _rooms(patient: Patient) -> list[tuple[Path, list[str]]]:
    """Each file system of this machine that we write to: a path on it, and what for."""
    found: dict[int, tuple[Path, list[str]]] = {}
    for what, path in _places(patient):
        there = _nearest(path)
        found.setdefault(there.stat().st_dev, (there, []))[1].append(what)
    return list(found.values())


def _places(patient: Patient) -> Iterator[tuple[str, Path]]:
    fs, root = located(patient.settings.archive)
    if is_local(fs):
        yield "the archive", Path(root)
    yield "COMMUNIQUE_HOME", patient.settings.home.resolve()
    engine = patient.engine
    if engine is None:
        return
    host = str(engine.url.query.get("host") or engine.url.host or "/")
    if host.startswith("/"):  # a socket: the server is on this machine
        with patient.store() as connection:
            folder = connection.execute(_LOCAL).scalar_one_or_none()
        if folder and Path(folder).is_dir():
            yield "the database", Path(folder)


def _nearest(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next(one for one in (path, *path.parents) if one.exists())


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
