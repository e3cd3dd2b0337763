"""What the pages show of the rules: how they stand, what they bring, who hears of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

from sqlalchemy import Connection, text

from communique.mail.excerpts import Excerpt, excerpts
from communique.passages import Wording, matched_passages
from communique.rule_versions import Key, Version, in_force
from communique.rules import Hit, Rule
from communique.selections import Selection, silence
from communique.subscriptions import Subscription, list_subscriptions
from communique.watchlists import Loaded, Problem, Watchlist

WEEKS = 8  # that are counted, the one under way too
MOST = 50_000  # matches that are counted through
RECENT = 20  # matches of one rule that are shown
LONGEST = 200_000  # characters of a text in which passages are looked for

_COUNTED = """
    WITH recent AS (
        SELECT id, rule_id, created_at FROM communique.matches
        WHERE created_at >= :since{only} ORDER BY created_at DESC LIMIT :most
    ), told AS (
        SELECT m.rule_id, CAST(date_trunc('week', m.created_at, 'UTC') AS date) AS week,
               m.id, CASE WHEN d.status <> 'held' THEN d.story_id END AS story_id, m.created_at
        FROM recent m
        LEFT JOIN communique.delivery_matches dm ON dm.match_id = m.id
        LEFT JOIN communique.deliveries d ON d.id = dm.delivery_id
    )
    SELECT r.watchlist, r.rule, t.week, count(DISTINCT t.id) AS matches,
           count(DISTINCT t.story_id) AS stories, min(t.created_at) AS first
    FROM told t JOIN communique.rules r ON r.id = t.rule_id
    GROUP BY r.watchlist, r.rule, t.week
"""
_ALL = """
    SELECT count(*) FROM (
        SELECT FROM communique.matches WHERE created_at >= :since{only} LIMIT :most
    ) AS counted
"""
_ONLY = """ AND rule_id IN (
    SELECT id FROM communique.rules WHERE watchlist = :watchlist AND rule = :rule
)"""
_LAST = text("""
    SELECT r.watchlist, r.rule, max(m.created_at) AS at
    FROM communique.rules r CROSS JOIN LATERAL (
        SELECT created_at FROM communique.matches WHERE rule_id = r.id
        ORDER BY created_at DESC LIMIT 1
    ) AS m GROUP BY r.watchlist, r.rule
""")
_RECENT = text("""
    SELECT n.*, v.statement_id, v.number, v.title, left(v.text, :longest) AS text, s.language,
           s.revision_number = v.number AS stands, o.publisher,
           coalesce(s.published_on, CAST(s.first_seen_at AT TIME ZONE 'UTC' AS date)) AS day
    FROM (
        SELECT m.revision_id, m.created_at, m.spans, r.version
        FROM communique.rules r CROSS JOIN LATERAL (
            SELECT * FROM communique.matches WHERE rule_id = r.id
            ORDER BY created_at DESC LIMIT :most
        ) AS m
        WHERE r.watchlist = :watchlist AND r.rule = :rule ORDER BY m.created_at DESC LIMIT :most
    ) AS n
    JOIN communique.revisions v ON v.id = n.revision_id
    JOIN communique.statements s ON s.id = v.statement_id
    JOIN communique.sources o ON o.id = s.source_id
    ORDER BY n.created_at DESC, v.statement_id DESC
""")


@dataclass(frozen=True, slots=True)
class Week:
    """One week's count. start: its Monday (UTC). stories: told, or about to be."""

    start: date
    matches: int
    stories: int


@dataclass(frozen=True, slots=True)
class Counted:
    """weeks: of each rule, oldest first. since: from when on all matches were counted."""

    weeks: Mapping[tuple[str, str], Sequence[Week]]
    since: datetime
    whole: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """How many people hear of a rule; and how many would, but are paused or not confirmed."""

    told: int
    silent: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule as its file has it, beside what is in force. rule: of the file, else in force. state:
    one of `in force`, `new`, `changed`, `kept`, `leaving`; problem: why it is `kept`."""

    rule: Rule
    version: Version | None
    state: str
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class Matched:
    """A match of one rule. stands: its wording is the current one."""

    statement: int
    number: int
    title: str
    language: str
    publisher: str
    day: date
    at: datetime
    version: int
    stands: bool
    passages: Sequence[Excerpt]
    more: int


def counted(connection: Connection, now: datetime, only: Key | None = None) -> Counted:
    """Matches and stories a week, of the last WEEKS weeks, of MOST matches at most. now: aware.
    only: of this rule."""
    monday = now.date() - timedelta(days=now.weekday() + 7 * (WEEKS - 1))
    since = datetime.combine(monday, time(), timezone.utc)
    asked: dict[str, object] = {"since": since, "most": MOST}
    asked |= {"watchlist": only[0], "rule": only[1]} if only else {}
    counting, all_of_them = (
        text(each.format(only=_ONLY if only else "")) for each in (_COUNTED, _ALL)
    )
    found: dict[tuple[str, str], dict[date, Week]] = {}
    first = now
    for row in connection.execute(counting, asked):
        mine = found.setdefault((row.watchlist, row.rule), {})
        mine[row.week] = Week(row.week, row.matches, row.stories)
        first = min(first, row.first)
    whole = connection.execute(all_of_them, asked).scalar_one() < MOST
    days = [monday + timedelta(weeks=number) for number in range(WEEKS)]
    weeks = {
        key: [mine.get(day, Week(day, 0, 0)) for day in days] for key, mine in found.items()
    }  # fmt: skip
    return Counted(weeks, since if whole else first, whole)


def no_weeks(now: datetime) -> Sequence[Week]:
    """The weeks of a rule without any match."""
    monday = now.date() - timedelta(days=now.weekday())
    return [Week(monday - timedelta(weeks=WEEKS - 1 - n), 0, 0) for n in range(WEEKS)]


def last_matches(connection: Connection) -> Mapping[tuple[str, str], datetime]:
    """When each rule, in any version, last held for a wording."""
    return {(row.watchlist, row.rule): row.at for row in connection.execute(_LAST)}


def standings(connection: Connection, loaded: Loaded) -> Sequence[tuple[Watchlist, list[Standing]]]:
    """Every rule of the files and every one in force, by watchlist; a watchlist of which no file
    can be read has what stays in force of it."""
    known = in_force(connection)
    out = list[tuple[Watchlist, list[Standing]]]()
    names = [one.name for one in loaded.watchlists]
    gone = sorted({name for name, _ in known} - set(names))
    lost = {problem.watchlist: problem.file for problem in loaded.problems}
    missing = [Watchlist(name, name, lost.get(name, Path(name)), ()) for name in gone]
    for watchlist in (*loaded.watchlists, *missing):
        mine = {key[1]: one for key, one in known.items() if key[0] == watchlist.name}
        each = [_standing(rule, mine.pop(rule.id, None)) for rule in watchlist.rules]
        each += [_without_file(one, watchlist.name, loaded) for one in mine.values()]
        out.append((watchlist, each))
    return sorted(out, key=lambda pair: pair[0].name)


def heard(rules: Sequence[Rule], running: Sequence[Subscription], now: datetime) -> Mapping[
    tuple[str, str], Heard
]:  # fmt: skip
    """Of each rule, how many hear of it. running: subscriptions; now: aware."""
    choices: dict[tuple[str, str, tuple[str, ...]], tuple[set[str], set[str]]] = {}
    for one in running:
        told, silent = choices.setdefault((one.watchlist, one.severity, one.rules), (set(), set()))
        is_told = silence(one, now) is None and one.disabled_at is None
        (told if is_told else silent).add(one.recipient)
    out = {}
    for rule in rules:
        hearing, waiting = set[str](), set[str]()
        for (watchlist, severity, chosen), (told, silent) in choices.items():
            if Selection(watchlist, severity, frozenset(chosen)).chosen((Hit(rule, ()),)):
                hearing |= told
                waiting |= silent
        out[rule.watchlist, rule.id] = Heard(len(hearing), len(waiting - hearing))
    return out


def running(connection: Connection) -> Sequence[Subscription]:
    """The subscriptions that have not ended."""
    return list_subscriptions(connection)


def recent(connection: Connection, watchlist: str, rule: str) -> Sequence[Matched]:
    """The newest matches of a rule, in any version, with the words that matched."""
    asked = {"watchlist": watchlist, "rule": rule, "most": RECENT, "longest": LONGEST}
    out = []
    for row in connection.execute(_RECENT, asked):
        wording = Wording(row.title, row.text)
        found, more = excerpts(wording, matched_passages(wording, row.spans), 2)
        facts = (row.statement_id, row.number, row.title, row.language, row.publisher, row.day)
        out.append(Matched(*facts, row.created_at, row.version, row.stands, found, more))
    return out


def _standing(rule: Rule, version: Version | None) -> Standing:
    if version is None:
        return Standing(rule, None, "new", None)
    return Standing(rule, version, "in force" if version.rule == rule else "changed", None)


def _without_file(version: Version, watchlist: str, loaded: Loaded) -> Standing:
    """A rule in force that no file has, or none that can be used."""
    problem = next(
        (
            one
            for one in loaded.problems
            if one.watchlist in ("", watchlist) and one.rule in (None, version.rule.id)
        ),
        None,
    )
    state = "kept" if problem or not loaded.watchlists else "leaving"
    return Standing(version.rule, version, state, problem)
