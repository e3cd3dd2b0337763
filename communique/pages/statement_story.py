"""The story of a statement: who posted it, in which order, how many days after the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from communique.showing import MOST, Shown

# More posts of a story than this are not counted.
COUNTED = 10_000
# Posts that stand in the list before the rest is folded away, and days in the drawing.
FIRST, MOST_DAYS = 12, 120

# The story is read once, whatever it holds: places in it are worked out of what was read.
_PLACE = text("""
    WITH posts AS MATERIALIZED (
        SELECT s.id, coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date) AS day,
               coalesce(s.published_at, s.first_seen_at) AS at
        FROM communique.statements s WHERE s.story_id = :story LIMIT :counted
    )
    SELECT count(*) AS posts, min(p.day) AS first_day, max(p.day) AS last_day,
           count(*) FILTER (WHERE (p.day, p.at, p.id) < (own.day, own.at, own.id)) AS before,
           own.day
    FROM posts p, LATERAL (SELECT * FROM posts WHERE id = :id) own GROUP BY own.day
""")


@dataclass(frozen=True, slots=True)
class Post:
    """One post. place: 1 is the first; days: after the first post. own: it is the statement
    itself."""

    place: int
    days: int
    own: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dot:
    """A day of the drawing. x: where, of 500; radius: by how many posted on it."""

    x: int
    radius: int
    day: date
    posts: int
    own: bool


@dataclass(frozen=True, slots=True)
class Story:
    """A story as it is shown. posts: those that are told, in their order; total: all, at most
    COUNTED; place: of the statement itself. dots: the same as a drawing; empty where all posted on
    one day."""

    id: int
    total: int
    place: int
    posts: tuple[Post, ...]
    countries: tuple[tuple[str, int], ...]
    languages: tuple[tuple[str, int], ...]
    dots: tuple[Dot, ...]


def story_of(connection: Connection, found: Shown) -> Story:
    """The story of a statement. Reads at most COUNTED posts, and tells of the first MOST."""
    facts = found.facts
    asked = {"story": facts["story_id"], "id": facts["id"], "counted": COUNTED}
    row = connection.execute(_PLACE, asked).one_or_none()
    own = {**facts, "day": facts["day"]}
    before = row.before if row is not None else len(found.story)
    first_day = row.first_day if row is not None else facts["day"]
    posts = _posts(found.story, own, before, first_day)
    return Story(
        id=facts["story_id"],
        total=row.posts if row is not None else len(posts),
        place=before + 1,
        posts=posts,
        countries=_counted(posts, "country"),
        languages=_counted(posts, "language"),
        dots=_dots(posts),
    )


def _posts(
    others: Sequence[Mapping[str, Any]], own: Mapping[str, Any], before: int, first_day: date
) -> tuple[Post, ...]:
    """The others with the statement itself in its place, or behind them where that is far."""
    at = min(before, len(others))
    rows = [*others[:at], own, *others[at:]]
    return tuple(
        Post(
            place=before + 1 if row is own else number,
            days=(row["day"] - first_day).days,
            own=row is own,
            facts=row,
        )
        for number, row in enumerate(rows, 1)
    )[: MOST + 1]


def _counted(posts: Sequence[Post], name: str) -> tuple[tuple[str, int], ...]:
    counts = Counter(str(post.facts[name] or "no country") for post in posts)
    return tuple(counts.most_common(12))


def _dots(posts: Sequence[Post]) -> tuple[Dot, ...]:
    days = Counter(post.facts["day"] for post in posts)
    if len(days) < 2:
        return ()
    own = next(post.facts["day"] for post in posts if post.own)
    first, last = min(days), max(days)
    length = (last - first).days
    shown = {day for day, _ in days.most_common(MOST_DAYS)} | {first, last, own}
    return tuple(
        Dot(
            x=14 + round(472 * (day - first).days / length),
            radius=min(13, 4 + days[day]),
            day=day,
            posts=days[day],
            own=day == own,
        )
        for day in sorted(shown)
    )
