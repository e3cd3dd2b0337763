"""From wordings that nobody has judged yet to the outbox.

Alerting and collecting share nothing but the store: a revision waits with `judged_at` empty until
this module has matched it, written its matches and its deliveries, or why they are held back, and
dated it, all in one transaction. So a rerun, a second worker or a death in the middle changes
nothing. Sending is the outbox's business.

Per subscription and story there is one `new` alert, and for every later edit of a matched passage
a `wording` alert. Everything else that matched is a held row with its reason. A match in a
watchlist without subscribers has no delivery: there is nobody to hold it back from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine, exists, select, update
from sqlalchemy.orm import aliased

from communique.mail.clean import shown
from communique.passages import Wording
from communique.queueing import Facts, Found, Queued, queue, what_was_told
from communique.refusals import begun_again
from communique.rulebook import Rulebook, open_rulebook, sync_rules
from communique.rules import Document
from communique.schema import Change, Revision, SourceRow, StatementRow
from communique.settling import not_too_large, settle
from communique.verdicts import findings
from communique.watchlists import Loaded
from communique.withdrawals import tell_withdrawals

__all__ = ["AlertReport", "judge", "sync_rules"]


@dataclass(frozen=True, slots=True)
class AlertReport:
    """What one run judged. queued: deliveries to be sent; held: deliveries held back, by reason;
    problems: what could not be judged, and which rules are not in force as written."""

    judged: int
    matches: int
    queued: int
    held: Mapping[str, int]
    problems: tuple[str, ...]


@dataclass(slots=True)
class _Tally:
    problems: list[str]
    judged: int = 0
    matches: int = 0
    queued: int = 0
    held: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, other: _Tally) -> _Tally:
        self.problems += other.problems
        self.judged += other.judged
        self.matches += other.matches
        self.queued += other.queued
        self.held.update(other.held)
        return self

    def add(self, queued: Queued) -> None:
        self.matches += queued.matches
        self.queued += queued.pending
        self.held.update(queued.held)


def judge(engine: Engine, loaded: Loaded, now: datetime, *, batch: int = 200) -> AlertReport:
    """Judges every revision that waits, in the order they were stored, `batch` to a transaction,
    and queues what is news, withdrawals included. now: aware, UTC.

    Safe to run twice, or two at once. A revision that cannot be judged is named in the report and
    stays for the next run; the others go on. Raises only where the store itself fails.
    """
    with engine.begin() as connection:
        rulebook = open_rulebook(connection, loaded, now)
    settled = settle(engine, now)
    tally = _Tally([*rulebook.problems, *settled.problems])
    after: int | None = 0
    while after is not None:
        after = _judge_next(engine, after, batch, rulebook, now, tally)
    tally.queued += tell_withdrawals(engine, now)
    return AlertReport(
        tally.judged, tally.matches, tally.queued, dict(tally.held), tuple(tally.problems)
    )


def _judge_next(
    engine: Engine, after: int, batch: int, rulebook: Rulebook, now: datetime, tally: _Tally
) -> int | None:
    """Judges the next revisions in a transaction, again where another worker stood in its way.
    Returns the last of them; None: there was none left."""

    def work() -> tuple[Sequence[Facts], _Tally]:
        mine = _Tally([])
        with engine.begin() as connection:
            waiting = _waiting(connection, after, batch)
            _judge_batch(connection, waiting, rulebook, now, mine)
        return waiting, mine

    judged, mine = begun_again(work, f"what comes after revision {after} is judged")
    tally += mine
    return judged[-1].id if judged else None


def _waiting(connection: Connection, after: int, batch: int) -> Sequence[Facts]:
    """The next revisions that no other worker is judging, locked, each with the wording before; at
    least one, if there is one, as far as they are not too large together."""
    earlier = aliased(Revision)
    # One reader read both wordings there, though it was not the first that read the earlier one.
    edited = exists().where(
        Change.statement_id == Revision.statement_id,
        Change.revision_id == Revision.id,
        Change.kind == "edited",
    )
    query = (
        select(
            *(Revision.id, Revision.statement_id, Revision.number, Revision.title),
            *(Revision.text_, Revision.backfilled, Revision.reader),
            *(StatementRow.story_id, StatementRow.url, StatementRow.source_id),
            *(StatementRow.language, StatementRow.published_on),
            *(StatementRow.date_zone, StatementRow.first_seen_at),
            *(SourceRow.publisher, SourceRow.kind, SourceRow.country, SourceRow.host_country),
            earlier.id.label("earlier_id"),
            *(earlier.title.label("earlier_title"), earlier.text_.label("earlier_text")),
            (edited | (Revision.reader == earlier.reader)).label("edited"),
        )
        .join(StatementRow, StatementRow.id == Revision.statement_id)
        .join(SourceRow, SourceRow.id == StatementRow.source_id)
        .outerjoin(
            earlier,
            (earlier.statement_id == Revision.statement_id)
            & (earlier.number == Revision.number - 1),
        )
        .where(Revision.judged_at.is_(None), Revision.settled_at.is_not(None), Revision.id > after)
        .order_by(Revision.id)
        .limit(batch)
        # Not FOR UPDATE: another judge's match of the wording before may refer to one of these.
        .with_for_update(of=Revision, skip_locked=True, key_share=True)
    )
    with connection.execute(query, execution_options={"yield_per": 10}) as rows:
        return not_too_large(rows, lambda row: len(row.text) + len(row.earlier_text or ""))


def _judge_batch(
    connection: Connection,
    waiting: Sequence[Facts],
    rulebook: Rulebook,
    now: datetime,
    tally: _Tally,
) -> None:
    judged: list[int] = []
    matched: list[Found] = []
    for row in waiting:
        try:
            found = _match(row, rulebook)
        except Exception as error:  # one statement's text must not stop the others
            tally.problems.append(_unjudged(row, error))
            continue
        if found.findings:
            matched.append(found)
        else:
            judged.append(row.id)
    told = what_was_told(connection, matched)
    for found in _still_there(connection, matched):
        try:
            with connection.begin_nested():
                queued = queue(connection, found, rulebook, told, now)
        except Exception as error:
            tally.problems.append(_unjudged(found.row, error))
            continue
        told.remember(queued)
        tally.add(queued)
        judged.append(found.row.id)
    connection.execute(update(Revision).where(Revision.id.in_(judged)).values(judged_at=now))
    tally.judged += len(judged)


def _still_there(connection: Connection, matched: Sequence[Found]) -> list[Found]:
    """Those whose statement has not joined another story before its story was locked; the others
    wait for the next run."""
    where = select(StatementRow.id, StatementRow.story_id).where(
        StatementRow.id.in_({found.row.statement_id for found in matched})
    )
    story = {row.id: row.story_id for row in connection.execute(where)}
    return [found for found in matched if story[found.row.statement_id] == found.row.story_id]


def _match(row: Facts, rulebook: Rulebook) -> Found:
    """Tries the rules on a wording and on the one before it: what a rule that is younger than both
    finds in both is no edit."""
    wording = Wording(row.title, row.text)
    hits = rulebook.matcher.match(_document(row, wording))
    if row.earlier_id is None:
        return Found(row, findings(row.number, row.backfilled, wording, hits))
    earlier = Wording(row.earlier_title, row.earlier_text)
    before = rulebook.matcher.match(_document(row, earlier))
    found = findings(row.number, row.backfilled, wording, hits, earlier, before)
    return Found(row, found, reread=not row.edited)


def _document(row: Facts, wording: Wording) -> Document:
    """Without the statement's topics: they are its latest wording's; the rules tell this one's."""
    return Document(
        title=wording.title,
        text=wording.text,
        language=row.language,
        source=row.source_id,
        publisher=row.publisher,
        country=row.country,
        host_country=row.host_country,
        kind=row.kind,
    )


def _unjudged(row: Facts, error: Exception) -> str:
    reason = shown(f"{type(error).__name__}: {error}", 300)
    return (
        f"Revision {row.id} (number {row.number} of statement {row.statement_id}, source "
        f"{row.source_id}, {row.url}) could not be judged and waits for the next run: {reason}"
    )
