"""Promise: a trend counts exactly what a search finds, or says how far it counted."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection, Engine, create_engine, text

from communique.pages.trends_counting import Counting, Mentions, mentions
from communique.pages.trends_firsts import By, first_mentions
from communique.pages.trends_reading import Reader
from communique.pages.trends_span import Span, span_of, start_of
from communique.pages.trends_subjects import Subject, SubjectError, subjects_of
from communique.pages.trends_verdicts import Verdicts
from communique.search import Found, search
from communique.search.candidates import TooLong
from communique.settling import settle
from tests.communique.alert_rows import NOW, Posted, edit
from tests.communique.pages.conftest import DemoStore
from tests.communique.search.store import corpus_documents, fill
from tests.communique.search.test_agreement import (
    ASKED,
    QUERIES,
    Seen,
    made_up,  # noqa: F401 (a fixture)
)
from tests.database_fixtures import cloned, dropped

TODAY = date(2026, 3, 2)
_numbers = itertools.count(1)
LONG = 60.0  # seconds: these tests are of what is counted, not of how soon
FURTHER = (
    "lang:en OR lang:zh", "kind:embassy OR huawei", "country:US", "country:US OR country:CN",
    "(country:US huawei) OR (country:CN 华为)", "NOT country:US 5g", "text:huawei", "text:5g",
    "huawei NOT (ban OR exclude)", "secur* NOT networks", '"clean network" OR huawei',
    '5g NOT "clean network"', "title:huawei OR text:huawei", "topic:5g OR lang:de",
    "banned", "exclude", "international", "organisation OR organization",
    "text:网络 NOT title:网络",
)  # fmt: skip


def reword(engine: Engine, statement: int, title: str, text: str) -> None:
    edit(engine, Posted(statement, 0, 0), title, text)


def everything(connection: Connection) -> Span:
    return span_of(connection, TODAY, period="all")


def found_by(connection: Connection, query: str) -> list[Found]:
    """All that a search finds, page by page."""
    hits: list[Found] = []
    after = None
    while True:
        results = search(connection, query, limit=200, after=after, patience=LONG)
        hits += results.hits
        after = results.next
        if after is None:
            return hits


def counted(
    connection: Connection,
    query: str,
    span: Span,
    counting: Counting = "statements",
    verdicts: Verdicts | None = None,
    patience: float = LONG,
) -> Mentions:
    subjects = subjects_of(connection, [query])
    known = verdicts or Verdicts()
    (one,) = mentions(connection, subjects, span, known, counting=counting, patience=patience)
    return one


def expected(hits: Sequence[Found], span: Span) -> Counter[tuple[date, str]]:
    return Counter(
        (start_of(hit.day, span.unit), hit.source)
        for hit in hits
        if span.since <= hit.day < span.until
    )


def agrees(connection: Connection, query: str, span: Span, first: By | None = None) -> int:
    hits = found_by(connection, query)
    one = counted(connection, query, span)
    assert one.whole, query
    assert Counter(one.counts) == expected(hits, span), query
    if first is not None:
        assert_first(connection, query, hits, first)
    return one.total


def assert_first(connection: Connection, query: str, hits: Sequence[Found], by: By) -> None:
    (firsts,) = first_mentions(
        connection, subjects_of(connection, [query]), Verdicts(), by=by, patience=LONG
    )
    days: dict[str, date] = {}
    for hit in hits:
        group = hit.publisher if by == "publisher" else hit.country or ""
        days[group] = min(hit.day, days.get(group, hit.day))
    assert firsts.whole, query
    assert {first.group: first.day for first in firsts.firsts} == days, query
    assert {first.statement for first in firsts.firsts} <= {hit.id for hit in hits}, query
    assert [first.day for first in firsts.firsts] == sorted(days.values()), query


@pytest.fixture(scope="module")
def filled(migrated: str) -> Iterator[str]:
    """Address of a store with the texts that are known of, one a day, of sources by publisher and
    country; tests clone it."""
    documents = corpus_documents()
    url = cloned(migrated, f"corpus_{next(_numbers)}")
    engine = create_engine(url)
    fill(engine, documents)
    engine.dispose()
    yield url
    dropped(url)


@pytest.fixture
def corpus(filled: str) -> Iterator[Engine]:
    """A copy of it, of this test's own."""
    url = cloned(filled, f"copy_{next(_numbers)}")
    engine = create_engine(url)
    yield engine
    engine.dispose()
    dropped(url)


def test_counts_are_what_a_search_finds_in_the_corpus(corpus: Engine) -> None:
    with corpus.connect() as connection:
        span = everything(connection)
        ways = itertools.cycle(("country", None, "publisher", None, None))
        totals = [
            agrees(connection, query, span, first)  # type: ignore[arg-type]
            for query, first in zip((*QUERIES[::2], *FURTHER), ways, strict=False)
        ]
    assert sum(map(bool, totals)) > 25


def test_counts_are_what_a_search_finds_after_edits(corpus: Engine) -> None:
    """The index keeps the words of earlier wordings: what an edit took out is not counted, and
    what forbade a match and was taken out forbids it no longer."""
    chance = random.Random(7)
    with corpus.connect() as connection:
        rows = connection.execute(
            text("SELECT id, title, text FROM communique.statements ORDER BY id")
        ).all()
    for row in chance.sample(rows, 40):
        other = chance.choice(rows)
        reword(corpus, row.id, title=other.title, text=other.text[: len(other.text) // 2])
    assert settle(corpus, NOW).problems == ()
    with corpus.connect() as connection:
        span = everything(connection)
        for query in (*QUERIES[::5], *FURTHER[::2]):
            agrees(connection, query, span)


@settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(query=ASKED)
def test_counts_are_what_a_search_finds_of_any_query(
    made_up: tuple[Engine, dict[int, Seen]],  # noqa: F811
    query: str,
) -> None:
    engine, _ = made_up
    with engine.connect() as connection:
        try:
            subjects_of(connection, [query])
        except SubjectError:
            return
        agrees(connection, query, everything(connection))


def test_counts_are_what_a_search_finds_in_the_demonstration(demo: DemoStore) -> None:
    with demo.engine.connect() as connection:
        span = span_of(connection, demo.settings.clock().date(), period="all")
        for query in (*QUERIES[::4], *FURTHER):
            agrees(connection, query, span, "country")
        assert agrees(connection, "huawei OR network OR 网络", span, "publisher") > 5


def test_a_rule_counts_its_matches_and_a_topic_its_statements(demo: DemoStore) -> None:
    with demo.engine.connect() as connection:
        span = span_of(connection, demo.settings.clock().date(), period="all")
        rules = connection.execute(text(
            "SELECT watchlist || '/' || rule, count(DISTINCT statement_id) "
            "FROM analyst.matches WHERE stands GROUP BY 1"
        )).all()  # fmt: skip
        assert rules
        for rule, many in rules:
            (one,) = mentions(
                connection, subjects_of(connection, [], [rule]), span, Verdicts(), patience=LONG
            )
            assert (one.total, one.whole) == (many, True)
        topics: Mapping[str, int] = dict(connection.execute(text(
            "SELECT topic, sum(statements) FROM analyst.daily_mentions GROUP BY 1"
        )).all())  # fmt: skip
        for topic, many in topics.items():
            subjects = subjects_of(connection, [], [], [topic])
            (one,) = mentions(connection, subjects, span, Verdicts(), patience=LONG)
            assert one.total == many
            assert one.counts == counted(connection, f"topic:{topic}", span).counts


def test_a_story_counts_once_where_it_was_posted_first(demo: DemoStore) -> None:
    with demo.engine.connect() as connection:
        span = span_of(connection, demo.settings.clock().date(), period="all")
        for query in ("huawei", '"clean network"', "country:CN", "5g OR network"):
            first: dict[int, tuple[date, int]] = {}
            posted = dict(connection.execute(text(
                "SELECT id, coalesce(published_at, first_seen_at) FROM communique.statements"
            )).all())  # fmt: skip
            for hit in found_by(connection, query):
                place = (hit.day, posted[hit.id], hit.id)
                first[hit.story_id] = min(place, first.get(hit.story_id, place))
            sources = {hit.id: hit.source for hit in found_by(connection, query)}
            wanted = Counter(
                (start_of(day, span.unit), sources[number]) for day, _, number in first.values()
            )
            assert Counter(counted(connection, query, span, "stories").counts) == wanted


class Slow(Reader):
    """Reads no more than a few statements before time is up."""

    few = 25

    def _read(self, places: Sequence[object], deadline: float) -> set[int]:
        if self.read >= self.few:
            raise TooLong
        return super()._read(places, deadline)  # type: ignore[arg-type]


def test_out_of_time_only_whole_weeks_are_told_and_counting_goes_on(
    corpus: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communique.pages.trends_counting.Reader", Slow)
    monkeypatch.setattr("communique.pages.trends_reading.BATCH", 5)
    query = '"of the"'
    with corpus.connect() as connection:
        span = everything(connection)
        hits = found_by(connection, query)
        verdicts, reached = Verdicts(), span.until
        for _ in range(40):
            one = counted(connection, query, span, verdicts=verdicts)
            if one.since is not None:
                assert one.since <= reached
                reached = one.since
                kept = [hit for hit in hits if hit.day >= reached]
                assert Counter(one.counts) == expected(kept, span)
                assert one.starts[0] == reached
            if one.whole:
                break
        assert one.whole
        assert one.read <= Slow.few + 5
        assert Counter(one.counts) == expected(hits, span)
        again = counted(connection, query, span, verdicts=verdicts)
        assert again.read == 0


def test_what_was_read_is_read_again_after_an_edit(corpus: Engine) -> None:
    query = '"clean network"'
    verdicts = Verdicts()
    with corpus.connect() as connection:
        span = everything(connection)
        before = counted(connection, query, span, verdicts=verdicts)
        hit = found_by(connection, query)[0]
    reword(corpus, hit.id, title="Nothing", text="It was clean, and so was the network.")
    settle(corpus, NOW)
    with corpus.connect() as connection:
        assert counted(connection, query, span, verdicts=verdicts).total == before.total - 1


def test_what_is_known_of_a_source_is_looked_at_anew(corpus: Engine) -> None:
    query = 'country:XX "clean network"'
    verdicts = Verdicts()
    with corpus.connect() as connection:
        span = everything(connection)
        assert counted(connection, query, span, verdicts=verdicts).total == 0
        whole = counted(connection, '"clean network"', span).total
    with corpus.begin() as connection:
        connection.execute(text("UPDATE communique.sources SET country = 'XX'"))
    with corpus.connect() as connection:
        assert counted(connection, query, span, verdicts=verdicts).total == whole > 0


def test_no_time_at_all_counts_nothing_and_says_so(corpus: Engine) -> None:
    with corpus.connect() as connection:
        one = counted(connection, '"clean network"', everything(connection), patience=0)
        assert (one.since, one.starts, one.total) == (None, (), 0)
        subjects: Sequence[Subject] = subjects_of(connection, ['"clean network"'])
        (firsts,) = first_mentions(connection, subjects, Verdicts(), patience=0)
        assert firsts.firsts == ()
        assert firsts.unsettled


def test_verdicts_are_bounded() -> None:
    class Unasked:
        def execute(self, *_: object) -> Unasked:
            return self

        def scalar_one(self) -> str:
            return "as ever"

    verdicts, connection = Verdicts(most=10), Unasked()
    for query in ("a", "b", "c"):
        asked, known = verdicts.of(connection, query)  # type: ignore[arg-type]
        assert known == {}
        verdicts.keep(asked, dict.fromkeys(range(5), True))
    assert [len(verdicts.of(connection, query)[1]) for query in "abc"] == [0, 5, 5]  # type: ignore[arg-type]


def test_weeks_begin_on_monday_and_the_running_one_is_marked(corpus: Engine) -> None:
    with corpus.connect() as connection:
        for period in ("13w", "1y", "all"):
            span = span_of(connection, date(2020, 6, 17), period=period)
            assert span.starts[-1] == span.running == date(2020, 6, 15)
            assert all(start.weekday() == 0 for start in span.starts)
        assert len(span_of(connection, date(2020, 6, 17), period="13w").starts) == 13
        past = span_of(connection, TODAY, since="2020-02-05", until="2020-03-04")
        assert (past.since, past.last, past.running) == (date(2020, 2, 3), date(2020, 3, 8), None)
        long = span_of(connection, TODAY, since="2016-02-05")
        assert (long.unit, long.since, long.running) == (
            "month", date(2016, 2, 1), date(2026, 3, 1),
        )  # fmt: skip
        assert span_of(connection, TODAY, since="1950-02-05").unit == "year"
        for span in (past, long):
            lots = list(span.lots())
            assert lots[0][1] == span.until
            assert lots[-1][0] == span.since
            assert all(a[0] == b[1] for a, b in itertools.pairwise(lots))
            assert all(start in {*span.starts, span.until} for lot in lots for start in lot)


def test_a_statement_without_a_date_counts_on_the_day_it_was_first_seen(corpus: Engine) -> None:
    with corpus.begin() as connection:
        connection.execute(text(
            "UPDATE communique.statements SET published_on = NULL, published_at = NULL, "
            "first_seen_at = '2026-02-28T23:30:00-05:00'"
        ))  # fmt: skip
    with corpus.connect() as connection:
        one = counted(connection, "huawei", everything(connection))
        assert {start for start, _ in one.counts} == {date(2026, 2, 23)}  # a Sunday in UTC
