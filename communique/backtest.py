"""The back-test: what a draft of a watchlist would have found in everything that is stored, beside
what is in force. Nothing is written and nothing is sent.

What the search index alone decides is believed; what it cannot tell is read, and the rules decide
on its current wording: the same answer as if every text were tried. How borderline a hit is is told
of those that were read: where many need not be, of the newest. All of it happens in one read-only
transaction, so that it is one moment's answer; where there is much to read, further processes read
in that same moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, Engine, text

from communique.backtest_decided import decided
from communique.backtest_doubt import accompanied
from communique.backtest_reading import Progress, Read, read, trial_of
from communique.backtest_shown import besides
from communique.backtest_tally import Borderline, Listed, Tally, most_borderline
from communique.backtest_trial import Sides, sides_of
from communique.backtest_weeks import Estimate, Week, estimate, weeks_of
from communique.rule_versions import Version, in_force
from communique.rules import Rule, RuleError, compile_rules

# Those that the index does not know yet are new.
_FIRST = text("SELECT min(day) FROM communique.search_documents")
_READ_ONLY = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule on trial. state: `new`, `changed`, `the same`, `left out` (of the draft). version:
    the one in force; None: there is none. before, after: statements it held for, and would hold
    for; added, dropped: which of them differ."""

    rule: str
    state: str
    version: int | None
    before: int
    after: int
    added: int
    dropped: int


@dataclass(frozen=True, slots=True)
class BackTest:
    """What came of it. Statements are counted in their current wording.

    read: how many statements were read, of `statements` in all; unread: how many count by what the
    search index says of them, which decides; waiting: how many of those read the index does not
    know yet; narrowed: false where every statement had to be read. added, dropped: newest first.
    both: statements for which a rule held and would hold. borderline: of the hits that were read,
    the most borderline ones of the rules that are new or changed (of all, where none is). problems:
    rules in force that cannot be tried any longer.
    """

    watchlist: str
    rule: str | None
    since: date | None
    statements: int
    read: int
    unread: int
    waiting: int
    narrowed: bool
    rules: tuple[RuleResult, ...]
    added: tuple[Listed, ...]
    dropped: tuple[Listed, ...]
    both: int
    weeks: tuple[Week, ...]
    estimate: Estimate
    borderline: tuple[Borderline, ...]
    problems: tuple[str, ...]
    sides: Sides


@contextmanager
def looking_only(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one moment, and in which nothing can be written."""
    with engine.connect() as connection:
        connection.execute(_READ_ONLY)
        yield connection
        connection.rollback()


def backtest(
    connection: Connection,
    draft: Sequence[Rule],
    watchlist: str,
    today: date,
    *,
    rule: str | None = None,
    since: date | None = None,
    progress: Progress | None = None,
    processes: int | None = None,
) -> BackTest:
    """Tries a draft of a watchlist on every statement. connection: of `looking_only`. draft: all
    its rules. rule: only this one. since: only statements of this day or later. today: the day, in
    UTC, up to which weeks are counted. processes: how many may try texts; None: as many as there
    are processors. Raises RuleError for a draft's rule that cannot be used."""
    question = asked(connection, draft, watchlist, rule)
    sides = question.sides
    known = decided(connection, sides, since or date.min)
    tally = Tally()
    tally.add(Read(0, known.hits))
    for batch in read(connection, known.ids, sides, since or date.min, progress, processes):
        tally.add(batch)
    first = first_day(connection, since, today)
    weeks = weeks_of(tally.stories_before, tally.stories_after, first, today)
    found = answered(connection, question, tally, weeks, today)
    return replace(
        found,
        since=since,
        statements=known.statements,
        unread=len(known.hits),
        waiting=known.unknown,
        narrowed=known.narrowed,
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What is tried: a draft of a watchlist (or one rule of it) beside what is in force. numbers:
    the versions of the watchlist that are, by rule. problems: as in BackTest."""

    watchlist: str
    rule: str | None
    sides: Sides
    numbers: Mapping[str, Version]
    problems: tuple[str, ...]


def asked(
    connection: Connection, draft: Sequence[Rule], watchlist: str, rule: str | None
) -> Question:
    """What a draft of a watchlist is tried against. rule: only this one."""
    known, problems = _usable(in_force(connection).values())
    sides = sides_of(draft, [one.rule for one in known], watchlist, rule)
    numbers = {one.rule.id: one for one in known if one.rule.watchlist == watchlist}
    return Question(watchlist, rule, sides, numbers, tuple(problems))


def answered(
    connection: Connection, question: Question, tally: Tally, weeks: tuple[Week, ...], today: date
) -> BackTest:
    """What the tally comes to, of all that it has read."""
    return BackTest(
        watchlist=question.watchlist,
        rule=question.rule,
        since=None,
        statements=tally.read,
        read=tally.read,
        unread=0,
        waiting=0,
        narrowed=True,
        rules=tuple(_results(question.sides, question.numbers, tally)),
        added=tuple(sorted(tally.added, key=_newest)),
        dropped=tuple(sorted(tally.dropped, key=_newest)),
        both=tally.both,
        weeks=weeks,
        estimate=estimate(weeks, today),
        borderline=_borderline(connection, question.sides, tally),
        problems=question.problems,
        sides=question.sides,
    )


def _borderline(connection: Connection, sides: Sides, tally: Tally) -> tuple[Borderline, ...]:
    """Of the shortlist, those that no other rule of the draft brings rank before the others."""
    shortlist = tally.shortlist()
    if sides.besides:
        others = besides(connection, trial_of(sides), [one.listed for one in shortlist])
        shortlist = [
            replace(one, doubt=accompanied(one.doubt)) if others[one.listed.statement] else one
            for one in shortlist
        ]
    return most_borderline(shortlist)


def first_day(connection: Connection, since: date | None, today: date) -> date:
    """The first day on which anything was published that may be counted, of `since` or later."""
    first = connection.execute(_FIRST).scalar_one() or today
    return min(max(first, since or first), today)


def _usable(versions: Iterable[Version]) -> tuple[list[Version], list[str]]:
    """The versions in force that can still be tried, and which cannot."""
    usable, problems = [], []
    for one in versions:
        try:
            compile_rules([one.rule])
        except RuleError as error:
            problems.append(
                f"Rule {one.rule.id} of watchlist {one.rule.watchlist} counts as not in force: its "
                f"version {one.number} cannot be used: {error}"
            )
        else:
            usable.append(one)
    return usable, problems


def _results(sides: Sides, known: Mapping[str, Version], tally: Tally) -> Iterator[RuleResult]:
    """Of each rule on trial, the draft's in their order, then those that it leaves out."""
    drafted = {rule.id: rule for rule in sides.after}
    for key in dict.fromkeys([*drafted, *(rule.id for rule in sides.before)]):
        version, kept = known.get(key), tally.kept[key]
        if key not in drafted:
            state = "left out"
        elif version is None:
            state = "new"
        else:
            state = "the same" if version.rule == drafted[key] else "changed"
        yield RuleResult(
            rule=key,
            state=state,
            version=version.number if version else None,
            before=tally.before[key],
            after=tally.after[key],
            added=tally.after[key] - kept,
            dropped=tally.before[key] - kept,
        )


def _newest(listed: Listed) -> tuple[int, int]:
    return -listed.day.toordinal(), -listed.statement
