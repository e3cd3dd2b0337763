"""How large the archive is. Counting files takes as long as there are many, so nobody who asks
waits for it: a thread counts once an hour, and what it found last is told."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from fsspec import AbstractFileSystem

from scrapers.storage import is_local, located

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
LONGEST = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes and files of the archive, counted at `at` (aware, UTC); None: not counted yet. free,
    disk: of the disk it is on, in bytes; of an object store, that of our own files, if any."""

    bytes: int | None = None
    files: int | None = None
    at: datetime | None = None
    free: int | None = None
    disk: int | None = None


class Archive:
    """The archive at an fsspec address, to be measured. home: where our own files lie, whose disk
    is told where the archive is on none: databases and logs are on it, as a rule."""

    def __init__(self, address: str, home: Path | None = None) -> None:
        self._address, self._home = address, home
        self._counted = Size()

    def measured(self) -> Size:
        """What was counted last, and the disk as it is now."""
        counted, disk = self._counted, _disk(self._address, self._home)
        if disk is None:
            return counted
        return Size(counted.bytes, counted.files, counted.at, free=disk[0], disk=disk[1])

    def count(self, longest: timedelta = LONGEST) -> bool:
        """Counts bytes and files, and keeps that. False, and nothing is kept, where it takes longer
        or the archive does not answer."""
        until, size, files = time.monotonic() + longest.total_seconds(), 0, 0
        try:
            system, root = located(self._address)
            for one in _files(system, root):
                size += one
                files += 1
                if time.monotonic() > until:
                    log.warning("%s is not counted: that takes longer than %s", root, longest)
                    return False
        except Exception as error:  # an object store, whatever it raises, must not end the exporter
            log.error("%s cannot be counted: %s", self._address, error)
            return False
        self._counted = Size(size, files, datetime.now(timezone.utc))
        return True

    def count_hourly(self, stopping: threading.Event) -> threading.Thread:
        """Counts now and every hour, in a thread of its own, until it is stopped."""

        def work() -> None:
            while not stopping.is_set():
                self.count()
                stopping.wait(EVERY.total_seconds())

        thread = threading.Thread(target=work, name="archive", daemon=True)
        thread.start()
        return thread


def _files(system: AbstractFileSystem, root: str) -> Iterator[int]:
    """The bytes of each file below a folder. A folder that is not there has none; any other trouble
    is raised, which fsspec's own walk would pass over: half an archive is no archive."""
    folders = [root]
    while folders:
        try:
            found = system.ls(folders.pop(), detail=True)
        except FileNotFoundError:
            continue
        for facts in found:
            if facts["type"] == "directory":
                folders.append(facts["name"])
            else:
                yield int(facts.get("size") or 0)


def _disk(address: str, home: Path | None) -> tuple[int, int] | None:
    """Free bytes and all bytes of the disk that an address is on, else of home's; None: it is on
    none of ours."""
    try:
        system, root = located(address)
        place = Path(root) if is_local(system) else home
        if place is None:
            return None
        place = place.resolve()
        there = next(folder for folder in (place, *place.parents) if folder.is_dir())
        usage = shutil.disk_usage(there)
    except Exception as error:
        log.error("%s: its disk cannot be looked at: %s", address, error)
        return None
    return usage.free, usage.total
