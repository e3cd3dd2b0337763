"""`communique stories`: shown, split, merged, told anew."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from communique.settling import settle
from tests.command import answer, communique
from tests.communique.alert_rows import NOW, post
from tests.communique.stories.prose import prose

REMARK, OTHER = prose(1), prose(2)


@pytest.fixture
def settings(engine: Engine, database_url: str) -> dict[str, str]:
    """A story of two statements (1, 2), another one (3), and a conference that holds it (4)."""
    conference = prose(3, 30) + OTHER + prose(4, 30)
    for number, words in enumerate((REMARK, REMARK, OTHER, conference)):
        title = f"On bridges\x1b[2J {number}"
        url = f"https://{number}.example/"
        post(engine, text=words, title=title, source=f"mission_{number}", url=url)
    settle(engine, NOW)
    return {"database_url": database_url, "now": "2026-03-03T00:00:00Z"}


def test_a_story_is_shown_with_what_is_part_of_it(settings: dict[str, str]) -> None:
    shown = answer("stories", "show", "2", settings=settings)
    assert [row["id"] for row in shown["statements"]] == [1, 2]
    assert shown["corrections"] == []
    linked = answer("stories", "show", "4", settings=settings)["parts"]
    assert [(row["id"], row["part_of"]) for row in linked] == [(3, 4)]
    printed = communique("stories", "show", "1", settings=settings).stdout
    assert "mission_0" in printed
    assert "\x1b[2J" not in printed
    far = "9" * 20
    for words in (("show", "99"), ("show", far), ("split", far, "--from", "1"),
                  ("split", "1", "--from", far), ("merge", "1", far)):  # fmt: skip
        said = communique("stories", *words, settings=settings, status=1).stderr
        assert "here is no statement 99" in said


def test_stories_are_split_and_merged_and_told_anew(
    settings: dict[str, str], engine: Engine
) -> None:
    why = ("--note", "another year")
    done = answer("stories", "split", "2", "--from", "1", *why, settings=settings)
    assert done["statements"] == 1
    shown = answer("stories", "show", "2", settings=settings)
    assert [row["id"] for row in shown["statements"]] == [2]
    assert shown["corrections"][0]["note"] == "another year"
    assert answer("stories", "merge", "1", "3", settings=settings)["statements"] == 2
    again = answer("stories", "rebuild", settings=settings)
    assert (again["wordings"], again["moves"], again["applied"]) == (4, [], False)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM communique.story_corrections"))
    first = communique("stories", "rebuild", settings=settings).stdout
    assert "2 statements would change their story" in " ".join(first.split())
    assert "--apply" in first
    assert len(answer("stories", "rebuild", "--apply", settings=settings)["moves"]) == 2
    assert answer("stories", "rebuild", settings=settings)["moves"] == []


def test_what_cannot_be_put_right_is_said_in_one_line(settings: dict[str, str]) -> None:
    said = communique("stories", "split", "3", "--from", "1", settings=settings, status=1).stderr
    assert "statement 3 is not in the story of statement 1" in said
    said = communique("stories", "merge", "1", "2", settings=settings, status=1).stderr
    assert "one story already" in said
    communique("stories", "split", "2", settings=settings, status=2)
