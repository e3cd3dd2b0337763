"""Promise: what an edit changed is kept with it, also where an earlier wording stands again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from communique import changes
from communique.changes import make_missing_diffs
from communique.diffs import marked
from communique.schema import Change
from communique.settling import settle
from tests.communique.alert_rows import NOW, Posted, edit, post


def note(engine: Engine, kind: str, one: Posted, before: Posted | None, hours: int) -> None:
    """What intake notes of a change, without its diff."""
    row = {"statement_id": one.statement, "kind": kind, "at": NOW + timedelta(hours=hours)}
    row |= {"revision_id": one.revision}
    row |= {"earlier_revision_id": before.revision} if before else {}
    with engine.begin() as connection:
        connection.execute(insert(Change).values(row))


def diffs(engine: Engine) -> list[tuple[str, str | None]]:
    with engine.connect() as connection:
        rows = connection.execute(select(Change.kind, Change.diff).order_by(Change.id)).all()
    return [(row.kind, None if row.diff is None else marked(row.diff)) for row in rows]


def test_every_edit_has_its_diff_once_it_is_settled(engine: Engine) -> None:
    first = post(engine, title="On the plan", text="We regret the plan.")
    second = edit(engine, first, "On the plan", "We welcome\u2028the plan. \U0001f600")
    note(engine, "edited", second, first, 1)
    settle(engine, NOW)
    assert diffs(engine) == [("edited", "text: We [-regret-]{+welcome+} the plan. {+\U0001f600+}")]

    note(engine, "restored", first, second, 2)  # settled long ago: nothing waits
    note(engine, "withdrawn", first, None, 3)
    note(engine, "returned", first, None, 4)
    assert settle(engine, NOW).problems == ()
    assert diffs(engine)[1:] == [
        ("restored", "text: We [-welcome-]{+regret+} the plan. [-\U0001f600-]"),
        ("withdrawn", None),
        ("returned", None),
    ]


def test_an_edit_that_cannot_be_compared_holds_up_no_other(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = post(engine, text="We regret it.")
    second = edit(engine, first, "On the plan", "We like it.")
    third = edit(engine, first, "On the plan", "We love it.")
    settle(engine, NOW)
    note(engine, "edited", second, first, 1)
    note(engine, "edited", third, second, 2)
    real = changes.diff

    def broken(earlier: tuple[str, str], later: tuple[str, str]) -> list[changes.Operation]:
        if "like" in later[1]:
            raise ValueError("broken\x1b[31m here")
        return real(earlier, later)

    with monkeypatch.context() as patch:
        patch.setattr(changes, "diff", broken)
        (problem,) = make_missing_diffs(engine)
        assert problem.startswith("Change ")
        assert "\x1b" not in problem
        assert [said is None for _, said in diffs(engine)] == [True, False]
    assert make_missing_diffs(engine) == ()  # the next run makes up for it
    assert [said is None for _, said in diffs(engine)] == [False, False]


def test_more_edits_than_are_compared_at_a_time_all_have_their_diffs(engine: Engine) -> None:
    for number in range(changes.AT_ONCE + 20):
        first = post(engine, url=f"https://one.example/{number}", text=f"We regret {number}.")
        second = edit(engine, first, "New", f"We welcome {number}.")
        note(engine, "edited", second, first, 1)
    assert make_missing_diffs(engine) == ()
    assert all(said for _, said in diffs(engine))
