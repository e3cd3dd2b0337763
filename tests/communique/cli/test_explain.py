"""Promise: whoever asks why a statement was told, or not, gets the answer from one command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from communique.alerting import judge
from communique.watchlists import load_watchlists
from tests.command import answer, communique
from tests.communique.alert_rows import NOW, edit, post

WATCHLISTS = {
    "network": """
rules:
  - {id: plan, name: The plan, severity: urgent, query: '"clean network" AND regret'}
  - {id: firm, name: The firm, severity: notice, query: 'acme OR "talks end"~3'}
""",
    "talks": "rules: [{id: talks, name: Talks, severity: info, query: '\"talks go on\"'}]",
}
BODY = "We regret the plan. A clean network shuts nobody out. Talks go on."

Judge = Callable[..., object]


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> dict[str, str]:
    for name, content in WATCHLISTS.items():
        (tmp_path / f"{name}.yaml").write_text(content)
    return {
        "database_url": database_url,
        "watchlists": str(tmp_path),
        "now": (NOW + timedelta(hours=1)).isoformat(),
        "home": str(tmp_path / "home"),
    }


@pytest.fixture
def judged(engine: Engine, store: dict[str, str]) -> Judge:
    def run(now: datetime = NOW) -> object:
        return judge(engine, load_watchlists(Path(store["watchlists"])), now)

    return run


def hears(engine: Engine, recipient: str = "ana@example.org", **chosen: Any) -> None:
    row = {
        "watchlist": "network",
        "recipient": recipient,
        "created_at": NOW - timedelta(days=1),
        "confirmed_at": NOW - timedelta(days=1),
    } | chosen
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    with engine.begin() as connection:
        connection.execute(
            text(f"INSERT INTO communique.subscriptions ({names}) VALUES ({values})"), row
        )


def told(store: dict[str, str], statement: int, *words: str) -> list[str]:
    found = answer("explain", str(statement), *words, settings=store)
    return [telling["said"] for each in found["told"] for telling in each["tellings"]]


def test_what_holds_is_shown_where_it_stands_and_what_does_not_by_its_failing_part(
    engine: Engine, store: dict[str, str], judged: Judge
) -> None:
    posted = post(engine, text=BODY)
    judged()
    found = answer("explain", str(posted.statement), settings=store)
    held = {(each["watchlist"], each["rule"]): each["held"] for each in found["rules"]}
    assert held == {("network", "plan"): True, ("talks", "talks"): True, ("network", "firm"): False}
    (plan,) = [each for each in found["rules"] if each["rule"] == "plan"]
    assert [one["words"] for one in plan["highlights"]] == ["regret", "clean network"]
    said = communique("explain", str(posted.statement), settings=store).stdout
    assert "We regret the plan.\n" in said
    assert "A clean network shuts nobody out.\n" in said
    whole = communique("explain", str(posted.statement), "firm", settings=store).stdout
    assert "network/firm  (version 1, notice) does not hold" in whole
    assert "not in the title or text: acme" in whole
    assert "network/plan" not in whole
    named = ("explain", "https://one.example/eng/1.htm", "network/plan")
    assert answer(*named, settings=store)["statement"]["id"] == posted.statement


def test_of_many_phrases_those_whose_words_stand_far_apart_are_counted(
    engine: Engine, store: dict[str, str], judged: Judge
) -> None:
    ports = " OR ".join(f'"{quarter}港"' for quarter in "东西南北中上下")
    Path(store["watchlists"], "ports.yaml").write_text(
        f"rules: [{{id: port, name: Port, severity: info, query: '{ports}'}}]"
    )
    posted = post(engine, text=f"西南北中上下{'路' * 100}东路路路港")
    judged()
    said = communique("explain", str(posted.statement), "port", settings=store).stdout
    assert '"东港": all of its words are there' in said
    assert "- and 6 others: not there, or their words are too far apart" in said


def test_a_statement_address_or_rule_that_is_not_there_is_named(
    engine: Engine, store: dict[str, str], judged: Judge
) -> None:
    posted = post(engine)
    said = communique("explain", str(posted.statement), settings=store, status=1).stderr
    assert "No rule is in force yet. Run: communique alert" in said
    judged()
    said = communique("explain", str(posted.statement), "hut", settings=store, status=1).stderr
    assert "There are network/firm, network/plan, talks/talks." in said
    said = communique("explain", "99", settings=store, status=1).stderr
    assert "There is no statement 99." in said
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO communique.addresses (source_id, url, fetch_url, outcome,"
                " first_listed_at, last_visit_at) VALUES ('embassy_one', 'https://one.example/7',"
                " 'https://one.example/7', 'blocked', now(), '2026-03-02 06:10+00')"
            )
        )
    said = communique("explain", "https://one.example/7", settings=store, status=1).stderr
    assert "its last visit (2026-03-02 06:10 UTC) ended as blocked" in said


def test_nobody_is_subscribed(engine: Engine, store: dict[str, str], judged: Judge) -> None:
    posted = post(engine, text=BODY)
    judged()
    hears(engine, watchlist="talks")
    found = answer("explain", str(posted.statement), settings=store)
    assert found["nobody_subscribed_to"] == ["network"]
    (said,) = told(store, posted.statement)
    assert "goes out" not in said


def test_a_subscription_that_began_later_and_a_wording_that_waits_are_told(
    engine: Engine, store: dict[str, str], judged: Judge
) -> None:
    posted = post(engine, text=BODY)
    judged()
    hears(engine, created_at=NOW + timedelta(minutes=1))
    assert told(store, posted.statement) == [
        "judged 2026-03-02 06:10 UTC, before this subscription began"
    ]
    waiting = post(engine, text=BODY, url="https://one.example/2")
    assert told(store, waiting.statement) == ["not judged yet: communique alert judges what is new"]


@pytest.mark.parametrize(
    ("chosen", "posted", "said"),
    [
        ({}, {}, "new: goes out with the next run of communique alert"),
        ({}, {"backfilled": True}, "held back 2026-03-02 06:10 UTC: a backfill found it"),
        ({"how": "daily", "hour": 7, "zone": "Europe/Berlin"}, {},
         "new: waits for the daily digest at 07:00 Europe/Berlin on 2026-03-03"),
        ({"how": "weekly", "hour": 9, "weekday": 4, "zone": "Asia/Tokyo"}, {},
         "new: waits for the weekly digest at 09:00 Asia/Tokyo on 2026-03-06"),
        ({"rules": ["firm"]}, {}, "new: held back 2026-03-02 06:10 UTC: only other rules"),
        ({"countries": ["DE"]}, {}, "new: held back 2026-03-02 06:10 UTC: only other countries"),
        ({"confirmed_at": None}, {}, "the address had not been confirmed"),
        ({"paused_at": NOW}, {}, "the subscription was paused"),
        ({"watchlist": "talks", "severity": "urgent"}, {}, "below the severity that is asked for"),
        ({"watchlist": "talks", "quiet_from": 22, "quiet_until": 8, "zone": "Europe/Berlin"}, {},
         "new: waits for the end of quiet hours at 08:00 Europe/Berlin on 2026-03-02"),
        ({"quiet_from": 22, "quiet_until": 9, "zone": "Europe/Berlin"}, {},
         "new: goes out with the next run of communique alert"),
        ({"watchlist": "*"}, {}, "new: goes out with the next run of communique alert"),
    ],
)  # fmt: skip
def test_each_reason_is_told_in_words(
    engine: Engine,
    store: dict[str, str],
    judged: Judge,
    chosen: dict[str, Any],
    posted: dict[str, Any],
    said: str,
) -> None:
    statement = post(engine, text=BODY, **posted).statement
    hears(engine, **chosen)
    judged()
    # Before quiet hours end, in Berlin.
    store["now"] = (NOW + timedelta(minutes=10)).isoformat()
    (telling,) = told(store, statement)
    assert said in telling


def test_the_same_story_names_the_statement_with_which_it_was_told(
    engine: Engine, store: dict[str, str], judged: Judge
) -> None:
    hears(engine)
    first = post(engine, text=BODY)
    judged()
    other = post(engine, text=BODY, url="https://one.example/2", story=first.story)
    judged(NOW + timedelta(minutes=5))
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE communique.deliveries SET status = 'sent',"
                " sent_at = '2026-03-02 06:12+00' WHERE status = 'pending'"
            )
        )
    assert told(store, first.statement) == ["new: sent 2026-03-02 06:12 UTC"]
    (said,) = told(store, other.statement)
    assert f"the same story as statement {first.statement} (Chinese Embassy One: " in said
    assert said.endswith(", which was told 2026-03-02 06:12 UTC")


def test_an_edit_a_retry_and_one_subscriber_alone(
    engine: Engine, store: dict[str, str], judged: Judge
) -> None:
    hears(engine)
    hears(engine, "ben@example.org")
    posted = post(engine, text=BODY)
    judged()
    edit(engine, posted, "On the so-called network plan", BODY + " And on.")
    judged(NOW + timedelta(minutes=5))
    with engine.begin() as connection:
        connection.execute(text(
            "UPDATE communique.deliveries SET tries = 2, last_error = '451 later\x1b[31m', "
            "next_try_at = '2026-03-02 08:00+00' WHERE status = 'pending'"
        ))  # fmt: skip
    said = told(store, posted.statement, "--subscriber", "ben@example.org")
    assert said == [
        "new: waits after 2 tries (451 later [31m); the next one is at 2026-03-02 08:00 UTC",
        "wording 2: held back 2026-03-02 06:15 UTC: the edit left the passages that match as they "
        "were",
    ]
    shown = communique("explain", str(posted.statement), settings=store).stdout
    assert shown.count("(network, instant)") == 2
    assert "\x1b" not in shown
    nobody = ("explain", str(posted.statement), "--subscriber", "eve@example.org")
    assert "eve@example.org has no subscription" in communique(*nobody, settings=store).stdout


def test_asking_changes_nothing(engine: Engine, store: dict[str, str], judged: Judge) -> None:
    hears(engine)
    posted = post(engine, text=BODY)
    judged()
    before = snapshot(engine)
    communique("explain", str(posted.statement), settings=store)
    assert snapshot(engine) == before


def snapshot(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        query = text("SELECT d.id, d.xmin::text FROM communique.deliveries d UNION ALL "
                     "SELECT r.id, r.xmin::text FROM communique.rules r ORDER BY 1, 2")  # fmt: skip
        return [tuple(row) for row in connection.execute(query)]
