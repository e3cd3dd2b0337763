"""Promise: after a restore nothing is told twice but by a person's word, and nothing is missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from communique.alert_runs import alert_run
from communique.database import StoreError
from communique.digests import queue_digests
from communique.outbox import SendReport, send_pending
from communique.restored import SKIPPED, note_restored, settle, what_waits
from communique.restored import restored as noted_in
from communique.settings import Settings
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, post
from tests.communique.post_office import Office, post_office

RULES = "rules: [{id: plan, name: The plan, severity: urgent, query: '\"clean network\"'}]"
TAKEN = NOW - timedelta(hours=30)
LOST = NOW - timedelta(hours=4)  # when the lost store last ran


@dataclass
class Desk:
    """A restored store with its readers, and the clock that its runs go by."""

    engine: Engine
    settings: Settings
    office: Office
    folder: Path

    def run(self, hours: float = 0) -> SendReport:
        """An alert run, and the digests that are due, so many hours after now."""
        now = NOW + timedelta(hours=hours)
        alert_run(self.engine, load_watchlists(self.folder), self.settings, now)
        queue_digests(self.engine, self.settings, (), now)
        return send_pending(self.engine, self.settings, lambda: now)

    def told(self) -> list[tuple[str, str]]:
        """Whom, and in which subject."""
        return [(str(mail["To"]), str(mail["Subject"])) for mail in self.office.arrived]


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "network.yaml").write_text(RULES)
    with post_office() as office, engine.begin() as connection:
        subscribe(connection, "ana@example.org", "*", TAKEN - timedelta(days=9))
        connection.commit()
        settings = Settings(
            smtp_url=office.url,
            mail_from="alerts@example.org",
            maintainers=("keeper@example.org",),
            canary="canary@example.org",
        )
        yield Desk(engine, settings, office, tmp_path)


def test_news_waits_for_a_word_and_whoever_must_act_is_told(desk: Desk) -> None:
    note_restored(desk.engine, desk.settings, TAKEN, NOW)
    post(desk.engine)
    report = desk.run()
    assert "communique db restored" in " ".join(report.problems)
    ((keeper, subject),) = desk.told()
    assert keeper == "keeper@example.org"
    assert "wait for your word" in subject
    settle(desk.engine, told=False)
    report = desk.run(1)
    assert not report.problems
    assert {recipient for recipient, _ in desk.told()} == {
        "ana@example.org",
        "canary@example.org",
        "keeper@example.org",
    }
    with pytest.raises(StoreError, match="not restored"):
        settle(desk.engine, told=True)


def test_what_was_told_before_is_held_and_its_repost_is_no_news(desk: Desk) -> None:
    note_restored(desk.engine, desk.settings, TAKEN, NOW)
    first = post(desk.engine)
    desk.run(1)
    assert settle(desk.engine, told=True).held == {"new": 1}
    post(desk.engine, source="embassy_two", url="https://two.example/2.htm", story=first.story)
    desk.run(2)
    assert "ana@example.org" not in desk.office.recipients
    with desk.engine.begin() as connection:
        because = text("SELECT held_because FROM communique.deliveries ORDER BY id")
        assert connection.execute(because).scalars().all() == [
            "told before the store was restored",
            "same story",
        ]
        gone = text("UPDATE communique.statements SET withdrawn_at = :now WHERE id = :id")
        connection.execute(gone, {"now": NOW + timedelta(hours=2), "id": first.statement})
    desk.run(3)
    assert desk.office.recipients.count("ana@example.org") == 1  # that it was taken down is news


def test_what_is_certainly_older_is_held_and_the_rest_goes_out(desk: Desk) -> None:
    post(desk.engine, title="In the copy", url="https://one.example/0.htm")
    with desk.engine.begin() as connection:
        subscribe(connection, "weekly@example.org", "*", TAKEN - timedelta(days=9), how="daily")
    alert_run(desk.engine, load_watchlists(desk.folder), desk.settings, TAKEN)
    note_restored(desk.engine, desk.settings, TAKEN, NOW)
    dated: dict[str, dict[str, Any]] = {
        "The day before": {"on": date(2026, 3, 1)},
        "That day": {"on": date(2026, 3, 2)},
        "Hours before": {"on": date(2026, 3, 2), "at": LOST - timedelta(hours=1)},
        "After": {"on": date(2026, 3, 2), "at": LOST + timedelta(hours=1)},
        "Undated": {"on": None},
    }
    for number, (title, when) in enumerate(dated.items(), 1):
        precision = "minute" if "at" in when else "day"
        words = f"A clean network of {title.lower()} is not a net. {number * 'Word. '}"
        post(desk.engine, title=title, text=words, url=f"https://one.example/{number}.htm",
             precision=precision, **when)  # fmt: skip
    desk.run(0.5)
    with desk.engine.connect() as connection:
        noted = noted_in(connection)
        assert noted is not None
        waiting = what_waits(connection, noted)
    mine = [one for one in waiting.alerts if one["recipient"] == "ana@example.org"]
    assert [one["title"] for one in mine if one["in_copy"]] == ["In the copy"]
    assert {one["title"] for one in mine} == {"In the copy", *dated}

    settle(desk.engine, told=True, until=LOST)
    desk.run(1)
    (mail,) = (mail for mail in desk.office.arrived if str(mail["To"]) == "ana@example.org")
    body = mail.get_body(("plain",))
    assert body is not None
    said = body.get_content()
    assert {title for title in ("In the copy", *dated) if title in said} == {
        "That day",
        "After",
        "Undated",
    }


def test_a_digest_that_was_told_gives_back_what_it_had_not_told(desk: Desk) -> None:
    zone = {"how": "daily", "hour": 5, "zone": "UTC"}
    with desk.engine.begin() as connection:
        connection.execute(text("UPDATE communique.subscriptions SET ended_at = now()"))
        subscribe(connection, "daily@example.org", "*", TAKEN - timedelta(days=9), **zone)  # type: ignore[arg-type]
    note_restored(desk.engine, desk.settings, TAKEN, NOW)
    post(desk.engine, title="Old", url="https://one.example/1.htm", on=date(2026, 2, 28))
    post(desk.engine, title="New", text="Another clean network, at last.", on=date(2026, 3, 2),
         url="https://one.example/2.htm")  # fmt: skip
    desk.run(0.1)
    done = settle(desk.engine, told=True, until=NOW - timedelta(minutes=30))
    assert done.held == {"digest": 1, "new": 1}
    desk.run(1)
    assert "daily@example.org" not in desk.office.recipients
    desk.run(24)
    (mail,) = (mail for mail in desk.office.arrived if str(mail["To"]) == "daily@example.org")
    body = mail.get_body(("plain",))
    assert body is not None
    assert "New" in body.get_content()
    assert "Old" not in body.get_content()


@pytest.mark.parametrize(
    "choice",
    [
        {"how": "weekly", "zone": "UTC", "hour": 0, "weekday": NOW.weekday() + 1},
        {
            "zone": "UTC",
            "quiet": ((LOST - timedelta(hours=1)).hour, (NOW + timedelta(hours=1)).hour),
        },
    ],
)
def test_what_the_lost_store_had_put_off_was_not_told(desk: Desk, choice: dict[str, Any]) -> None:
    with desk.engine.begin() as connection:
        connection.execute(text("UPDATE communique.subscriptions SET ended_at = now()"))
        subscribe(connection, "later@example.org", "*", TAKEN - timedelta(days=9), **choice)
    (desk.folder / "network.yaml").write_text(RULES.replace("urgent", "notice"))
    before = LOST - timedelta(minutes=30)
    post(desk.engine, title="In the copy", url="https://one.example/1.htm")
    alert_run(desk.engine, load_watchlists(desk.folder), desk.settings, before)
    note_restored(desk.engine, desk.settings, before, NOW)
    since: dict[str, Any] = {"on": before.date(), "at": before, "precision": "minute"}
    words = "Another clean network, at last."
    post(desk.engine, title="Lost since", text=words, url="https://one.example/2.htm", **since)
    desk.run(0.1)
    settle(desk.engine, told=True, until=LOST)
    for hours in (0.2, 3, 24):
        desk.run(hours)
    (mail,) = (mail for mail in desk.office.arrived if str(mail["To"]) == "later@example.org")
    body = mail.get_body(("plain",))
    assert body is not None
    said = body.get_content()
    assert "In the copy" in said
    assert "Lost since" in said


def test_numbers_that_the_lost_store_may_have_used_are_not_used_again(desk: Desk) -> None:
    before = post(desk.engine)
    note_restored(desk.engine, desk.settings, TAKEN, NOW)
    after = post(desk.engine, url="https://one.example/9.htm")
    assert after.statement > before.statement + SKIPPED
    assert after.story > before.story + SKIPPED
    note_restored(desk.engine, desk.settings, NOW, NOW)
    again = post(desk.engine, url="https://one.example/10.htm")
    assert again.statement > after.statement + SKIPPED
    with pytest.raises(StoreError, match="cannot be from"):
        note_restored(desk.engine, desk.settings, NOW + timedelta(days=1), NOW)
