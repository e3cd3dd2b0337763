"""Elements of SVG: what any chart is drawn with, for our pages and as a file of its own.

On a page colours are classes, whose colours the style sheet has for each theme. In a file they are
attributes, so that it needs nothing else and any program draws it alike. ElementTree escapes what
is put into it; what no XML may hold is left out before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

# As static/app.css has them, in light.
PALETTE = {
    "s1": "#0b5cad", "s2": "#c2571a", "s3": "#1f7a3d", "s4": "#8c3b9b", "s5": "#9a7400",
    "s6": "#b3261e", "s7": "#00788a", "s8": "#6b5b4b", "rest": "#9aa5b3", "ink": "#16202c",
    "soft": "#566376", "line": "#d9dfe7", "card": "#ffffff",
}  # fmt: skip
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', sans-serif"
SIZE = 12.5  # pixels of letters
LINE = 17.0  # from one line to the next
EDGE = 16  # pixels around a file
# What tells the series apart without colours: drawn over them, in a square of 8 pixels.
TEXTURES = (
    "",
    "M-2 2 2 -2M0 8 8 0M6 10 10 6",
    "M2 2h1.5v1.5h-1.5zM6 6h1.5v1.5h-1.5z",
    "M-2 6 2 10M0 0 8 8M6 -2 10 2",
    "M0 2h8M0 6h8",
    "M2 0v8M6 0v8",
    "M0 0 8 8M0 8 8 0",
    "M0 4h8M4 0v8",
)
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What would turn around or hide the words that follow it.
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Look:
    """How wide a chart is, in pixels. themed: for a page, not a file. key: tells its ids from those
    of the other charts of a page."""

    width: int
    themed: bool = True
    key: str = "c"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart while it is drawn."""

    root: Element
    look: Look
    height: float

    def paint(self, name: str, how: str = "fill") -> dict[str, str]:
        """The attributes that give a shape a colour of PALETTE. how: `fill` or `stroke`."""
        if self.look.themed:
            return {"class": f"{how}-{name}"}
        return {how: PALETTE[name]} | ({"fill": "none"} if how == "stroke" else {})

    def shape(self, tag: str, into: Element | None = None, /, **attributes: object) -> Element:
        """Adds an element. attributes: `_` stands for `-`; numbers are shortened."""
        named = {key.rstrip("_").replace("_", "-"): shortened(v) for key, v in attributes.items()}
        return SubElement(self.root if into is None else into, tag, named)

    def label(
        self,
        words: str,
        x: float,
        y: float,
        *,
        colour: str = "ink",
        anchor: str = "start",
        weight: str = "normal",
    ) -> Element:
        """Adds words; y: of their base line."""
        made = self.shape(
            "text", x=x, y=y, text_anchor=anchor, font_size=SIZE, font_weight=weight,
            **self.paint(colour),
        )  # fmt: skip
        made.text = clean(words)
        return made

    def told(self, words: str, into: Element) -> None:
        """Gives a shape the words that stand beside a pointer."""
        self.shape("title", into).text = clean(words)

    def texture(self, number: int) -> dict[str, str]:
        """The attributes that fill a shape as the series of this number, from 0; the ninth and all
        further ones as the rest."""
        if number >= len(TEXTURES):
            return self.paint("rest")
        if not TEXTURES[number]:
            return self.paint(f"s{number + 1}")
        return {"fill": f"url(#{self.look.key}-t{number})"}


def drawing(look: Look, height: float, title: str, description: str) -> Drawing:
    """An empty chart. title, description: what it tells those who cannot see it."""
    key, edge = look.key, 0 if look.themed else EDGE
    wide, high = look.width + 2 * edge, height + 2 * edge
    root = Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "role": "img", "font-family": FONT,
        "viewBox": f"{-edge} {-edge} {wide} {shortened(high)}",
        "aria-labelledby": f"{key}-title {key}-desc",
    })  # fmt: skip
    made = Drawing(root, look, height)
    made.shape("title", id=f"{key}-title").text = clean(title)
    made.shape("desc", id=f"{key}-desc").text = clean(description)
    if not look.themed:
        root.set("width", str(wide))
        root.set("height", shortened(high))
        made.shape("rect", x=-edge, y=-edge, width=wide, height=high, **made.paint("card"))
    return made


def textures(made: Drawing, count: int) -> None:
    """Defines the textures of this many series."""
    defs = made.shape("defs")
    for number, path in enumerate(TEXTURES[:count]):
        if path:
            one = made.shape(
                "pattern", defs, id=f"{made.look.key}-t{number}", width=8, height=8,
                patternUnits="userSpaceOnUse",
            )  # fmt: skip
            made.shape("rect", one, width=8, height=8, **made.paint(f"s{number + 1}"))
            made.shape("path", one, d=path, stroke_width=1.3, stroke_opacity=0.75,
                       **made.paint("card", "stroke"))  # fmt: skip


def markup(made: Drawing) -> Markup:
    """The chart as part of a page. Nothing in it but what ElementTree has escaped."""
    return Markup(tostring(made.root, encoding="unicode"))  # noqa: S704 (ours)


def as_file(made: Drawing) -> bytes:
    """The chart as a file of its own."""
    return bytes(tostring(made.root, encoding="utf-8", xml_declaration=True))


def clean(words: str) -> str:
    """Words without what no XML may hold, and without what turns others around."""
    return _UNSEEN.sub("", _NOT_XML.sub("\ufffd", words))


def shortened(value: object) -> str:
    """A number as briefly as a chart needs it."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def width_of(words: str) -> float:
    """About how wide words are, in pixels."""
    return sum(SIZE if east_asian_width(each) in "WF" else SIZE * 0.56 for each in clean(words))


def fitted(words: str, width: float) -> str:
    """The words, cut to a width."""
    kept = clean(" ".join(words.split()))[:300]
    if width_of(kept) <= width:
        return kept
    while kept and width_of(kept) + SIZE > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def wrapped(words: Iterable[str], width: float) -> Sequence[Sequence[str]]:
    """Words in lines of a width."""
    lines: list[list[str]] = [[]]
    left = width
    for word in words:
        taken = width_of(word) + SIZE * 0.56
        if taken > left and lines[-1]:
            lines.append([])
            left = width
        lines[-1].append(word)
        left -= taken
    return lines
