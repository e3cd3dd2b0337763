"""Trends as files: the chart as SVG, its figures as CSV."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone

from communique.exports.tables import write_csv
from communique.exports.values import About, Column, Row
from communique.pages.charts_svg import Drawing, Look, as_file
from communique.pages.trends_firsts import By
from communique.pages.trends_shown import OverTime, Spread
from communique.pages.trends_span import Span, following
from communique.pages.trends_subjects import Subject
from communique.pages.trends_tables import counted_groups, group_name

WIDTH = 900  # pixels
KINDS = {"svg": "image/svg+xml", "csv": "text/csv; charset=utf-8"}
LOOK = Look(WIDTH, themed=False, key="file")


def svg(drawn: Drawing) -> bytes:
    """A chart that was drawn with LOOK: it needs no style sheet, no font and no other file."""
    return as_file(drawn)


def figures(shown: OverTime, made_at: datetime) -> bytes:
    """Every count, the zeros too, of every country or publisher that has any; of several subjects
    that are compared, as a whole. A row for each of them and each week, month or year."""
    columns = [
        Column("of", "text"),
        Column(shown.counted[0].span.unit, "date"),
        Column("last_day", "date"),
        Column("ended", "boolean"),
        *([] if len(shown.counted) > 1 else _group_columns(shown.by)),
        Column(shown.counted[0].counting, "bigint"),
    ]
    return _csv(columns, _figures(shown), "trends", made_at)


def _figures(shown: OverTime) -> Iterator[Row]:
    starts = shown.table.starts if shown.table is not None else ()
    for number, one in enumerate(shown.counted):
        span, what = one.span, one.counting
        if len(shown.counted) > 1:
            values = shown.table.series[number].values if shown.table is not None else ()
            whole = dict(zip(starts, values, strict=True))
            counts: list[tuple[dict[str, str], dict[date, int]]] = [({}, whole)]
        else:
            groups = counted_groups(one, shown.sources, shown.by)
            counts = [(_group(group, shown.by), dict(each)) for group, each in groups.items()]
        for group, each in counts:
            for start in starts:
                yield {
                    "of": one.subject.name,
                    span.unit: start,
                    "last_day": following(start, span.unit) - timedelta(days=1),
                    "ended": start != span.running,
                    **group,
                    what: each.get(start, 0),
                }


def first_rows(shown: Spread, made_at: datetime) -> bytes:
    """The first statements, a row each, in the order of first use."""
    columns = [Column(name, "text") for name in _FIRST]
    rows = (
        {
            "of": one.subject.name,
            "position": position,
            "day": first.day,
            "day_is_of_publication": first.dated,
            "country": first.country or "",
            "country_name": group_name(first.country or "", "country") if first.country else "",
            "publisher": first.publisher,
            "source": first.source,
            "language": first.language,
            "title": first.title,
            "url": first.url,
            "statement": first.statement,
        }
        for one in shown.found
        for position, first in enumerate(one.firsts, 1)
    )
    return _csv(columns, rows, "first mentions", made_at)


_FIRST = (
    "of", "position", "day", "day_is_of_publication", "country", "country_name", "publisher",
    "source", "language", "title", "url", "statement",
)  # fmt: skip


def file_name(subjects: Sequence[Subject], first: date, last: date, kind: str) -> str:
    """A name for a file of these subjects and days, that every system takes."""
    words = "-".join(re.sub(r"[^A-Za-z0-9]+", "-", one.name).strip("-") for one in subjects)
    kept = words.lower()[:60].strip("-") or "trend"
    return f"communique-{kept}-{first}-{last}.{kind}"


def days_of(span: Span, shown: OverTime) -> tuple[date, date]:
    """The first and the last day that a file tells of."""
    return (shown.table.since if shown.table is not None else span.since), span.last


def _group_columns(by: By) -> list[Column]:
    names = ["publisher"] if by == "publisher" else ["country", "country_name"]
    return [Column(name, "text") for name in names]


def _group(group: str, by: By) -> dict[str, str]:
    if by == "publisher":
        return {"publisher": group}
    return {"country": group, "country_name": group_name(group, by)}


def _csv(columns: Sequence[Column], rows: Iterable[Row], title: str, made_at: datetime) -> bytes:
    file = io.BytesIO()
    about = About(title, title, made_at.astimezone(timezone.utc), bom=True)
    write_csv(file, columns, rows, about)
    return file.getvalue()
