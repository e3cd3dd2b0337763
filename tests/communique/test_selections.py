"""A subscription hears of what it chose, and the store says why it does not hear of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from communique.alerting import judge
from communique.schema import Subscription
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, edit, post

NETWORK = """
rules:
  - {id: plan, name: The plan, severity: urgent, query: '"clean network"'}
  - {id: firm, name: The firm, severity: notice, query: acme}
"""
TALKS = "rules: [{id: talks, name: Talks, severity: info, query: '\"talks go on\"'}]"
TITLE = "On the so-called network plan"
BODY = "We regret the plan. A clean network shuts nobody out. Talks go on."


@pytest.fixture
def watchlists(tmp_path: Path) -> Path:
    (tmp_path / "network.yaml").write_text(NETWORK)
    (tmp_path / "talks.yaml").write_text(TALKS)
    return tmp_path


def hears(engine: Engine, **chosen: Any) -> int:
    row = {"recipient": "ana@example.org", "watchlist": "network", "created_at": NOW}
    with engine.begin() as connection:
        made = insert(Subscription).values(row | {"confirmed_at": NOW} | chosen)
        return int(connection.execute(made.returning(Subscription.id)).scalar_one())


def alerts(engine: Engine, *columns: str) -> Sequence[tuple[object, ...]]:
    names = ", ".join(columns or ("kind", "status", "held_because"))
    with engine.connect() as connection:
        query = f"SELECT {names} FROM communique.deliveries ORDER BY id"
        return [tuple(row) for row in connection.execute(text(query))]


def rules_told(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        query = "SELECT rule FROM analyst.alerts WHERE status <> 'held' ORDER BY rule"
        return list(connection.execute(text(query)).scalars())


@pytest.mark.parametrize(
    ("chosen", "body", "held"),
    [
        ({"severity": "urgent"}, "Acme builds it.", "below the subscription's severity"),
        ({"rules": ["plan"]}, "Acme builds it.", "other rules are subscribed to"),
        ({"countries": ["DE"]}, BODY, "other countries are subscribed to"),
        ({"confirmed_at": None}, BODY, "address not confirmed"),
        ({"paused_at": NOW}, BODY, "subscription paused"),
        ({"paused_at": NOW, "paused_until": NOW + timedelta(hours=1)}, BODY, "subscription paused"),
        ({"paused_at": NOW, "paused_until": NOW}, BODY, None),
        ({"countries": ["MK"]}, BODY, None),
        ({"countries": ["CN"], "rules": ["network/plan"], "severity": "urgent"}, BODY, None),
    ],
)
def test_what_is_not_chosen_is_held_with_the_reason(
    engine: Engine, watchlists: Path, chosen: dict[str, Any], body: str, held: str | None
) -> None:
    hears(engine, **chosen)
    post(engine, text=body)
    report = judge(engine, load_watchlists(watchlists), NOW)
    assert alerts(engine) == [("new", "held" if held else "pending", held)]
    assert (report.queued, report.held) == ((0, {held: 1}) if held else (1, {}))
    assert judge(engine, load_watchlists(watchlists), NOW).held == {}


def test_one_subscription_to_every_watchlist_is_told_of_a_story_once(
    engine: Engine, watchlists: Path
) -> None:
    hears(engine, watchlist="*")
    post(engine, text=f"{BODY} Acme builds it.")
    assert judge(engine, load_watchlists(watchlists), NOW).queued == 1
    assert rules_told(engine) == ["firm", "plan", "talks"]


def test_a_mail_tells_only_of_the_rules_that_are_chosen(engine: Engine, watchlists: Path) -> None:
    hears(engine, severity="urgent")
    post(engine, text=f"{BODY} Acme builds it.")
    judge(engine, load_watchlists(watchlists), NOW)
    assert rules_told(engine) == ["plan"]


def test_a_story_that_was_held_back_as_too_slight_is_told_when_it_grows_severe(
    engine: Engine, watchlists: Path
) -> None:
    hears(engine, severity="urgent")
    first = post(engine, text="Acme builds it.")
    judge(engine, load_watchlists(watchlists), NOW)
    edit(engine, first, TITLE, f"Acme builds it. {BODY}")
    judge(engine, load_watchlists(watchlists), NOW)
    assert [row[:2] for row in alerts(engine)] == [("new", "held"), ("new", "pending")]


def test_digests_wait_and_instant_alerts_are_due_at_once(engine: Engine, watchlists: Path) -> None:
    hears(engine)
    hears(engine, how="daily")
    post(engine)
    judge(engine, load_watchlists(watchlists), NOW)
    assert alerts(engine, "status", "next_try_at") == [("pending", NOW), ("pending", None)]


def test_a_withdrawal_is_told_to_those_who_chose_what_was_withdrawn(
    engine: Engine, watchlists: Path
) -> None:
    hears(engine, watchlist="*", rules=["network/plan"])
    hears(engine, recipient="bo@example.org", severity="urgent", how="daily")
    hears(engine, recipient="cy@example.org", rules=["firm"])
    first = post(engine)
    judge(engine, load_watchlists(watchlists), NOW)
    with engine.begin() as connection:
        gone = f"UPDATE communique.statements SET withdrawn_at = now() WHERE id = {first.statement}"
        connection.execute(text(gone))
        connection.execute(text(
            "UPDATE communique.subscriptions SET paused_at = now() WHERE recipient LIKE 'bo%'"
        ))  # fmt: skip
    queued = [judge(engine, load_watchlists(watchlists), NOW).queued for _ in range(2)]
    assert queued == [1, 0]
    assert alerts(engine, "kind", "recipient", "held_because") == [
        ("new", "ana@example.org", None),
        ("new", "bo@example.org", None),
        ("new", "cy@example.org", "other rules are subscribed to"),
        ("withdrawn", "ana@example.org", None),
        ("withdrawn", "bo@example.org", "subscription paused"),
    ]


def test_a_withdrawal_in_another_country_is_held_though_the_story_was_told(
    engine: Engine, watchlists: Path
) -> None:
    hears(engine, countries=["DE"])
    first = post(engine)
    repost = post(engine, source="two", url="https://two.example/", story=first.story)
    with engine.begin() as connection:
        connection.execute(text(
            "UPDATE communique.sources SET country = 'DE', host_country = NULL WHERE id = 'two'"
        ))  # fmt: skip
    assert judge(engine, load_watchlists(watchlists), NOW).queued == 1
    with engine.begin() as connection:
        connection.execute(text("UPDATE communique.statements SET withdrawn_at = now()"))
    queued = [judge(engine, load_watchlists(watchlists), NOW).queued for _ in range(2)]
    assert queued == [1, 0]
    assert alerts(engine, "kind", "statement_id", "held_because")[2:] == [
        ("withdrawn", first.statement, "other countries are subscribed to"),
        ("withdrawn", repost.statement, None),
    ]


def changed(engine: Engine, kind: str, at: datetime, statement: int, now: int, before: int) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO communique.changes "
                "(statement_id, kind, at, revision_id, earlier_revision_id) "
                "VALUES (:statement, :kind, :at, :now, :before)"
            ),
            {"statement": statement, "kind": kind, "at": at, "now": now, "before": before},
        )


def test_a_wording_that_stands_again_is_told_each_time_and_once(
    engine: Engine, watchlists: Path
) -> None:
    hears(engine)
    one = post(engine)
    two = edit(engine, one, TITLE, BODY.replace("nobody", "no one"))
    changed(engine, "edited", NOW, one.statement, two.revision, one.revision)
    judge(engine, load_watchlists(watchlists), NOW)
    for number, (now, before) in enumerate([(one, two), (two, one), (one, two)], 1):
        at = NOW + timedelta(days=number)
        changed(engine, "restored", at, one.statement, now.revision, before.revision)
        reports = [judge(engine, load_watchlists(watchlists), at) for _ in range(2)]
        assert [report.queued for report in reports] == [1, 0]
    told = alerts(engine, "kind", "status", "revision_id")
    assert told == [
        ("new", "pending", one.revision),
        *(("wording", "pending", each.revision) for each in (two, one, two, one)),
    ]


def test_what_happened_between_two_runs_is_told_in_its_order(
    engine: Engine, watchlists: Path
) -> None:
    hears(engine)
    one = post(engine)
    stood, words = one, ("no one", None, "none", None, "not one")
    for number, word in enumerate(words):
        at = NOW + timedelta(days=number)
        now = edit(engine, one, TITLE, BODY.replace("nobody", word)) if word else one
        kind = "edited" if word else "restored"
        changed(engine, kind, at, one.statement, now.revision, stood.revision)
        stood = now
    judge(engine, load_watchlists(watchlists), NOW + timedelta(days=9), batch=2)
    assert alerts(engine, "change_id", "status") == [
        (None, "pending"),
        *((number, "pending") for number in range(1, 6)),
    ]


def test_a_wording_that_a_backfill_found_is_told_when_it_stands_again(
    engine: Engine, watchlists: Path
) -> None:
    hears(engine)
    one = post(engine, backfilled=True)
    two = edit(engine, one, TITLE, BODY.replace("nobody", "no one"))
    changed(engine, "edited", NOW, one.statement, two.revision, one.revision)
    changed(engine, "restored", NOW + timedelta(1), one.statement, one.revision, two.revision)
    report = judge(engine, load_watchlists(watchlists), NOW + timedelta(days=1))
    assert (report.queued, report.held) == (2, {"backfill": 1})


def test_the_same_restoration_by_a_repost_is_told_once(engine: Engine, watchlists: Path) -> None:
    hears(engine)
    for source in ("one", "two"):
        post_ = post(engine, source=source, url=f"https://{source}.example/", story=None)
        if source == "one":
            story, first = post_.story, post_
        else:
            with engine.begin() as connection:
                join = f"UPDATE communique.statements SET story_id = {story} WHERE id = {{}}"
                connection.execute(text(join.format(post_.statement)))
            second = post_
    for each in (first, second):
        later = edit(engine, each, TITLE, BODY.replace("nobody", "no one"))
        changed(engine, "edited", NOW, each.statement, later.revision, each.revision)
        changed(
            engine, "restored", NOW + timedelta(1), each.statement, each.revision, later.revision
        )
    judge(engine, load_watchlists(watchlists), NOW + timedelta(days=1))
    kinds = [row for row in alerts(engine) if row[1] == "pending"]
    assert kinds == [("new", "pending", None), *[("wording", "pending", None)] * 2]
