"""How passages that match are printed: indented below what they are of, the words marked."""

from __future__ import annotations

from rich.text import Text

from communique.cli.common import console
from communique.mail.excerpts import Excerpt

INDENT = " " * 12


def indented(line: Text) -> None:
    """A line below what it belongs to, as wide as the terminal."""
    for each in line.wrap(console, max(console.width - len(INDENT), 20)):
        each.rstrip()
        console.print(Text(INDENT) + each, soft_wrap=True, highlight=False)


def marked(excerpt: Excerpt) -> Text:
    """A passage with the words that match in colour."""
    line = Text()
    for piece in excerpt.pieces:
        line.append(piece.text, style="bold yellow" if piece.mark else "")
    return line
