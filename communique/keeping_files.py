"""The files of a backup: which there are, and how they come back beside what is there."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from communique.settings import Settings
from scrapers.storage import is_local, located

ASIDE = ".before-restore"
CHUNK = 1 << 20  # bytes read at once


@dataclass(frozen=True, slots=True)
class File:
    """A file to be kept, and its name in the backup."""

    name: str
    path: Path


def folders_of(settings: Settings) -> Mapping[str, Path]:
    """What is kept of this machine's disks: its name in a backup, and where it lies. `earlier` is
    what was archived before the archive was moved, which stays where it is, and named by the store.
    """
    folders = {"watchlists": settings.watchlists}
    fs, folder = located(settings.archive)
    if is_local(fs):
        folders["archive"] = Path(folder)
    usual = (settings.home / "archive").resolve()
    if usual not in {folder.resolve() for folder in folders.values()}:
        folders["earlier"] = usual
    return folders


def files_of(folder: Path, kind: str) -> Iterator[File]:
    """All plain files below a folder, in the order of their names; hidden ones, and what a restore
    put aside, are left out."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in name.split("/"))
        if path.is_file() and not path.is_symlink() and not hidden and not name.endswith(ASIDE):
            yield File(f"{kind}/{name}", path)


def put_file(target: Path, data: IO[bytes]) -> bool:
    """Writes a file, whole or not at all, and whether it did: where the same is there, or a WARC
    file that has grown since, that stays. What is other than that is put aside, never lost."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    with draft.open("wb") as out:
        while chunk := data.read(CHUNK):
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if target.exists():
        if _begins_with(target, draft):
            draft.unlink()
            return False
        put_aside(target)
    draft.replace(target)
    return True


def put_watchlists_aside(settings: Settings, kept: Collection[str]) -> None:
    """Puts aside the watchlists that a backup does not hold: their rules were not in force."""
    for path in (*settings.watchlists.glob("*.yaml"), *settings.watchlists.glob("*.yml")):
        if path.name not in kept:
            put_aside(path)


def put_aside(path: Path) -> None:
    """Renames a file so that nothing reads it any more, and an earlier one is not overwritten."""
    number, aside = 1, path.with_name(f"{path.name}{ASIDE}")
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.{number}{ASIDE}")
    path.rename(aside)


def _begins_with(longer: Path, shorter: Path) -> bool:
    """Whether a WARC file goes on from another, or any two files are equal."""
    grown = longer.name.endswith(".warc.gz") and longer.stat().st_size > shorter.stat().st_size
    if not grown and longer.stat().st_size != shorter.stat().st_size:
        return False
    with longer.open("rb") as one, shorter.open("rb") as other:
        while chunk := other.read(CHUNK):
            if one.read(len(chunk)) != chunk:
                return False
    return True
