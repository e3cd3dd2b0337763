"""What an edit changed is kept with it: the diffs of `communique.changes`."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Row, text

from communique.diffs import Operation, diff
from communique.mail.clean import shown

if TYPE_CHECKING:
    from communique.settling import Unsettled

# So many diffs are looked up and written at a time.
AT_ONCE = 100

_WORDINGS = """
SELECT h.id, h.statement_id, b.title AS title_before, b.text AS text_before,
       a.title AS title_after, a.text AS text_after
FROM communique.changes h
JOIN communique.revisions b ON b.id = h.earlier_revision_id
JOIN communique.revisions a ON a.id = h.revision_id
WHERE h.diff IS NULL
"""
# By statement, which is indexed; the revision alone is not.
_OF_BATCH = text(
    f"{_WORDINGS} AND h.statement_id = ANY(:statements) AND h.revision_id = ANY(:revisions)"
)
# The words of the partial index changes_without_diff_idx.
_LEFT = text(
    f"{_WORDINGS} AND h.earlier_revision_id IS NOT NULL AND h.id > :after ORDER BY h.id LIMIT :most"
)
_KEEP = text("""
UPDATE communique.changes h SET diff = CAST(v.diff AS jsonb)
FROM unnest(CAST(:ids AS bigint[]), CAST(:diffs AS text[])) AS v (id, diff)
WHERE h.id = v.id
""")

log = logging.getLogger(__name__)


def make_diffs(connection: Connection, batch: Sequence[Unsettled], _now: datetime) -> None:
    """Makes the diffs of the edits that led to the wordings of a batch: a step of settling
    (`communique.settling`), two statements of SQL, however many there are."""
    edited = [one for one in batch if one.number > 1]
    if not edited:
        return
    key = {
        "statements": [one.statement_id for one in edited],
        "revisions": [one.revision_id for one in edited],
    }
    rows = connection.execute(_OF_BATCH, key).all()
    _keep(connection, {row.id: _diff(row) for row in rows})


def make_missing_diffs(engine: Engine) -> tuple[str, ...]:
    """Makes every diff that is still missing: a wording that stands again was settled long ago, so
    no batch brings it. Each lot in a transaction of its own; safe to run twice, or two at once.
    Returns, in words, those that could not be made."""
    problems, after = list[str](), 0
    while True:
        with engine.begin() as connection:
            rows = connection.execute(_LEFT, {"after": after, "most": AT_ONCE}).all()
            if not rows:
                return tuple(problems)
            made: dict[int, list[Operation]] = {}
            for row in rows:
                try:
                    made[row.id] = _diff(row)
                except Exception as error:
                    log.exception("change %d cannot be compared", row.id)
                    said = shown(f"{type(error).__name__}: {error}", 300)
                    problems.append(f"Change {row.id} of statement {row.statement_id}: {said}")
            _keep(connection, made)
        after = rows[-1].id


def _diff(row: Row[tuple[Any, ...]]) -> list[Operation]:
    return diff((row.title_before, row.text_before), (row.title_after, row.text_after))


def _keep(connection: Connection, diffs: dict[int, list[Operation]]) -> None:
    if diffs:
        made = [json.dumps(each, ensure_ascii=False) for each in diffs.values()]
        connection.execute(_KEEP, {"ids": list(diffs), "diffs": made})
