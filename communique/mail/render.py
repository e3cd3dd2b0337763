"""Mails as plain text and as HTML. Escaping is the template engine's; styles are inlined, and
nothing is ever loaded from anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from rich.cells import cell_len

from communique.mail.excerpts import Piece
from communique.mail.letter import Letter

WIDTH = 72
_WIDE = "\u1100-\u115f\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"\s+|[»“‘]*[{_WIDE}][，。、；：！？」』）》”’«]*|[^\s{_WIDE}]+")
TEXT_MARKS = {"": "{}", "hit": "»{}«", "old": "[-{}-]", "new": "{{+{}+}}"}


def text_page(template: str, **values: Any) -> str:
    """A template filled in as plain text: no trailing blanks, no two empty lines in a row."""
    rendered = _environment().get_template(template).render(values)
    lines = "\n".join(line.rstrip() for line in rendered.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"


def html_page(template: str, **values: Any) -> str:
    """A template filled in as one HTML page with inlined styles."""
    rendered = _environment().get_template(template).render(values)
    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True).inline(rendered)


def headline(letter: Letter) -> str:
    """What kind of news this is, in a word or two."""
    if letter.kind == "wording":
        return "Wording restored" if letter.restored else "Wording changed"
    return "Withdrawn" if letter.kind == "withdrawn" else "New statement"


def marked(pieces: Iterable[Piece]) -> str:
    """Pieces as plain text: »matched«, [-taken out-], {+put in+}."""
    out = []
    for piece in pieces:
        core = piece.text.strip(" ")
        left = " " * (piece.text.startswith(" "))
        right = " " * (piece.text.endswith(" ") and bool(core))
        shown = TEXT_MARKS[piece.mark].format(core) if core else ""
        out.append(f"{left}{shown}{right}")
    return "".join(out)


def wrapped(text: str, first: str = "", rest: str | None = None) -> str:
    """`text` in lines of 72 columns, of which a wide (East Asian) character takes two; `first`
    begins the first line, `rest` (else as many spaces) the others. Words, and so addresses, stay
    whole; between wide characters a line may break anywhere but before a closing mark."""
    rest = " " * len(first) if rest is None else rest
    lines, line, width = [], first, cell_len(first)
    empty = True
    for token in _TOKEN.findall(text):
        columns = cell_len(token)
        if not empty and width + columns > WIDTH and not token.isspace():
            lines.append(line.rstrip())
            line, width, empty = rest, cell_len(rest), True
        if empty and token.isspace():
            continue
        line, width, empty = line + token, width + columns, False
    return "\n".join([*lines, line.rstrip()])


def is_link(url: str) -> bool:
    """Whether an address may be a link: of the web, and whole."""
    return url.lower().startswith(("http://", "https://")) and not url.endswith("…")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("communique.mail"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"marked": marked, "wrapped": wrapped, "headline": headline}
    environment.tests["web"] = is_link
    return environment
