"""What has to be said beside the numbers, lest anybody read more into them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, text

from communique.pages.charts_frame import Mark
from communique.pages.trends_counting import MOST_WAITING, Mentions, waiting
from communique.pages.trends_span import Span, start_of
from communique.pages.trends_subjects import Subject
from communique.pages.trends_tables import Source, Table, label_of

NAMED = 4  # publishers that a mark names
MOST_LATER = 1_000
_LATER = text("""
    SELECT count(*) FROM (
        SELECT FROM communique.search_documents WHERE day >= :until LIMIT :most) l
""")


def notes_of(
    connection: Connection,
    counted: Sequence[Mentions],
    table: Table | None,
    sources: Mapping[str, Source],
) -> tuple[str, ...]:
    """The notes, the most important first."""
    span = counted[0].span
    said = [*_how_far(counted, table), *_what(counted), *_running(span)]
    for one in counted:
        said += _of_rule(one.subject)
    return (*said, *_unknown(connection, span), *_watched(counted, sources, table))


def marks_of(
    counted: Sequence[Mentions], sources: Mapping[str, Source], span: Span
) -> tuple[Mark, ...]:
    """The days on which sources were added that are counted here, by week, month or year."""
    added: dict[date, list[Source]] = defaultdict(list)
    for source in _counted_sources(counted, sources):
        day = source.added_at.date()
        if span.since <= day < span.until:
            added[start_of(day, span.unit)].append(source)
    return tuple(
        Mark(
            min(one.added_at for one in those).date(), f"added to what is watched: {_named(those)}"
        )
        for _, those in sorted(added.items())
    )


def _how_far(counted: Sequence[Mentions], table: Table | None) -> Iterator[str]:
    span = counted[0].span
    if table is None:
        yield f"Not even the newest {span.unit} could be counted in the time that a page has."
    elif not table.whole:
        yield (
            f"Counted back to {table.since}, every {span.unit} of it wholly. "
            f"What was published from {span.since} until then is not counted yet."
        )


def _what(counted: Sequence[Mentions]) -> Iterator[str]:
    day = "the day of publication, where unknown that of first sight (UTC)"
    if counted[0].counting == "stories":
        yield (
            "Stories are counted: what several posted counts once, for whoever was the first to "
            f"post it within the days shown, by {day}."
        )
    else:
        yield f"Statements are counted, in their current wording, by {day}."


def _running(span: Span) -> Iterator[str]:
    if span.running is not None:
        label = label_of(span.running, span.unit)
        said = f"The {label}" if span.unit == "week" else label
        yield f"{said} has not ended: its count can only grow."


def _of_rule(subject: Subject) -> Iterator[str]:
    if subject.kind != "rule":
        return
    newest, first = subject.versions[-1], subject.versions[0]
    said = f"{subject.asked} has judged what was read since {first.created_at:%Y-%m-%d}"
    if len(subject.versions) > 1:
        said += (
            f", in {len(subject.versions)} versions; the last is of {newest.created_at:%Y-%m-%d}, "
            "and what was judged before was not judged again"
        )
    if newest.retired_at is not None:
        said += f". It was retired on {newest.retired_at:%Y-%m-%d}"
    yield f"{said}. What was stored before is not among its matches: count its query for that."


def _unknown(connection: Connection, span: Span) -> Iterator[str]:
    wordings = waiting(connection)
    if wordings:
        many = f"{wordings:,} or more" if wordings >= MOST_WAITING else f"{wordings:,}"
        yield f"{many} new wordings cannot be found by a query yet."
    if span.running is not None:
        values = {"until": span.until, "most": MOST_LATER}
        later = int(connection.execute(_LATER, values).scalar_one())
        if later:
            yield f"{later:,} stored statements, on whatever, are dated after {span.last}."


def _watched(
    counted: Sequence[Mentions], sources: Mapping[str, Source], table: Table | None
) -> Iterator[str]:
    those = _counted_sources(counted, sources)
    if not those or table is None:
        return
    days, until = [one.added_at.date() for one in those], counted[0].span.until
    many = "1 source" if len(those) == 1 else f"{len(those):,} sources"
    within = sum(table.since <= day < until for day in days)
    after = sum(day >= until for day in days)
    said = f"What is counted is of {many}, watched since {min(days)}"
    if within:
        many = _of_all(within, len(days))
        said += f"; {many} of them only since a day within this period (▲ on the axis of time)"
    if after:
        said += f"; {_of_all(after, len(days))} of them only since a day after this period"
    said += (
        ". What a source published before that day is here only as far back as its listings, or a "
        "backfill, reached: a rise may be a new source."
    )
    yield said


def _of_all(many: int, total: int) -> str:
    return "all" if many == total else f"{many:,}"


def _counted_sources(
    counted: Iterable[Mentions], sources: Mapping[str, Source]
) -> Sequence[Source]:
    ids = {source for one in counted for _, source in one.counts}
    return sorted((sources[each] for each in ids), key=lambda one: (one.added_at, one.publisher))


def _named(those: Sequence[Source]) -> str:
    names = ", ".join(one.publisher for one in those[:NAMED])
    more = len(those) - NAMED
    return f"{names} and {more} more" if more > 0 else names
