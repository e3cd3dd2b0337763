"""Every subscription gets one digest a period, and every alert that waits is in exactly one."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from communique.digests import Digests, queue_digests
from communique.settings import Settings
from scrapers.sources import Source
from tests.communique.alert_rows import edit, post
from tests.communique.digest_world import (
    LONG_AGO,
    NOW,
    alerted,
    matched,
    rule,
    subscribed,
    turn,
    waits,
    watched,
)

SETTINGS = Settings(mail_from="watch@example.org")
MAILS = "SELECT * FROM communique.mails ORDER BY id"
DIGESTS = "SELECT * FROM communique.deliveries WHERE kind = 'digest' ORDER BY id"
ALERTS = "SELECT * FROM communique.deliveries WHERE kind <> 'digest' ORDER BY id"
# Confirmed within the last hour: what was due before is of no concern.
NEW = {"confirmed_at": NOW - timedelta(minutes=50)}


@pytest.fixture
def sources(engine: Engine, tmp_path: Path) -> tuple[Source, ...]:
    return watched(engine, tmp_path / "sources", "embassy_one", "embassy_two")


def queue(engine: Engine, sources: tuple[Source, ...] = (), **later: float) -> Digests:
    found = queue_digests(engine, SETTINGS, sources, NOW + timedelta(**later))
    assert found.problems == ()
    return found


def rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)))


def change(engine: Engine, table: str, **values: Any) -> None:
    with engine.begin() as connection:
        settings = ", ".join(f"{name} = :{name}" for name in values)
        connection.execute(text(f"UPDATE communique.{table} SET {settings}"), values)


def keys(engine: Engine) -> list[str]:
    return [row.dedupe_key for row in rows(engine, DIGESTS)]


def test_a_digest_takes_what_waits_and_goes_once_a_day(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    ana = subscribed(engine, "ana@example.org", **NEW)
    alerted(engine, 3, ana)
    assert queue(engine, sources, minutes=-1) == Digests()
    assert queue(engine, sources) == Digests(queued=1, alerts=3)
    for hours in (0, 1, 5, 23.9):
        assert queue(engine, sources, hours=hours) == Digests()
    alerted(engine, 2, ana)
    assert queue(engine, sources, days=1) == Digests(queued=1, alerts=2)
    assert keys(engine) == [f"digest:{ana}:2026-03-02", f"digest:{ana}:2026-03-03"]
    mails = {mail.id: mail for mail in rows(engine, MAILS)}
    assert len({mail.message_id for mail in mails.values()}) == 2
    for told in (*rows(engine, ALERTS), *rows(engine, DIGESTS)):
        assert told.status == "pending"
        assert told.message_id == mails[told.mail_id].message_id
        assert told.next_try_at == mails[told.mail_id].next_try_at


def test_subscriptions_of_one_person_that_are_due_at_once_share_a_mail(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    one = subscribed(engine, "ana@example.org", **NEW)
    two = subscribed(engine, "ana@example.org", watchlist="*", **NEW)
    week = subscribed(engine, "ana@example.org", how="weekly", **NEW)
    subscribed(engine, "ana@example.org", watchlist="later", hour=9, **NEW)
    ben = subscribed(engine, "ben@example.org", **NEW)
    alerted(engine, 2, one, two)
    assert queue(engine, sources) == Digests(queued=3, alerts=4)
    assert sorted(mail.key for mail in rows(engine, MAILS)) == sorted(
        f"digest:{each}:2026-03-02" for each in (one, week, ben)
    )
    digests = {row.subscription_id: row for row in rows(engine, DIGESTS)}
    assert digests[one].mail_id == digests[two].mail_id != digests[week].mail_id
    told = {mail.key: mail.content["alerts"] for mail in rows(engine, MAILS)}
    assert told[f"digest:{one}:2026-03-02"] == 2  # what both tell of stands once
    assert queue(engine, sources, hours=2).queued == 1


def test_each_zone_has_its_own_morning_and_monday(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    """Hour by hour over nine days, on both sides of the date line and where clocks jump."""
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Kathmandu")
    began = {"confirmed_at": NOW, "hour": 2}
    for zone in zones:
        subscribed(engine, f"{zone[-4:].lower()}@example.org", zone=zone, **began)
        subscribed(engine, f"{zone[-4:].lower()}@example.org", zone=zone, how="weekly", **began)
    for hours in range(1, 9 * 24 + 1):  # New York skips two o'clock on 8 March
        queue(engine, sources, hours=hours)
    days = [(row.dedupe_key, row.subscription_id) for row in rows(engine, DIGESTS)]
    assert len(days) == len(set(days))
    for daily, zone in zip(range(1, 9, 2), zones, strict=True):
        mine = [date.fromisoformat(key.split(":")[2]) for key, of in days if of == daily]
        assert len(mine) == 9 + (zone == "America/New_York")  # where a day has 23 hours
        assert mine == [mine[0] + timedelta(days=n) for n in range(len(mine))]
        weekly = [key.split(":")[2] for key, of in days if of == daily + 1]
        west = zone.startswith(("America", "Pacific/Pago"))  # where Monday's hour is still to come
        assert weekly == ["2026-03-02"] * west + ["2026-03-09"]


def test_after_an_outage_one_digest_holds_all_that_waits_and_says_since_when(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    ana = subscribed(engine, "ana@example.org", **NEW)
    queue(engine, sources)
    alerted(engine, 5, ana)
    assert queue(engine, sources, days=4, hours=3) == Digests(queued=1, alerts=5)
    content = rows(engine, MAILS)[-1].content
    assert content["since"] == NOW.isoformat()
    assert content["overdue"]
    assert queue(engine, sources, days=5) == Digests(queued=1)
    assert not rows(engine, MAILS)[-1].content["overdue"]


def test_a_period_that_comes_during_a_pause_has_no_digest_and_what_waited_is_kept(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    ana = subscribed(engine, "ana@example.org", **NEW)
    alerted(engine, 2, ana)
    change(engine, "subscriptions", paused_at=NOW - timedelta(hours=1), paused_until=None)
    assert queue(engine, sources) == Digests(held={"subscription paused": 1})
    change(engine, "subscriptions", paused_at=None)
    assert queue(engine, sources, hours=1) == Digests()  # it came during the pause
    (held,) = rows(engine, DIGESTS)
    assert (held.status, held.held_because) == ("held", "subscription paused")
    assert queue(engine, sources, days=1) == Digests(queued=1, alerts=2)


def test_a_pause_that_ended_after_the_hour_came_leaves_that_period_out(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    subscribed(engine, "ana@example.org", **NEW)
    until = NOW + timedelta(minutes=30)
    change(engine, "subscriptions", paused_at=NOW - timedelta(days=3), paused_until=until)
    assert queue(engine, sources, hours=1).held == {"subscription paused": 1}
    assert queue(engine, sources, days=1).queued == 1


def test_nobody_gets_a_digest_who_is_unconfirmed_disabled_or_gone(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    subscribed(engine, "new@example.org", confirmed_at=None)
    dead = subscribed(engine, "dead@example.org", **NEW)
    gone = subscribed(engine, "gone@example.org", ended_at=NOW - timedelta(hours=1))
    alerted(engine, 1, dead, gone)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO communique.recipients (address, refused, disabled_at) "
                "VALUES ('dead@example.org', 3, now())"
            )
        )
    assert queue(engine, sources) == Digests(held={"address disabled": 1})
    assert rows(engine, MAILS) == []
    assert {row.subscription_id: row.held_because for row in rows(engine, ALERTS)} == {
        dead: "address disabled",
        gone: "subscription ended",
    }
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM communique.recipients"))
    assert queue(engine, sources, days=1) == Digests(queued=1)


def test_what_is_put_off_or_told_already_is_in_no_digest(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    ana = subscribed(engine, "ana@example.org", **NEW)
    (posted,) = alerted(engine, 1, ana)
    match = matched(engine, posted, rule(engine, "other"))
    for number, changed in enumerate(
        ({"status": "sent"}, {"status": "held", "held_because": "same story"}, {"next_try_at": NOW})
    ):
        waits(engine, ana, match, posted, dedupe_key=f"other {number}", **changed)
    assert queue(engine, sources) == Digests(queued=1, alerts=1)


def test_two_runs_at_once_queue_each_digest_once(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    people = [subscribed(engine, f"reader{n}@example.org", **NEW) for n in range(6)]
    alerted(engine, 3, *people)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(queue, engine, sources) for _ in range(4)]
        found = [run.result(30) for run in runs]
    assert sum(one.queued for one in found) == len(rows(engine, MAILS)) == 6
    assert sum(one.alerts for one in found) == 18
    assert {row.mail_id is None for row in rows(engine, ALERTS)} == {False}


KILLED = """
import os, signal, sys
from datetime import datetime
from sqlalchemy import create_engine, event
from communique.digests import queue_digests
from communique.settings import Settings
url, now, after = sys.argv[1], datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])
engine, seen = create_engine(url), []
@event.listens_for(engine, "before_cursor_execute")
def die(connection, cursor, statement, *rest):
    if statement.startswith(("INSERT", "UPDATE")):
        seen.append(statement)
        if len(seen) == after:
            os.kill(os.getpid(), signal.SIGKILL)
queue_digests(engine, Settings(mail_from="watch@example.org"), (), now)
"""


def test_a_run_that_is_killed_anywhere_leaves_each_digest_whole_or_to_the_next_run(
    engine: Engine, sources: tuple[Source, ...], database_url: str
) -> None:
    people = [subscribed(engine, f"reader{n}@example.org", **NEW) for n in range(2)]
    alerted(engine, 2, *people)
    deaths = 0
    for after in range(1, 12):
        command = [sys.executable, "-c", KILLED, database_url, NOW.isoformat(), str(after)]
        deaths += subprocess.run(command, check=False).returncode == -signal.SIGKILL
        with_mail = {row.mail_id for row in rows(engine, DIGESTS)}
        assert {mail.id for mail in rows(engine, MAILS)} == with_mail
        told = {row.mail_id for row in rows(engine, ALERTS)} - {None}
        assert told == with_mail
        if len(with_mail) == 2:
            break
    assert deaths >= 4
    queue(engine, sources)
    assert len(rows(engine, MAILS)) == 2
    assert {row.mail_id is None for row in rows(engine, ALERTS)} == {False}


def test_beyond_what_is_told_in_full_the_least_grave_and_latest_stand_by_title(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    ana = subscribed(engine, "ana@example.org", most_a_day=3, **NEW)
    alerted(engine, 3, ana, rule={"severity": "info"})
    alerted(engine, 2, ana, rule={"severity": "urgent", "rule": "grave"})
    queue(engine, sources)
    assert [row.brief for row in rows(engine, ALERTS)] == [False, True, True, False, False]


def test_one_recipient_whose_digest_fails_stops_no_other(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    for name in ("ana", "ben"):
        subscribed(engine, f"{name}@example.org", **NEW)
    nowhere = subscribed(engine, "cat@example.org", zone="Nowhere/Land", **NEW)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "IF NEW.recipient LIKE 'ana%' THEN RAISE 'no room'; END IF; RETURN NEW; END $$; "
                "CREATE TRIGGER refuse BEFORE INSERT ON communique.mails "
                "FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )
    found = queue_digests(engine, SETTINGS, sources, NOW)
    assert found.queued == 1
    assert len(found.problems) == 2
    assert f"Subscription {nowhere} has no digest" in found.problems[0]
    assert "The daily digest of ana@example.org waits" in found.problems[1]
    wrong = queue_digests(engine, Settings(mail_from="nobody"), sources, NOW)
    assert "COMMUNIQUE_MAIL_FROM" in str(wrong.problems)


def content(engine: Engine, sources: tuple[Source, ...], **later: float) -> dict[str, Any]:
    subscribed(engine, "ana@example.org", confirmed_at=NOW - timedelta(minutes=50))
    queue(engine, sources, **later)
    found: dict[str, Any] = rows(engine, MAILS)[-1].content
    return found


def test_a_digest_says_who_was_checked_what_came_and_who_is_failing_since_when(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    for days in range(3):
        at = NOW - timedelta(days=days, hours=4)
        turn(engine, "embassy_one", at)
        failing = {"state": "failing", "since": NOW - timedelta(days=2), "error": "answers 503"}
        turn(engine, "embassy_two", at, **failing)
    first = post(engine, seen=NOW - timedelta(hours=3))
    post(engine, url="https://one.example/old", seen=NOW - timedelta(days=3))
    post(engine, url="https://one.example/filled", seen=NOW - timedelta(hours=3), backfilled=True)
    second = edit(engine, first, "Another title", "Other words", seen=NOW - timedelta(hours=1))
    with engine.begin() as connection:
        for kind, earlier in (("edited", first.revision), ("withdrawn", None)):
            connection.execute(
                text(
                    "INSERT INTO communique.changes (statement_id, kind, at, revision_id, "
                    "earlier_revision_id) VALUES (:one, :kind, :at, :now, :earlier)"
                ),
                {
                    "one": first.statement,
                    "kind": kind,
                    "at": NOW - timedelta(hours=1),
                    "now": second.revision,
                    "earlier": earlier,
                },
            )
    seen = content(engine, sources)["coverage"]
    assert (seen["watched"], seen["checked"], seen["read"]) == (2, 2, 1)
    assert (seen["new"], seen["revised"], seen["withdrawn"]) == (1, 1, 1)
    assert seen["newest"] == "2026-03-02"
    (desk,) = seen["desks"]
    assert (desk["desk"], desk["checked"], desk["failing"], desk["new"]) == ("china", 2, 1, 1)
    (section,) = seen["sections"]
    (entry,) = section["entries"]
    assert (section["state"], entry["publisher"]) == ("failing", "Chinese Embassy Two")
    assert entry["said"] == "answers 503"
    assert entry["since"] == (NOW - timedelta(days=2)).isoformat()


def test_a_digest_soon_after_the_last_one_says_of_no_morning_that_nobody_looked(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    turn(engine, "embassy_one", NOW - timedelta(hours=2))
    subscribed(engine, "ana@example.org", **NEW)
    queue(engine, sources)
    change(engine, "subscriptions", zone="Asia/Tokyo")  # where the next seven o'clock is tomorrow's
    assert queue(engine, sources, hours=16, minutes=1).queued == 1
    assert rows(engine, MAILS)[-1].content["coverage"]["checked"] == 1


def test_turns_of_another_period_are_not_counted_and_one_that_ran_into_it_is(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    before = NOW - timedelta(days=1)
    turn(engine, "embassy_one", before - timedelta(hours=1))
    turn(
        *(engine, "embassy_two", before - timedelta(minutes=5)),
        finished_at=before + timedelta(minutes=5),
    )
    assert content(engine, sources)["coverage"]["checked"] == 1


def test_counts_stand_against_the_usual_and_say_where_there_is_no_history(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    turn(engine, "embassy_one", NOW - timedelta(days=6, hours=6))  # the watching began
    old, new = rule(engine, "huawei"), rule(engine, "ban", created_at=NOW - timedelta(days=1))
    rule(engine, "gone")
    rule(engine, "gone", version=2, retired_at=NOW)
    number = 0
    for days, stories in {0: 4, 1: 1, 2: 3, 3: 0, 4: 2, 5: 4, 8: 50}.items():
        for _ in range(stories):
            number += 1
            seen = NOW - timedelta(days=days, hours=5)
            posted = post(engine, url=f"https://one.example/{number}", seen=seen, on=seen.date())
            matched(engine, posted, old)
            if days == 0:
                matched(engine, posted, new)
    for late in range(7):  # a new source brings its whole listing: that says nothing of today
        url = f"https://one.example/late/{late}"
        posted = post(engine, url=url, seen=NOW - timedelta(hours=2), on=LONG_AGO.date())
        matched(engine, posted, old)
    counts = {one["rule"]: one for one in content(engine, sources)["usual"]["counts"]}
    assert set(counts) == {"huawei", "ban"}
    assert (counts["huawei"]["stories"], counts["huawei"]["usual"]) == (4, 2.0)
    assert counts["huawei"]["periods"] == 5
    assert (counts["ban"]["stories"], counts["ban"]["usual"]) == (4, None)


def test_the_facts_are_frozen_once_and_shared_by_fifty_subscribers(
    engine: Engine, sources: tuple[Source, ...]
) -> None:
    for number in range(50):
        subscribed(engine, f"reader{number}@example.org", **NEW)
    asked: list[str] = []

    def listen(_: Any, __: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    assert queue(engine, sources).queued == 50
    for table in ("communique.coverage", "communique.echoes", "communique.statements"):
        assert sum(table in one for one in asked) <= 6, table
