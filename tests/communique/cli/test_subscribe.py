"""Who hears of what, set up in a terminal: asked, confirmed, changed, paused and ended.

The commands run in this process: started as a user starts them, each takes seconds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from communique.cli.app import app
from tests.communique.post_office import Office, post_office

ANA = "ana@elsewhere.example"


@pytest.fixture
def office() -> Iterator[Office]:
    with post_office() as office:
        yield office


FACTS = """
- {id: mission, publisher: A mission, kind: mission, languages: [en], time_zone: UTC,
   reader: china_mission, listings: ["https://mission.example/eng/default.htm"]}
"""

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, database_url: str, office: Office, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command and returns what it says, having seen to its exit status."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "china.yaml").write_text(FACTS)
    settings = {
        "home": str(tmp_path / "home"),
        "sources": str(tmp_path / "sources"),
        "database_url": database_url,
        "smtp_url": office.url,
        "mail_from": "alerts@example.org",
        "trusted_domains": "example.org",
        "canary": "canary@example.org",
        "now": "2026-03-02T06:40:00Z",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"COMMUNIQUE_{name.upper()}", value)

    def run(*words: str, status: int = 0, stdin: str | None = None) -> str:
        done = CliRunner().invoke(app, words, input=stdin)
        assert done.exit_code == status, done.output
        return str(done.output)

    return run


def rows(run: Run, *words: str) -> Any:
    return json.loads(run(*words, "--json"))


def subject_of(mail: EmailMessage) -> str:
    """What the mail that its mailto link writes has as its subject."""
    body = mail.get_body(("plain",))
    assert body is not None
    (link,) = re.findall(r"mailto:\S+", body.get_content())
    return str(parse_qs(urlsplit(link).query)["subject"][0])


def test_a_stranger_confirms_by_mail_and_leaves_by_a_token(run: Run, office: Office) -> None:
    chosen = ("--country", "CZ,sk", "--severity", "notice", "--quiet", "22-7", "--zone", "UTC")
    said = run("subscribe", ANA, *chosen)
    assert f"Once it has confirmed, {ANA} hears of every watchlist" in said
    run("alert")
    (mail,) = (mail for mail in office.arrived if str(mail["To"]) == ANA)
    incoming = f"From: {ANA}\nSubject: {subject_of(mail)}\n\n"
    assert run("mail-in", stdin=incoming) == ""
    (mine,) = rows(run, "subscriptions")
    assert (mine["state"], mine["countries"], mine["quiet_from"]) == ("running", ["CZ", "SK"], 22)
    said = run("subscribe", ANA, "--daily", "--hour", "8")
    assert f"{ANA} hears of every watchlist, daily at 8:00 UTC." in said
    assert f"Beside that: {ANA} hears of every watchlist, at once, but not from 22 to 7" in said
    token = subject_of(mail).removeprefix("confirm ")
    wrong = run("unsubscribe", token, status=2)
    assert "made to confirm" in wrong
    ended = rows(run, "subscriptions", "--ended")
    assert [one["ended_at"] for one in ended] == [None, None]


def test_a_pause_shows_before_the_address_has_said_yes(run: Run) -> None:
    cy = "cy@elsewhere.example"
    run("subscribe", cy)
    run("pause", cy)
    assert "not confirmed, and paused" in run("subscriptions")
    run("resume", cy)
    assert "paused" not in run("subscriptions")


def test_ones_own_people_are_told_at_once_and_may_rest(run: Run) -> None:
    bo = "bo@example.org"
    said = run("subscribe", bo, "--watchlist", "5g-huawei")
    assert said == f"{bo} hears of 5g-huawei, at once.\n"
    run("subscribe", bo)
    some = ("--watchlist", "all", "--until", "2026-03-09")
    said = run("pause", bo, *some)
    assert said == f"Paused until 2026-03-09: {bo} hears of every watchlist, at once.\n"
    listed = run("subscriptions")
    assert "paused until 2026-03-09" in listed
    assert "Resumed" in run("resume", bo)
    missing = run("unsubscribe", bo, "--how", "daily", status=1)
    assert f"{bo} has no subscription (daily).\nIt has 2 subscriptions:" in missing
    assert run("unsubscribe", bo).count("Ended: ") == 2
    assert "Nobody is subscribed" in run("subscriptions")


def test_the_canary_is_seen_from_a_terminal(
    run: Run, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "yet" in run("canary", status=1)
    run("alert")
    there = rows(run, "canary")
    assert there["problem"] is None
    assert "clean-network" in there["canary"]["found"]
    assert office.recipients == ["canary@example.org"]
    monkeypatch.setenv("COMMUNIQUE_NOW", "2026-03-02T09:41:00Z")
    assert "No alert run since" in run("canary", status=1)


def test_a_mail_is_handed_over_again_where_the_store_is_away_and_no_password_is_shown(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = "Subject: unsubscribe x\n\n"
    monkeypatch.setenv("COMMUNIQUE_DATABASE_URL", "mysql://ana:secret@h/x")
    said = run("mail-in", status=75, stdin=mail)
    assert "COMMUNIQUE_DATABASE_URL" in said
    assert "secret" not in said
    monkeypatch.delenv("COMMUNIQUE_DATABASE_URL")
    assert "There is no store in" in run("mail-in", status=75, stdin=mail)
