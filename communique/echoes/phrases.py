"""Formulations on the rise: who began them, who followed, where and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, text

from communique.echoes.reading import User
from communique.echoes.users import as_array
from communique.text import tokenize_columns

# Echoes that are looked at, the newest first; passages of one wording that are told apart.
LOOKED_AT = 200_000
APART = 400


@dataclass(frozen=True, slots=True)
class Use:
    """A statement that followed. country: where it was said: of an embassy that of its host."""

    statement: int
    story: int
    source: str
    country: str | None
    on: date


@dataclass(frozen=True, slots=True)
class Phrase:
    """A formulation. phrase: in its starter's characters. users: statements of different stories
    that used it from `since` to `until`, its starter's included if that was then. before: those of
    as many days before. rise: (users + 1) / (before + 1). followers: the users but its starter,
    the earliest first. countries, days: where and when it was used."""

    phrase: str
    words: int
    users: int
    before: int
    rise: float
    starter: User
    followers: tuple[Use, ...]
    countries: tuple[str, ...]
    days: tuple[date, ...]


class _Place(NamedTuple):
    """Characters of the wording of a first user."""

    revision: int
    start: int
    end: int
    words: int


def phrases(
    connection: Connection,
    since: date,
    until: date,
    *,
    language: str | None = None,
    min_users: int = 3,
    limit: int = 20,
) -> list[Phrase]:
    """The formulations that statements of at least `min_users` stories used from `since` to
    `until` (both included; days of publication, else of first sight), those that gained most users
    against as many days before first. language: of the users, as `en` or `zh`.

    Looks at LOOKED_AT echoes at most, the newest.
    """
    sent = {
        "before": _before(since, until),
        "until": until,
        "language": language.casefold() if language else None,
        "most": LOOKED_AT,
    }
    uses: dict[_Place, list[Use]] = defaultdict(list)
    for row in connection.execute(_USES, sent):
        place = _Place(row.revision, row.earlier_start, row.earlier_end, row.words)
        uses[place].append(Use(row.statement, row.story_id, row.source_id, row.country, row.on))
    gathered = _gathered(uses)
    starters = _starters(connection, {place.revision for place in gathered})
    found = [
        _phrase(place, users, starters[place.revision], since, until)
        for place, users in gathered.items()
        if place.revision in starters and len({u.story for u in users}) + 1 >= min_users
    ]
    rising = sorted(
        (one for one in found if one.users >= min_users),
        key=lambda one: (one.before - one.users, -one.words, one.starter.statement, one.phrase),
    )
    return _told_once(rising, limit)


def _before(since: date, until: date) -> date:
    """The first of as many days before; the calendar's own first day where it has not as many."""
    try:
        return since - (until - since) - timedelta(days=1)
    except OverflowError:
        return date.min


def _gathered(uses: dict[_Place, list[Use]]) -> dict[_Place, list[Use]]:
    """Of each first user's wording the places that were used, each with all who used the whole of
    it; of places that lie over one another those with the most users times words."""
    by_revision: dict[int, list[_Place]] = defaultdict(list)
    for place in uses:
        by_revision[place.revision].append(place)
    gathered: dict[_Place, list[Use]] = {}
    for places in by_revision.values():
        most = sorted(places, key=lambda place: (-len(uses[place]), place))[:APART]
        whole = {
            place: [
                use
                for other in places
                if other.start <= place.start and place.end <= other.end
                for use in uses[other]
            ]
            for place in most
        }
        best = sorted(
            most, key=lambda place: (-len({u.story for u in whole[place]}) * place.words, place)
        )
        kept: list[_Place] = []
        for place in best:
            if not any(place.start < one.end and one.start < place.end for one in kept):
                kept.append(place)
                gathered[place] = whole[place]
    return gathered


def _phrase(
    place: _Place, uses: Iterable[Use], starter: Row[Any], since: date, until: date
) -> Phrase:
    begun = Use(starter.statement, starter.story_id, starter.source_id, starter.country, starter.on)
    stories = {begun.story: begun}
    others = (use for use in uses if use.story != begun.story)
    for use in sorted(others, key=lambda each: (each.on, each.statement)):
        stories.setdefault(use.story, use)
    everyone = list(stories.values())
    now = [use for use in everyone if since <= use.on <= until]
    before = sum(_before(since, until) <= use.on < since for use in everyone)
    user = User(
        statement=starter.statement,
        revision=starter.number,
        start=place.start,
        end=place.end,
        source=starter.source_id,
        publisher=starter.publisher,
        on=starter.on,
        title=starter.title,
        url=starter.url,
    )
    return Phrase(
        phrase=starter.text[place.start : place.end],
        words=place.words,
        users=len(now),
        before=before,
        rise=round((len(now) + 1) / (before + 1), 2),
        starter=user,
        followers=tuple(use for use in now if use.story != begun.story),
        countries=tuple(sorted({use.country for use in now if use.country})),
        days=tuple(sorted({use.on for use in now})),
    )


def _told_once(rising: Sequence[Phrase], limit: int) -> list[Phrase]:
    """Without those that are a part, or more, of one told already by half of the same users."""
    told: list[tuple[str, set[int], Phrase]] = []
    for one in rising:
        terms = f" {' '.join(tokenize_columns(one.phrase).terms)} "
        users = {use.statement for use in one.followers} | {one.starter.statement}
        if not any(
            (terms in other or other in terms) and len(users & others) * 2 >= len(users)
            for other, others, _ in told
        ):
            told.append((terms, users, replace(one)))
        if len(told) == limit:
            break
    return [one for _, _, one in told]


def _starters(connection: Connection, revisions: Iterable[int]) -> dict[int, Row[Any]]:
    found = connection.execute(_STARTERS, {"revisions": as_array(revisions)})
    return {row.revision: row for row in found}


_DAY = "coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date)"
_USES = text(f"""
    SELECT e.earlier_revision_id AS revision, e.earlier_start, e.earlier_end, e.words,
        s.id AS statement, s.story_id, s.source_id, coalesce(p.host_country, p.country) AS country,
        CASE WHEN r.number = 1 THEN {_DAY} ELSE (r.seen_at AT TIME ZONE 'UTC')::date END AS on
    FROM communique.statements s
    JOIN communique.sources p ON p.id = s.source_id
    JOIN communique.revisions r ON r.statement_id = s.id
    JOIN communique.echoes e ON e.revision_id = r.id AND e.first
    JOIN communique.revisions er ON er.id = e.earlier_revision_id
    JOIN communique.statements es ON es.id = er.statement_id
    WHERE {_DAY} BETWEEN :before AND :until
        AND (CAST(:language AS text) IS NULL OR lower(s.language) = :language
            OR lower(s.language) LIKE :language || '-%')
        AND es.story_id <> s.story_id
        AND s.part_of IS DISTINCT FROM es.id AND es.part_of IS DISTINCT FROM s.id
    ORDER BY {_DAY} DESC, e.id DESC LIMIT :most
""")  # noqa: S608 (a constant of ours)
_STARTERS = text(f"""
    SELECT r.id AS revision, r.number, r.title, r.text, s.id AS statement, s.story_id, s.source_id,
        s.url, p.publisher, coalesce(p.host_country, p.country) AS country,
        CASE WHEN r.number = 1 THEN {_DAY} ELSE (r.seen_at AT TIME ZONE 'UTC')::date END AS on
    FROM communique.revisions r
    JOIN communique.statements s ON s.id = r.statement_id
    JOIN communique.sources p ON p.id = s.source_id
    WHERE r.id IN (SELECT unnest(CAST(:revisions AS bigint[])))
""")  # noqa: S608 (a constant of ours)
