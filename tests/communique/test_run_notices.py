"""Maintainers hear of runs in trouble, whatever else is in trouble."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from communique.run_notices import NOBODY, RunNotice, tell, trouble_key
from communique.settings import Settings
from tests.communique.alert_rows import NOW
from tests.communique.post_office import post_office

NOTICE = RunNotice("run:alert:one:Error", "alert: a task has failed", ["It is full."], "Look.")
AWAY = "postgresql://127.0.0.1:9/away"


def settings(home: Path, smtp_url: str, store: str) -> Settings:
    return Settings(
        home=home,
        database_url=store,
        smtp_url=smtp_url,
        mail_from="watch@example.org",
        maintainers="Mina@Example.org, channel:ops, nobody, mina@example.org",
        now=NOW,
    )


def test_a_notice_is_queued_once_and_sent_at_once(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    with post_office() as office:
        ours = settings(tmp_path, office.url, database_url)
        said = [tell(ours, NOTICE, NOW) for _ in range(2)]
        mails = [(mail["To"], mail["Subject"]) for mail in office.arrived]
    assert mails == [("mina@example.org", "alert: a task has failed")]
    assert said[1] == "the maintainers know already"


def test_what_lasts_is_not_told_by_every_hourly_run_but_told_again() -> None:
    def named(dag_id: str, hours: int) -> str:
        return trouble_key(dag_id, f"run {hours}", "Error", NOW + timedelta(hours=hours))

    assert len({named("alert", hours) for hours in range(24)}) in (4, 5)
    assert len({named("collect_china", hours) for hours in range(24)}) == 24
    assert named("alert", 0) != named("digest", 0)
    assert trouble_key("alert", "one", "killed", NOW) != trouble_key("alert", "one", "late", NOW)


def test_without_a_store_it_is_mailed_all_the_same_and_once_a_day(tmp_path: Path) -> None:
    with post_office() as office:
        ours = settings(tmp_path, office.url, AWAY)
        said = [tell(ours, NOTICE, NOW) for _ in range(2)]
        (mail,) = office.arrived
    part = mail.get_body(("plain",))
    assert part is not None
    words = part.get_content()
    assert mail["To"] == "mina@example.org"
    assert "The store cannot be used" in words
    assert "It is full." in words
    assert "mina@example.org" in said[0]
    assert "told of that today" in said[1]


def test_where_neither_store_nor_mail_is_there_the_log_says_so_and_the_next_one_is_tried(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            said = tell(settings(tmp_path, "smtp://127.0.0.1:9", AWAY), NOTICE, NOW)
            assert said.startswith("nobody was told")
    assert "NOBODY WAS TOLD: alert: a task has failed" in caplog.text
    with post_office() as office:
        tell(settings(tmp_path, office.url, AWAY), NOTICE, NOW)
        assert len(office.arrived) == 1


def test_without_maintainers_nobody_is_asked(tmp_path: Path) -> None:
    assert tell(Settings(home=tmp_path, database_url=AWAY), NOTICE, NOW) == NOBODY
