"""py3langid's model in a third of its memory.

The library's own loading takes 140 MB for a moment and keeps 75. The model is a NumPy archive in
LZMA (py3langid.modelio): here it is taken piece by piece, without the languages that are not told,
and what is alike in its largest table is kept once.
"""

from __future__ import annotations

import lzma
import shutil
import tempfile
import threading
import zipfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import IO, Any

import numpy as np
from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

# The languages of governments and of the press that quotes them; the model tells 80 more, and is
# so much larger by them.
_TOLD = (
    "am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it "
    "ja ka kk km kn ko ky lb lo lt lv mk ml mn mr ms mt my nb ne nl nn no pa pl ps pt ro ru si sk "
    "sl so sq sr sv sw ta te tg th tk tl tr ug uk ur uz uzs vi wuu yue zh zxx"
)
# Threads that all need the model first share one.
_LOADING = threading.Lock()
_PIECE = 1 << 20
# Rows of a table that are read together.
_ROWS = 4096
# Letters that follow each other are looked up by so many at a time; and so many of these at once.
_STRETCH, _STRETCHES = 16, 1 << 14


def identifier() -> LanguageIdentifier:
    """The process's one model, of the languages that are told; loaded when it is first asked for,
    which takes a second."""
    with _LOADING:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> LanguageIdentifier:
    with _unpacked() as packed:
        classes = _array(packed, "classes").tolist()
        columns = [n for n, code in enumerate(classes) if code in _TOLD.split()]
        return LanguageIdentifier(
            _columns(packed, "ptc", columns),
            _array(packed, "pc")[columns],
            [classes[n] for n in columns],
            _Moves(packed, "nextmove"),
            _plain(_array(packed, "out_feat")),
            norm_probs=True,
            tk_row=_plain(_array(packed, "nextmove_row")),
        )


class _Moves:
    """Where each letter leads from each state. Most stretches of that table are alike: each is kept
    once, an eighth of it all."""

    def __init__(self, packed: zipfile.ZipFile, name: str) -> None:
        found, places = list[np.ndarray[Any, Any]](), list[np.ndarray[Any, Any]]()
        with _member(packed, name) as (file, kind, _):
            stretch = np.dtype((np.void, _STRETCH * kind.itemsize))
            while piece := file.read(_STRETCHES * stretch.itemsize):
                here, which = np.unique(np.frombuffer(piece, stretch), return_inverse=True)
                places.append((which + sum(map(len, found))).astype(np.uint32))
                found.append(here)
        each, number = np.unique(np.concatenate(found), return_inverse=True)
        small = np.uint16 if len(each) < 1 << 16 else np.uint32
        self._which = _plain(number.astype(small)[np.concatenate(places)])
        self._moves = array(kind.char, each.tobytes())

    def __getitem__(self, place: int) -> int:
        return self._moves[self._which[place >> 4] << 4 | place & 15]


@contextmanager
def _unpacked() -> Iterator[zipfile.ZipFile]:
    with tempfile.TemporaryFile() as file:
        with lzma.open(MODEL_DIR / MODEL_FILE) as packed:
            shutil.copyfileobj(packed, file, _PIECE)
        with zipfile.ZipFile(file) as arrays:
            yield arrays


@contextmanager
def _member(
    packed: zipfile.ZipFile, name: str
) -> Iterator[tuple[IO[bytes], np.dtype[Any], tuple[int, ...]]]:
    """An array's bytes, what its items are, and its shape."""
    with packed.open(f"{name}.npy") as file:
        np.lib.format.read_magic(file)
        shape, _, kind = np.lib.format.read_array_header_1_0(file)
        yield file, kind, shape


def _array(packed: zipfile.ZipFile, name: str) -> np.ndarray[Any, Any]:
    with _member(packed, name) as (file, kind, _):
        return np.frombuffer(file.read(), kind)


def _plain(numbers: np.ndarray[Any, Any]) -> array[int]:
    """Numbers that are taken one by one, which NumPy is slow at."""
    return array(numbers.dtype.char, numbers.tobytes())


def _columns(packed: zipfile.ZipFile, name: str, columns: list[int]) -> np.ndarray[Any, Any]:
    """Some columns of a table, without all of it in memory."""
    with _member(packed, name) as (file, kind, (high, wide)):
        made = np.empty((high, len(columns)), kind)
        for first in range(0, high, _ROWS):
            rows = np.frombuffer(file.read(_ROWS * wide * kind.itemsize), kind)
            made[first : first + _ROWS] = rows.reshape(-1, wide)[:, columns]
    return made
