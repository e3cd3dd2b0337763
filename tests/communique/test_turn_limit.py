"""A turn that takes too long ends, is told, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from communique.coverage import SourceCoverage
from communique.jobs import collect_all, open_line, run_source
from communique.settings import Settings
from tests.communique.cli.test_live import article, listing
from tests.servers import Reply, Server

SLOW = 0.4
NUMBERS = range(1, 9)


class Ministry:
    """Eight statements at a host, and who collects them."""

    def __init__(self, web: Server, engine: Engine, folder: Path) -> None:
        self.web, self.engine, self.folder, self.day = web, engine, folder, 20
        (folder / "china.yaml").write_text(
            "- id: ministry\n  publisher: A ministry\n  kind: ministry\n  languages: [en]\n"
            "  reader: china_mfa\n  delay: 0\n  listings:\n"
            f"  - {web.url}/press/default.shtml\n  - {web.url}/more/default.shtml\n"
        )
        web.pages["/press/default.shtml"] = web.pages["/more/default.shtml"] = listing(NUMBERS)
        self.slow(*NUMBERS)

    def slow(self, *numbers: int) -> None:
        for number in NUMBERS:
            page = article(number)
            body, delay = page.bytes, SLOW if number in numbers else 0
            for folder in ("press", "more"):
                path = f"/{folder}/t{number}.shtml"
                self.web.pages[path] = Reply(headers=page.headers, body=body, delay=delay)

    def collect(self, seconds: float, *, backfill: bool = False) -> SourceCoverage:
        self.day += 1
        settings = Settings(
            home=self.folder,
            sources=self.folder,
            allow_addresses="127.0.0.0/8",
            now=datetime(2026, 3, self.day, 6, tzinfo=timezone.utc),
        )
        line, longest = open_line(settings, self.engine), timedelta(seconds=seconds)
        if backfill:
            since = date(2020, 1, 1)
            facts = line.desk(None)[0]
            return run_source(
                line, facts, kind="backfill", run_key="back", since=since, longest=longest
            )
        (done,) = collect_all(line, line.desk(None), run_key=f"day {self.day}", longest=longest)
        assert done.crash is None
        assert done.coverage is not None
        return done.coverage

    def count(self, query: str) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(text(f"SELECT count(*) FROM {query}")).scalar_one()


@pytest.fixture
def ministry(engine: Engine, tmp_path: Path) -> Iterator[Ministry]:
    with Server() as web:
        yield Ministry(web, engine, tmp_path)


def test_what_a_turn_had_no_time_for_is_told_and_visited_in_the_next_one(
    ministry: Ministry,
) -> None:
    first = ministry.collect(1.5)
    read = first.counts["new"]
    assert 0 < read < 8
    assert first.error is not None
    assert first.error.startswith(f"stopped after 2 seconds with {16 - read} addresses left")
    assert not first.failed  # it read what it came to
    assert ministry.count("communique.addresses WHERE outcome IS NULL") == 16 - read
    ministry.slow()
    ministry.web.pages["/press/default.shtml"] = listing(range(1, 3))  # the rest has scrolled away
    ministry.web.pages["/more/default.shtml"] = listing(range(1, 3))
    second = ministry.collect(60)
    assert second.error is None
    assert second.counts["new"] == 16 - read
    assert ministry.count("communique.addresses WHERE outcome IS NULL") == 0


def test_what_was_never_read_comes_before_another_look_at_what_was(ministry: Ministry) -> None:
    ministry.collect(1.5)
    asked = set(ministry.web.paths)
    ministry.slow()
    ministry.web.arrivals.clear()
    ministry.collect(60)
    again = [path in asked for path in ministry.web.paths if "/t" in path]
    assert True in again  # a day later they are due
    assert again == sorted(again)


def test_a_turn_that_had_no_time_for_a_listing_has_failed_and_the_next_one_reads_it(
    ministry: Ministry,
) -> None:
    for folder in ("press", "more"):
        page = listing(NUMBERS)
        slow = Reply(headers=page.headers, body=page.bytes, delay=1.2)
        ministry.web.pages[f"/{folder}/default.shtml"] = slow
    first = ministry.collect(1.0)
    assert first.failed
    assert (first.listings_read, first.listings_failed) == (1, 1)
    assert first.counts["new"] == 0
    assert first.error is not None
    assert "9 addresses left" in first.error
    ministry.slow()
    second = ministry.collect(60)
    assert (second.listings_failed, second.counts["new"]) == (0, 16)
    assert not second.failed


def test_a_backfill_takes_its_time(ministry: Ministry) -> None:
    assert ministry.collect(0.5, backfill=True).counts["new"] == 16
