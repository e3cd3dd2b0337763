"""What a back-test lists, as it is shown: statements read once more, the words that match in their
passages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, text

from communique.backtest_tally import Listed
from communique.backtest_trial import Trial
from communique.mail.excerpts import Excerpt, excerpts
from communique.passages import Wording, matched_passages
from communique.rules import Document, Span

BATCH = 100  # statements read at once

_READ = text("""
    SELECT s.id, s.source_id AS source, o.publisher, o.country, o.host_country, o.kind, s.language,
           s.url, s.title, s.text, s.withdrawn_at
    FROM communique.statements s JOIN communique.sources o ON o.id = s.source_id
    WHERE s.id = ANY(CAST(:ids AS bigint[]))
""")


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement that a back-test lists. besides: which other rules of the draft hold there,
    whether they are on trial or not. passages: the first of those that match, the title's
    first; more: how many there are besides. highlights: field, start, end (characters of the
    original, half open) and words."""

    listed: Listed
    besides: frozenset[str]
    publisher: str
    url: str
    title: str
    withdrawn_at: datetime | None
    passages: tuple[Excerpt, ...]
    more: int
    highlights: tuple[dict[str, Any], ...]

    @property
    def day(self) -> date:
        """Of publication; where unknown, of first sight in UTC."""
        return self.listed.day


def shown(
    connection: Connection,
    trial: Trial,
    listed: Iterable[Listed],
    *,
    drafted: bool = True,
    passages: int = 2,
) -> Iterator[Shown]:
    """What was listed, in its order, with the words that its rules find: the draft's, or where it
    is not `drafted` those in force. connection: the back-test's own."""
    waiting = iter(listed)
    while batch := list(islice(waiting, BATCH)):
        ids = [one.statement for one in batch]
        rows = {row.id: row for row in connection.execute(_READ, {"ids": ids})}
        for one in batch:
            yield _shown(rows[one.statement], one, trial, drafted, passages)


def besides(
    connection: Connection, trial: Trial, listed: Sequence[Listed]
) -> dict[int, frozenset[str]]:
    """Which of the draft's rules that are not on trial hold for each of these statements."""
    rows = connection.execute(_READ, {"ids": [one.statement for one in listed]})
    return {row.id: trial.besides(_document(row)) for row in rows}


def _shown(
    row: Row[*tuple[Any, ...]], listed: Listed, trial: Trial, drafted: bool, most: int
) -> Shown:
    document = _document(row)
    hits = trial.hits(document, drafted=drafted)
    # An index that an earlier release wrote may have known its words otherwise: nothing is marked.
    spans = _joined([span for key in listed.rules if key in hits for span in hits[key].spans])
    wording = Wording(row.title, row.text)
    found, more = excerpts(wording, matched_passages(wording, spans), most)
    marked = tuple(
        span | {"words": wording.field(span["field"])[span["start"] : span["end"]]}
        for span in spans
    )
    others = listed.besides | trial.besides(document)
    facts = (row.publisher, row.url, row.title, row.withdrawn_at)
    return Shown(listed, others, *facts, found, more, marked)


def _document(row: Row[*tuple[Any, ...]]) -> Document:
    return Document(
        title=row.title,
        text=row.text,
        language=row.language,
        source=row.source,
        publisher=row.publisher,
        country=row.country,
        host_country=row.host_country,
        kind=row.kind,
    )


def _joined(spans: Sequence[Span]) -> list[dict[str, Any]]:
    """Each span once, in the order of the text, the title's first."""
    each = {(span.field != "title", span.start, span.end): asdict(span) for span in spans}
    return [each[key] for key in sorted(each)]
