"""A backup: one tar file that holds all that a deployment cannot make again.

    python -m communique.keeping pack  < dumps.tar > backup.tar      pack-earlier: before an upgrade
    python -m communique.keeping check < backup.tar        prints its facts, tab-separated
    python -m communique.keeping put   < backup.tar        its archive and watchlists

deploy/backup.sh and deploy/restore.sh call these in a container of our image, since only that sees
the archive; PostgreSQL's own programs dump and restore beside its server. All is read and written
as a stream, so that no copy of the archive is needed. What is in it:

    airflow.dump, communique.dump    pg_dump's custom format
    airflow.tsv, communique.tsv      facts of that moment: rows of each table, migrations
    archive/, earlier/, watchlists/  files; earlier: of the disk, where the archive is elsewhere now
    MANIFEST.json                    last: version, facts, and the SHA-256 of each member

The dumps are older than the files, so every WARC record that a dump names is in them. A file that
grows meanwhile is taken as far as it went when it was opened.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import IO, Any

from communique import __version__
from communique.keeping_files import (
    CHUNK,
    File,
    files_of,
    folders_of,
    put_file,
    put_watchlists_aside,
)
from communique.keeping_versions import EARLIER, is_newer, knows
from communique.settings import Settings

FORMAT = 1
MANIFEST = "MANIFEST.json"
DUMPS = ("airflow.dump", "airflow.tsv", "communique.dump", "communique.tsv")


class BackupError(Exception):
    """A backup that cannot be made or used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. version: of Communiqué, or that it was packed before an upgrade
    to that; made_at: ISO 8601, UTC; archive: the address of the archive that the store names;
    facts: lines of the .tsv members; files: each member's size in bytes and its SHA-256."""

    format: int
    version: str
    made_at: str
    archive: str
    facts: list[list[str]]
    files: Mapping[str, Mapping[str, Any]]


@contextmanager
def _explained() -> Iterator[None]:
    """Turns what tarfile says, wherever in the stream, into an error that says what it means."""
    try:
        yield
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"the file was cut short, or is no backup of ours: {error}") from error


@_explained()
def pack(settings: Settings, dumps: IO[bytes], out: IO[bytes], version: str = __version__) -> None:
    """Writes a backup. dumps: a tar stream of DUMPS; version: whose they are. Raises BackupError
    where one is missing, or the archive cannot be read."""
    found: dict[str, Mapping[str, Any]] = {}
    facts: list[list[str]] = []
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as packed:
        for name, size, data in _members(dumps):
            if name not in DUMPS:
                raise BackupError(f"{name} is no part of a backup")
            if name.endswith(".tsv"):
                told = data.read()
                facts += [line.split("\t") for line in told.decode().splitlines()]
                data = io.BytesIO(told)
            found[name] = _add(packed, name, size, data)
        if missing := sorted(set(DUMPS) - set(found)):
            raise BackupError(f"the dumps lack {', '.join(missing)}")
        for file in _kept(settings):
            with file.path.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                found[file.name] = _add(packed, file.name, size, stream)
        made_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        manifest = Manifest(FORMAT, version, made_at, settings.archive, facts, found)
        written = json.dumps(asdict(manifest), indent=1).encode()
        _add(packed, MANIFEST, len(written), io.BytesIO(written))


@_explained()
def check(settings: Settings, backup: IO[bytes]) -> Manifest:
    """A backup's own account of itself, every member held against it. Raises BackupError where the
    file is damaged, cut short, of a newer version, or of an archive elsewhere."""
    found: dict[str, Mapping[str, Any]] = {}
    manifest: Manifest | None = None
    for name, size, data in _members(backup):
        if name == MANIFEST:
            manifest = _manifest(data.read())
        else:
            digest = hashlib.sha256()
            for chunk in iter(lambda data=data: data.read(CHUNK), b""):  # type: ignore[misc]
                digest.update(chunk)
            found[name] = {"size": size, "sha256": digest.hexdigest()}
    if manifest is None:
        raise BackupError("the file has no manifest: it was cut short, or is no backup of ours")
    if wrong := sorted(
        n for n in {*found, *manifest.files} if found.get(n) != manifest.files.get(n)
    ):
        some = ", ".join(wrong[:5])
        raise BackupError(f"the file is damaged: {len(wrong)} of its parts, such as {some}")
    _require_usable(settings, manifest)
    return manifest


@_explained()
def put(settings: Settings, backup: IO[bytes]) -> int:
    """Puts the archive's files and the watchlists back, and returns how many files were written.
    What is there already stays; what differs, or is a watchlist that the backup does not hold, is
    put aside as NAME.before-restore. The backup must have been checked. Raises BackupError."""
    written, watchlists, folders = 0, set[str](), folders_of(settings)
    for name, _, data in _members(backup):
        kind, within, path = name.partition("/")
        if within:
            if kind not in folders or not _is_plain(path):
                raise BackupError(f"{name} has no place here")
            written += put_file(folders[kind] / path, data)
            if kind == "watchlists":
                watchlists.add(path)
    put_watchlists_aside(settings, watchlists)
    os.sync()
    return written


def main(arguments: list[str]) -> int:
    """0 where it went well, 1 with what went wrong, 2 for wrong usage."""
    commands: Mapping[str, Callable[[Settings], None]] = {
        "pack": lambda settings: pack(settings, sys.stdin.buffer, sys.stdout.buffer),
        "pack-earlier": lambda settings: pack(
            settings, sys.stdin.buffer, sys.stdout.buffer, f"{EARLIER}{__version__}"
        ),
        "check": lambda settings: _print(check(settings, sys.stdin.buffer)),
        "put": lambda settings: print(put(settings, sys.stdin.buffer)),
    }
    if len(arguments) != 1 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        commands[arguments[0]](Settings())
        sys.stdout.flush()
    except (BackupError, OSError) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 1
    return 0


def _print(manifest: Manifest) -> None:
    print(f"version\t{manifest.version}")
    for fact in manifest.facts:
        print("\t".join(fact))


def _kept(settings: Settings) -> Iterator[File]:
    for kind, folder in sorted(folders_of(settings).items()):
        yield from files_of(folder, kind)


def _members(stream: IO[bytes]) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Name, size and content of each member of a tar stream, in its order."""
    with tarfile.open(fileobj=stream, mode="r|") as packed:
        for member in packed:
            data = packed.extractfile(member) if member.isreg() else None
            if data is None:
                raise BackupError(f"{member.name} is no plain file")
            yield member.name, member.size, data


def _add(packed: tarfile.TarFile, name: str, size: int, data: IO[bytes]) -> Mapping[str, Any]:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    digest = _Digesting(data)
    packed.addfile(member, digest)
    return {"size": size, "sha256": digest.sha256.hexdigest()}


class _Digesting(io.RawIOBase):
    """Takes the SHA-256 of what is read through it."""

    def __init__(self, data: IO[bytes]) -> None:
        self._data, self.sha256 = data, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """So many bytes, as the stream has them."""
        chunk = self._data.read(size)
        self.sha256.update(chunk)
        return chunk


def _manifest(data: bytes) -> Manifest:
    try:
        told = json.loads(data)
        if told["format"] != FORMAT:
            raise BackupError(
                f"the backup is of format {told['format']}, made by {told['version']}, and this is "
                f"{__version__}: take that version"
            )
        return Manifest(**told)
    except (ValueError, TypeError, KeyError) as error:
        raise BackupError(f"its manifest cannot be read: {error}") from error


def _require_usable(settings: Settings, manifest: Manifest) -> None:
    heads = (fact[1:3] for fact in manifest.facts if fact[0] == "head")
    unknown = [f"{table} {revision}" for table, revision in heads if not knows(table, revision)]
    if unknown or is_newer(manifest.version):
        because = f" (unknown here: {', '.join(unknown)})" if unknown else ""
        raise BackupError(
            f"the backup was made by version {manifest.version}, and this is {__version__}"
            f"{because}: take that version or a later one"
        )
    if manifest.archive != settings.archive:
        raise BackupError(
            f"the backup's store names evidence at {manifest.archive}, and the archive here is "
            f"{settings.archive}: set COMMUNIQUE_ARCHIVE_URL to the former"
        )


def _is_plain(path: str) -> bool:
    """Whether a member's name leads nowhere else than below its folder."""
    parts = path.split("/")
    return bool(path) and not any(part in ("", ".", "..") for part in parts)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
