"""The watchlists as their files have them now, read anew only where a file has changed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from communique.watchlists import Loaded, load_watchlists

_Stamp = tuple[tuple[str, int, int, int], ...]


def watchlists_of(folder: Path) -> Loaded:
    """As `load_watchlists`. Never raises for what is in the folder."""
    stamp = _stamp(folder)
    return load_watchlists(folder) if stamp is None else _loaded(folder, stamp)


def _stamp(folder: Path) -> _Stamp | None:
    """Changes with every file that is written, or put in another's place; None: not to be had."""
    try:
        paths = [path for path in folder.iterdir() if path.suffix in (".yaml", ".yml")]
        facts = [(path.name, path.stat()) for path in paths]
    except OSError:
        return None
    return tuple(sorted((name, one.st_mtime_ns, one.st_size, one.st_ino) for name, one in facts))


@lru_cache(maxsize=4)
def _loaded(folder: Path, _stamp: _Stamp) -> Loaded:
    return load_watchlists(folder)
