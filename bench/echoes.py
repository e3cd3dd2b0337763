"""What echoes find and cost: `python -m bench.echoes` (`--sample` prints fifty to be judged).

On the labelled texts of ../shared/corpus: how many of the pairs known to share a passage the store
links, directly or because both repeat the same words of one first user. Beside it what the step
costs for a text whose tokens are there, and what its marks weigh, against comparing each text with
each other.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from bench.echoes_store import Text, empty_store, store_texts
from communique.echoes import find_echoes
from communique.echoes.marks import wording_of
from communique.echoes.passages import shared_passages
from communique.settling import Unsettled, settle
from communique.stories import group
from communique.text import tokenize_columns

TEXTS = Path(__file__).parents[2] / "shared" / "corpus" / "texts.jsonl"
SAMPLE, SEED = 50, 5
TARGET = 0.95


def main() -> None:
    """Prints the figures."""
    if not TEXTS.is_file():
        print("../shared/corpus/texts.jsonl is not here")
        return
    labelled = [json.loads(line) for line in TEXTS.read_text("utf-8").splitlines()]
    texts = [_text(number, row) for number, row in enumerate(labelled)]
    spent: list[float] = []

    def timed(connection: Connection, batch: Sequence[Unsettled], now: datetime) -> None:
        started = time.perf_counter()
        find_echoes(connection, batch, now)
        spent.append(time.perf_counter() - started)

    with empty_store() as engine:
        revisions = store_texts(engine, texts)
        settle(engine, datetime.now(timezone.utc), steps=(group, timed))
        with engine.connect() as connection:
            rows = connection.execute(_ECHOES).all()
            marks, size = connection.execute(_SIZE).one()
    names = dict(zip(revisions, (row["id"] for row in labelled), strict=True))
    _print_found(labelled, names, rows)
    characters = sum(len(one.text) for one in texts)
    cost = sum(spent) / characters * 3_000 * 1e3
    print(f"{len(rows)} echoes; {cost:.2f} ms of the step for 3,000 characters, all pairs "
          f"{_pairs(texts) / characters * 3_000 * 1e3:.1f} ms")  # fmt: skip
    print(f"{marks / len(texts):.0f} marks a text, {size / characters * 3_000 / 1024:.1f} KiB of "
          "passage_marks with its index for 3,000 characters")  # fmt: skip
    if "--sample" in sys.argv:
        _print_sample(names, dict(zip(revisions, texts, strict=True)), rows)


def _text(number: int, row: Mapping[str, Any]) -> Text:
    try:
        on = date.fromisoformat(row["published"] or "")
    except ValueError:
        on = None
    return Text(
        url=f"{row['url'] or row['id']}#{number}",
        source=row["host"] or "unknown",
        publisher=row["publisher"] or "unknown",
        country=row["country"] or "",
        language=row["lang"],
        title=row["title"] or "",
        text=row["text"],
        on=on,
    )


def _print_found(
    labelled: Sequence[Mapping[str, Any]], names: Mapping[int, str], rows: Sequence[Any]
) -> None:
    linked = {
        frozenset((row["id"], other)) for row in labelled for other in row["talking_point_links"]
    }
    direct = {frozenset((names[row.revision_id], names[row.earlier_revision_id])) for row in rows}
    by_first: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_first[row.earlier_revision_id].append(row)
    shared = {
        frozenset((names[one.revision_id], names[other.revision_id]))
        for users in by_first.values()
        for one in users
        for other in users
        if one.earlier_start < other.earlier_end and other.earlier_start < one.earlier_end
    }
    found = linked & (direct | shared)
    print(f"{len(linked)} labelled pairs: {len(linked & direct)} linked directly, {len(found)} in "
          f"all, {len(found) / len(linked):.3f} (at least {TARGET})")  # fmt: skip
    texts = {row["id"]: row["text"] for row in labelled}
    for pair in sorted(map(sorted, linked - found)):
        one, other = (wording_of(tokenize_columns(texts[name])) for name in pair)
        for passage in shared_passages(one, other):
            said = texts[pair[0]][one.starts[passage.start] : one.ends[passage.end - 1]]
            print(f"  missed: {pair[0]}, {pair[1]}: {said!r}")


def _pairs(texts: Sequence[Text]) -> float:
    """Seconds to compare each text with each, all of them tokenised."""
    wordings = [wording_of(tokenize_columns(one.text)) for one in texts]
    started = time.perf_counter()
    for number, one in enumerate(wordings):
        for other in wordings[:number]:
            shared_passages(one, other)
    return time.perf_counter() - started


def _print_sample(names: Mapping[int, str], texts: Mapping[int, Text], rows: Sequence[Any]) -> None:
    for row in random.Random(SEED).sample(sorted(rows), min(SAMPLE, len(rows))):
        said = " ".join(texts[row.revision_id].text[row.start : row.end].split())
        pair = f"{names[row.revision_id]} <- {names[row.earlier_revision_id]}"
        print(f"{row.words:4} {pair:28} {said[:200]}")


_ECHOES = text("""
    SELECT revision_id, earlier_revision_id, start, "end", earlier_start, earlier_end, words
    FROM communique.echoes
""")
_SIZE = text("""
    SELECT count(*), pg_total_relation_size('communique.passage_marks')
    FROM communique.passage_marks
""")

if __name__ == "__main__":
    main()
