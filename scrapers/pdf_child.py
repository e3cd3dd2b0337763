"""A process of its own that takes the lines of type out of a PDF: its bytes on standard input, JSON
on standard output.

PDFium is the fastest and most forgiving reader of real files, and it is C++: a file made to harm it
takes this process down and nothing else. Started by path (scrapers.pdf_lines), so that it loads
nothing but PDFium. Time and memory are bounded by the system.
"""

from __future__ import annotations

import ctypes
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

CPU_SECONDS = 20
MEMORY = 1 << 30  # bytes of address space
MOST_PAGES = 300
MOST_CHARACTERS = 1_000_000

# PDFium's word for a hyphen that parts a word at the end of a line.
_HYPHEN = 0x02
_SOFT_HYPHEN = "\xad"
_ENDS = (0x0A, 0x0D)
_PASSWORD = 4  # FPDF_ERR_PASSWORD


def main() -> None:
    """Reads standard input, writes {"error": ...} or {"title", "created", "pages"}."""
    _bound()
    json.dump(_read(sys.stdin.buffer.read()), sys.stdout)


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(data: bytes) -> dict[str, Any]:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code == _PASSWORD
        return {"error": "encrypted: it opens with a password only" if locked else str(error)}
    count = len(document)
    if count > MOST_PAGES:
        return {"error": f"{count:,} pages, more than the {MOST_PAGES} that are read"}
    about, pages, left = document.get_metadata_dict(), [], MOST_CHARACTERS
    for number in range(count):
        page = document[number]
        text = page.get_textpage()
        left -= text.count_chars()
        if left < 0:
            return {"error": f"more than {MOST_CHARACTERS:,} characters"}
        width, height = page.get_size()
        lines = list(_lines(text.raw, text.count_chars(), height))
        pages.append({"width": width, "height": height, "lines": lines})
        text.close()
        page.close()
    return {"title": about["Title"], "created": about["CreationDate"], "pages": pages}


def _lines(text: Any, count: int, height: float) -> Iterator[list[Any]]:
    """Each line as [words, left, top, right, bottom], in points from the page's upper left corner,
    as high as its type."""
    box = pdfium.FS_RECTF()
    said: list[str] = []
    edges: list[tuple[float, float, float, float]] = []
    for place in range(count):
        code = pdfium.FPDFText_GetUnicode(text, place)
        if code not in _ENDS:
            hyphen = code == _HYPHEN and pdfium.FPDFText_IsHyphen(text, place) == 1
            said.append(_SOFT_HYPHEN if hyphen else _character(code))
            if not said[-1].isspace() and pdfium.FPDFText_GetLooseCharBox(
                text, place, ctypes.byref(box)
            ):
                edges.append((box.left, height - box.top, box.right, height - box.bottom))
            if not hyphen:
                continue
        if line := _line(said, edges):
            yield line
        said, edges = [], []
    if line := _line(said, edges):
        yield line


def _character(code: int) -> str:
    """One character; none for half of a surrogate pair and for what is none."""
    return "" if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)


def _line(said: list[str], edges: list[tuple[float, float, float, float]]) -> list[Any]:
    if not edges:
        return []
    lefts, tops, rights, bottoms = zip(*edges, strict=True)
    # The usual character's height is the line's: not a bullet's, nor that of a raised number.
    usual = sorted(range(len(edges)), key=lambda n: bottoms[n] - tops[n])[len(edges) // 2]
    top, bottom = sorted((tops[usual], bottoms[usual]))
    return ["".join(said), min(lefts), top, max(rights), bottom]


if __name__ == "__main__":
    main()
