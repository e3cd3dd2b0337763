"""What settling derives from a statement, worked out without a store, by settling's own functions.

Only what a wording alone decides: the terms it is found by, its marks, its signature and bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.many import Made, Maker
from communique.echoes.marks import marked, wording_of
from communique.search.terms import FACT, bounded, facts, lexeme, lexemes, quoted
from communique.stories.shingles import shape_of
from communique.stories.signatures import VERSION, prints_of
from communique.text import Tokens, tokenize_columns

Rows = list[Sequence[Any]]

DERIVED = {
    "search_documents": "statement_id day terms",
    "passage_marks": "hash revision_id start",
    "fingerprints": "revision_id version shingles signature",
    "signature_bands": "hash revision_id",
}


def derive(made: Sequence[Made], maker: Maker) -> dict[str, Rows]:
    """The derived rows of these statements, by table, in the order of DERIVED's columns."""
    rows: dict[str, Rows] = {table: [] for table in DERIVED}
    for one in made:
        title, tokens = tokenize_columns(one.title), tokenize_columns(one.text)
        rows["search_documents"].append(_search_row(one, maker, title, tokens))
        number = one.sketch.number
        marks = marked(wording_of(tokens))
        rows["passage_marks"] += [(mark, number, start) for mark, start in marks.items()]
        shape = shape_of(title.terms, one.text, tokens)
        prints = prints_of(shape)
        signature = f"\\x{prints.signature.hex()}"
        rows["fingerprints"].append((number, VERSION, len(shape.shingles), signature))
        rows["signature_bands"] += [(h, number) for h in set(prints.hashes)]
    return rows


def _search_row(one: Made, maker: Maker, title: Tokens, tokens: Tokens) -> Sequence[Any]:
    sketch = one.sketch
    known = facts(maker.sources[sketch.source].id, sketch.language)
    known |= {lexeme(FACT, f"topic:{topic}") for topic in sketch.topics}
    terms = bounded(lexemes(title, tokens, sketch.language), known)
    return sketch.number, sketch.published_on, " ".join(map(quoted, terms))
