"""Intake: nothing twice, nothing lost, nothing changed silently."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url

from communique.coverage import record_coverage
from communique.runs import open_run, register_sources
from communique.store import (
    Recorded,
    record_finding,
    record_findings,
    record_listed,
    record_listing,
)
from communique.visits import known_addresses, pending_addresses
from communique.wordings import Intake
from scrapers.errors import Blocked, Gone, Implausible, ScrapeError, Unreadable
from scrapers.sources import Source
from scrapers.values import (
    Capture,
    Entry,
    Finding,
    Listed,
    ListingSeen,
    Outcome,
    Precision,
    Published,
    Statement,
    wording_sha256,
)

DAY1 = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
URL = "https://embassy.example/eng/1.htm"
LISTING = "https://one.example/"
POISON = "https://embassy.example/eng/poison.htm"
TEXT = "The network should serve all countries alike. " * 5
SOURCES = [
    Source(id="one", desk="china", publisher="Embassy One", kind="embassy", languages=("en",)),
    Source(id="two", desk="china", publisher="Embassy Two", kind="embassy", languages=("en",)),
]


@pytest.fixture
def intake(engine: Engine) -> Intake:
    register_sources(engine, SOURCES)
    run = open_run(engine, "collect", "test-run", "china", DAY1)
    return Intake(engine, run, "one", DAY1, backfilled=False, topics=lambda _: ["5g"])


def found(
    text_: str = TEXT, *, title: str = "On networks", source: str = "one", url: str = URL
) -> Finding:
    published = Published(Precision.DAY, on=date(2026, 3, 1), text="2026-03-01")
    statement = Statement(source, url, title, text_, "en", published, "test/1")
    capture = Capture(url, url, DAY1, 200, {"etag": '"x"'}, b"body", "a.warc.gz", "urn:1")
    return Finding(source, url, capture=capture, statement=statement, fetch_url=url)


def failed(error: ScrapeError) -> Finding:
    return Finding("one", URL, error=error, fetch_url=URL)


def rows(engine: Engine, query: str) -> Sequence[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def changes(engine: Engine) -> list[tuple[object, ...]]:
    """Each change: its kind, the day it was noticed, and the numbers of the wordings."""
    query = """
        SELECT c.kind, extract(day FROM c.at)::int, r.number, e.number
        FROM communique.changes c JOIN communique.revisions r ON r.id = c.revision_id
        LEFT JOIN communique.revisions e ON e.id = c.earlier_revision_id ORDER BY c.id
    """
    return list(rows(engine, query))


def later(intake: Intake, **passed: int) -> Intake:
    return replace(intake, now=intake.now + timedelta(**passed))


def collected(intake: Intake, finding: Finding) -> None:
    """Records a finding as a collect does: the listing was read before."""
    record_listing(intake, ListingSeen(LISTING, LISTING, 1, None))
    record_finding(intake, finding)


def test_a_statement_is_new_once_however_often_it_is_recorded(intake: Intake) -> None:
    outcomes = [record_finding(intake, found()) for _ in range(3)]
    assert outcomes == [Outcome.NEW, Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert rows(intake.engine, "SELECT count(*) FROM analyst.revisions") == [(1,)]


def test_two_workers_on_one_address_store_one_statement(intake: Intake) -> None:
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: record_finding(intake, found()), range(16)))
    assert outcomes.count(Outcome.NEW) == 1
    assert outcomes.count(Outcome.UNCHANGED) == 15


def test_white_space_is_no_edit(intake: Intake) -> None:
    record_finding(intake, found())
    spaced = found(TEXT.replace(" ", " \n "), title=" On  networks")
    assert record_finding(later(intake, days=1), spaced) is Outcome.UNCHANGED


def test_an_edit_keeps_the_earlier_wording_and_a_return_to_it_is_no_third(intake: Intake) -> None:
    record_finding(intake, found())
    edited = found(TEXT + "We firmly oppose this.")
    assert record_finding(later(intake, days=1), edited) is Outcome.REVISED
    assert record_finding(later(intake, days=2), found()) is Outcome.REVISED
    assert record_finding(later(intake, days=3), found()) is Outcome.UNCHANGED
    kept = rows(intake.engine, "SELECT number, text FROM analyst.revisions ORDER BY number")
    assert [number for number, _ in kept] == [1, 2]
    assert kept[1][1] == TEXT + "We firmly oppose this."
    assert rows(intake.engine, "SELECT revision, revisions, text FROM analyst.statements") == [
        (1, 2, TEXT)
    ]


def test_a_failure_changes_nothing_and_is_tried_again(intake: Intake) -> None:
    record_listed(intake, Listed("one", ((URL, Entry(URL, title="On networks")),)))
    assert record_finding(intake, failed(Blocked("403"))) is Outcome.BLOCKED
    assert rows(intake.engine, "SELECT * FROM analyst.statements") == []
    (again,) = pending_addresses(intake.engine, "one", DAY1 + timedelta(days=1))
    assert again[0] == URL
    assert again[1].title == "On networks"
    assert record_finding(later(intake, days=1), found()) is Outcome.NEW
    known = known_addresses(intake.engine, "one", [URL], DAY1 + timedelta(days=1))
    assert known[URL].statement is not None


def test_a_listed_address_is_pending_until_it_was_visited(intake: Intake) -> None:
    published = Published(Precision.INFERRED, on=date(2026, 3, 1), text="March 1")
    entry = Entry(URL, title="On networks", published=published)
    record_listed(intake, Listed("one", ((URL, entry),)))
    assert known_addresses(intake.engine, "one", [URL], DAY1) == {}
    assert pending_addresses(intake.engine, "one", DAY1) == ((URL, entry),)


def test_a_statement_is_due_again_after_one_two_four_days(intake: Intake) -> None:
    record_finding(intake, found())
    due = []
    for day in range(1, 9):
        now = DAY1 + timedelta(days=day)
        if known_addresses(intake.engine, "one", [URL], now)[URL].due:
            due.append(day)
            record_finding(replace(intake, now=now), found())
    assert due == [1, 2, 4, 7]


def test_gone_needs_a_second_look_hours_apart_and_a_page_may_come_back(intake: Intake) -> None:
    withdrawn = "SELECT withdrawn_at IS NOT NULL FROM analyst.statements"
    record_finding(intake, found())
    for hours, expected in ((1, False), (2, False), (30, True)):
        collected(later(intake, hours=hours), failed(Gone("404")))
        assert rows(intake.engine, withdrawn) == [(expected,)], hours
    assert record_finding(later(intake, hours=40), found()) is Outcome.UNCHANGED
    assert rows(intake.engine, withdrawn) == [(False,)]


def test_a_statement_stands_as_long_as_one_of_its_addresses_does(intake: Intake) -> None:
    withdrawn = "SELECT withdrawn_at IS NOT NULL FROM analyst.statements"
    short = "https://embassy.example/?p=1"  # which led to it, until that was switched off
    led = replace(found(), url=short, fetch_url=short)
    lost = replace(failed(Gone("404")), url=short, fetch_url=short)
    for day, finding in enumerate((led, found(), lost, found(), lost, lost)):
        record_finding(later(intake, days=day), finding)
        assert rows(intake.engine, withdrawn) == [(False,)], day
    for days, expected in ((7, False), (8, True)):  # then its own address is gone as well
        collected(later(intake, days=days), failed(Gone("404")))
        assert rows(intake.engine, withdrawn) == [(expected,)], days
    assert [kind for kind, *_ in changes(intake.engine)] == ["withdrawn"]


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "the listing"])
def test_while_all_of_a_site_is_gone_nothing_of_it_is_withdrawn(
    intake: Intake, together: bool
) -> None:
    withdrawn = "SELECT url FROM analyst.statements WHERE withdrawn_at IS NOT NULL"
    gone, lost = Gone("404"), replace(failed(Gone("404")), url=URL + "2", fetch_url=URL + "2")
    record_findings(intake, (found(), found(url=lost.url)))
    for hours in (1, 10, 30):
        now = later(intake, hours=hours)
        if together:
            record_findings(now, (failed(gone), lost))
        else:
            record_listing(now, ListingSeen(LISTING, LISTING, 0, None, gone))
            record_finding(now, failed(gone))
        assert rows(intake.engine, withdrawn) == [], hours
    # Looked at less and less meanwhile.
    soon, then = (
        pending_addresses(intake.engine, "one", DAY1 + timedelta(hours=h)) for h in (60, 70)
    )
    assert URL not in [url for url, _ in soon]
    assert URL in [url for url, _ in then]
    collected(later(intake, hours=70), failed(gone))
    assert rows(intake.engine, withdrawn) == [(URL,)]


def test_a_days_listing_that_is_not_there_is_no_answer_of_its_site(intake: Intake) -> None:
    every = "https://one.example/{month}{day}"
    today = ListingSeen("https://one.example/0302", every, 0, None)
    none = ListingSeen(every, every, 0, None, Unreadable("none of its last 2 names a statement"))
    record_finding(intake, found())
    for hours in (1, 10, 30):
        for seen in (today, none):
            record_listing(later(intake, hours=hours), seen)
        record_finding(later(intake, hours=hours), failed(Gone("404")))
    assert rows(intake.engine, "SELECT withdrawn_at FROM analyst.statements") == [(None,)]


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "one run"])
def test_a_site_answers_where_another_page_of_it_is_read(intake: Intake, together: bool) -> None:
    def read(url: str, hours: int, source: str = "one") -> tuple[Intake, Finding]:
        at = later(replace(intake, source_id=source), hours=hours)
        capture = Capture(url, url, at.now, 304, {}, b"")
        return at, Finding(source, url, capture=capture, fetch_url=url)

    withdrawn = "SELECT url FROM analyst.statements WHERE withdrawn_at IS NOT NULL"
    other, elsewhere, gone = URL + "2", URL + "3", failed(Gone("404"))
    record_findings(intake, (found(), found(url=other)))
    record_finding(replace(intake, source_id="two"), found(url=elsewhere, source="two"))
    record_finding(later(intake, hours=1), gone)
    record_finding(*read(elsewhere, 9, "two"))
    record_listing(later(intake, hours=10), ListingSeen(LISTING, LISTING, 0, None, Gone("404")))
    record_finding(later(intake, hours=10), gone)
    assert rows(intake.engine, withdrawn) == []
    at, there = read(other, 30)
    record_listing(at, ListingSeen(LISTING, LISTING, 0, None, Gone("404")))
    for batch in ((there, gone),) if together else ((there,), (gone,)):
        record_findings(at, batch)
    assert rows(intake.engine, withdrawn) == [(URL,)]


def test_an_implausible_date_is_stored_marked_and_counted(intake: Intake) -> None:
    finding = found()
    assert finding.statement is not None
    odd = replace(finding.statement, published=Published(Precision.UNKNOWN, text="2206-01-01"))
    finding = replace(finding, statement=odd, error=Implausible("2206"))
    assert record_finding(intake, finding) is Outcome.IMPLAUSIBLE
    assert record_finding(later(intake, days=1), finding) is Outcome.UNCHANGED
    query = "SELECT date_precision, date_text, published_on FROM analyst.statements"
    assert rows(intake.engine, query) == [("unknown", "2206-01-01", None)]


def test_nul_bytes_and_lone_surrogates_do_not_break_the_store(intake: Intake) -> None:
    assert record_finding(intake, found("a\x00b \ud800 c", title="\udfff\x00t")) is Outcome.NEW
    assert record_finding(intake, found("a\x00b \ud800 c", title="\udfff\x00t")) is (
        Outcome.UNCHANGED
    )
    ((title, kept, sha256),) = rows(
        intake.engine, "SELECT title, text, sha256 FROM communique.revisions"
    )
    assert wording_sha256(str(title), str(kept)) == sha256


def test_coverage_counts_a_retried_run_once_and_dates_a_state(intake: Intake) -> None:
    def cover(now: Intake) -> object:
        record_listing(now, ListingSeen(LISTING, LISTING, 1, None))
        return record_coverage(
            now.engine,
            now.run_id,
            SOURCES[0],
            started_at=now.now,
            finished_at=now.now,
            listed=1,
            known=0,
        )

    record_finding(intake, found())
    cover(intake)
    record_finding(intake, found())
    cover(intake)
    query = "SELECT new, unchanged, listings_read, state, newest FROM analyst.coverage"
    assert rows(intake.engine, query) == [(1, 0, 1, "ok", date(2026, 3, 1))]


def test_a_source_that_refuses_every_statement_is_blocked_since_then(intake: Intake) -> None:
    for day in (0, 1):
        now = later(intake, days=day)
        run = open_run(now.engine, "collect", f"run {day}", "china", now.now)
        now = replace(now, run_id=run)
        record_listing(now, ListingSeen(LISTING, LISTING, 1, None))
        record_finding(now, failed(Blocked("a challenge page", source="one", url=URL)))
        covered = record_coverage(
            now.engine, run, SOURCES[0], started_at=now.now, finished_at=now.now, listed=1, known=0
        )
        assert (covered.state, covered.since) == ("blocked", DAY1)
        assert covered.error == f"a challenge page ({URL})"


def backfilling(intake: Intake, **more: object) -> Intake:
    return replace(intake, backfilled=True, **more)  # type: ignore[arg-type]


def held(engine: Engine) -> list[bool]:
    return [bool(old) for (old,) in rows(engine, "SELECT backfilled FROM communique.revisions")]


def test_what_a_backfill_named_is_no_news_when_a_collect_reads_it_later(intake: Intake) -> None:
    then = replace(intake, now=DAY1 + timedelta(days=90))
    record_listed(backfilling(then), Listed("one", ((URL, Entry(URL)),)))
    record_finding(backfilling(then), failed(Blocked("503")))
    record_finding(later(then, days=1), found())  # dated 2026-03-01, long before it was named
    assert held(intake.engine) == [True]


def test_what_was_published_since_the_last_collect_is_news_though_a_backfill_finds_it(
    intake: Intake,
) -> None:
    record_finding(backfilling(intake, collected_at=DAY1 - timedelta(days=1)), found())
    assert held(intake.engine) == [False]


def test_an_edit_is_news_though_a_backfill_finds_it(intake: Intake) -> None:
    record_finding(backfilling(intake), found())
    record_finding(backfilling(later(intake, days=1)), found(TEXT + "More."))
    assert held(intake.engine) == [True, False]


def test_a_replay_of_what_is_older_adds_wordings_and_changes_nothing(intake: Intake) -> None:
    record_finding(later(intake, days=5), found(TEXT + "As it stands."))
    before = rows(intake.engine, "SELECT * FROM communique.statements")
    assert record_finding(intake, found()) is Outcome.REVISED
    assert held(intake.engine) == [False, True]
    assert rows(intake.engine, "SELECT * FROM communique.statements") == before
    assert changes(intake.engine) == []


def test_a_date_that_is_put_right_is_taken_over(intake: Intake) -> None:
    finding = found()
    assert finding.statement is not None
    undated = replace(finding.statement, published=Published(Precision.UNKNOWN, text="2206-01-01"))
    record_finding(intake, replace(finding, statement=undated))
    record_finding(later(intake, days=1), finding)
    record_finding(later(intake, days=2), replace(finding, statement=undated))
    query = "SELECT published_on, date_precision, revisions FROM analyst.statements"
    assert rows(intake.engine, query) == [(date(2026, 3, 1), "day", 1)]


def test_a_page_that_was_gone_twice_is_asked_for_again(intake: Intake) -> None:
    for hours in (0, 12):
        record_finding(later(intake, hours=hours), failed(Gone("404")))
    next_week = DAY1 + timedelta(days=7)
    assert [url for url, _ in pending_addresses(intake.engine, "one", next_week)] == [URL]
    assert known_addresses(intake.engine, "one", [URL], DAY1 + timedelta(days=2))[URL].due


def test_changes_tell_what_became_of_a_statement(intake: Intake) -> None:
    edited, other = found(TEXT + "We firmly oppose this."), found(TEXT + "We welcome this.")
    for day, finding in enumerate((found(), edited, edited, found(), other)):
        record_finding(later(intake, days=day), finding)
    assert changes(intake.engine) == [
        ("edited", 3, 2, 1),
        ("restored", 5, 1, 2),
        ("edited", 6, 3, 1),
    ]


def test_changes_tell_of_a_withdrawal_once_and_of_a_return(intake: Intake) -> None:
    record_finding(intake, found())
    for days in (1, 2, 3):
        collected(later(intake, days=days), failed(Gone("404")))
    record_finding(later(intake, days=4), found(TEXT + "It is back."))
    assert changes(intake.engine) == [
        ("withdrawn", 4, 1, None),
        ("returned", 6, 1, None),
        ("edited", 6, 2, 1),
    ]


def several(number: int = 40) -> list[Finding]:
    """Findings as a day brings them: new, edited, read twice, led to by two addresses, gone."""
    findings = list[Finding]()
    for n in range(number):
        url = f"https://embassy.example/eng/{number}/{n}.htm"
        findings.append(found(f"{TEXT} Number {n}.", url=url))
        if n % 4 == 0:
            alias = replace(findings[-1], url=url + "?from=home", fetch_url=url + "?from=home")
            findings.append(alias)
        if n % 5 == 0:
            findings.append(found(f"{TEXT} Number {n}, edited.", url=url))
        if n % 7 == 0:
            gone = Gone("404", source="one", url=url)
            findings.append(Finding("one", url, error=gone, fetch_url=url))
        if n % 3 == 0:
            findings.append(Finding("one", url, fetch_url=url, known=True))
    return findings


STORED = """
    SELECT a.url, a.outcome, a.visits, a.suspect, a.etag, a.next_visit_at, a.last_visit_at,
           s.url, s.revision_number, s.text, s.backfilled, s.last_seen_at, s.withdrawn_at,
           (SELECT array_agg((r.number, r.sha256, r.seen_at, c.address_id = a.id) ORDER BY r.number)
            FROM communique.revisions r JOIN communique.captures c ON c.id = r.capture_id
            WHERE r.statement_id = s.id)::text,
           (SELECT array_agg(c.outcome ORDER BY c.id) FROM communique.captures c
            WHERE c.address_id = a.id)
    FROM communique.addresses a LEFT JOIN communique.statements s ON s.id = a.statement_id
    ORDER BY a.source_id, a.url
"""


@pytest.fixture
def second(engine: Engine, migrated: str) -> Iterator[Engine]:
    """Another empty store."""
    template = make_url(migrated)
    name = f"{engine.url.database}_too"
    admin = create_engine(template.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template.database}"))
    made = create_engine(template.set(database=name))
    yield made
    made.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def prepared(engine: Engine) -> Intake:
    register_sources(engine, SOURCES)
    run = open_run(engine, "collect", "test-run", "china", DAY1)
    return Intake(engine, run, "one", DAY1, backfilled=False, topics=lambda _: ["5g"])


def test_a_batch_leaves_what_its_findings_one_by_one_would(intake: Intake, second: Engine) -> None:
    other = prepared(second)
    for day in (0, 1, 2):
        findings = several()
        alone = [record_finding(later(intake, days=day), one) for one in findings]
        batch = record_findings(later(other, days=day), findings)
        assert [one.outcome for one in batch] == alone
        assert rows(intake.engine, STORED) == rows(second, STORED)
        assert changes(intake.engine) == changes(second)


def test_a_batch_costs_a_bounded_number_of_statements(intake: Intake) -> None:
    def cost(number: int) -> int:
        sent = list[str]()

        def count(*args: object) -> None:
            sent.append(str(args[2]))

        event.listen(intake.engine, "before_cursor_execute", count)
        assert len({one.outcome for one in record_findings(intake, several(number))}) == 4
        record_findings(later(intake, hours=number), several(number))
        event.remove(intake.engine, "before_cursor_execute", count)
        return len(sent)

    record_finding(intake, found())  # the first one makes its month
    assert cost(10) == cost(100)


def test_a_finding_that_the_store_refuses_takes_no_other_with_it(intake: Intake) -> None:
    def topics(statement: Statement) -> list[str]:
        return ["5g"] if "poison" not in statement.text else [str(1 / 0)]

    findings = [*several(3), found("poison " + TEXT, url=POISON), *several(8)[-4:]]
    ended = record_findings(replace(intake, topics=topics), findings)
    refused = [one for one in ended if one.outcome is None]
    assert [one.finding.url for one in refused] == [POISON]
    assert isinstance(refused[0].error, ZeroDivisionError)
    (count,) = rows(intake.engine, "SELECT count(*) FROM communique.statements")[0]
    assert count == len({one.statement.url for one in findings if one.statement}) - 1


def test_workers_with_batches_over_the_same_addresses_store_each_statement_once(
    intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    findings = several(60)

    def work(seed: int) -> list[Recorded]:
        mine = list(findings)
        random.Random(seed).shuffle(mine)
        return [
            one
            for start in range(0, len(mine), 20)
            for one in record_findings(intake, mine[start : start + 20])
        ]

    with ThreadPoolExecutor(6) as pool:
        ended = [one for lot in pool.map(work, range(6)) for one in lot]
    assert [one.error for one in ended if one.error] == []
    assert "one by one" not in caplog.text
    assert sum(one.outcome is Outcome.NEW for one in ended) == 60
    twice = """
        SELECT count(*), count(DISTINCT statement_id), (SELECT count(*) FROM communique.stories)
        FROM communique.revisions WHERE number = 1
    """
    assert rows(intake.engine, twice) == [(60, 60, 60)]


def test_a_batch_that_dies_in_the_middle_leaves_nothing_and_is_recorded_again(
    intake: Intake,
) -> None:
    def die(*args: object) -> None:
        if "INTO communique.revisions" in str(args[2]):
            raise SystemExit  # as if killed: the connection goes, nothing more is done

    event.listen(intake.engine, "before_cursor_execute", die)
    with pytest.raises(SystemExit):
        record_findings(intake, several())
    event.remove(intake.engine, "before_cursor_execute", die)
    for table in ("addresses", "captures", "stories", "statements", "revisions", "changes"):
        assert rows(intake.engine, f"SELECT count(*) FROM communique.{table}") == [(0,)], table
    ended = record_findings(intake, several())
    assert sum(one.outcome is Outcome.NEW for one in ended) == 40


def read_by(reader: str, finding: Finding) -> Finding:
    assert finding.statement is not None
    return replace(finding, statement=replace(finding.statement, reader=reader))


def test_what_another_reader_reads_otherwise_is_no_change_of_the_publishers(
    intake: Intake,
) -> None:
    record_finding(intake, found())
    mended = found(TEXT + "Share this page.")
    assert record_finding(later(intake, days=1), read_by("test/2", mended)) is Outcome.REVISED
    assert record_finding(later(intake, days=2), found()) is Outcome.REVISED  # and taken back
    assert changes(intake.engine) == []


def test_an_edit_is_one_though_a_newer_reader_than_the_first_has_read_what_stood(
    intake: Intake,
) -> None:
    record_finding(intake, found())
    assert record_finding(later(intake, days=1), read_by("test/2", found())) is Outcome.UNCHANGED
    edited = read_by("test/2", found(TEXT + "We firmly oppose this."))
    assert record_finding(later(intake, days=2), edited) is Outcome.REVISED
    assert changes(intake.engine) == [("edited", 4, 2, 1)]
    reread = "SELECT number, reread FROM analyst.revisions ORDER BY number"
    assert rows(intake.engine, reread) == [(1, False), (2, False)]
    assert rows(intake.engine, "SELECT reread FROM analyst.changes") == [(False,)]


def test_nothing_that_a_server_says_is_refused_by_the_store(intake: Intake) -> None:
    foul = "\x00\udc80\ud83d"
    finding = found(TEXT + foul, title="On networks" + foul, url=URL + foul)
    assert finding.capture is not None
    assert finding.statement is not None
    headers = {"etag": f'"{foul}"', "last-modified": foul}
    capture = replace(finding.capture, headers=headers, final_url=URL + foul)
    published = replace(finding.statement.published, text=foul)
    statement = replace(finding.statement, published=published)
    finding = replace(finding, capture=capture, statement=statement, suspect=foul)
    assert record_finding(intake, finding) is Outcome.NEW
    again = replace(finding, fetch_url=foul, error=Implausible(foul, url=foul))
    assert record_finding(later(intake, days=1), again) is Outcome.UNCHANGED
    gone = Gone(foul, url=foul)
    bad = replace(finding, statement=None, error=gone)
    assert record_finding(later(intake, days=2), bad) is Outcome.GONE
    record_listing(intake, ListingSeen(URL + foul, URL, 0, capture, Gone(foul)))
    listed = Entry(URL + foul, title=foul, published=published)
    record_listed(intake, Listed("one", ((URL + foul, listed),)))
