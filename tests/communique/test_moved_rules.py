"""A rule that moves to another watchlist tells nothing again, and nobody loses it silently."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from communique.alert_runs import alert_run
from communique.alerting import AlertReport, judge
from communique.settings import Settings
from communique.subscriptions import in_force, subscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, edit, post

FIRM = "  - {id: firm, name: The firm, severity: notice, query: acme}\n"
PLAN = "  - {id: plan, name: The plan, severity: urgent, query: '\"clean network\"'}\n"
TITLE = "On the so-called network plan"
BODY = "We regret the plan. A clean network shuts nobody out. Talks go on."


@pytest.fixture
def watchlists(tmp_path: Path) -> Path:
    """Both rules in one file, as it was before."""
    folder = tmp_path / "watchlists"
    folder.mkdir()
    (folder / "firms.yaml").write_text("rules:\n" + FIRM + PLAN)
    return folder


def move(watchlists: Path) -> None:
    (watchlists / "firms.yaml").write_text("rules:\n" + FIRM)
    (watchlists / "plans.yaml").write_text("rules:\n" + PLAN)


def hears(engine: Engine, watchlist: str, recipient: str, *rules: str) -> None:
    with engine.begin() as connection:
        subscribe(connection, recipient, watchlist, NOW, known={"firms", "plans"}, rules=rules)


def judged(engine: Engine, watchlists: Path, days: int = 0) -> AlertReport:
    return judge(engine, load_watchlists(watchlists), NOW + timedelta(days=days))


def rows(engine: Engine, query: str) -> Sequence[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_what_was_told_is_not_told_again(engine: Engine, watchlists: Path) -> None:
    hears(engine, "firms", "ana@example.org")
    hears(engine, "*", "ben@example.org")
    told = post(engine)
    assert judged(engine, watchlists).queued == 2
    move(watchlists)
    hears(engine, "plans", "ana@example.org")
    assert judged(engine, watchlists, 1) == AlertReport(0, 0, 0, {}, ())
    # Nor does an edit beside the passage, or a repost to whom the story was told, tell anything.
    edit(engine, told, TITLE, f"{BODY} They went on yesterday.")
    report = judged(engine, watchlists, 2)
    assert (report.queued, report.problems, set(report.held)) == (0, (), {"same passage"})
    post(engine, source="embassy_two", url="https://two.example/1.htm", story=told.story)
    judged(engine, watchlists, 3)
    assert rows(
        engine,
        "SELECT recipient, kind, status, held_because FROM communique.deliveries "
        "WHERE recipient LIKE 'ben%' ORDER BY id",
    ) == [
        ("ben@example.org", "new", "pending", None),
        ("ben@example.org", "wording", "held", "same passage"),
        ("ben@example.org", "new", "held", "same story"),
    ]


def test_what_it_found_before_stays_where_it_was_found(engine: Engine, watchlists: Path) -> None:
    post(engine)
    judged(engine, watchlists)
    move(watchlists)
    judged(engine, watchlists, 1)
    post(engine, source="embassy_two", url="https://two.example/1.htm")
    judged(engine, watchlists, 2)
    query = (
        "SELECT r.watchlist, r.rule, r.version, r.retired_at IS NOT NULL FROM communique.matches m "
        "JOIN communique.rules r ON r.id = m.rule_id ORDER BY m.id"
    )
    assert rows(engine, query) == [("firms", "plan", 1, True), ("plans", "plan", 1, False)]


def test_the_maintainers_are_told_once_who_would_hear_no_longer(
    engine: Engine, watchlists: Path
) -> None:
    for recipient in ("ana@example.org", "both@example.org"):
        hears(engine, "firms", recipient)
    hears(engine, "*", "ben@example.org")
    assert ran(engine, watchlists) == ()
    move(watchlists)
    hears(engine, "plans", "both@example.org")
    judged(engine, watchlists, 1)  # and died before it told anybody
    keeper = ("keeper@example.org",)
    assert ran(engine, watchlists, 2, keeper) == ran(engine, watchlists, 3, keeper) == ()
    query = "SELECT recipient, content FROM communique.mails"
    ((recipient, content),) = rows(engine, query)
    assert recipient == "keeper@example.org"
    (said,) = content["lines"]  # type: ignore[index]
    assert said == (
        "Rule plan has moved from watchlist firms to plans, of which these hear nothing yet: "
        "ana@example.org."
    )
    # Where nobody maintains, whoever runs it is told, until it is mended.
    (problem,) = ran(engine, watchlists, 4)
    assert "Next: communique subscribe ADDRESS --watchlist plans" in problem
    hears(engine, "plans", "ana@example.org")
    assert ran(engine, watchlists, 5) == ()


def test_a_rule_that_only_leaves_or_only_comes_has_not_moved(
    engine: Engine, watchlists: Path
) -> None:
    hears(engine, "firms", "ana@example.org")
    ran(engine, watchlists)
    (watchlists / "firms.yaml").write_text("rules:\n" + FIRM)
    assert ran(engine, watchlists, 1) == ()
    (watchlists / "plans.yaml").write_text("rules:\n" + PLAN)
    assert ran(engine, watchlists, 2) == ()


@pytest.mark.parametrize(
    ("before", "after", "misses"),
    [
        pytest.param(("firms", "firm"), None, False, id="had chosen another"),
        pytest.param(("firms", "plan"), None, True, id="had chosen it"),
        pytest.param(("firms", "plan"), ("plans", "other"), True, id="chooses another there"),
        pytest.param(("firms", "plan"), ("plans", "plans/plan"), False, id="chooses it there"),
        pytest.param(("*", "plan"), None, False, id="wherever it is"),
        pytest.param(("*", "firms/plan"), None, True, id="only where it was"),
    ],
)
def test_who_is_left_behind_depends_on_the_rules_that_are_chosen(
    engine: Engine,
    watchlists: Path,
    before: tuple[str, str],
    after: tuple[str, str] | None,
    misses: bool,
) -> None:
    hears(engine, before[0], "ana@example.org", before[1])
    assert ran(engine, watchlists) == ()
    move(watchlists)
    if after:
        hears(engine, after[0], "ana@example.org", after[1])
    assert sum("has moved" in problem for problem in ran(engine, watchlists, 1)) == misses


def test_a_rule_that_came_back_to_its_watchlist_leaves_nobody_behind(
    engine: Engine, watchlists: Path
) -> None:
    hears(engine, "firms", "ana@example.org")
    both = (watchlists / "firms.yaml").read_text()
    ran(engine, watchlists)
    move(watchlists)
    assert len(ran(engine, watchlists, 1)) == 1
    plans = watchlists / "plans.yaml"
    plans.write_text(plans.read_text().replace("urgent", "notice"))
    assert len(ran(engine, watchlists, 2)) == 1
    (watchlists / "firms.yaml").write_text(both)
    assert ran(engine, watchlists, 3) == ()
    plans.write_text("rules:\n" + FIRM.replace("firm", "form"))
    assert ran(engine, watchlists, 4) == ()
    with engine.connect() as connection:
        assert in_force(connection) == {"firms": {"firm", "plan"}, "plans": {"form"}}


def ran(
    engine: Engine, watchlists: Path, days: int = 0, maintainers: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """The problems of an alert run."""
    settings, now = Settings(maintainers=maintainers), NOW + timedelta(days=days)
    return alert_run(engine, load_watchlists(watchlists), settings, now).problems
