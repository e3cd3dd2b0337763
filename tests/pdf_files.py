"""PDF files as an office program would make them, in a few lines: pages of placed lines of type.

Nothing is compressed and nothing is but ASCII, so that such a file can lie among the fixtures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 595, 842  # points: A4
LEFT, RIGHT = 72, 523


@dataclass(frozen=True)
class Type:
    """A line of type: left end and base line in points from the page's lower left corner."""

    x: float
    y: float
    size: float
    words: str


def pdf(
    pages: Iterable[Sequence[Type]],
    *,
    title: str | None = None,
    created: str | None = None,
    encrypted: bool = False,
    picture: bool = False,
) -> bytes:
    """A file of these pages. title, created ("D:20260301..."): as its properties say. encrypted: a
    password is needed. picture: every page is filled with a picture, as a scanner makes it."""
    contents = [_content(page, picture=picture) for page in pages]
    first = 7
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(contents)))
    info = "".join(
        f" /{name} {_string(value)}"
        for name, value in (("Title", title), ("CreationDate", created))
        if value is not None
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(contents)} /Kids [{kids}] >>",
        f"<< /Producer <{b'Tests'.hex()}>{info} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H "
        "/DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /DW 1000 "
        "/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 4 "
        "/ItalicAngle 0 /FontBBox [-25 -254 1000 880] /Ascent 880 /Descent -120 "
        "/CapHeight 880 /StemV 93 >> >>] >>",
        "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray "
        "/BitsPerComponent 8 /Filter /ASCIIHexDecode /Length 3 >>\nstream\n80>\nendstream",
    ]
    for number, content in enumerate(contents):
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] "
            f"/Contents {first + 2 * number + 1} 0 R "
            "/Resources << /Font << /F1 4 0 R /F2 5 0 R >> /XObject << /I1 6 0 R >> >> >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    return _file(objects, encrypted=encrypted)


def column(
    lines: Sequence[str], *, top: float, x: float = LEFT, size: float = 11, lead: float = 14
) -> list[Type]:
    """Lines under one another; an empty one leaves room, as between paragraphs."""
    return [Type(x, top - n * lead, size, words) for n, words in enumerate(lines) if words]


def _content(page: Sequence[Type], *, picture: bool) -> str:
    drawn = [f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm /I1 Do Q"] if picture else []
    for line in page:
        font = "F1" if line.words.isascii() else "F2"
        coded = line.words.encode("ascii" if font == "F1" else "utf-16-be").hex()
        drawn.append(f"BT /{font} {line.size:g} Tf {line.x:g} {line.y:g} Td <{coded}> Tj ET")
    return "\n".join(drawn)


def _string(value: str) -> str:
    return f"<{(value.encode() if value.isascii() else value.encode('utf-16')).hex()}>"


def _file(objects: Sequence[str], *, encrypted: bool) -> bytes:
    out, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    out += "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    key = "00" * 32
    lock = f" /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{key}> /U <{key}> >>"
    trailer = f"/Size {len(objects) + 1} /Root 1 0 R /Info 3 0 R /ID [<{'00' * 16}> <{'00' * 16}>]"
    out += f"trailer\n<< {trailer}{lock if encrypted else ''} >>\nstartxref\n{start}\n%%EOF\n"
    return out.encode("ascii")
