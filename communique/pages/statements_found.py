"""What a search finds, as the page shows it: marked passages and what is known of the story."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from communique.mail.clean import shown, web_address
from communique.mail.excerpts import Excerpt
from communique.pages.statements_asked import Asked, AskedError
from communique.pages.statements_names import language_name
from communique.search import Found, Results, newest, passages_of, search

PAGE = 20  # statements
PASSAGES = 3  # of a statement, besides its title
BEGINNING = 280  # characters that are shown of a text in which nothing is marked
PATIENCE = 0.6  # seconds of a search; what surrounds it needs some too
MANY_OTHERS = 100  # of a story; beyond that they are not counted
MANY_WAITING = 1_000
Marked = tuple[str, bool]
_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*\Z")

# Where a reader was mended, the wording changed but the statement did not. The limit keeps the
# planner from reading all changes that there are.
_AROUND = text("""
    SELECT s.id, s.part_of, whole.title AS whole_title,
           ARRAY(
               SELECT DISTINCT o.language FROM communique.statements o WHERE o.id IN (
                   SELECT t.other_id FROM communique.translations t WHERE t.statement_id = s.id
                   UNION ALL
                   SELECT t.statement_id FROM communique.translations t WHERE t.other_id = s.id
               ) ORDER BY 1
           ) AS languages,
           (SELECT count(*) FROM (
               SELECT FROM communique.statements o
               WHERE o.story_id = s.story_id AND o.id <> s.id AND NOT EXISTS (
                   SELECT FROM communique.translations t
                   WHERE (t.statement_id, t.other_id)
                         = (least(o.id, s.id), greatest(o.id, s.id)))
               LIMIT :many
           ) AS bounded) AS others,
           coalesce((
               SELECT true FROM communique.changes c
               JOIN communique.revisions b ON b.id = c.earlier_revision_id
               JOIN communique.revisions r ON r.id = c.revision_id
               WHERE c.statement_id = s.id AND b.reader = r.reader LIMIT 1
           ), false) AS edited
    FROM communique.statements s
    LEFT JOIN communique.statements whole ON whole.id = s.part_of
    WHERE s.id = ANY(CAST(:ids AS bigint[]))
""")
_WAITING = text("""
    SELECT count(*) FROM (
        SELECT FROM communique.revisions WHERE settled_at IS NULL LIMIT :many
    ) AS bounded
""")


@dataclass(frozen=True, slots=True)
class Around:
    """What the store knows around a statement. others: who posted the same besides, at most
    MANY_OTHERS; languages: of its versions by the same publisher, in words. part_of: the longer
    statement that holds it; whole_title: its title."""

    others: int = 0
    languages: tuple[str, ...] = ()
    edited: bool = False
    part_of: int | None = None
    whole_title: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A statement as it stands in the list. title, passages: pieces, of which some match. day: of
    publication, where `published`; else of first sight (UTC). tag: its language for a browser;
    empty: none that one knows. new: first seen since whoever asks looked last."""

    id: int
    title: tuple[Marked, ...]
    passages: tuple[tuple[Marked, ...], ...]
    more: int
    day: date
    published: bool
    publisher: str
    source: str
    country: str | None
    language: str
    tag: str
    url: str
    topics: tuple[str, ...]
    withdrawn_at: datetime | None
    new: bool
    around: Around


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown of a search. query: all of it as one query. waiting: wordings that cannot be
    found yet, at most MANY_WAITING."""

    query: str
    hits: Sequence[Hit]
    results: Results
    waiting: int


def found(connection: Connection, asked: Asked) -> Page:
    """A page of what is asked for. Raises RuleError (position: in `asked.q`), AskedError and
    SearchError."""
    query, (since, until) = asked.query(), asked.period()
    after = asked.after or None
    if query:
        results = search(
            connection,
            query,
            order=asked.order,
            since=since,
            until=until,
            limit=PAGE,
            after=after,
            patience=PATIENCE,
        )
    elif asked.order == "best":
        raise AskedError("The best of what? Write what to look for, or order by the newest.")
    else:
        results = newest(
            connection, since=since, until=until, limit=PAGE, after=after, patience=PATIENCE
        )
    known = around(connection, [hit.id for hit in results.hits])
    seen = asked.seen_at()
    hits = tuple(_hit(hit, known.get(hit.id, Around()), seen) for hit in results.hits)
    waiting = connection.execute(_WAITING, {"many": MANY_WAITING}).scalar_one()
    return Page(query, hits, results, waiting)


def around(connection: Connection, ids: Sequence[int]) -> Mapping[int, Around]:
    """What is known around statements, by their numbers: one query for all of them."""
    if not ids:
        return {}
    rows = connection.execute(_AROUND, {"ids": list(ids), "many": MANY_OTHERS})
    return {
        row.id: Around(
            others=row.others,
            languages=tuple(map(language_name, row.languages)),
            edited=row.edited,
            part_of=row.part_of,
            whole_title=shown(row.whole_title or "", 200),
        )
        for row in rows
    }


def language_tag(language: str) -> str:
    """What a browser is told of a text's language; empty where it would not know it."""
    return language if _TAG.match(language) else ""


def _hit(one: Found, known: Around, seen: datetime | None) -> Hit:
    excerpts, more = passages_of(one, PASSAGES + 1)
    titles = [each for each in excerpts if each.field == "title"]
    texts = [each for each in excerpts if each.field == "text"]
    more += max(0, len(texts) - PASSAGES)
    passages = tuple(map(_marked, texts[:PASSAGES]))
    if not passages and one.text.strip():
        passages = (((shown(one.text, BEGINNING), False),),)
    return Hit(
        id=one.id,
        title=_marked(titles[0]) if titles else ((shown(one.title, 400) or "(no title)", False),),
        passages=passages,
        more=more,
        day=one.day,
        published=one.published_on is not None,
        publisher=shown(one.publisher, 200),
        source=one.source,
        country=one.country,
        language=language_name(one.language),
        tag=language_tag(one.language),
        url=web_address(one.url),
        topics=one.topics,
        withdrawn_at=one.withdrawn_at,
        new=seen is not None and one.first_seen_at > seen,
        around=known,
    )


def _marked(excerpt: Excerpt) -> tuple[Marked, ...]:
    return tuple((piece.text, bool(piece.mark)) for piece in excerpt.pieces)
