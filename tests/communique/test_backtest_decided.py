"""Promise: what the search index alone decides of a back-test is what reading every text says, of
any rules before and after, whatever became of the statements since they were indexed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from communique import backtest_decided
from communique.backtest import BackTest, answered, asked, first_day, looking_only
from communique.backtest_reading import read
from communique.backtest_tally import Tally
from communique.backtest_weeks import weeks_of
from communique.rules import Document, Rule, RuleError, compile_rules
from tests.communique.alert_rows import Posted, edit, post
from tests.communique.search.store import fill
from tests.communique.search.test_agreement import ASKED, DOCUMENTS
from tests.communique.test_backtest import TODAY, put_in_force, tried

SINCE = date(2020, 3, 10)  # about the middle of the statements
# Each hides words that rules ask for, in some of these lines all of them.
MASKS = ("clean networks", "made it", "Netz *", "清洁网", '"clean net*"~2', "clean netz", "洁网络")
LINES = ("clean networks", "made it", "Netz made", "清洁网络", "clean it networks", "a clean Netz",
         "network", "made", "网络", "Netze", "5G", "它的清洁网络。", "naïve.")  # fmt: skip
FACTS = ("country:CN", "NOT country:CN", "source:two", "kind:news", "topic:port", "NOT topic:port",
         "topic:p*")  # fmt: skip
PLAIN = st.sampled_from(
    ("clean", "network", "networks", "made", "Netz", "网络", "网", "net*", "5G")
)
JOINT = st.sampled_from(("AND", "OR", "NOT"))
QUERIES = (
    ASKED
    | st.builds("{} {} {}".format, PLAIN, JOINT, PLAIN)
    | st.builds("({} {} {}) OR {}".format, ASKED, JOINT, PLAIN, PLAIN)
    | st.builds("{} {} {}".format, PLAIN | ASKED, JOINT, st.sampled_from(FACTS))
    | st.just("topic:port")
)
RULES = st.builds(
    Rule,
    watchlist=st.just("ports"),
    id=st.sampled_from(("one", "two", "three")),
    name=st.just("Rule"),
    severity=st.just("notice"),
    query=QUERIES,
    not_inside=st.lists(st.sampled_from(MASKS), max_size=2).map(tuple),
    topic=st.sampled_from((None, "port")),
)
WATCHLISTS = st.lists(RULES, min_size=1, max_size=3, unique_by=lambda each: each.id)
MARKING = Rule("marks", "marks", "marks", "info", "网络 OR networks", ("清洁网络",), "port")


@pytest.fixture
def nothing_sure_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtest_decided, "NEWEST", 0)


@pytest.fixture
def lived_in(engine: Engine) -> Engine:
    """A store of some hundred texts to which everything has happened: the same in every run."""
    documents: list[Document] = []

    @settings(max_examples=90, derandomize=True, database=None, deadline=None)
    @given(DOCUMENTS)
    def make(document: Document) -> None:
        documents.append(document)

    make()
    chance = random.Random(11)
    documents += [
        Document("", ". ".join(chance.choices(LINES, k=1 + number % 3)),
                 ("en", "de", "zh", "tr")[number % 4], "three", "The Herald", "FR", kind="news")
        for number in range(70)
    ]  # fmt: skip
    ids = fill(engine, documents)
    for number in ids[::9]:  # edited: settled
        edit(engine, Posted(number, 0, 0), "Netz", chance.choice(documents).text)
    fill(engine, [])
    for number in ids[4::17]:  # not settled
        edit(engine, Posted(number, 0, 0), "made", chance.choice(documents).text)
    for number in range(8):
        post(engine, title="", text=documents[number].text, url=f"https://w.example/{number}")
    with engine.begin() as connection:
        for change in _CHANGES:
            connection.execute(text(change))
    return engine


_CHANGES = (
    # The first wording stands again.
    "UPDATE communique.statements s SET title = r.title, text = r.text, revision_number = 1 "
    "FROM communique.revisions r WHERE r.statement_id = s.id AND r.number = 1 AND s.id % 18 = 1",
    # More terms than the index holds.
    "UPDATE communique.search_documents SET terms = array_to_tsvector(ARRAY(SELECT t FROM "
    "unnest(tsvector_to_array(terms)) t WHERE t LIKE '@%' OR length(t) < 3) || '{!}'::text[]) "
    "WHERE statement_id % 13 = 2",
    # Topics as they were, stories of several statements, a source put right.
    "UPDATE communique.statements SET topics = '{port}' WHERE id % 5 = 0",
    "UPDATE communique.statements s SET story_id = o.story_id FROM communique.statements o "
    "WHERE o.id = s.id / 7 * 7 AND s.id % 3 = 0",
    "UPDATE communique.sources SET country = 'DE' WHERE id = 'two'",
    "UPDATE communique.statements SET published_on = NULL WHERE id % 31 = 0",
)


def by_reading_all(
    engine: Engine, draft: Sequence[Rule], since: date | None, only: str | None
) -> BackTest:
    """The same back-test with nothing left to the index."""
    with looking_only(engine) as connection:
        question = asked(connection, draft, "ports", only)
        ids = connection.execute(text("SELECT id FROM communique.statements")).scalars().all()
        tally = Tally()
        for batch in read(connection, ids, question.sides, since or date.min):
            tally.add(batch)
        first = first_day(connection, since, TODAY)
        weeks = weeks_of(tally.stories_before, tally.stories_after, first, TODAY)
        return answered(connection, question, tally, weeks, TODAY)


def agrees(found: BackTest, read_all: BackTest) -> None:
    for name in ("rules", "added", "dropped", "both", "weeks", "estimate", "problems"):
        assert getattr(found, name) == getattr(read_all, name), name
    assert found.read + found.unread <= found.statements


def usable(rules: Sequence[Rule]) -> bool:
    try:
        compile_rules(rules)
    except RuleError:
        return False
    return True


@settings(
    max_examples=80,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(before=WATCHLISTS, after=WATCHLISTS, since=st.sampled_from((None, None, SINCE)))
def test_any_change_of_a_watchlist_is_told_as_if_every_text_were_read(
    nothing_sure_is_read: None,
    lived_in: Engine,
    before: list[Rule],
    after: list[Rule],
    since: date | None,
) -> None:
    before, after = (
        [one for one in before if usable([one])],
        [one for one in after if usable([one])],
    )
    with lived_in.begin() as connection:
        connection.execute(text("DELETE FROM communique.rules"))
    put_in_force(lived_in, [MARKING, *before])
    left = [one for one in before if one.id not in {each.id for each in after[:1]}]
    for draft, only in ((after, None), ([*after[:1], *left], None), (after, "one")):
        found = tried(lived_in, draft, since=since, rule=only, processes=1)
        agrees(found, by_reading_all(lived_in, draft, since, only))


def test_of_what_the_index_decides_the_newest_are_read_for_what_is_borderline(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest_decided, "NEWEST", 2)
    said = ("a quay", "a quay", "no harbour", "quays", "a quay and a pier", "the far quay is open")
    ids = fill(engine, [Document(f"No. {n}", each, "en", "one") for n, each in enumerate(said)])
    put_in_force(engine, [Rule("ports", "pier", "Piers", "info", "pier")])
    draft = [Rule("ports", "quay", "Quays", "info", 'quay NOT ("far quay" title:none)')]
    found = tried(engine, draft)
    assert [one.statement for one in found.added] == [ids[n] for n in (5, 4, 3, 1, 0)]
    assert [one.statement for one in found.dropped] == [ids[4]]
    assert (found.read, found.unread) == (2, 3)
    assert {one.listed.statement for one in found.borderline} == {ids[5], ids[4]}
    agrees(found, by_reading_all(engine, draft, None, None))
