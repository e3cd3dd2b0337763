"""What was found, as it is shown: the words that match, in their passages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from communique.mail.excerpts import Excerpt, excerpts
from communique.passages import Wording, matched_passages
from communique.rules import Document, Span
from communique.search.values import Found


def passages_of(found: Found, most: int) -> tuple[tuple[Excerpt, ...], int]:
    """The first `most` passages that match, the title's first, and how many more there are. Control
    characters and what is invisible are left out of them; offsets are not to be had from these."""
    wording = Wording(found.title, found.text)
    spans = [asdict(span) for span in found.spans]
    return excerpts(wording, matched_passages(wording, spans), most)


def highlights_of(found: Found) -> list[dict[str, Any]]:
    """What matches in a statement; see `highlights_in`."""
    return highlights_in(Document(found.title, found.text), found.spans)


def highlights_in(document: Document, spans: Iterable[Span]) -> list[dict[str, Any]]:
    """What matches: `field` (title or text), `start` and `end` (characters of the original, half
    open) and `words`, as they stand there."""
    return [
        asdict(span) | {"words": getattr(document, span.field)[span.start : span.end]}
        for span in spans
    ]
