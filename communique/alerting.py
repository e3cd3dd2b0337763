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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, Engine, select

from communique.mail.clean import shown
from communique.passages import Wording
from communique.queue_rows import write
from communique.queueing import Found, plan, what_was_told
from communique.refusals import begun_again, is_away, is_collision
from communique.rulebook import Rulebook, open_rulebook
from communique.rules import Document, Hit
from communique.schema import StatementRow
from communique.settling import settle
from communique.unjudged import Facts, Waiting, mark_judged, restored, wordings
from communique.watchlists import Loaded
from communique.withdrawals import tell_withdrawals


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


_Fetch = Callable[[Connection, int], Waiting]


def judge(engine: Engine, loaded: Loaded, now: datetime, *, batch: int = 200) -> AlertReport:
    """Judges every revision that waits, in the order they were stored, `batch` to a transaction,
    and queues what is news, withdrawals included. now: aware, UTC.

    Safe to run twice, or two at once. A revision that cannot be judged is named in the report and
    stays for the next run; the others go on. Raises only where the store itself fails.
    """
    with engine.begin() as connection:
        rulebook = open_rulebook(connection, loaded, now)
    return judge_by(engine, rulebook, now, batch=batch)


def judge_by(engine: Engine, rulebook: Rulebook, now: datetime, *, batch: int = 200) -> AlertReport:
    """As `judge`, by rules that are open already."""
    settled = settle(engine, now)
    tally = _Tally([*rulebook.problems, *settled.problems])

    def fetch(connection: Connection, after: int, *, patiently: bool = False) -> Waiting:
        return wordings(connection, after, batch, patiently=patiently)

    again = partial(restored, batch=batch)
    left, before = True, -1
    while left and tally.judged > before:
        before = tally.judged
        left = _judge_all(engine, fetch, rulebook, now, tally)
        _judge_all(engine, again, rulebook, now, tally)
    if left:
        _judge_all(engine, partial(fetch, patiently=True), rulebook, now, tally)
        _judge_all(engine, again, rulebook, now, tally)
    tally.queued += tell_withdrawals(engine, now)
    problems = dict.fromkeys(tally.problems)  # what was tried again patiently is one problem
    return AlertReport(tally.judged, tally.matches, tally.queued, dict(tally.held), tuple(problems))


def _judge_all(
    engine: Engine, fetch: _Fetch, rulebook: Rulebook, now: datetime, tally: _Tally
) -> bool:
    """Judges what a query gives, batch by batch. Returns whether some of it comes second, and was
    left."""
    after, left = 0, False
    while True:
        waiting, mine = begun_again(
            partial(_judge_next, engine, fetch, after, rulebook, now),
            f"what comes after {after} is judged",
        )
        tally += mine
        left |= waiting.left
        if waiting.last is None:
            return left
        after = waiting.last


def _judge_next(
    engine: Engine, fetch: _Fetch, after: int, rulebook: Rulebook, now: datetime
) -> tuple[Waiting, _Tally]:
    """Judges the next batch in a transaction; where something in it cannot be written, one wording
    after the other."""
    mine = _Tally([])
    with engine.begin() as connection:
        waiting = fetch(connection, after)
        found = [one for row in waiting.rows if (one := _match(row, rulebook, mine)) is not None]
        try:
            with connection.begin_nested():
                done = _write(connection, found, rulebook, now)
            mine += done
        except Exception as error:
            if is_collision(error) or is_away(error):
                raise
            for one in found:
                _write_alone(connection, one, rulebook, now, mine)
    return waiting, mine


def _write(
    connection: Connection, found: Sequence[Found], rulebook: Rulebook, now: datetime
) -> _Tally:
    """Writes what was found and what it means for each subscription."""
    matched = [one for one in found if one.hits or one.before]
    told = what_was_told(connection, matched, now)
    there = _still_there(connection, matched)
    news = [each for one in there for each in plan(one, told)]
    queued = write(connection, there, news, rulebook.ids, now)
    judged = [one.row for one in found if not (one.hits or one.before)]
    judged += [one.row for one in there]
    mark_judged(connection, judged, now)
    return _Tally([], len(judged), queued.matches, queued.pending, queued.held)


def _write_alone(
    connection: Connection, one: Found, rulebook: Rulebook, now: datetime, tally: _Tally
) -> None:
    try:
        with connection.begin_nested():
            done = _write(connection, [one], rulebook, now)
    except Exception as error:  # one statement must not stop the others
        if is_collision(error) or is_away(error):
            raise
        tally.problems.append(_unjudged(one.row, error))
    else:
        tally += done


def _still_there(connection: Connection, matched: Sequence[Found]) -> list[Found]:
    """Those whose statement has not joined another story before its story was locked; the others
    wait for the next run."""
    where = select(StatementRow.id, StatementRow.story_id).where(
        StatementRow.id.in_({found.row.statement_id for found in matched})
    )
    story = {row.id: row.story_id for row in connection.execute(where)}
    return [found for found in matched if story[found.row.statement_id] == found.row.story_id]


def _match(row: Facts, rulebook: Rulebook, tally: _Tally) -> Found | None:
    """Tries the rules on a wording and on the one before it: what a rule that is younger than both
    finds in both is no edit. None: it cannot be tried, which is a problem."""
    try:
        hits = _hits(row, Wording(row.title, row.text), rulebook)
        if row.earlier_id is None:
            return Found(row, hits)
        before = _hits(row, Wording(row.earlier_title, row.earlier_text), rulebook)
        return Found(row, hits, before, reread=not row.edited)
    except Exception as error:  # one statement's text must not stop the others
        tally.problems.append(_unjudged(row, error))
        return None


def _hits(row: Facts, wording: Wording, rulebook: Rulebook) -> tuple[Hit, ...]:
    return tuple(rulebook.matcher.match(_document(row, wording)))


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
