"""Findings of many threads are stored together, and each thread hears of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone

import psycopg2
import pytest
from sqlalchemy import Engine, event, text

from communique import recording, store
from communique.recording import Record, recording_together
from communique.runs import open_run, register_sources
from communique.store import Recorded, Taken
from communique.wordings import Intake
from scrapers.pace import Stopped
from scrapers.sources import Source
from scrapers.values import Capture, Finding, Outcome, Precision, Published, Statement

NOW = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
HOSTS = 40


@pytest.fixture
def intakes(engine: Engine) -> list[Intake]:
    sources = [
        Source(
            id=f"host_{n}", desk="china", publisher="A ministry", kind="ministry", languages=("en",)
        )
        for n in range(HOSTS)
    ]
    register_sources(engine, sources)
    run = open_run(engine, "collect", "test-run", "china", NOW)
    return [Intake(engine, run, one.id, NOW, False, lambda _: []) for one in sources]


def found(source: str, number: int) -> Finding:
    url = f"https://{source}.example/{number}.htm"
    published = Published(Precision.DAY, on=NOW.date(), text="2026-03-02")
    words = f"What the ministry of {source} has to say today, number {number}. " * 5
    statement = Statement(source, url, f"Number {number}", words, "en", published, "test/1")
    capture = Capture(url, url, NOW, 200, {}, b"body", "a.warc.gz", "urn:1")
    return Finding(source, url, capture=capture, statement=statement, fetch_url=url)


def commits(engine: Engine) -> list[float]:
    seen = list[float]()
    event.listen(engine, "commit", lambda _: seen.append(time.monotonic()))
    return seen


def counted(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(
            connection.execute(text(f"SELECT count(*) FROM communique.{table}")).scalar_one()
        )


def test_what_waits_is_stored_in_one_transaction_and_a_lonely_finding_waits_for_nobody(
    engine: Engine, intakes: list[Intake]
) -> None:
    with recording_together(engine) as record:
        assert record(intakes[0], [found("host_0", 0)])[0].outcome is Outcome.NEW
        seen, begun = commits(engine), threading.Barrier(HOSTS)

        def crawl(intake: Intake) -> list[Outcome | None]:
            begun.wait()
            return [record(intake, [found(intake.source_id, n)])[0].outcome for n in range(1, 6)]

        with ThreadPoolExecutor(HOSTS) as pool:
            outcomes = [one for ended in pool.map(crawl, intakes) for one in ended]
    assert outcomes == [Outcome.NEW] * HOSTS * 5
    assert counted(engine, "statements") == HOSTS * 5 + 1
    assert len(seen) < HOSTS * 5 / 4


def test_the_thread_whose_finding_is_refused_hears_of_it_and_no_other(
    engine: Engine, intakes: list[Intake]
) -> None:
    def refuse(statement: Statement) -> Sequence[str]:
        raise ValueError("poison")

    poisoned = replace(intakes[7], topics=refuse)
    with recording_together(engine) as record, ThreadPoolExecutor(HOSTS) as pool:
        work = [poisoned if one is intakes[7] else one for one in intakes]
        ended = list(pool.map(lambda one: record(one, [found(one.source_id, 1)])[0], work))
    assert [at for at, one in enumerate(ended) if one.error] == [7]
    assert str(ended[7].error) == "poison"
    assert counted(engine, "statements") == HOSTS - 1


def test_after_the_run_nothing_more_is_taken_and_all_before_is_stored(
    engine: Engine, intakes: list[Intake]
) -> None:
    kept = list[Record]()
    with recording_together(engine) as record, ThreadPoolExecutor(HOSTS) as pool:
        kept.append(record)
        for one in intakes:
            pool.submit(record, one, [found(one.source_id, 1)])
        time.sleep(0.05)
    assert counted(engine, "statements") == HOSTS
    with pytest.raises(Stopped):
        kept[0](intakes[0], [found("host_0", 2)])


def test_trouble_of_our_own_is_heard_by_who_waits_and_the_next_are_stored(
    engine: Engine, intakes: list[Intake], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, broken = store.record_all, [True]

    def record_all(engine: Engine, batch: Sequence[Taken]) -> list[Recorded]:
        if broken.pop() if broken else False:
            raise MemoryError
        return real(engine, batch)

    monkeypatch.setattr(recording, "record_all", record_all)
    with recording_together(engine) as record, ThreadPoolExecutor(1) as pool:
        with pytest.raises(MemoryError):
            pool.submit(record, intakes[0], [found("host_0", 1)]).result(20)
        ended = pool.submit(record, intakes[0], [found("host_0", 2)]).result(20)
    assert [one.outcome for one in ended] == [Outcome.NEW]


def test_while_the_store_is_away_every_thread_hears_so_at_once_and_then_all_goes_on(
    engine: Engine, intakes: list[Intake]
) -> None:
    away, asked = threading.Event(), list[float]()

    def connect(*_: object) -> None:
        if away.is_set():
            asked.append(time.monotonic())
            time.sleep(0.1)  # as over a network: the others come meanwhile
            raise psycopg2.OperationalError("the database system is starting up")

    event.listen(engine, "do_connect", connect)
    with recording_together(engine) as record, ThreadPoolExecutor(HOSTS) as pool:

        def work(one: Intake) -> Recorded:
            return record(one, [found(one.source_id, 1)])[0]

        assert work(intakes[0]).outcome is Outcome.NEW
        away.set()
        engine.dispose()
        ended = list(pool.map(work, intakes))
        assert all("starting up" in str(one.error) for one in ended)
        assert len(asked) < HOSTS / 2
        away.clear()
        ended = list(pool.map(work, intakes))
    assert [one.outcome for one in ended] == [Outcome.UNCHANGED] + [Outcome.NEW] * (HOSTS - 1)


def test_large_texts_are_stored_few_at_a_time(engine: Engine, intakes: list[Intake]) -> None:
    sizes = list[int]()

    def measure(*args: object) -> None:
        if "INTO communique.revisions" in str(args[2]):
            sizes.append(len(str(args[3])))

    event.listen(engine, "before_cursor_execute", measure)

    def work(one: Intake) -> Outcome | None:
        finding = found(one.source_id, 1)
        assert finding.statement is not None
        large = replace(finding.statement, text="So they say. " * 40_000)
        return record(one, [replace(finding, statement=large)])[0].outcome

    with recording_together(engine) as record, ThreadPoolExecutor(HOSTS) as pool:
        assert list(pool.map(work, intakes)) == [Outcome.NEW] * HOSTS
    assert max(sizes) < 7_000_000
