"""Promise: nothing is changed or taken down silently, and nobody is asked twice to find out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from communique.alerting import judge
from communique.coverage import SourceCoverage
from communique.jobs import Line, collect_all, open_line
from communique.revisiting import revisit_all, what_is_due
from communique.settings import Settings
from communique.standing import standings
from communique.subscriptions import subscribe
from tests.command import answer, communique
from tests.servers import Arrival, Reply, Server

NOW = datetime(2026, 3, 4, 7, tzinfo=timezone.utc)
PAGE = """<!DOCTYPE html><html lang="en"><head><title>{title}</title></head><body>
<div class="content_mod"><h2 class="title">{title}</h2><div class="date" id="News_Body_Time"></div>
<div class="content"><p>{text}</p><p>Cooperation on networks should be open to all.</p></div></div>
</body></html>"""
QUIET = "The spokesperson took questions on fisheries and on ports in several countries. " * 3
WATCHED = "The spokesperson said that a clean network shuts nobody out, as all know. " * 3
RULES = """title: Ours\nrules:
  - {id: clean, name: Clean network, severity: notice, query: '"clean network"'}
"""


class Press:
    """A ministry on loopback that answers conditional requests, and who watches it."""

    def __init__(self, web: Server, engine: Engine, folder: Path) -> None:
        self.web, self.engine, self.folder = web, engine, folder
        self.texts: dict[int, str | None] = {}
        for name in ("sources", "watchlists"):
            (folder / name).mkdir()
        (folder / "watchlists" / "ours.yaml").write_text(RULES)
        (folder / "sources" / "china.yaml").write_text(
            "- id: ministry\n  publisher: A ministry\n  kind: ministry\n  languages: [en]\n"
            "  time_zone: Asia/Shanghai\n  reader: china_mfa\n  delay: 0\n"
            f"  listings: [{web.url}/press/default.shtml]\n"
        )

    def publish(self, texts: dict[int, str | None]) -> None:
        self.texts |= texts
        items = "".join(
            f'<li><a href="./t{n}.shtml">Press Conference {n} on March 2, 2026</a></li>'
            for n in self.texts
        )
        listing = f'<html><body><div class="newsLst_mod"><ul>{items}</ul></div></body></html>'
        page = Reply(headers={"Content-Type": "text/html"}, body=listing)
        self.web.pages["/press/default.shtml"] = page
        for number in texts:
            self.web.pages[f"/press/t{number}.shtml"] = partial(self.reply, number)

    def reply(self, number: int, arrival: Arrival) -> Reply:
        words = self.texts[number]
        if words is None:
            return Reply(404, body="gone")
        tag = f'"{hash(words)}"'
        if arrival.headers.get("if-none-match") == tag:
            return Reply(304, headers={"ETag": tag})
        html = PAGE.format(title=f"Press Conference {number} on March 2, 2026", text=words)
        return Reply(headers={"Content-Type": "text/html", "ETag": tag}, body=html)

    def line(self, at: str) -> Line:
        settings = Settings(
            home=self.folder,
            sources=self.folder / "sources",
            watchlists=self.folder / "watchlists",
            allow_addresses="127.0.0.0/8",
            now=datetime.fromisoformat(f"2026-{at}:00+00:00"),
        )
        return open_line(settings, self.engine)

    def collect(self, at: str) -> None:
        line = self.line(at)
        collect_all(line, line.desk(None), run_key=f"collect {at}")

    def revisit(self, at: str, days: int = 30) -> SourceCoverage | None:
        """What a revisit saw; None where nothing was due."""
        line = self.line(at)
        sources = line.desk(None)
        due = what_is_due(line, sources, days)
        done = revisit_all(line, sources, due, run_key=f"revisit {at}")
        assert [one.crash for one in done] in ([], [None])
        return done[0].coverage if done else None

    def asked(self) -> list[str]:
        """What was asked for since this was last called, without robots.txt."""
        paths = [path.split("/")[-1] for path in self.web.paths]
        self.web.arrivals.clear()
        return sorted(path for path in paths if path != "robots.txt")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture
def press(engine: Engine, tmp_path: Path) -> Iterator[Press]:
    with Server() as web:
        yield Press(web, engine, tmp_path)


def test_a_statement_is_read_again_when_it_is_due_and_then_no_more(press: Press) -> None:
    both = ["t1.shtml", "t2.shtml"]
    press.publish({1: QUIET, 2: QUIET + "More."})
    press.collect("03-02T06:00")
    press.asked()
    assert press.revisit("03-02T12:00") is None
    seen = press.revisit("03-03T06:00")
    assert seen is not None
    assert press.asked() == both  # and no listing
    assert (seen.counts["unchanged"], seen.listings_read, seen.state) == (2, 0, "ok")
    last = "SELECT status, outcome FROM communique.captures ORDER BY id DESC LIMIT 2"
    assert press.rows(last) == [(304, "unchanged")] * 2
    # The same look is due for the daily collect too: it is settled.
    press.collect("03-03T06:30")
    assert press.revisit("03-03T07:00") is None
    assert press.asked() == ["default.shtml"]
    press.collect("03-04T06:00")
    assert press.asked() == ["default.shtml", *both]
    assert press.revisit("03-04T06:30") is None
    assert press.revisit("03-06T06:00", days=1) is None
    assert press.asked() == []
    # A revisit is no turn of the source: it says nothing of its listings.
    (standing,) = standings(press.engine, press.line("03-04T06:40").sources, NOW)
    assert standing.last_run == datetime(2026, 3, 4, 6, tzinfo=timezone.utc)


def test_a_look_that_another_run_has_taken_meanwhile_is_not_taken_again(press: Press) -> None:
    press.publish({1: QUIET, 2: QUIET + "More."})
    press.collect("03-02T06:00")
    line = press.line("03-03T06:00")
    due = what_is_due(line, line.desk(None), 30)
    press.collect("03-03T05:55")
    press.asked()
    revisit_all(line, line.desk(None), due, run_key="late")
    assert press.asked() == []


def test_an_edit_a_withdrawal_and_a_return_are_found_between_two_collects(press: Press) -> None:
    withdrawn = (
        "SELECT url LIKE '%t2.shtml' FROM analyst.statements WHERE withdrawn_at > '-infinity'"
    )
    press.publish({1: QUIET, 2: QUIET + "More."})
    press.collect("03-02T06:00")
    press.texts |= {1: QUIET.replace("ports", "harbours", 1), 2: None}
    seen = press.revisit("03-03T06:00")
    assert seen is not None
    assert (seen.counts["revised"], seen.counts["gone"]) == (1, 1)
    assert press.rows(withdrawn) == []
    press.asked()
    assert press.revisit("03-03T11:00") is None  # too soon to be sure
    press.revisit("03-03T12:30")
    assert press.asked() == ["t2.shtml"]
    assert press.rows(withdrawn) == [(True,)]
    press.texts[2] = QUIET + "More."
    press.revisit("03-11T12:00")
    assert press.rows(withdrawn) == []


def test_what_somebody_waits_for_is_looked_at_every_day_of_its_first_week(press: Press) -> None:
    press.publish({1: QUIET, 2: WATCHED})
    press.collect("03-02T06:00")
    line = press.line("03-02T06:10")
    assert judge(press.engine, line.loaded, line.settings.clock()).matches == 1
    looks: dict[str, list[int]] = {"t1.shtml": [], "t2.shtml": []}
    press.asked()
    for day in range(3, 13):
        if day == 5:  # whoever subscribes, it is daily from then on
            with press.engine.begin() as connection:
                subscribe(connection, "ana@example.org", "ours", NOW)
        press.revisit(f"03-{day:02}T06:00")
        for path in press.asked():
            looks[path].append(day - 2)
    assert looks == {"t1.shtml": [1, 2, 4, 7], "t2.shtml": [1, 2, 3, 4, 5, 6, 7]}


def test_a_rerun_is_dated_when_it_was_run_again(press: Press) -> None:
    press.publish({1: QUIET})
    for at in ("03-02T06:00", "03-05T06:00"):
        line = press.line(at)
        collect_all(line, line.desk(None), run_key="the same")
    began = datetime(2026, 3, 5, 6, tzinfo=timezone.utc)
    assert press.rows("SELECT started_at FROM communique.runs") == [(began,)]
    assert press.rows("SELECT started_at FROM communique.coverage") == [(began,)]


def test_the_command_says_what_it_saw(press: Press, database_url: str) -> None:
    press.publish({1: QUIET, 2: QUIET + "More."})
    press.collect("03-02T06:00")
    settings = {
        "home": str(press.folder),
        "database_url": database_url,
        "sources": str(press.folder / "sources"),
        "allow_addresses": "127.0.0.0/8",
    }
    assert "Nothing is due" in communique("revisit", settings=settings | at("03-02")).stdout
    (seen,) = answer("revisit", "--desk", "china", settings=settings | at("03-03"))
    assert seen["counts"]["unchanged"] == 2
    press.texts[1] = QUIET.replace("ports", "harbours", 1)
    said = communique("revisit", settings=settings | at("03-04")).stdout
    assert "1 revised" in said
    assert "2 looks: 1 as they were, 0 not found." in said


def at(day: str) -> dict[str, str]:
    return {"now": f"2026-{day}T06:00:00Z"}
