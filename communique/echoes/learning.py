"""Learning what is stock. Why it is told like this: docs/decisions/008-echoes.md.

How often a phrase is used does not tell stock from a talking point, for which analysts look. What
does:

- furniture stands in at least half of what its source publishes, from the first time on, in
  statements of many stories over weeks, and sticks to the beginning or the end of the page; what
  stands in the middle must stand in nearly all;
- a phrase that stands everywhere has no beginning: wherever in the store one looks, somebody uses
  it, whoever the publisher, and it is short. A talking point begins some day, comes in waves, or is
  a whole sentence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from communique.echoes.marks import WORD, Wording
from communique.echoes.passages import Passage
from communique.echoes.stock import EVERYWHERE, StockMark, store_stock
from communique.echoes.users import FIRST_USERS, Sighting, Users, as_array

# Furniture: stories that have it, days they span, its share of what the source published.
STORIES = 8
DAYS = 14
EDGE_SHARE, MIDDLE_SHARE = 0.5, 0.9
EDGE = 12  # tokens

# A phrase of everywhere: windows of the store that are looked into, how many wordings each is
# wide, how many of them must have it, of how many publishers, over how many days; its length.
WINDOWS, FEWEST_WINDOWS, WIDTH = 64, 16, 200
HELD = 0.5
PUBLISHERS = 4
AGE = 180
SHORT = 16 * WORD

# How many marks are looked into for a batch.
SUSPECTS = 400


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a mark stands in a wording: the heaviest passage that holds it, and whether one that
    does begins or ends where the text does."""

    weight: int
    at_edge: bool


def learn(
    connection: Connection,
    used: Users,
    known: Mapping[int, Sighting],
    wordings: Mapping[int, Wording],
    shared: Mapping[int, Mapping[int, Sequence[Passage]]],
    now: datetime,
) -> list[StockMark]:
    """Learns from a batch which marks are stock, stores and returns them.

    used: the first users of each mark. shared: what each wording of the batch shares with others.
    Only marks within such passages matter. The same batches in the same order teach the same.
    """
    often = {mark: each for mark, each in used.items() if len(each) >= STORIES}
    if not often:
        return []
    standings = _standings(set(often), wordings, shared)
    suspects = {mark: used[mark] for mark in sorted(standings)}
    learned = _furniture(connection, suspects, known, standings)
    short = [
        mark
        for mark, each in suspects.items()
        if len(each) == FIRST_USERS and standings[mark].weight <= SHORT
    ]
    learned += _everywhere(connection, short[:SUSPECTS])
    store_stock(connection, learned, now)
    return learned


def _standings(
    marks: Set[int],
    wordings: Mapping[int, Wording],
    shared: Mapping[int, Mapping[int, Sequence[Passage]]],
) -> dict[int, Standing]:
    found: dict[int, Standing] = {}
    for one, others in shared.items():
        wording = wordings[one]
        last = len(wording.codes) - EDGE
        for start, end in {(p.start, p.end) for each in others.values() for p in each}:
            weight, at_edge = wording.weight(start, end), start < EDGE or end > last
            for mark in marks & set(wording.grams[start:end].tolist()):
                before = found.get(mark, Standing(0, False))
                found[mark] = Standing(max(weight, before.weight), at_edge or before.at_edge)
    return found


def _furniture(
    connection: Connection,
    suspects: Users,
    known: Mapping[int, Sighting],
    standings: Mapping[int, Standing],
) -> list[StockMark]:
    asked: list[tuple[int, str, int, int, int]] = []
    for mark, revisions in suspects.items():
        for source, users in _by_source(known[one] for one in revisions).items():
            stories = {one.story_id for one in users}
            days = [one.rank[0] for one in users]
            if len(stories) >= STORIES and (max(days) - min(days)).days >= DAYS:
                statements = {one.statement_id for one in users}
                asked.append((mark, source, min(statements), max(statements), len(statements)))
    asked = asked[:SUSPECTS]
    spans = sorted({each[1:4] for each in asked})
    published = _published(connection, spans)
    return [
        StockMark(mark, source, count)
        for mark, source, low, high, count in asked
        if count
        >= published[source, low, high] * (EDGE_SHARE if standings[mark].at_edge else MIDDLE_SHARE)
    ]


def _by_source(users: Iterable[Sighting]) -> dict[str, list[Sighting]]:
    found: dict[str, list[Sighting]] = {}
    for one in users:
        found.setdefault(one.source_id, []).append(one)
    return found


def _published(
    connection: Connection, spans: Sequence[tuple[str, int, int]]
) -> dict[tuple[str, int, int], int]:
    """How many statements each source has from one to another, as far as that matters."""
    if not spans:
        return {}
    sent = {
        "sources": [source for source, _, _ in spans],
        "lows": as_array(low for _, low, _ in spans),
        "highs": as_array(high for _, _, high in spans),
        "most": int(FIRST_USERS / EDGE_SHARE) + 1,
    }
    found = connection.execute(_PUBLISHED, sent)
    return {(row.source_id, row.low, row.high): row.statements for row in found}


def _everywhere(connection: Connection, suspects: Sequence[int]) -> list[StockMark]:
    """Looks into windows all over the store, each by one lookup in an index."""
    if not suspects:
        return []
    newest = connection.execute(_NEWEST).scalar() or 0
    windows = min(WINDOWS, newest // WIDTH)
    if windows < FEWEST_WINDOWS:
        return []
    begins = as_array(newest * n // windows for n in range(windows))
    sent = {"hashes": as_array(suspects), "begins": begins, "width": WIDTH}
    found: dict[int, list[tuple[str, date]]] = {}
    for row in connection.execute(_WINDOWS, sent):
        found.setdefault(row.hash, []).append((row.publisher, row.on))
    return [
        StockMark(mark, EVERYWHERE, len(users))
        for mark, users in sorted(found.items())
        if len(users) >= HELD * windows and _is_common(users)
    ]


def _is_common(uses: Sequence[tuple[str, date]]) -> bool:
    publishers = Counter(publisher for publisher, _ in uses)
    days = [day for _, day in uses]
    return (
        len(publishers) >= PUBLISHERS
        and max(publishers.values()) * 2 <= len(uses)
        and (max(days) - min(days)).days >= AGE
    )


_NEWEST = text("SELECT max(id) FROM communique.revisions")
_PUBLISHED = text("""
    SELECT spans.source_id, spans.low, spans.high, between_them.statements
    FROM unnest(
        CAST(:sources AS text[]), CAST(:lows AS bigint[]), CAST(:highs AS bigint[])
    ) AS spans(source_id, low, high)
    CROSS JOIN LATERAL (
        SELECT count(*) AS statements FROM (
            SELECT FROM communique.statements s
            WHERE s.source_id = spans.source_id AND s.id BETWEEN spans.low AND spans.high
            LIMIT :most
        ) AS counted
    ) AS between_them
""")
_WINDOWS = text("""
    SELECT wanted.hash, p.publisher, coalesce(s.published_on, date(s.first_seen_at)) AS on
    FROM unnest(CAST(:hashes AS bigint[])) AS wanted(hash)
    CROSS JOIN unnest(CAST(:begins AS bigint[])) AS windows(low)
    CROSS JOIN LATERAL (
        SELECT m.revision_id FROM communique.passage_marks m
        WHERE m.hash = wanted.hash
            AND m.revision_id >= windows.low AND m.revision_id < windows.low + :width
        ORDER BY m.revision_id LIMIT 1
    ) AS used
    JOIN communique.revisions r ON r.id = used.revision_id
    JOIN communique.statements s ON s.id = r.statement_id
    JOIN communique.sources p ON p.id = s.source_id
""")
