"""Promise: a page that is cut off, garbled or changed overnight is read or refused by its reader,
never misread for want of its text, and nothing but the errors of the line comes of it."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
import yaml
from selectolax.lexbor import LexborHTMLParser

import scrapers.readers
from scrapers import regions
from scrapers.errors import MissingElement, ScrapeError
from scrapers.readers import _layout, reader, readers
from tests.scrapers.readers.test_golden import CASES, LISTINGS, _page

TURNS = 5
# Readers that read any page, whatever its elements are called.
ANY_LAYOUT = frozenset(("generic", "wordpress", "feed"))


def _cut(html: str, chance: random.Random) -> str:
    return html[: chance.randrange(len(html))]


def _garbled(html: str, chance: random.Random) -> str:
    signs = list(html)
    for _ in range(max(1, len(signs) // 20)):
        signs[chance.randrange(len(signs))] = chance.choice("<>\"'&;/= \x00\ufffd")
    return "".join(signs)


def _without_names(html: str, chance: random.Random) -> str:
    return re.sub(r"\s(?:class|id|name|property|itemprop)=(\"[^\"]*\"|'[^']*'|\S+)", "", html)


def _with_huge_attributes(html: str, chance: random.Random) -> str:
    return re.sub(r"\b(class|id|href|title|content|datetime)=\"", rf'\1="{"x" * 5000} ', html)


def _shuffled(html: str, chance: random.Random) -> str:
    parts = re.split(r"(?=<)", html)
    chance.shuffle(parts)
    return "".join(parts)


def _emptied(html: str, chance: random.Random) -> str:
    return re.sub(r">[^<]+<", "><", html)


def _nested(html: str, chance: random.Random) -> str:
    return "<div class=content><table><tr><td>" * 300 + html


def _twice(html: str, chance: random.Random) -> str:
    return html + html


MUTILATIONS: dict[str, Callable[[str, random.Random], str]] = {
    "cut off": _cut,
    "garbled": _garbled,
    "without names": _without_names,
    "huge attributes": _with_huge_attributes,
    "shuffled": _shuffled,
    "emptied": _emptied,
    "nested": _nested,
    "twice": _twice,
}


@pytest.mark.parametrize("what", MUTILATIONS)
@pytest.mark.parametrize("name", tuple(readers()))
def test_a_mutilated_example_is_read_or_refused_with_a_reason(name: str, what: str) -> None:
    chance = random.Random(f"{name} {what}")
    for case, kind in _examples(name):
        for _ in range(TURNS if what in ("cut off", "garbled", "shuffled") else 1):
            _tried(case, kind, MUTILATIONS[what](kind.read_text(), chance))


def _examples(name: str) -> Iterator[tuple[Path, Path]]:
    for case in CASES:
        if case.parent.name == name:
            yield case, next(p for p in case.iterdir() if p.stem in {"article", *LISTINGS})


def _tried(case: Path, kind: Path, html: str) -> Any:
    """What the reader makes of it, or None. A fault of the reader's own would be named in the
    error as such; it must not come to that."""
    used = reader(case.parent.name)
    page = _page(yaml.safe_load((case / "page.yaml").read_text()), html)
    refused: ScrapeError | None = None
    try:
        return (used.article if kind.stem == "article" else used.listing)(page)
    except ScrapeError as error:
        refused = error
    assert "failed with" not in str(refused), case.name
    return None


ARTICLES = [
    case
    for case in CASES
    if (case / "article.html").exists() and case.parent.name not in ANY_LAYOUT
]


@pytest.mark.parametrize("case", ARTICLES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_without_the_element_of_its_text_a_page_is_refused_or_its_rest_not_taken_for_it(
    case: Path,
) -> None:
    kind = case / "article.html"
    text: str = json.loads((case / "expected.json").read_text())["text"]
    found = _tried(case, kind, _without_text(kind.read_text(), text))
    assert found is None or len(found.text) * 2 <= len(text)


def _without_text(html: str, text: str) -> str:
    """The page without the smallest element that holds all paragraphs of its text."""
    tree = LexborHTMLParser(html)
    begins = [_words(block[:30]) for block in re.split(r"\n+", text)]
    body = tree.body
    assert body is not None
    holding = [
        node
        for node in body.css("*")
        if node.tag not in ("body", "html")
        and all(words in _words(node.text()) for words in begins)
    ]
    if holding:
        min(holding, key=lambda node: len(node.html or "")).decompose()
    else:
        body.decompose()
    return tree.html or ""


def _words(text: str) -> str:
    return re.sub(r"\W+", "", text)


def test_a_layout_that_fits_no_page_names_what_it_looked_for() -> None:
    page = _page(yaml.safe_load((ARTICLES[0] / "page.yaml").read_text()), "<h1>T</h1><p>x</p>")
    layouts = (_layout.Layout(text=("#one", ".two")), _layout.Layout(text=("#three",)))
    with pytest.raises(MissingElement, match=r"#one or \.two or #three"):
        _layout.read(page, *layouts)


def test_every_selector_of_every_reader_can_be_searched_for() -> None:
    """A selector with a slip would make every page of the family unreadable."""
    tree = regions.parse("<p>x</p>")
    for layout in _layouts():
        drop = (layout.drop,) if layout.drop else ()
        for selector in (*layout.text, *layout.title, *layout.dated, *layout.labelled, *drop):
            assert isinstance(tree.css(selector), list)


def _layouts() -> Iterator[_layout.Layout]:
    for found in iter_modules(scrapers.readers.__path__):
        for value in vars(import_module(f"scrapers.readers.{found.name}")).values():
            for layout in value if isinstance(value, tuple) else (value,):
                if isinstance(layout, _layout.Layout):
                    yield layout
