"""Silence is noticed: no run takes place, no mail arrives, no rule finds anything."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from communique.canary import overdue, queue_canary, self_test, standing, watch
from communique.outbox import send_pending
from communique.rulebook import Rulebook, open_rulebook
from communique.schema import Mail
from communique.settings import Settings, project_folder
from communique.watchlists import load_watchlists
from tests.communique.post_office import post_office

NOW = datetime(2026, 3, 2, 6, 40, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
ONE_RULE = """
title: Ours
rules: [{id: ours, name: Ours, severity: info, query: '"%s"'}]
"""


@pytest.fixture
def settings() -> Settings:
    return Settings(
        canary="Canary@example.org",
        maintainers=("mina@example.org",),
        mail_from="alerts@example.org",
        smtp_url=None,
    )


def rules(engine: Engine, folder: Path, sought: str) -> Rulebook:
    folder.mkdir(exist_ok=True)
    (folder / "ours.yaml").write_text(ONE_RULE % sought)
    with engine.begin() as connection:
        return open_rulebook(connection, load_watchlists(folder), NOW)


def queued(engine: Engine) -> list[tuple[str, str, str]]:
    columns = select(Mail.kind, Mail.recipient, Mail.content["subject"].astext).order_by(Mail.id)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(columns)]


def said(engine: Engine, settings: Settings, now: datetime) -> str | None:
    with engine.connect() as connection:
        return overdue(connection, settings, now)


def test_the_shipped_rules_find_the_built_in_text(engine: Engine) -> None:
    with engine.begin() as connection:
        shipped = load_watchlists(project_folder("watchlists"))
        found = self_test(open_rulebook(connection, shipped, NOW))
    assert {"5g-huawei", "clean-network"} <= found.keys()


def test_every_hour_of_runs_sends_one_and_it_tells_what_was_tried(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    book = rules(engine, tmp_path / "w", "huawei")
    with post_office() as office:
        sending = settings.model_copy(update={"smtp_url": office.url})
        for minutes in (0, 5, 19, 61):
            at = NOW + timedelta(minutes=minutes)
            assert queue_canary(engine, book, sending, at) == ()
            send_pending(engine, sending, lambda at=at: at)  # type: ignore[misc]
    assert office.recipients == ["canary@example.org"] * 2
    mail = office.arrived[0]
    assert "all is well" in str(mail["Subject"])
    body = mail.get_body(("plain",))
    assert body is not None
    assert "found by ours: ours." in " ".join(body.get_content().split())
    assert said(engine, settings, NOW + 3 * HOUR) is None
    with engine.connect() as connection:
        there = standing(connection)
    assert there is not None
    assert (there.sent_at, there.waiting) == (NOW + timedelta(minutes=61), 0)


def test_runs_whose_mails_do_not_arrive_are_an_alarm_after_three_hours_and_once(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    book = rules(engine, tmp_path / "w", "huawei")
    for hour in range(3):
        assert queue_canary(engine, book, settings, NOW + hour * HOUR) == ()
    with engine.begin() as connection:
        connection.execute(update(Mail).values(last_error="it answered 451 try later"))
    for hour in (3, 4):
        (problem,) = queue_canary(engine, book, settings, NOW + hour * HOUR)
        assert "took none of them" in problem
        assert "451 try later" in problem
    notices = [row for row in queued(engine) if row[0] == "notice"]
    assert notices == [("notice", "mina@example.org", "The canary is silent")]
    with engine.begin() as connection:
        sent = update(Mail).where(Mail.kind == "canary")
        connection.execute(sent.values(status="sent", sent_at=NOW + 5 * HOUR))
    assert said(engine, settings, NOW + 5 * HOUR) is None


def test_runs_that_stay_away_are_an_alarm(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    assert "has queued a canary yet" in str(said(engine, settings, NOW))
    queue_canary(engine, rules(engine, tmp_path / "w", "huawei"), settings, NOW)
    with engine.begin() as connection:
        connection.execute(update(Mail).values(status="sent", sent_at=NOW))
        assert watch(connection, settings, NOW + 3 * HOUR - timedelta(minutes=1)) is None
        for later in (3, 9):
            assert "No alert run since" in str(watch(connection, settings, NOW + later * HOUR))
    assert [kind for kind, *_ in queued(engine)] == ["canary", "notice"]


def test_rules_that_find_nothing_are_an_alarm_once_a_day(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    book = rules(engine, tmp_path / "w", "nobody writes this")
    for minutes in (0, 30, 90):
        (problem,) = queue_canary(engine, book, settings, NOW + timedelta(minutes=minutes))
        assert "None of the 1 rules in force" in problem
    queue_canary(engine, book, settings, NOW + 24 * HOUR)
    subjects = [subject for kind, _, subject in queued(engine) if kind == "notice"]
    assert subjects.count("No rule finds the canary") == 2
    assert "Canary: rules need a look" in [subject for *_, subject in queued(engine)]


def test_without_an_address_there_is_no_canary_and_a_wrong_one_is_named(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    book = rules(engine, tmp_path / "w", "nobody writes this")
    none = settings.model_copy(update={"canary": None})
    assert queue_canary(engine, book, none, NOW) == ()
    assert said(engine, none, NOW) is None
    wrong = settings.model_copy(update={"canary": "canary"})
    assert "COMMUNIQUE_CANARY" in queue_canary(engine, book, wrong, NOW)[0]
    assert queued(engine) == []
