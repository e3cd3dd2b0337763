"""Promise: one command tells all that is known of a statement, and what was done to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.dialects.postgresql import insert

from communique.cli import looking
from communique.diffs import diff
from communique.schema import (
    Change,
    Echo,
    StatementRow,
    Translation,
)
from tests.command import answer, communique
from tests.communique.alert_rows import NOW, Posted, edit, post


@pytest.fixture
def settings(database_url: str, tmp_path: object) -> dict[str, str]:
    return {"database_url": database_url, "home": str(tmp_path)}


def note(engine: Engine, kind: str, one: Posted, before: Posted | None, hours: int) -> None:
    row = {"statement_id": one.statement, "kind": kind, "at": NOW + timedelta(hours=hours)}
    row |= {"revision_id": one.revision}
    row |= {"earlier_revision_id": before.revision} if before else {}
    with engine.begin() as connection:
        connection.execute(insert(Change).values(row))


def a_statement_with_a_past(engine: Engine) -> Posted:
    """Edited, taken down, put back; posted by two, held by a third, said in Chinese too."""
    first = post(engine, title="On the plan", text="We regret the plan.\x1b[31m A net.")
    second = edit(engine, first, "On the plan", "We welcome the plan.\x1b[31m A net.")
    note(engine, "edited", second, first, 1)
    note(engine, "withdrawn", second, None, 2)
    note(engine, "returned", second, None, 9)
    post(engine, title="Reposted", source="embassy_two", url="https://two.example/1", story=1)
    whole = post(engine, title="The whole briefing", url="https://one.example/whole")
    zh = post(engine, title="关于计划", url="https://one.example/zh", language="zh")
    with engine.begin() as connection:
        held = update(StatementRow).where(StatementRow.id == first.statement)
        connection.execute(held.values(part_of=whole.statement))
        pair = {"statement_id": first.statement, "other_id": zh.statement, "score": 0.9}
        connection.execute(insert(Translation).values(pair | {"version": 1}))
        echo = {"revision_id": second.revision, "earlier_revision_id": whole.revision, "start": 0}
        echo |= {"end": 9, "earlier_start": 3, "earlier_end": 12, "words": 8, "first": True}
        connection.execute(insert(Echo.__table__).values(echo))
    return second


def test_a_statement_is_shown_with_what_became_of_it_and_who_else_said_it(
    engine: Engine, settings: dict[str, str]
) -> None:
    one = a_statement_with_a_past(engine)
    said = communique("show", str(one.statement), settings=settings).stdout
    assert "\x1b" not in said
    lines = [line.strip() for line in said.splitlines()]
    edited = lines.index("2026-03-02 07:10  edited, wording 1 to 2")
    assert lines[edited + 1] == "text: We [-regret-]{+welcome+} the plan. [31m A net."
    assert lines[edited + 2] == "2026-03-02 08:10  withdrawn: gone twice, hours apart"
    assert lines[edited + 3] == "2026-03-02 15:10  there again"
    for heading, words in (
        ("Part of", "The whole briefing"),
        ("Also in story 1", "Reposted"),
        ("In other languages", "关于计划"),
        ("Echoes", "1 passage stood in 1 earlier statement; 0 later ones took passages up"),
    ):
        below = lines[lines.index(heading) :]
        assert any(words in line for line in below), heading
    whole = communique("show", "3", settings=settings).stdout
    assert "Holds whole" in whole
    assert "1 later one took" in whole


def test_a_machine_gets_the_same_as_json(engine: Engine, settings: dict[str, str]) -> None:
    one = a_statement_with_a_past(engine)
    said = answer("show", str(one.statement), settings=settings)
    assert said["title"] == "On the plan"
    assert [each["number"] for each in said["revisions"]] == [1, 2]
    assert [each["kind"] for each in said["changes"]] == ["edited", "withdrawn", "returned"]
    wordings = [
        ("On the plan", f"We {word} the plan.\x1b[31m A net.") for word in ("regret", "welcome")
    ]
    assert said["changes"][0]["diff"] == diff(*wordings)
    assert said["changes"][1]["diff"] is None
    assert [each["title"] for each in said["story"]] == ["Reposted"]
    assert said["held_by"]["title"] == "The whole briefing"
    assert said["part_of"] == said["held_by"]["id"]
    assert [each["language"] for each in said["translations"]] == ["zh"]
    assert said["echoes"] == {"passages": 1, "earlier_statements": 1, "later_statements": 0}
    assert said["alerts"] == []


def test_a_statement_that_is_not_there_is_said_not_to_be(
    engine: Engine, settings: dict[str, str]
) -> None:
    done = communique("show", "77", settings=settings, status=1)
    assert "no statement 77" in done.stderr


def test_on_a_terminal_with_colours_a_diff_needs_no_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    made = diff(("T", "We regret it."), ("T", "We like it."))
    (plain,) = looking.marked_text(made)
    assert plain.plain == "  text: We [-regret-]{+like+} it."
    coloured = type(looking.console)(force_terminal=True, color_system="standard", no_color=False)
    monkeypatch.setattr(looking, "console", coloured)
    (line,) = looking.marked_text(made)
    assert line.plain == "  text: We regretlike it."
    assert [str(span.style) for span in line.spans] == ["red strike", "green"]
