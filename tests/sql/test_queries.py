"""The cookbook: every question runs as it stands, as an analyst, and answers what is true."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine, text

from communique import embedded
from communique.cookbook import Query, asked, find_query, queries
from communique.database import StoreError
from communique.settings import project_folder
from tests.command import answer, communique, shared
from tests.communique.alert_rows import Posted, edit, post
from tests.sql.query_stores import cloned, load_many, load_texts

EVERY = queries()
NAMES = [query.name for query in EVERY]
# What the labelled texts alone cannot answer: nobody edits, withdraws or translates them there.
# talking_points_on_the_rise: coverage alone says which day is the newest.
UNANSWERED = {
    "embassy_and_ministry",
    "language_versions",
    "talking_points_on_the_rise",
    "wording_changes",
    "withdrawn",
}


@pytest.fixture(scope="module")
def texts(migrated: str) -> Iterator[Engine]:
    path = shared("corpus/texts.jsonl")
    with cloned(migrated) as engine:
        load_texts(engine, path)
        yield engine


@pytest.fixture(scope="module")
def many(migrated: str) -> Iterator[Engine]:
    with cloned(migrated) as engine:
        load_many(engine, 20_000)
        yield engine


def ask(engine: Engine, query: Query) -> list[dict[str, Any]]:
    with asked(engine, query) as found:
        return [dict(row._mapping) for row in found]


def test_there_are_fifteen_questions_and_each_says_what_it_means() -> None:
    assert len(EVERY) >= 15
    for query in EVERY:
        assert query.question.endswith("?"), query.name
        assert "To change it" in " ".join(query.note.split()), query.name
        assert re.search(r"^WITH parameters \(", query.sql, re.MULTILINE), query.name
        assert "communique." not in query.sql, query.name


@pytest.mark.parametrize("query", EVERY, ids=NAMES)
def test_no_client_takes_a_part_of_a_question_for_something_else(query: Query) -> None:
    """Drivers replace % and :name, psql :name too, and a BI tool puts a query into brackets."""
    assert not re.search(r"[%\\;]|:\w", query.sql)
    assert not query.sql.rstrip().splitlines()[-1].lstrip().startswith("--")


def test_each_question_is_answered_within_brackets_and_by_psql(
    engine: Engine, database_url: str
) -> None:
    with engine.connect() as connection:
        for query in EVERY:
            connection.execute(text(f"SELECT * FROM (\n{query.sql}\n) AS asked"))
    psql = embedded.program("psql")
    assert psql
    url = database_url.replace("postgresql+psycopg2://", "postgresql://")
    files = [f"-f{project_folder('sql') / 'queries' / name}.sql" for name in NAMES]
    done = subprocess.run(
        [psql, url, "-v", "ON_ERROR_STOP=1", *files], capture_output=True, text=True, check=True
    )
    assert done.stdout.count(" rows)") == len(EVERY), done.stderr


@pytest.mark.parametrize("query", EVERY, ids=NAMES)
def test_real_texts_answer_it(texts: Engine, query: Query) -> None:
    rows = ask(texts, query)
    assert rows or query.name in UNANSWERED


@pytest.mark.parametrize("query", EVERY, ids=NAMES)
def test_it_is_answered_soon_from_many_statements(many: Engine, query: Query) -> None:
    started = time.perf_counter()
    rows = ask(many, query)
    assert time.perf_counter() - started < 10
    assert rows or query.name in UNMADE


# Made up, nobody is silent, undated or late, and no embassy says what its ministry says.
UNMADE = {"embassy_and_ministry", "late_discoveries", "silent_sources", "undated"}
ORIGIN = "Every country should have a clean network of its own choosing."


@pytest.fixture
def said(engine: Engine) -> list[Posted]:
    """A ministry says something, two embassies of its country and another country repeat it."""
    day = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)
    first = post(engine, source="ministry", text=ORIGIN, url="https://m.example/1", seen=day)
    same = {"text": ORIGIN, "story": first.story}
    second = post(engine, source="one", on=date(2026, 3, 3), seen=day + timedelta(days=3), **same)
    third = post(engine, source="two", on=None, url="https://t.example/9", seen=day, **same)
    other = post(engine, source="abroad", text=f"We say: {ORIGIN}", on=date(2026, 3, 5))
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE communique.sources SET kind = 'ministry' WHERE id = 'ministry';"
                "UPDATE communique.sources SET country = 'DE' WHERE id = 'abroad';"
                "UPDATE communique.statements SET topics = '{huawei}';"
                "UPDATE communique.statements SET withdrawn_at = now() WHERE source_id = 'one';"
                "INSERT INTO communique.rules (watchlist, rule, version, name, severity, query,"
                " not_inside, created_at) SELECT watchlist, 'clean-network', 1, 'Clean', 'urgent',"
                " 'clean', '{}', now() FROM unnest(ARRAY['5g-huawei', 'clean-network']) watchlist"
            )
        )
        for posted in (first, other):
            at = ORIGIN.index("clean") + (8 if posted is other else 0)
            connection.execute(
                text(
                    "INSERT INTO communique.matches (revision_id, rule_id, spans, created_at) "
                    "SELECT :revision, id, jsonb_build_array(jsonb_build_object('field', 'text',"
                    " 'start', CAST(:at AS int), 'end', CAST(:at + 13 AS int))), now() "
                    "FROM communique.rules WHERE watchlist = :watchlist"
                ),
                {
                    "revision": posted.revision,
                    "at": at,
                    # The rule has moved since.
                    "watchlist": "5g-huawei" if posted is first else "clean-network",
                },
            )
        echo(connection, other, first, (8, 8 + len(ORIGIN)), (0, len(ORIGIN)))
        echo(connection, second, first, (0, len(ORIGIN)), (0, len(ORIGIN)))
    return [first, second, third, other]


def echo(
    connection: Any, later: Posted, earlier: Posted, at: tuple[int, int], was: tuple[int, int]
) -> None:
    connection.execute(
        text(
            "INSERT INTO communique.echoes (revision_id, earlier_revision_id, start, \"end\","
            " earlier_start, earlier_end, words, first) VALUES (:r, :e, :a, :b, :c, :d, 11, true)"
        ),
        {"r": later.revision, "e": earlier.revision, "a": at[0], "b": at[1], "c": was[0],
         "d": was[1]},
    )  # fmt: skip


def test_a_story_is_told_in_the_order_in_which_it_was_posted(
    engine: Engine, said: list[Posted]
) -> None:
    rows = ask(engine, find_query("story_followers"))
    # An undated post counts from the day it was first seen.
    assert [(r["position"], r["publisher"], r["days_after_first"]) for r in rows] == [
        (1, "Chinese Ministry", 0),
        (2, "Chinese Two", 0),
        (3, "Chinese One", 2),
    ]
    with engine.connect() as connection:
        leads = connection.execute(
            text("SELECT id FROM analyst.statements WHERE leads_story ORDER BY id")
        ).scalars()
        assert list(leads) == [said[0].statement, said[3].statement]
        (story,) = connection.execute(text("SELECT * FROM analyst.stories WHERE statements > 1"))
    assert story.lead_statement_id == said[0].statement
    assert (story.sources, story.countries, story.topics) == (3, ["CN"], ["huawei"])
    assert (story.first_day, story.last_day, story.withdrawn) == (
        date(2026, 3, 1), date(2026, 3, 3), 1,
    )  # fmt: skip


def test_an_echo_within_a_story_is_none_and_an_edit_is_told_from_it(
    engine: Engine, said: list[Posted]
) -> None:
    (row,) = ask(engine, find_query("repeated_within_days"))
    assert row["passage"] == ORIGIN
    assert (row["country"], row["first_country"], row["days_after"]) == ("DE", "CN", 4)
    assert (row["first_statement_id"], row["used_since"]) == (said[0].statement, 1)
    edit(engine, said[3], "Another title", "We said something.")
    with engine.connect() as connection:
        (left,) = connection.execute(text("SELECT * FROM analyst.echoes"))
        assert (left.stands, left.earlier_stands, left.revision) == (False, True, 1)
        assert left.passage == ORIGIN
        assert left.first_statement_id == said[0].statement
    with engine.begin() as connection:
        connection.execute(text("UPDATE communique.statements SET story_id = 1"))
        assert not connection.execute(text("SELECT * FROM analyst.echoes")).all()


def test_the_first_user_of_a_part_is_not_the_first_user_of_the_whole(engine: Engine) -> None:
    whole = f"{ORIGIN} So we say, and so we shall say tomorrow and ever after, to everybody."
    # As a backfill reads them: the newest first.
    long = post(engine, source="two", text=whole, url="https://t.example/2", on=date(2026, 3, 2))
    short = post(engine, source="one", text=ORIGIN, url="https://o.example/1", on=date(2026, 3, 1))
    again = post(engine, source="four", text=ORIGIN, url="https://f.example/3", on=date(2026, 3, 3))
    later = post(engine, source="three", text=whole, url="https://s.example/4", on=date(2026, 3, 5))
    part, all_ = (0, len(ORIGIN)), (0, len(whole))
    with engine.begin() as connection:
        echo(connection, later, long, all_, all_)
        for earlier in (short, again):
            echo(connection, later, earlier, part, part)
        connection.execute(
            text("UPDATE communique.echoes SET first = false WHERE earlier_revision_id = :one"),
            {"one": again.revision},
        )
        rows = connection.execute(text("SELECT * FROM analyst.echoes ORDER BY id")).all()
    firsts = [(row.first_statement_id, row.first_source, row.first_used_on) for row in rows]
    began = (short.statement, "one", date(2026, 3, 1))
    assert firsts == [(long.statement, "two", date(2026, 3, 2)), began, began]
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE communique.echoes SET first = false WHERE earlier_revision_id = :one"),
            {"one": short.revision},
        )
        rows = connection.execute(text("SELECT * FROM analyst.echoes ORDER BY id")).all()
    assert {row.first_statement_id for row in rows[1:]} == {short.statement}


def test_who_speaks_for_no_country_is_counted_as_none(engine: Engine, said: list[Posted]) -> None:
    press = post(engine, source="press", text=ORIGIN, on=date(2026, 3, 6))
    with engine.begin() as connection:
        echo(connection, press, said[0], (0, len(ORIGIN)), (0, len(ORIGIN)))
        connection.execute(text("UPDATE communique.sources SET country = NULL WHERE id = 'press'"))
    asked_ = find_query("talking_points_on_the_rise")
    newest = asked_.sql.replace("max(newest) FROM analyst.sources", "DATE '2026-03-06'")
    assert newest != asked_.sql
    (point,) = ask(engine, replace(asked_, sql=newest))
    assert (point["lately"], point["countries"]) == (2, ["DE"])


def test_the_first_mention_is_told_for_each_country_with_its_words(
    engine: Engine, said: list[Posted]
) -> None:
    rows = ask(engine, find_query("first_mention_by_country"))
    assert [(r["country"], r["day"], r["words"], r["mentions"]) for r in rows] == [
        ("CN", date(2026, 3, 1), ["clean network"], 1),
        ("DE", date(2026, 3, 5), ["clean network"], 1),
    ]


def test_who_put_the_words_in_by_an_edit_was_not_first_on_the_day_of_publication(
    engine: Engine, said: list[Posted]
) -> None:
    quiet = post(engine, source="late", text="We say nothing.", on=date(2026, 2, 1))
    edited = edit(engine, quiet, "Another title", ORIGIN, source="late")
    matched = text(
        "INSERT INTO communique.matches (revision_id, rule_id, spans, created_at) SELECT"
        " :revision, rule_id, spans, now() FROM communique.matches WHERE revision_id = :like"
    )
    with engine.begin() as connection:
        connection.execute(matched, {"revision": edited.revision, "like": said[0].revision})
    (first, _) = ask(engine, find_query("first_mention_by_country"))
    assert (first["statement_id"], first["mentions"]) == (said[0].statement, 2)
    # A rule that came after the first wording finds it by the second: it stood there all the time.
    old = post(engine, source="old", text=ORIGIN, on=date(2026, 2, 2))
    longer = edit(engine, old, "Another title", f"{ORIGIN} So we say.", source="old")
    with engine.begin() as connection:
        connection.execute(matched, {"revision": longer.revision, "like": said[0].revision})
    (first, _) = ask(engine, find_query("first_mention_by_country"))
    assert (first["statement_id"], first["day"]) == (old.statement, date(2026, 2, 2))


def test_what_was_withdrawn_may_stand_elsewhere(engine: Engine, said: list[Posted]) -> None:
    (row,) = ask(engine, find_query("withdrawn"))
    assert (row["statement_id"], row["still_posted_by"]) == (said[1].statement, 2)
    months = ask(engine, find_query("statements_by_country_and_month"))
    assert [(r["country"], r["statements"], r["stories"]) for r in months] == [
        ("CN", 3, 1), ("DE", 1, 1),
    ]  # fmt: skip
    pairs = ask(engine, find_query("embassy_and_ministry"))
    assert [(r["embassy"], r["days_later"], r["same_text"]) for r in pairs] == [
        ("Chinese One", 2, True), ("Chinese Two", 0, True),
    ]  # fmt: skip


def test_a_wording_that_was_taken_back_stands_again(engine: Engine, said: list[Posted]) -> None:
    later = edit(engine, said[3], "Title", "We say nothing.")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO communique.changes (statement_id, kind, at, revision_id,"
                " earlier_revision_id, diff) VALUES (:s, 'edited', now(), :r, :e,"
                ' \'[{"op": "equal", "text": "We", "field": "text"},'
                ' {"op": "delete", "text": "say", "field": "text"},'
                ' {"op": "insert", "text": "told", "field": "text"}]\'),'
                " (:s, 'withdrawn', now(), :r, NULL, NULL);"
                "UPDATE communique.statements SET revision_number = 1 WHERE id = :s"
            ),
            {"s": later.statement, "r": later.revision, "e": said[3].revision},
        )
    (change,) = ask(engine, find_query("wording_changes"))
    assert (change["removed"], change["added"]) == ("say", "told")
    assert (change["revision_before"], change["revision"]) == (1, 2)
    with engine.connect() as connection:
        wordings = connection.execute(
            text(
                "SELECT number, stands, diff IS NULL AS first FROM analyst.revisions"
                " WHERE statement_id = :s ORDER BY number"
            ),
            {"s": later.statement},
        ).all()
    assert [tuple(each) for each in wordings] == [(1, True, True), (2, False, False)]


def test_the_command_asks_them(database_url: str, engine: Engine, said: list[Posted]) -> None:
    settings = {"database_url": database_url}
    assert [each["name"] for each in answer("db", "queries", settings=settings)] == NAMES
    asked_ = ("db", "query", "first_mention_by_country")
    assert len(answer(*asked_, settings=settings)) == 2
    lines = communique(*asked_, "--csv", settings=settings).stdout.splitlines()
    assert lines[0].startswith("country,publisher,day")
    assert len(lines) == 3
    assert {row["words"] for row in csv.DictReader(lines)} == {"clean network"}
    assert "2 rows" in communique(*asked_, settings=settings).stdout
    missing = communique("db", "query", "nothing", settings=settings, status=2)
    assert "first_mention_by_country" in missing.stderr


def test_a_line_that_ends_as_on_old_machines_is_still_within_its_cell(
    database_url: str, engine: Engine, said: list[Posted]
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE communique.statements SET title = E'On\\rmasts'"))
    asked_ = ("db", "query", "first_mention_by_country", "--csv")
    printed = communique(*asked_, settings={"database_url": database_url}).stdout
    rows = list(csv.DictReader(io.StringIO(printed, newline="")))
    # Universal newlines, by which the process is read.
    assert [row["title"] for row in rows] == ["On\nmasts"] * 2


def test_a_question_may_only_read(engine: Engine) -> None:
    for sql in ("DELETE FROM analyst.statements", "SELECT * FROM communique.statements"):
        with pytest.raises(StoreError, match="was not answered"):
            ask(engine, Query("mine", "May I?", "", sql))
