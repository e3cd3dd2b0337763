"""Promise: an analyst sees who said it first, how many followed, and what is on the rise."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from communique.echoes import find_echoes
from communique.echoes.reading import echoed_passages
from communique.settling import settle
from tests.command import answer, communique
from tests.communique.alert_rows import NOW, Posted, post

OLD = "nobody should have to ask twice for a seat at the table"
NEW = "whoever builds walls across the open sea will one day have to swim"
SOME = ("harbour", "valley", "meadow", "summit", "river", "island", "desert", "forest")


def fill(engine: Engine) -> list[Posted]:
    """OLD is said in February and in March by one each; NEW by four in March."""
    says = [(OLD, 32), (OLD, 61), (NEW, 62), (NEW, 64), (f"{OLD} and so on {NEW}", 66), (NEW, 70)]
    made = []
    for number, (said, day) in enumerate(says):
        made.append(
            post(
                engine,
                text=f"{SOME[number]} \x1b[31m{number}. {said}. {SOME[number]} two.",
                source=f"embassy_{SOME[number]}",
                url=f"https://one.example/{number}",
                on=date(2026, 1, 1) + timedelta(days=day),
                seen=NOW + timedelta(minutes=number),
            )
        )
    settle(engine, NOW, steps=(find_echoes,))
    return made


def test_echoes_name_the_first_user_and_how_many_followed(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    made = fill(engine)
    settings = {"database_url": database_url, "home": str(tmp_path)}
    found = answer("echoes", str(made[4].statement), settings=settings)["echoes"]
    assert [(each["passage"], each["first"]["statement"]) for each in found] == [
        (NEW, made[2].statement),
        (OLD, made[0].statement),
    ]
    assert found[0]["used_since"] == 3
    assert found[0]["first"]["on"] == "2026-03-04"
    with engine.connect() as connection:
        said = connection.execute(
            text("SELECT text FROM communique.revisions WHERE id = :id"), {"id": made[2].revision}
        ).scalar_one()
    assert said[found[0]["first"]["start"] : found[0]["first"]["end"]] == NEW
    shown = communique("echoes", str(made[4].statement), settings=settings).stdout
    assert f"»{NEW}«" in shown
    assert "\x1b[31m" not in shown
    communique("echoes", "999", settings=settings, status=1)


def test_a_story_merged_by_hand_is_no_echo_any_more(engine: Engine) -> None:
    made = fill(engine)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE communique.statements SET story_id = :story WHERE id = :id"),
            {"story": made[0].story, "id": made[1].statement},
        )
    with engine.connect() as connection:
        assert echoed_passages(connection, made[1].statement) == []


def test_phrases_on_the_rise_come_before_those_that_are_not(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    made = fill(engine)
    settings = {"database_url": database_url, "home": str(tmp_path)}
    march = ("phrases", "--since", "2026-03-01", "--until", "2026-03-31")
    found = answer(*march, "--min-users", "2", settings=settings)["phrases"]
    assert [(each["phrase"], each["users"], each["before"]) for each in found] == [
        (NEW, 4, 0),
        (OLD, 2, 1),
    ]
    assert found[0]["starter"]["statement"] == made[2].statement
    assert [each["statement"] for each in found[0]["followers"]] == [
        made[n].statement for n in (3, 4, 5)
    ]
    assert found[0]["countries"] == ["MK"]
    assert found[0]["days"] == ["2026-03-04", "2026-03-06", "2026-03-08", "2026-03-12"]
    assert found[0]["rise"] == 5.0
    assert answer(*march, "--language", "zh", settings=settings)["phrases"] == []
    assert len(answer(*march, "--language", "EN", settings=settings)["phrases"]) == 1
    # As many days before the period as it has may be more than the calendar has.
    for ever in (("--since", "0001-01-01"), ("--since", "2026-01-01", "--until", "9999-12-31")):
        known = answer("phrases", *ever, settings=settings)["phrases"]
        assert [each["phrase"] for each in known] == [NEW, OLD]
    assert NEW in communique(*march, settings=settings).stdout
    communique("phrases", "--since", "March", settings=settings, status=2)
    communique(*march[:3], "--until", "2026-01-01", settings=settings, status=2)
