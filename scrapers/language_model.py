"""py3langid's model, as far as it is needed, and its largest table out of the process's memory.

The library's own loading takes 100 MB for a moment and keeps 60, of which a text needs little. The
model is a NumPy archive in LZMA (py3langid.modelio): here it is taken piece by piece, without the
languages that are not told, and a text's way through it is looked up in a file.
"""

from __future__ import annotations

import lzma
import mmap
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
# Rows of the model's table of chances that are read together.
_ROWS = 4096


def identifier() -> LanguageIdentifier:
    """The process's one model, of the languages that are told; loaded when it is first asked for,
    which takes a second."""
    with _LOADING:
        return _loaded()[0]


def forget() -> None:
    """Gives back the memory of what was looked up, which is read again when it is needed: a run of
    hundreds of hosts would come to hold all of the model."""
    if hasattr(mmap, "MADV_DONTNEED") and _loaded.cache_info().currsize:
        _loaded()[1].madvise(mmap.MADV_DONTNEED)


@lru_cache(maxsize=1)
def _loaded() -> tuple[LanguageIdentifier, mmap.mmap]:
    with _unpacked() as packed, tempfile.TemporaryFile() as file:
        classes = _array(packed, "classes").tolist()
        columns = [n for n, code in enumerate(classes) if code in _TOLD.split()]
        kind = _write(packed, "nextmove", file)
        file.flush()
        moves = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        made = LanguageIdentifier(
            _columns(packed, "ptc", columns),
            _array(packed, "pc")[columns],
            [classes[n] for n in columns],
            memoryview(moves).cast("I" if kind.itemsize == 4 else "H"),
            _plain(_array(packed, "out_feat")),
            norm_probs=True,
            tk_row=_plain(_array(packed, "nextmove_row")),
        )
    return made, moves


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


def _write(packed: zipfile.ZipFile, name: str, to: IO[bytes]) -> np.dtype[Any]:
    """Copies an array, whose items are of the kind that is returned."""
    with _member(packed, name) as (file, kind, _):
        shutil.copyfileobj(file, to, _PIECE)
    return kind


def _columns(packed: zipfile.ZipFile, name: str, columns: list[int]) -> np.ndarray[Any, Any]:
    """Some columns of a table, without all of it in memory."""
    with _member(packed, name) as (file, kind, (high, wide)):
        made = np.empty((high, len(columns)), kind)
        for first in range(0, high, _ROWS):
            rows = np.frombuffer(file.read(_ROWS * wide * kind.itemsize), kind)
            made[first : first + _ROWS] = rows.reshape(-1, wide)[:, columns]
    return made
