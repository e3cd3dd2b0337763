"""The lines of type in a PDF, with where they stand: what a text has to be put together from."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scrapers.errors import Truncated, Unreadable

_CHILD = Path(__file__).with_name("pdf_child.py")
# Its own bound is on the processor's time; this one ends a child that waits for whatever.
_SECONDS = 60
# How far from the end the end mark may stand: servers append lines of their own.
_TAIL = 65_536
_MAGIC = b"%PDF-"
_INHERITED = ("PATH", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of type. left, top, right, bottom: in points from the page's upper left corner. A
    soft hyphen at its end: a word goes on in the next line."""

    words: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def size(self) -> float:
        """How high its type is, in points."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: size in points, and its lines in the order in which the file has them."""

    width: float
    height: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A PDF. title, created: as its properties say ("D:20260301120000+08'00'"); "" for nothing."""

    title: str
    created: str
    sheets: tuple[Sheet, ...]


def is_pdf(body: bytes) -> bool:
    """Whether a body is a PDF, whatever its label says."""
    return body.startswith(_MAGIC)


def read_lines(body: bytes) -> Document:
    """Takes a PDF apart, in a process of its own with a second or so of its own time, 20 s at most,
    and a gigabyte at most. Raises Truncated for a file without its end, Unreadable for one that is
    encrypted, too long, broken, or that brings the process down."""
    if b"%%EOF" not in body[-_TAIL:]:
        raise Truncated("the PDF breaks off: it has no end mark")
    command = [sys.executable, "-I", str(_CHILD)]
    # Whatever takes the child over finds no password in its environment.
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 (our own program; the file is its standard input)
            command,
            input=body,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(f"the PDF was not read within {_SECONDS} s") from error
    if done.returncode:
        raise Unreadable(f"the PDF cannot be read: {_why(done)}")
    found: dict[str, Any] = json.loads(done.stdout)
    if "error" in found:
        raise Unreadable(f"the PDF cannot be read: {found['error']}")
    return Document(
        title=found["title"],
        created=found["created"],
        sheets=tuple(_sheet(page) for page in found["pages"]),
    )


def _sheet(page: Mapping[str, Any]) -> Sheet:
    lines = tuple(Line(*line) for line in page["lines"])
    return Sheet(page["width"], page["height"], lines)


def _why(done: subprocess.CompletedProcess[bytes]) -> str:
    """How the child ended, in words."""
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        slow = "its time was up" if name in ("SIGXCPU", "SIGKILL") else "the library crashed on it"
        return f"{slow} ({name})"
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return said[-1][:300] if said else f"status {done.returncode}"
