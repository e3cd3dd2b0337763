"""Echoes as rows: stored when they are found, removed when they turn out to be stock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, text

from communique.echoes.marks import Wording, marks_of, wording_of
from communique.echoes.passages import Passage
from communique.echoes.stock import StockMark, stock_among
from communique.echoes.users import as_array, texts_of
from communique.echoes.weighing import Found
from communique.text import tokenize_columns

# Of a phrase that was echoed before it was known for stock. It is known after a few uses.
FORGOTTEN_AT_ONCE = 2_000


def store(
    connection: Connection,
    found: Sequence[Found],
    wordings: Mapping[int, Wording],
    batch: Collection[int],
) -> None:
    """Stores echoes. Where a wording of the batch was used before stored ones that echo another,
    who was first is put right."""
    if not found:
        return
    connection.execute(_STORE, _columns(found, wordings))
    belated = [each for each in found if each.first and each.later not in batch]
    if belated:
        connection.execute(_NO_LONGER_FIRST, _columns(belated, wordings))


def _columns(found: Sequence[Found], wordings: Mapping[int, Wording]) -> dict[str, str]:
    columns: dict[str, list[int]] = {name: [] for name in _COLUMNS}
    firsts = []
    for each in found:
        later, earlier, passage = wordings[each.later], wordings[each.earlier], each.passage
        row = (
            *(each.later, each.earlier),
            *(later.starts[passage.start], later.ends[passage.end - 1]),
            *(earlier.starts[passage.other_start], earlier.ends[passage.other_end - 1]),
            passage.end - passage.start,
        )
        for name, value in zip(_COLUMNS, row, strict=True):
            columns[name].append(value)
        firsts.append("t" if each.first else "f")
    sent = {name: as_array(values) for name, values in columns.items()}
    sent["firsts"] = "{" + ",".join(firsts) + "}"
    return sent


def forget(connection: Connection, learned: Collection[StockMark]) -> None:
    """Removes the stored echoes that are nothing but stock, now that it is known for stock."""
    if not learned:
        return
    sent = {
        "hashes": as_array({mark.hash for mark in learned}),
        "most": FORGOTTEN_AT_ONCE,
    }
    rows = connection.execute(_SUSPECT, sent).all()
    texts = texts_of(connection, {row.revision_id for row in rows})
    wordings = {one: wording_of(tokenize_columns(each)) for one, each in texts.items()}
    marks = {mark for each in wordings.values() for mark in marks_of(each).tolist()}
    known = stock_among(connection, marks)
    gone = [
        row.id
        for row in rows
        if not known.leaves(
            wordings[row.revision_id],
            _passage(wordings[row.revision_id], row.start, row.end),
            (row.source_id, row.earlier_source_id),
        )
    ]
    connection.execute(_FORGET, {"ids": as_array(gone)})


def _passage(wording: Wording, start: int, end: int) -> Passage:
    """The tokens between two characters. What stored them may have been another tokenizer, with
    other edges: then those that lie wholly between."""
    first = min(bisect_left(wording.starts, start), len(wording.starts) - 1)
    last = max(bisect_right(wording.ends, end), first + 1)
    return Passage(first, last, 0, last - first)


_COLUMNS = (
    "later", "earlier", "starts", "ends", "earlier_starts", "earlier_ends", "words",
)  # fmt: skip
_ROWS = """
    WITH n AS (
        SELECT * FROM unnest(
            CAST(:later AS bigint[]), CAST(:earlier AS bigint[]), CAST(:starts AS int[]),
            CAST(:ends AS int[]), CAST(:earlier_starts AS int[]), CAST(:earlier_ends AS int[]),
            CAST(:words AS int[]), CAST(:firsts AS bool[])
        ) AS sent(
            revision_id, earlier_revision_id, start, "end", earlier_start, earlier_end, words, first
        )
    )
"""
_STORE = text(
    _ROWS  # noqa: S608 (both are constants)
    + """
    INSERT INTO communique.echoes AS e
        (revision_id, earlier_revision_id, start, "end", earlier_start, earlier_end, words, first)
    SELECT * FROM n
    ON CONFLICT (revision_id, earlier_revision_id, start, earlier_start)
    DO UPDATE SET first = excluded.first WHERE e.first <> excluded.first
    """
)
# A first user found belatedly takes the place of the one that was known so far.
_NO_LONGER_FIRST = text(
    _ROWS  # noqa: S608 (both are constants)
    + """
    UPDATE communique.echoes e SET first = false FROM n
    WHERE e.first AND e.revision_id = n.revision_id
        AND e.earlier_revision_id <> n.earlier_revision_id
        AND e.start >= n.start AND e."end" <= n."end"
        AND NOT EXISTS (
            SELECT FROM communique.echoes before
            WHERE before.revision_id = n.earlier_revision_id
                AND before.earlier_revision_id = e.earlier_revision_id
        )
    """
)
_SUSPECT = text("""
    SELECT DISTINCT e.id, e.revision_id, e.start, e."end", s.source_id,
        earlier.source_id AS earlier_source_id
    FROM unnest(CAST(:hashes AS bigint[])) AS learned(hash)
    CROSS JOIN LATERAL (
        SELECT m.revision_id FROM communique.passage_marks m WHERE m.hash = learned.hash
        ORDER BY m.revision_id LIMIT :most
    ) AS used
    JOIN communique.echoes e ON e.revision_id = used.revision_id
    JOIN communique.revisions r ON r.id = e.revision_id
    JOIN communique.statements s ON s.id = r.statement_id
    JOIN communique.revisions er ON er.id = e.earlier_revision_id
    JOIN communique.statements earlier ON earlier.id = er.statement_id
""")
_FORGET = text("""
    DELETE FROM communique.echoes WHERE id IN (SELECT unnest(CAST(:ids AS bigint[])))
""")
