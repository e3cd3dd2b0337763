"""A source that goes blind is known the next day, by name, by state, and by mail, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import Engine, create_engine, text
from typer.testing import CliRunner

from communique.cli.app import app
from tests.communique.post_office import Office, post_office
from tests.servers import Reply, Server

START = date(2026, 3, 2)
ARTICLE = """<!DOCTYPE html><html lang="en"><head><title>{title}</title></head><body><main>
<h1>{title}</h1><p class="date">{day:%d %B %Y}</p><article><p>{text}</p><p>The ministry will go on
to speak of it with all who build the country's networks, and to say what was agreed.</p></article>
</main></body></html>"""
FACTS = """- id: {id}
  publisher: The ministry of {id}
  kind: ministry
  languages: [en]
  time_zone: UTC
  reader: generic
  articles: /{id}/news/[0-9]+
  delay: 0
  listings: [{listings}]
  {more}
"""


def communique(*words: str, settings: Mapping[str, str], status: int = 0) -> Result:
    """Runs a command in this process, which saves a second each: the days are many."""
    environment = {name: None for name in os.environ if name.startswith("COMMUNIQUE_")}
    given = {f"COMMUNIQUE_{name.upper()}": value for name, value in settings.items()}
    done = CliRunner().invoke(app, words, env=environment | given)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == status, f"{done.exit_code}: {done.output}"
    return done


def answer(*words: str, settings: Mapping[str, str], status: int = 0) -> Any:
    """The JSON that a command prints."""
    return json.loads(communique(*words, "--json", settings=settings, status=status).stdout)


def page(body: str) -> Reply:
    return Reply(headers={"Content-Type": "text/html; charset=utf-8"}, body=body)


@dataclass
class World:
    """Ministries on loopback, the settings of who watches them, and who is told of them."""

    web: Server
    office: Office
    settings: dict[str, str]
    store: Engine

    def watch(self, **sources: str) -> None:
        """Names the sources that there are: id and further facts."""
        facts = [
            FACTS.format(id=name, listings=f"{self.web.url}/{name}/", more=more or "note: none")
            for name, more in sources.items()
        ]
        (Path(self.settings["sources"]) / "europe.yaml").write_text("".join(facts))

    def publish(self, source: str, *days: date, least: int = 0) -> None:
        """A listing of statements, one of each day, and their pages."""
        links = []
        for day in days:
            path = f"/{source}/news/{day:%Y%m%d}"
            title = f"Statement of {source} on networks, {day:%A %d} of the month"
            words = f"On {day:%A} the ministry of {source} spoke of the network of day {day:%j}. "
            self.web.pages[path] = page(ARTICLE.format(title=title, day=day, text=words * 4))
            links.append(f'<li><a href="{path}">{title}</a> {day:%d %B %Y}</li>')
        self.web.pages[f"/{source}/"] = page(f"<html><body><ul>{''.join(links)}</ul></body></html>")

    def at(self, day: float, hour: int = 6) -> dict[str, str]:
        moment = START + timedelta(days=day)
        return self.settings | {"now": f"{moment}T{hour:02}:00:00Z"}

    def collect(self, day: int, *, status: int = 0) -> dict[str, dict[str, Any]]:
        return {
            row["source"]: row for row in answer("collect", settings=self.at(day), status=status)
        }

    def stands(self, day: int, *, hour: int = 7, status: int = 0) -> dict[str, dict[str, Any]]:
        rows = answer("coverage", settings=self.at(day, hour), status=status)
        return {row["source"]: row for row in rows}

    def tell(self, day: int, *, hour: int = 7, status: int = 0) -> list[EmailMessage]:
        """Has the maintainers told, and returns the mails that this brought."""
        before = len(self.office.arrived)
        communique("health", settings=self.at(day, hour), status=status)
        return self.office.arrived[before:]


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    (tmp_path / "sources").mkdir()
    with Server() as web, post_office() as office:
        settings = {
            "home": str(tmp_path / "home"),
            "database_url": database_url,
            "sources": str(tmp_path / "sources"),
            "allow_addresses": "127.0.0.0/8",
            "smtp_url": office.url,
            "mail_from": "watch@example.org",
            "maintainers": "mina@example.org",
        }
        engine = create_engine(database_url)
        yield World(web, office, settings, engine)
        engine.dispose()


def before(day: int, *ages: int) -> list[date]:
    return [START + timedelta(days=day - age) for age in ages]


def plain(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def html(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_each_way_of_going_blind_has_a_state_of_its_own_with_since_when(world: World) -> None:
    world.watch(fine="", empty="", refusing="", wrong="")
    for name in ("fine", "empty", "refusing"):
        world.publish(name, *before(0, 1, 2))
    first = world.collect(0, status=1)
    assert {name: row["state"] for name, row in first.items()} == {
        "fine": "ok",
        "empty": "ok",
        "refusing": "ok",
        "wrong": "never_worked",
    }
    world.web.pages["/empty/"] = page("<html><body><ul></ul></body></html>")
    world.web.pages["/refusing/"] = Reply(403)
    for day in (1, 2):
        world.collect(day, status=1)
    rows = world.stands(2, status=1)
    assert {name: (row["state"], row["since"][:10]) for name, row in rows.items()} == {
        "empty": ("failing", "2026-03-03"),
        "wrong": ("never_worked", "2026-03-02"),
        "refusing": ("blocked", "2026-03-03"),
        "fine": ("ok", "2026-03-02"),
    }
    assert list(rows)[-1] == "fine"
    assert rows["empty"]["said"].startswith("no link on this page")
    assert rows["refusing"]["address"] == f"{world.web.url}/refusing/"
    for name in ("empty", "refusing"):
        world.publish(name, *before(3, 1, 2))
    world.publish("wrong", *before(3, 1, 2))
    world.collect(3)
    well = world.stands(3)
    assert {(row["state"], row["said"]) for row in well.values()} == {("ok", "")}
    assert well["empty"]["since"].startswith("2026-03-05")


def test_one_listing_of_two_that_fails_is_named_and_the_source_fails(world: World) -> None:
    world.watch(two="")
    sources = Path(world.settings["sources"]) / "europe.yaml"
    more = f"{world.web.url}/two/, {world.web.url}/two/press/"
    sources.write_text(sources.read_text().replace(f"{world.web.url}/two/", more))
    world.publish("two", *before(0, 1, 2))
    row = world.collect(0, status=1)["two"]
    assert row["state"] == "failing"  # its other listing was read, so it has worked
    assert row["error"] == f"1 of 2 listings: the server says 404 ({world.web.url}/two/press/)"


def test_silence_is_quiet_then_late_by_the_cadence_that_was_declared_or_learned(
    world: World,
) -> None:
    world.watch(declared="cadence: 2", learned="", unknown="")
    world.publish("declared", *before(0, 1))
    world.publish("learned", *before(0, 1, 4, 7, 10, 13, 16, 19, 22))
    world.publish("unknown", *before(0, 1, 300))
    cadence = {name: row["cadence_days"] for name, row in world.collect(0).items()}
    assert cadence == {"declared": 2, "learned": 3, "unknown": None}
    seen = {}
    for day in (1, 2, 3, 5, 6, 8, 9):
        seen[day] = {name: row["state"] for name, row in world.collect(day).items()}
    assert [seen[day]["declared"] for day in (1, 2, 5, 6)] == ["ok", "quiet", "quiet", "late"]
    assert [seen[day]["learned"] for day in (2, 3, 8, 9)] == ["ok", "quiet", "quiet", "late"]
    assert {day["unknown"] for day in seen.values()} == {"ok"}
    assert world.stands(9, status=1)["learned"]["since"].startswith("2026-03-11")
    assert (
        "nothing new since 2026-03-01, expected within 3 days"
        in world.stands(9, status=1)["learned"]["said"]
    )


def test_a_listing_that_shrinks_against_its_own_past_fails_until_it_is_as_before(
    world: World,
) -> None:
    world.watch(shrinking="")
    for day in range(6):
        world.publish("shrinking", *before(day, *range(1, 13)))
        world.collect(day)
    for day in range(6, 14):  # it does not become usual by lasting
        world.publish("shrinking", *before(day, 1, 2))
        row = world.collect(day, status=1)["shrinking"]
        assert row["state"] == "failing"
        assert row["error"].startswith("the listing names 2 addresses, usually 12")
        assert row["since"].startswith("2026-03-08")
    world.publish("shrinking", *before(14, *range(1, 13)))
    assert world.collect(14)["shrinking"]["state"] == "ok"
    world.publish("shrinking", *before(15, 1, 2))  # now it is known to vary
    assert world.collect(15)["shrinking"]["state"] == "ok"


def test_a_person_who_confirms_a_short_listing_ends_the_alarm(world: World) -> None:
    world.watch(moved="")
    for day in range(6):
        world.publish("moved", *before(day, *range(1, 13)))
        world.collect(day)
    world.publish("moved", *before(6, 1, 2))
    world.collect(6, status=1)
    sources = Path(world.settings["sources"]) / "europe.yaml"
    confirmed = f"[{{url: {world.web.url}/moved/, confidence: seen, seen_on: 2026-03-08}}]"
    sources.write_text(sources.read_text().replace(f"[{world.web.url}/moved/]", confirmed))
    assert world.collect(7)["moved"]["state"] == "ok"


def test_one_address_that_never_could_be_read_does_not_make_its_source_fail_for_ever(
    world: World,
) -> None:
    world.watch(stubborn="")
    world.publish("stubborn", *before(0, 1, 2, 3))
    bad = f"/stubborn/news/{before(0, 2)[0]:%Y%m%d}"
    world.web.pages[bad] = page("<html><body><div id=app></div></body></html>")
    assert world.collect(0)["stubborn"]["state"] == "ok"
    states = {day: world.collect(day)["stubborn"] for day in (1, 2, 3, 4)}
    assert states[3]["counts"]["unreadable"] == 1
    assert {row["state"] for row in states.values()} == {"ok"}


def test_statements_that_cannot_be_read_any_more_make_their_source_fail_until_one_can(
    world: World,
) -> None:
    world.watch(changed="")
    world.publish("changed", *before(0, 1, 2))
    world.collect(0)
    broken = page("<html><body><div id=app></div></body></html>")
    for day in (3, 4):
        world.publish("changed", *before(3, 1, 2, 3, 4))
        for age in (1, 2, 3, 4):
            world.web.pages[f"/changed/news/{before(3, age)[0]:%Y%m%d}"] = broken
        row = world.collect(day, status=1)["changed"]
        assert (row["state"], row["since"][:10]) == ("failing", "2026-03-05")
        assert "statements visited could be read" in row["error"]
    world.publish("changed", *before(3, 1, 2, 3, 4))
    assert world.collect(5)["changed"]["state"] == "ok"


def test_a_source_without_a_turn_is_late_and_never_looks_well(world: World) -> None:
    world.watch(one="", two="")
    world.publish("one", *before(0, 1))
    communique("collect", "--source", "one", settings=world.at(0))
    rows = world.stands(0)
    assert (rows["one"]["state"], rows["two"]["state"]) == ("ok", "not_run")
    assert (
        communique("coverage", settings=world.at(0, 7))
        .stdout.rstrip()
        .endswith("checked 1: 1 ok; 1 not yet run")
    )
    rows = world.stands(1, hour=17)
    assert rows["one"]["state"] == "ok"
    rows = world.stands(2, status=1)
    assert {row["state"] for row in rows.values()} == {"late"}
    assert "no turn since 2026-03-02 06:00 UTC" in rows["one"]["said"]
    assert "no turn at all" in rows["two"]["said"]
    assert rows["one"]["since"].startswith("2026-03-03T18:00")


def test_a_run_that_was_killed_is_seen_before_the_next_is_due(world: World) -> None:
    world.watch(one="")
    world.publish("one", *before(0, 1, 2, 3))
    world.collect(0)
    world.publish("one", *before(1, *range(1, 9)))
    for age in range(1, 9):
        path = f"/one/news/{before(1, age)[0]:%Y%m%d}"
        body = world.web.pages[path].body  # type: ignore[union-attr]
        world.web.pages[path] = Reply(headers={"Content-Type": "text/html"}, body=body, delay=0.5)
    environment = os.environ | {
        f"COMMUNIQUE_{name.upper()}": value for name, value in world.at(1).items()
    }
    command = [sys.executable, "-c", "from communique.cli import main; main()", "collect"]
    asked = len(world.web.paths)
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 30
    while len(world.web.paths) < asked + 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert world.stands(1, hour=8)["one"]["state"] == "ok"  # it may still be at work
    row = world.stands(1, hour=12, status=1)["one"]
    assert row["state"] == "late"
    assert "the turn that began 2026-03-03 06:00 UTC never ended" in row["said"]
    world.collect(2)
    assert world.stands(2)["one"]["state"] == "ok"


def test_maintainers_hear_once_a_day_of_what_changed_and_of_nothing_else(world: World) -> None:
    world.watch(fine="", failing="", refusing="", wrong="")
    for name in ("fine", "failing", "refusing"):
        world.publish(name, *before(0, 1, 2))
    world.collect(0, status=1)
    (first,) = world.tell(0)
    assert first["To"] == "mina@example.org"
    assert first["Subject"] == "[sources] first report: 1 never worked"
    assert "4 sources are watched: 3 ok, 1 never worked." in plain(first)
    assert world.tell(0, hour=9) == []
    world.collect(1, status=1)
    assert world.tell(1) == []  # nothing changed

    world.web.pages["/failing/"] = Reply(404)
    world.web.pages["/refusing/"] = Reply(401)
    world.collect(2, status=1)
    (second,) = world.tell(2)
    assert second["Subject"] == "[sources] 1 failing, 1 blocked"
    for said in (plain(second), html(second)):
        for words in (
            "The ministry of failing",
            "the server says 404",
            f"{world.web.url}/failing/",
            "communique coverage --source failing",
            "the server says 401",
            "4 March 2026, 06:00 UTC",
        ):
            assert words in said
        assert "wrong" not in said
        assert "[source=" not in said
    assert second["Message-ID"] != first["Message-ID"]
    assert second["Auto-Submitted"] == "auto-generated"
    assert world.tell(2, hour=8) == []

    for name in ("failing", "refusing"):
        world.publish(name, *before(0, 0, 1, 2))
    world.collect(3, status=1)
    (third,) = world.tell(3)
    assert third["Subject"] == "[sources] 2 well again"
    assert "before: failing" in plain(third)


def test_hundreds_that_fail_alike_are_one_line_of_the_mail(world: World) -> None:
    world.watch(**{f"ministry_{n:03}": "" for n in range(12)})
    for n in range(12):
        world.publish(f"ministry_{n:03}", *before(0, 1))
    world.collect(0)
    world.tell(0)
    for n in range(11):
        world.web.pages[f"/ministry_{n:03}/"] = Reply(404)
    world.collect(1, status=1)
    (mail,) = world.tell(1)
    said = plain(mail)
    assert "11 of 12 sources of desk europe with the same error" in said
    assert "the server says 404" in said
    assert "ministry_000, ministry_001, ministry_002" in said
    assert "ministry_003" not in said
    assert "communique coverage --desk europe --state failing" in said


def test_a_mail_that_could_not_be_sent_is_sent_later_and_not_made_twice(world: World) -> None:
    world.watch(wrong="")
    world.collect(0, status=1)
    world.office.data = lambda _: "451 later"
    assert world.tell(0, status=1) == []
    world.office.data = lambda _: None
    (mail,) = world.tell(0, hour=9)
    assert "wrong" in plain(mail)
    with world.store.connect() as connection:
        rows = connection.execute(text("SELECT key, status FROM communique.mails"))
        assert rows.all() == [("source_health:2026-03-02:mina@example.org", "sent")]


def test_what_a_stranger_wrote_breaks_no_mail_and_no_table(world: World) -> None:
    world.watch(hostile="")
    evil = "x\r\nBcc: eve@example.org\r\n\r\n<script>alert(1)</script>\u202e\x00" + "y" * 5000
    world.web.pages["/hostile/"] = Reply(302, headers={"Location": f"/{'%0d%0a' * 3}<b>/login"})
    world.collect(0, status=1)
    with world.store.begin() as connection:
        connection.execute(
            text("UPDATE communique.coverage SET error = :said"), {"said": evil.replace("\x00", "")}
        )
    (mail,) = world.tell(0)
    assert mail["Bcc"] is None
    assert "<script>" not in html(mail)
    assert "\u202e" not in plain(mail)
    assert communique("coverage", settings=world.at(0, 7), status=1).stdout.count("\n") < 6


def test_new_gaps_and_doubtful_readings_are_told_once(world: World) -> None:
    world.watch(one="")
    world.publish("one", *before(0, 1, 2))
    world.collect(0)
    world.tell(0)
    with world.store.begin() as connection:
        for words in (
            "INSERT INTO communique.gaps"
            " (source_id, run_id, kind, listing, after, before, found_at)"
            " SELECT 'one', id, 'number', 'https://one.example/', '/7', '/9', started_at"
            " FROM communique.runs",
            "UPDATE communique.addresses SET suspect = 'half of the text is missing' WHERE id = 2",
            "UPDATE communique.captures SET suspect = 'half of it' WHERE address_id < 3",
        ):
            connection.execute(text(words))
    (mail,) = world.tell(1)
    assert mail["Subject"] == "[sources] 1 new gap, 1 new doubtful reading"
    assert "a running number was skipped: after /7, before /9" in plain(mail)
    assert "half of the text is missing" in plain(mail)
    row = world.stands(1)["one"]
    assert (row["gaps"], row["suspects"]) == (1, 1)
    world.collect(2)
    assert world.tell(2) == []
    # The second opinion on a page that was read earlier may be heard later.
    with world.store.begin() as connection:
        connection.execute(text("UPDATE communique.addresses SET suspect = 'half' WHERE id < 3"))
    (mail,) = world.tell(3)
    assert mail["Subject"] == "[sources] 1 new doubtful reading"


def test_one_source_is_shown_with_its_runs_listings_errors_evidence_and_what_to_do(
    world: World,
) -> None:
    world.watch(one="", two="")
    world.publish("one", *before(0, 1, 2))
    world.publish("two", *before(0, 1, 2))
    world.collect(0)
    world.web.pages["/one/"] = Reply(404, body="out of order")
    world.collect(1, status=1)
    ask = ("coverage", "--source", "one")
    said = communique(*ask, settings=world.at(1, 7), status=1).stdout
    assert f"the server says 404 [source=one address={world.web.url}/one/]" in said
    assert "urn:uuid:" in said
    assert "Next: communique sources check one" in said
    (row,) = answer(*ask, settings=world.at(1, 7), status=1)
    assert [run["state"] for run in row["runs"]] == ["failing", "ok"]
    assert [listing["outcome"] for listing in row["listings"]] == ["gone"]
    communique("coverage", "--source", "two", settings=world.at(1, 7))
    assert answer("coverage", "--state", "failing", settings=world.at(1, 7), status=1)
    assert answer("coverage", "--state", "late", settings=world.at(1, 7)) == []
    assert (
        "no state 'bad'"
        in communique("coverage", "--state", "bad", settings=world.settings, status=2).stderr
    )


def test_with_nobody_to_tell_the_command_says_which_setting_is_missing(world: World) -> None:
    world.watch(one="")
    nobody = {name: value for name, value in world.settings.items() if name != "maintainers"}
    assert "COMMUNIQUE_MAINTAINERS" in communique("health", settings=nobody, status=1).stderr
    wrong = world.settings | {"maintainers": "mina@example.org, not an address"}
    done = communique("health", "--json", settings=wrong, status=1)
    assert json.loads(done.stdout)["told"]["queued"] == ["mina@example.org"]
    assert "not an address" in done.stderr
