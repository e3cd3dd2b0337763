"""What the rules found in a period, as stories: the gravest first, each once, however many posted
it. Bounded by how many matches are looked at, the gravest and newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from communique.mail.clean import shown
from communique.mail.excerpts import Excerpt, Piece, excerpts
from communique.passages import Wording, matched_passages
from communique.rules import SEVERITIES
from communique.verdicts import is_late

GRAVEST = SEVERITIES[::-1]
# Matches of a period that are looked through, and that are told apart by story.
LOOKED_AT, TOLD_APART = 20_000, 2_000
# Of a wording so many characters are looked through for its passages; and passages shown of it.
READ, SHOWN_PASSAGES = 300_000, 2
POSTERS = 60

Facts = Row[*tuple[Any, ...]]

_LOOKED_AT = """(
    SELECT id, revision_id, rule_id, created_at FROM communique.matches
    WHERE created_at > :since AND created_at <= :until ORDER BY created_at DESC LIMIT :looked
)"""
# What a backfill brings, thousands at once, takes no place from what is news.
_HITS = text(f"""
    SELECT m.revision_id, m.created_at, m.severity, m.number,
           s.id AS statement, s.story_id, s.first_seen_at, s.published_at,
           coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date) AS day
    FROM (
        SELECT m.revision_id, m.created_at, u.severity, r.statement_id, r.number
        FROM {_LOOKED_AT} m
        JOIN communique.rules u ON u.id = m.rule_id
        JOIN communique.revisions r ON r.id = m.revision_id AND NOT r.backfilled
        ORDER BY array_position(CAST(:gravest AS text[]), u.severity), m.created_at DESC, m.id DESC
        LIMIT :most
    ) m
    JOIN communique.statements s ON s.id = m.statement_id
    ORDER BY array_position(CAST(:gravest AS text[]), m.severity), m.created_at DESC
""")  # noqa: S608 (constants of ours)
_BACKFILLED = text(f"""
    SELECT count(DISTINCT s.story_id) FROM {_LOOKED_AT} m
    JOIN communique.revisions r ON r.id = m.revision_id AND r.backfilled
    JOIN communique.statements s ON s.id = r.statement_id
    WHERE NOT s.story_id = ANY(CAST(:stories AS bigint[]))
""")  # noqa: S608 (constants of ours)
_LOOKED = text(f"SELECT count(*) AS number, min(created_at) AS first FROM {_LOOKED_AT} m")  # noqa: S608
# What was told of a story before: a match that no backfill brought; and whether one did find it.
_BEFORE = text("""
    SELECT t.story, x.told, x.found
    FROM unnest(CAST(:stories AS bigint[])) t (story)
    CROSS JOIN LATERAL (
        SELECT bool_or(NOT r.backfilled AND m.created_at <= :since) AS told,
               bool_or(r.backfilled) AS found
        FROM communique.statements s
        JOIN communique.revisions r ON r.statement_id = s.id
        JOIN communique.matches m ON m.revision_id = r.id
        WHERE s.story_id = t.story
    ) x
""")
_POSTERS = text("""
    SELECT t.story, p.*
    FROM unnest(CAST(:stories AS bigint[])) t (story)
    CROSS JOIN LATERAL (
        SELECT s.id AS statement, s.source_id, o.publisher
        FROM communique.statements s JOIN communique.sources o ON o.id = s.source_id
        WHERE s.story_id = t.story
        ORDER BY coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date),
                 coalesce(s.published_at, s.first_seen_at), s.id
        LIMIT :most
    ) p
""")
_WORDINGS = text("""
    SELECT r.id AS revision, r.number, r.title, left(r.text, :read) AS text, r.seen_at,
           s.id AS statement, s.story_id, s.source_id, s.url, s.language, s.first_seen_at,
           s.published_on, s.published_at, s.date_precision, s.date_zone, s.date_zone_assumed,
           s.date_text, s.withdrawn_at, o.publisher, o.country, o.host_country,
           EXISTS (SELECT FROM communique.revisions b WHERE b.statement_id = r.statement_id
                   AND b.number = r.number - 1 AND b.reader = r.reader) AS edited
    FROM communique.revisions r
    JOIN communique.statements s ON s.id = r.statement_id
    JOIN communique.sources o ON o.id = s.source_id
    WHERE r.id = ANY(:revisions)
""")
_MATCHES = text("""
    SELECT m.revision_id, m.spans, u.watchlist, u.rule, u.name, u.severity
    FROM communique.matches m JOIN communique.rules u ON u.id = m.rule_id
    WHERE m.revision_id = ANY(:revisions)
    ORDER BY array_position(CAST(:gravest AS text[]), u.severity), u.name, u.version DESC
""")


@dataclass(frozen=True, slots=True)
class Found:
    """A story that rules found in the period. told: somebody would have been told of it before.
    backfilled: a backfill had found it. revision: the wording that stands for it: of the earliest
    of its statements that were found."""

    story: int
    severity: str
    at: datetime
    told: bool
    backfilled: bool
    revision: int


@dataclass(frozen=True, slots=True)
class News:
    """What the period brought. new, again: stories found first in it, and older ones that somebody
    posted anew; the gravest first, then the newest. backfilled: how many a backfill alone brought.
    reached: from when on nothing is left out; None: in the whole period."""

    new: tuple[Found, ...]
    again: tuple[Found, ...]
    backfilled: int
    reached: datetime | None

    def of(self, severity: str) -> tuple[Found, ...]:
        """The new stories of one severity."""
        return tuple(one for one in self.new if one.severity == severity)


@dataclass(frozen=True, slots=True)
class Entry:
    """A story as it is shown. facts: the wording that stands for it, with its statement and source.
    rules: those that hold for it. title: with the matched words marked. more: passages that are not
    shown. late: it came long after its date, or was found before by a backfill. edited: an edit
    made a rule hold; not where only another reader of ours read it otherwise. first: the publisher
    who posted it first, where that is another, with its statement; others: further names."""

    found: Found
    facts: Facts
    rules: tuple[Facts, ...]
    title: tuple[Piece, ...]
    excerpts: tuple[Excerpt, ...]
    more: int
    late: bool
    edited: bool
    first: Facts | None
    others: tuple[str, ...]


def news(connection: Connection, since: datetime, until: datetime) -> News:
    """What was matched after `since` up to `until` (aware)."""
    asked = {
        "since": since,
        "until": until,
        "looked": LOOKED_AT,
        "most": TOLD_APART,
        "gravest": list(GRAVEST),
    }
    rows = connection.execute(_HITS, asked).all()
    stories: dict[int, list[Facts]] = defaultdict(list)
    for row in rows:
        stories[row.story_id].append(row)
    brought = connection.execute(_BACKFILLED, asked | {"stories": list(stories)}).scalar_one()
    before = {
        row.story: row
        for row in connection.execute(_BEFORE, {"stories": list(stories), "since": since})
    }
    found = sorted(
        (_found(story, hits, before.get(story)) for story, hits in stories.items()),
        key=lambda one: (GRAVEST.index(one.severity), -one.at.timestamp(), one.story),
    )
    again = {s for s, hits in stories.items() if any(_is_posted_anew(one, since) for one in hits)}
    return News(
        new=tuple(one for one in found if not one.told),
        again=tuple(one for one in found if one.told and one.story in again),
        backfilled=brought,
        reached=_reached(rows, connection.execute(_LOOKED, asked).one()),
    )


def _reached(rows: Sequence[Facts], looked: Facts) -> datetime | None:
    """From when on nothing is left out: of the least grave that was reached, the oldest."""
    first: datetime | None = looked.first if looked.number == LOOKED_AT else None
    if len(rows) == TOLD_APART:
        least = rows[-1].severity
        first = min(row.created_at for row in rows if row.severity == least)
    return first


def _found(story: int, hits: Sequence[Facts], before: Facts | None) -> Found:
    earliest = min(hits, key=lambda r: (r.day, r.published_at or r.first_seen_at, r.statement))
    mine = [hit for hit in hits if hit.statement == earliest.statement]
    return Found(
        story=story,
        severity=min((hit.severity for hit in hits), key=GRAVEST.index),
        at=max(hit.created_at for hit in hits),
        told=bool(before and before.told),
        backfilled=bool(before and before.found),
        revision=max(mine, key=lambda hit: hit.number).revision_id,
    )


def _is_posted_anew(hit: Facts, since: datetime) -> bool:
    """An edit of what was posted before is none."""
    return bool(hit.number == 1 and hit.first_seen_at > since)


def entries(connection: Connection, found: Sequence[Found], since: datetime) -> tuple[Entry, ...]:
    """These stories as they are shown, in their order."""
    revisions = {"revisions": [one.revision for one in found]}
    wordings = {
        row.revision: row for row in connection.execute(_WORDINGS, revisions | {"read": READ})
    }
    rules: dict[int, list[Facts]] = defaultdict(list)
    for row in connection.execute(_MATCHES, revisions | {"gravest": list(GRAVEST)}):
        rules[row.revision_id].append(row)
    posters: dict[int, list[Facts]] = defaultdict(list)
    asked = {"stories": [one.story for one in found], "most": POSTERS}
    for row in connection.execute(_POSTERS, asked):
        posters[row.story].append(row)
    return tuple(
        _entry(one, wordings[one.revision], rules[one.revision], posters[one.story], since)
        for one in found
        if one.revision in wordings
    )


def _entry(
    found: Found, facts: Facts, rules: Sequence[Facts], posters: Sequence[Facts], since: datetime
) -> Entry:
    title, passages, more = excerpts_of(facts, rules)
    first = posters[0] if posters and posters[0].statement != facts.statement else None
    others = dict.fromkeys(one.publisher for one in posters if one.source_id != facts.source_id)
    late = is_late(facts.published_on, facts.first_seen_at, facts.date_zone)
    return Entry(
        found=found,
        facts=facts,
        rules=each_once(rules),
        title=title,
        excerpts=passages,
        more=more,
        late=late or found.backfilled,
        edited=facts.edited and facts.first_seen_at <= since,
        first=first,
        others=tuple(others),
    )


def excerpts_of(
    facts: Facts, rules: Iterable[Facts]
) -> tuple[tuple[Piece, ...], tuple[Excerpt, ...], int]:
    """A wording's title and the passages that match, as in mails, and how many more there are."""
    wording = Wording(facts.title, facts.text)
    spans: list[Mapping[str, Any]] = [span for rule in rules for span in rule.spans]
    passages = matched_passages(wording, spans)
    titles, _ = excerpts(wording, [one for one in passages if one.field == "title"], 1)
    title = titles[0].pieces if titles else (Piece(shown(facts.title, 300)),)
    in_text = [one for one in passages if one.field == "text"]
    return title, *excerpts(wording, in_text, SHOWN_PASSAGES)


def each_once(rules: Iterable[Facts]) -> tuple[Facts, ...]:
    """Each rule by its newest version."""
    kept: dict[tuple[str, str], Facts] = {}
    for one in rules:
        kept.setdefault((one.watchlist, one.rule), one)
    return tuple(kept.values())
