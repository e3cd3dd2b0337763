"""What went where and when, or why not; and what failed is sent after all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from communique.alerting import judge
from communique.outbox import send_pending
from communique.settings import Settings
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists
from tests.command import answer, communique
from tests.communique.alert_rows import NOW, post
from tests.communique.post_office import post_office

RULES = "rules: [{id: plan, name: The plan, severity: urgent, query: '\"clean network\"'}]"
WELL, FULL = "ana@example.org", "ben@example.org"


@pytest.fixture
def given(engine: Engine, database_url: str, tmp_path: Path) -> dict[str, str]:
    """A mail that went, one that failed, an alert that waits for a digest, and held ones."""
    (tmp_path / "network.yaml").write_text(RULES)
    with engine.begin() as connection:
        for who, how in ((WELL, "instant"), (FULL, "instant"), ("cat@example.org", "daily")):
            subscribe(connection, who, "network", NOW, known=["network"], how=how)
    story = post(engine, title="A plan \x1b[31mof networks").story
    judge(engine, load_watchlists(tmp_path), NOW)
    with post_office() as office:
        office.rcpt = lambda address: "550 mailbox full" if address == FULL else None
        settings = Settings(smtp_url=office.url, mail_from="a@example.org")
        send_pending(engine, settings, lambda: NOW + timedelta(minutes=1))
    post(engine, url="https://two.example/", source="two", story=story)
    judge(engine, load_watchlists(tmp_path), NOW + timedelta(hours=1))
    return {
        "database_url": database_url,
        "home": str(tmp_path),
        "watchlists": str(tmp_path),
        "now": (NOW + timedelta(hours=2)).isoformat(),
    }


def test_each_mail_says_where_it_went_and_when_or_why_not(given: dict[str, str]) -> None:
    said = communique("deliveries", settings=given).stdout
    lines = {who: line for line in said.splitlines() for who in (WELL, FULL, "cat") if who in line}
    assert "2026-03-02 06:11" in lines[WELL]
    assert "sent" in lines[WELL]
    assert "A plan" in lines[WELL]
    assert "\x1b" not in said
    assert "failed" in lines[FULL]
    assert "550 mailbox full" in " ".join(said.split())
    assert "in the next digest" in lines["cat"]
    assert "same story" not in said
    assert "same story" in communique("deliveries", "--held", settings=given).stdout


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--status", "failed"], [FULL]),
        (["--status", "held"], [FULL, "cat@example.org", WELL]),
        (["--recipient", WELL.upper()], [WELL]),
        (["--since", "2026-03-03"], []),
        (["--watchlist", "firms"], []),
        (["--watchlist", "network", "--most", "1"], [FULL]),
    ],
)
def test_options_choose_among_them(
    given: dict[str, str], words: list[str], found: list[str]
) -> None:
    rows: list[dict[str, Any]] = answer("deliveries", *words, settings=given)
    assert sorted(row["recipient"] for row in rows) == sorted(found)


def test_what_failed_is_sent_after_all_under_its_name(
    given: dict[str, str], engine: Engine
) -> None:
    (failed,) = answer("deliveries", "--status", "failed", settings=given)
    number = str(failed["mail"])
    communique("deliveries", "resend", number, settings=given)
    with post_office() as office:
        settings = Settings(smtp_url=office.url, mail_from="a@example.org")
        assert send_pending(engine, settings, lambda: NOW + timedelta(hours=3)).sent == 1
        assert office.arrived[0]["Message-ID"] == failed["message_id"]
    done = communique("deliveries", "resend", number, settings=given, status=1)
    assert "did not fail: it is sent" in done.stderr
    assert "no mail 99" in communique("deliveries", "resend", "99", settings=given, status=1).stderr


@pytest.mark.parametrize(
    "wrong", [["--status", "lost"], ["--since", "May"], ["--recipient", "x y"]]
)
def test_a_wrong_option_is_wrong_usage(given: dict[str, str], wrong: list[str]) -> None:
    communique("deliveries", *wrong, settings=given, status=2)
