"""What a digest says: the news by gravity, who was looked at, what is unusual; it is never blank,
and no stranger's text breaks it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from communique.alerting import judge
from communique.cli.app import app
from communique.digests import queue_digests
from communique.echoes import find_echoes
from communique.mail.bounds import fits
from communique.mail.grouped import MOST_TITLES
from communique.outbox import SendReport, send_pending
from communique.settings import Settings
from communique.settling import settle
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists
from scrapers.sources import Source
from tests.communique.alert_rows import Post, edit, post
from tests.communique.digest_world import (
    LONG_AGO,
    NOW,
    alerted,
    matched,
    rule,
    subscribed,
    turn,
    watched,
)
from tests.communique.mail_reading import page, plain, strictly, words
from tests.communique.post_office import Office, post_office

RULES = """
rules:
  - {id: plan, name: The plan, severity: urgent, query: '"clean network" OR 清洁网络'}
  - {id: firm, name: The firm, severity: notice, query: acme}
"""
HOURS_AGO = NOW - timedelta(hours=3)


@dataclass
class World:
    """A store with two embassies that are watched, and a mail server."""

    engine: Engine
    office: Office
    sources: tuple[Source, ...]
    folder: Path

    @property
    def settings(self) -> Settings:
        return Settings(smtp_url=self.office.url, mail_from="Watch <watch@mail.example.org>")

    def judge(self) -> None:
        found = judge(self.engine, load_watchlists(self.folder), NOW)
        assert found.problems == ()

    def queue(self, **later: float) -> None:
        at = NOW + timedelta(**later)
        assert queue_digests(self.engine, self.settings, self.sources, at).problems == ()

    def send(self, **later: float) -> SendReport:
        return send_pending(self.engine, self.settings, lambda: NOW + timedelta(**later))

    def digest(self, **later: float) -> EmailMessage:
        """Queues and sends what is due, and returns the last mail that arrived."""
        self.queue(**later)
        assert self.send(**later).problems == ()
        strictly(self.office.arrived[-1].as_bytes())
        return self.office.arrived[-1]

    def checked(self) -> None:
        for source in self.sources:
            turn(self.engine, source.id, HOURS_AGO)

    def subscribe(self, **choices: Any) -> None:
        with self.engine.begin() as connection:
            chosen = {"how": "daily", "zone": "Europe/Berlin", "known": ["network"], **choices}
            subscribe(connection, "ana@example.org", "network", NOW - timedelta(hours=9), **chosen)


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> Iterator[World]:
    (tmp_path / "network.yaml").write_text(RULES)
    sources = watched(engine, tmp_path / "sources", "embassy_one", "embassy_two")
    with post_office() as office:
        yield World(engine, office, sources, tmp_path)


def test_a_digest_tells_each_alert_short_and_whole_the_gravest_first(world: World) -> None:
    world.subscribe()
    world.checked()
    post(world.engine, url="https://one.example/2", title="On acme", text="Acme builds.", seen=NOW)
    story = post(world.engine, text="They call it a Clean-Network. Talks go on.", seen=HOURS_AGO)
    second = {"source": "embassy_two", "url": "https://two.example/b", "story": story.story}
    post(world.engine, seen=NOW - timedelta(hours=2), **second)
    late = {"url": "https://one.example/3", "title": "An old one", "text": "A clean network."}
    post(world.engine, on=LONG_AGO.date(), seen=NOW, **late)
    world.judge()
    mail = world.digest()
    assert mail["Subject"] == (
        "[digest] Monday 2 March: 2 urgent, 1 more: On the so-called network plan"
    )
    assert mail["List-Id"] == "<network.communique.mail.example.org>"
    assert "unsubscribe" in mail["List-Unsubscribe"]
    assert "»Clean-Network«" in plain(mail)
    assert "Clean-Network" in [mark.get_text() for mark in page(mail)("mark")]
    for said in words(mail):
        places = [said.index(title) for title in ("On the so-called", "An old one", "On acme")]
        assert places == sorted(places)
        assert "Published 1 March 2026 (Asia/Shanghai, zone assumed)" in said
        assert "Late: first seen" in said
        assert "Found by The plan" in said
        assert "Also posted by Chinese Embassy Two" in said
        assert f"communique show {story.statement}" in said
        assert "2 sources checked, none failing" in said
        assert "The plan 1 (no history yet)" in said


def test_an_edit_stands_before_and_after_and_a_withdrawal_says_so(world: World) -> None:
    world.subscribe()
    world.checked()
    first = post(world.engine, text="It is a clean network of nine states.", seen=HOURS_AGO)
    world.judge()
    world.digest()
    edit(world.engine, first, Post().title, "It is a clean network of ten states.", seen=NOW)
    world.judge()
    text_, html = words(world.digest(days=1))
    assert "WORDING CHANGED" in text_
    assert "[-nine-]" in text_
    assert "{+ten+}" in text_
    assert "Before" in html
    with world.engine.begin() as connection:
        connection.execute(
            text("UPDATE communique.statements SET withdrawn_at = :at, last_seen_at = :at"),
            {"at": NOW + timedelta(hours=30)},
        )
        connection.execute(
            text(
                "INSERT INTO communique.changes (statement_id, kind, at, revision_id) "
                "SELECT statement_id, 'withdrawn', :at, max(id) FROM communique.revisions "
                "GROUP BY statement_id"
            ),
            {"at": NOW + timedelta(hours=30)},
        )
    world.judge()
    said, _ = words(world.digest(days=2))
    assert "WITHDRAWN" in said
    assert "1 withdrawn" in said


def test_a_digest_without_news_says_what_was_checked_and_who_is_failing_since_when_and_why(
    world: World,
) -> None:
    world.subscribe()
    turn(world.engine, "embassy_one", HOURS_AGO)
    since = NOW - timedelta(days=4)
    failing = {"state": "failing", "since": since, "error": "the server says 503"}
    turn(world.engine, "embassy_two", HOURS_AGO, **failing)
    mail = world.digest()
    assert mail["Subject"] == "[digest] Monday 2 March: no news; 2 sources checked, 1 failing"
    for said in words(mail):
        assert "Nothing that you watch for was published, edited or withdrawn" in said
        assert "Chinese Embassy Two" in said
        assert "since 26 February 2026, 06:00 UTC" in said
        assert "the server says 503" in said
        assert "First digest of network: its alerts are those since Sunday, 1 March 2026" in said


def test_that_nobody_looked_stands_before_everything_else(world: World) -> None:
    world.subscribe()
    alone = world.digest()
    assert alone["Subject"] == "[digest] Monday 2 March: nothing could be checked"
    for said in words(alone):
        assert "none of the 2 sources was looked at" in said
        assert said.index("Nothing could be checked") < said.lower().index("who was checked")
    for source in world.sources:
        broken = {"state": "failing", "error": "no connection"}
        turn(world.engine, source.id, NOW + timedelta(hours=20), **broken)
    with world.engine.connect() as connection:
        (one,) = connection.execute(text("SELECT id FROM communique.subscriptions")).scalars()
    alerted(world.engine, 1, one)
    mail = world.digest(days=1)
    assert mail["Subject"] == (
        "[digest] Tuesday 3 March: nothing could be checked; 1 alert: Statement 0"
    )
    assert "none of the 2 sources that were looked at could be read" in words(mail)[0]


def test_what_sources_brought_that_fail_in_part_is_not_called_unchecked(world: World) -> None:
    world.subscribe()
    for source in world.sources:
        turn(world.engine, source.id, HOURS_AGO, state="failing", error="one of two listings: 503")
    post(world.engine, url="https://one.example/new", seen=HOURS_AGO)
    mail = world.digest()
    assert mail["Subject"] == "[digest] Monday 2 March: nothing could be checked in full"
    for said in words(mail):
        assert "every source that was looked at (2) fails, at least in part" in said
        assert "could be read" not in said
        assert "1 new statement" in said


def test_after_an_outage_the_digest_says_since_when_it_holds_everything(world: World) -> None:
    world.subscribe()
    world.checked()
    world.digest()
    said, _ = words(world.digest(days=4))
    assert "No digest went out since Monday, 2 March 2026, 07:00: this one holds everything" in said


HOSTILE = [
    "Evil\r\nBcc: victim@example.org\r\n\r\n<script>alert(1)</script>",
    "=?utf-8?q?Gotcha=0D=0ABcc:_x@example.org?=",
    "<img src=x onerror=alert(1)>{{ 7 * 7 }}{% raw %}",
    "\u202etxet neddih\u2066 \u200b\u0000"[:-1] + "\x07 bell",
    "华为" * 400_000,
    "e" + "\u0301" * 5_000,
]


@pytest.mark.parametrize("title", HOSTILE)
def test_what_a_stranger_wrote_breaks_no_digest(world: World, title: str) -> None:
    ana = subscribed(world.engine, "ana@example.org", confirmed_at=NOW - timedelta(hours=2))
    world.checked()
    failing = {"state": "failing", "error": f"cannot read '{title[:5000]}'"}
    turn(world.engine, "embassy_two", NOW - timedelta(hours=1), **failing)
    alerted(world.engine, 2, ana, title=title)
    mail = world.digest()
    assert mail.keys().count("Subject") == 1
    assert mail["Bcc"] is None
    assert len(mail["Subject"]) <= 180
    assert fits(mail)
    assert not page(mail)(["script", "img"])
    assert "49" not in mail["Subject"]
    assert not set("\u202e\u2066\u200b\x07") & set(plain(mail) + str(mail["Subject"]))


def test_many_alerts_are_told_in_full_by_title_and_by_number_and_none_is_dropped(
    world: World,
) -> None:
    ana = subscribed(world.engine, "ana@example.org", most_a_day=5)
    world.checked()
    alerted(world.engine, 90, ana)
    mail = world.digest()
    assert fits(mail)
    said = plain(mail)
    assert mail["Subject"].startswith("[digest] Monday 2 March: 90 alerts: Statement ")
    assert said.count("communique show ") == 5
    assert said.count("- [notice] Statement ") == MOST_TITLES
    assert f"… and {85 - MOST_TITLES} for whose titles this mail has no room" in " ".join(
        said.split()
    )
    assert str(mail["Message-ID"]) in said  # how to find them


def test_a_retry_says_what_the_first_try_said(world: World) -> None:
    world.subscribe()
    failing = {"state": "failing", "error": "the server says 503"}
    turn(world.engine, "embassy_one", HOURS_AGO, **failing)
    world.queue()
    asked: list[str] = []
    world.office.data = lambda name: asked.append(name) or "451 later"
    assert world.send().deferred == 1
    turn(world.engine, "embassy_one", NOW + timedelta(minutes=1))
    turn(world.engine, "embassy_two", NOW + timedelta(minutes=1))
    world.office.data = lambda name: asked.append(name)  # type: ignore[func-returns-value]
    assert world.send(hours=1).sent == 1
    (mail,) = world.office.arrived
    assert asked == [str(mail["Message-ID"])] * 2
    assert "1 of 2 sources checked, 1 failing" in words(mail)[0]


def test_a_subscription_that_ended_since_is_told_nothing_and_leaves_the_other_its_digest(
    world: World,
) -> None:
    began = NOW - timedelta(hours=2)
    one = subscribed(world.engine, "ana@example.org", confirmed_at=began)
    two = subscribed(world.engine, "ana@example.org", watchlist="other", confirmed_at=began)
    world.checked()
    alerted(world.engine, 2, one)
    alerted(world.engine, 3, two, title="Of the other")
    world.queue()
    with world.engine.begin() as connection:
        ended = "UPDATE communique.subscriptions SET ended_at = :now WHERE id = :id"
        connection.execute(text(ended), {"now": NOW, "id": one})
    world.send()
    (mail,) = world.office.arrived
    said, _ = words(mail)
    assert mail["Subject"] == "[digest] Monday 2 March: 3 alerts: Of the other"
    assert "Statement 0" not in said
    assert "the watchlist other" in said
    assert "the watchlist network" not in said
    with world.engine.connect() as connection:
        held = "SELECT count(*) FROM communique.deliveries WHERE held_because = :why"
        number = connection.execute(text(held), {"why": "subscription ended"}).scalar_one()
    assert number == 3  # two alerts, and the digest that told them


KILLED = """
import os, signal, sys
from datetime import datetime
from sqlalchemy import create_engine
from communique.digests import queue_digests
from communique.settings import Settings
engine, now = create_engine(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
assert queue_digests(engine, Settings(mail_from="watch@mail.example.org"), (), now).queued
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_who_dies_between_queueing_and_sending_loses_and_doubles_nothing(
    world: World, database_url: str
) -> None:
    ana = subscribed(world.engine, "ana@example.org", confirmed_at=NOW - timedelta(hours=2))
    alerted(world.engine, 3, ana)
    command = [sys.executable, "-c", KILLED, database_url, NOW.isoformat()]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    with world.engine.connect() as connection:
        named = connection.execute(text("SELECT message_id FROM communique.mails")).scalar_one()
    mail = world.digest(minutes=5)
    assert str(mail["Message-ID"]) == named
    world.digest(minutes=30)
    assert len(world.office.arrived) == 1
    sent = "SELECT DISTINCT kind, status, message_id FROM analyst.alerts"
    with world.engine.connect() as connection:
        told = connection.execute(text(sent)).all()
    assert {(row.status, row.message_id) for row in told} == {("sent", named)}


def test_formulations_that_rise_are_told_with_who_began_and_who_followed(world: World) -> None:
    world.subscribe()
    world.checked()
    line = "whoever builds walls across the open sea will one day have to swim"
    for number, (source, said) in enumerate(
        [
            ("embassy_one", f"First of all: {line}. That is so, and it has been for long."),
            ("embassy_two", f"The neighbours speak of trade, of fish and of ships: {line}."),
            ("embassy_one", f"On harbours, quays, ropes and all that floats there: {line}!"),
            ("embassy_two", f"A reader asked what we make of this. Well, {line}; so we think."),
        ]
    ):
        seen = NOW - timedelta(hours=8 - number)
        where = {"source": source, "url": f"https://{source}.example/{number}", "seen": seen}
        post(world.engine, text=said, title=f"Speech {number}", on=NOW.date(), **where)
    assert settle(world.engine, NOW, steps=(find_echoes,)).problems == ()
    for said in words(world.digest()):
        assert line in said
        assert "Begun by Chinese Embassy One on 2 March 2026" in said
        assert "Chinese Embassy Two (2 March 2026)" in said


def test_counts_stand_beside_their_usual(world: World) -> None:
    world.subscribe()
    world.checked()
    turn(world.engine, "embassy_one", NOW - timedelta(days=5))
    huawei = rule(world.engine, "huawei")
    for number in range(12):
        seen = NOW - timedelta(days=number % 4, hours=2) if number < 8 else HOURS_AGO
        posted = post(world.engine, url=f"https://h.example/{number}", seen=seen, on=seen.date())
        matched(world.engine, posted, huawei)
    for said in words(world.digest()):
        assert "Huawei 6 (usually 1.5)" in said


def test_a_digest_can_be_read_before_it_goes_and_that_leaves_no_trace(
    world: World, database_url: str
) -> None:
    ana = subscribed(world.engine, "ana@example.org")
    world.checked()
    alerted(world.engine, 2, ana)
    given: dict[str, str | None] = {
        "DATABASE_URL": database_url,
        "SOURCES": str(world.folder / "sources"),
        "WATCHLISTS": str(world.folder),
        "SMTP_URL": world.office.url,
        "MAIL_FROM": "watch@mail.example.org",
        "NOW": (NOW - timedelta(hours=1)).isoformat(),
        "HOME": str(world.folder / "home"),
    }
    cleared = {name: None for name in os.environ if name.startswith("COMMUNIQUE_")}
    environment = cleared | {f"COMMUNIQUE_{name}": value for name, value in given.items()}

    def digest(*options: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, ["digest", *options], env=environment)
        assert done.exit_code == status, done.output
        return done.output

    def stored() -> list[Any]:
        queries = ("SELECT count(*) FROM communique.mails", "SELECT * FROM communique.deliveries")
        with world.engine.connect() as connection:
            return [connection.execute(text(query)).all() for query in queries]

    before = stored()
    shown = digest("--preview", " ANA@example.org")
    assert "Subject: [digest] Monday 2 March: 2 alerts: Statement 0" in shown
    assert "»clean network«" in shown
    (found,) = json.loads(digest("--preview", "ana@example.org", "--json"))
    assert found["subject"] in shown
    assert stored() == before
    assert world.office.arrived == []
    nobody = digest("--preview", "x@example.org", status=1)
    assert "no daily or weekly subscription" in " ".join(nobody.split())
    digest("--preview", "nonsense", status=2)
    sent = json.loads(digest("--json"))
    assert (sent["queued"]["queued"], sent["sent"]["sent"]) == (1, 1)
    assert "0 digests with 0 alerts; 0 mails sent" in digest()
    assert len(world.office.arrived) == 1
