"""Promises: a back-test finds what the rules find in every text, no more and no less; it writes
nothing; what the index does not know yet is counted too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from communique.backtest import BackTest, backtest, looking_only
from communique.backtest_shown import shown
from communique.backtest_trial import Trial
from communique.rules import Document, Matcher, Rule, RuleError, compile_rules
from communique.settings import project_folder
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import edit, post
from tests.communique.search.store import corpus_documents, fill
from tests.communique.search.test_agreement import ASKED, DOCUMENTS

TODAY = date(2026, 3, 2)
Documents = Mapping[int, Document]


def rule(query: str, name: str = "harbour", **more: object) -> Rule:
    return Rule("ports", name, name, "notice", query, **more)  # type: ignore[arg-type]


def tried(
    engine: Engine, draft: Sequence[Rule], watchlist: str = "ports", **how: object
) -> BackTest:
    with looking_only(engine) as connection:
        return backtest(connection, draft, watchlist, TODAY, **how)  # type: ignore[arg-type]


def put_in_force(engine: Engine, rules: Sequence[Rule]) -> None:
    with engine.begin() as connection:
        for each in rules:
            connection.execute(
                text(
                    "INSERT INTO communique.rules (watchlist, rule, version, name, severity, query,"
                    " not_inside, topic, created_at) VALUES (:watchlist, :id, 1, :name, :severity,"
                    " :query, :not_inside, :topic, now())"
                ),
                {
                    "watchlist": each.watchlist,
                    "id": each.id,
                    "name": each.name,
                    "severity": each.severity,
                    "query": each.query,
                    "not_inside": list(each.not_inside),
                    "topic": each.topic,
                },
            )


def holding(matcher: Matcher, documents: Documents) -> dict[int, set[str]]:
    """Brute force: every rule on every text."""
    return {
        number: {hit.rule.id for hit in matcher.match(document)}
        for number, document in documents.items()
    }


def agrees(found: BackTest, before: Mapping[int, set[str]], after: Mapping[int, set[str]]) -> None:
    gained = {key: frozenset(after[key] - before[key]) for key in after if after[key] - before[key]}
    lost = {key: frozenset(before[key] - after[key]) for key in after if before[key] - after[key]}
    assert {one.statement: one.rules for one in found.added} == gained
    assert {one.statement: one.rules for one in found.dropped} == lost
    assert found.both == sum(bool(before[key] & after[key]) for key in after)
    for each in found.rules:
        assert each.before == sum(each.rule in rules for rules in before.values()), each
        assert each.after == sum(each.rule in rules for rules in after.values()), each


def test_every_rule_that_is_shipped_finds_in_the_corpus_what_it_finds_in_every_text(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communique.backtest_decided.NEWEST", 0)
    texts = corpus_documents()
    documents = dict(zip(fill(engine, texts), texts, strict=True))
    for watchlist in load_watchlists(project_folder("watchlists")).watchlists:
        after = holding(compile_rules(watchlist.rules), documents)
        nothing: dict[int, set[str]] = {key: set() for key in documents}
        agrees(tried(engine, watchlist.rules, watchlist.name), nothing, after)
        for each in watchlist.rules:
            mine = {key: rules & {each.id} for key, rules in after.items()}
            agrees(tried(engine, watchlist.rules, watchlist.name, rule=each.id), nothing, mine)


@pytest.fixture
def made_up(engine: Engine) -> tuple[Engine, Documents]:
    """Two hundred texts: the same in every run."""
    documents: list[Document] = []

    @settings(max_examples=200, derandomize=True, database=None, deadline=None)
    @given(DOCUMENTS)
    def make(document: Document) -> None:
        documents.append(document)

    make()
    return engine, dict(zip(fill(engine, documents), documents, strict=True))


@settings(
    max_examples=50,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(was=ASKED, becomes=ASKED, other=ASKED)
def test_any_change_of_any_rule_adds_and_drops_what_it_does_in_every_text(
    made_up: tuple[Engine, Documents], was: str, becomes: str, other: str
) -> None:
    engine, documents = made_up
    try:
        before = [rule(was), rule(other, "other", topic="x")]
        after = [rule(becomes), rule(other, "other", topic="x")]
        matchers = compile_rules(before), compile_rules(after)
    except RuleError:
        return
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM communique.rules"))
    put_in_force(engine, before)
    found = tried(engine, after)
    agrees(found, holding(matchers[0], documents), holding(matchers[1], documents))


def harbours(engine: Engine) -> dict[str, int]:
    """A few statements, settled, by what is in them."""
    said = {
        "harbour": "The harbour is open.",
        "quay": "The quay is open.",
        "both": "The harbour and the quay are open.",
        "none": "The meadow is open.",
    }
    documents = [Document(name, words, "en", f"embassy_{name}") for name, words in said.items()]
    return dict(zip(said, fill(engine, documents), strict=True))


def test_what_is_added_and_dropped_is_told_beside_the_version_in_force(engine: Engine) -> None:
    ids = harbours(engine)
    put_in_force(engine, [rule("harbour")])
    found = tried(engine, [rule("quay")])
    assert {one.statement: set(one.rules) for one in found.added} == {ids["quay"]: {"harbour"}}
    assert [one.statement for one in found.dropped] == [ids["harbour"]]
    (result,) = found.rules
    assert (result.state, result.version, result.before, result.after) == ("changed", 1, 2, 2)
    assert (result.added, result.dropped, found.both) == (1, 1, 1)


def test_a_rule_that_is_new_adds_all_and_one_that_is_left_out_drops_all(engine: Engine) -> None:
    ids = harbours(engine)
    put_in_force(engine, [rule("harbour")])
    found = tried(engine, [rule("quay", "quay")])
    states = {each.rule: (each.state, each.version) for each in found.rules}
    assert states == {"quay": ("new", None), "harbour": ("left out", 1)}
    assert {one.statement for one in found.added} == {ids["quay"], ids["both"]}
    assert {one.statement for one in found.dropped} == {ids["harbour"], ids["both"]}


def test_what_the_rule_shows_stands_in_its_passage(engine: Engine) -> None:
    harbours(engine)
    put_in_force(engine, [rule("harbour")])
    with looking_only(engine) as connection:
        found = backtest(connection, [rule("quay")], "ports", TODAY)
        trial = Trial(found.sides)
        (added,) = shown(connection, trial, found.added)
        (dropped,) = shown(connection, trial, found.dropped, drafted=False)
    assert [each["words"] for each in added.highlights] == ["quay", "quay"]
    assert [(piece.text, piece.mark) for piece in added.passages[1].pieces] == [
        ("The ", ""),
        ("quay", "hit"),
        (" is open.", ""),
    ]
    assert [each["words"] for each in dropped.highlights] == ["harbour", "harbour"]


def test_what_the_index_does_not_know_yet_is_counted_too_and_named(engine: Engine) -> None:
    harbours(engine)
    posted = post(engine, title="A quay", text="On a quay.", language="en")
    changed = post(engine, title="Nothing", text="At all.", url="https://one.example/2")
    fill(engine, [])
    edit(engine, changed, "Nothing", "But a quay.")
    found = tried(engine, [rule("quay")])
    added = {one.statement for one in found.added}
    assert {posted.statement, changed.statement} <= added
    assert found.waiting == 1
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM communique.search_documents"))
    lost = tried(engine, [rule("quay")])
    assert ({one.statement for one in lost.added}, lost.waiting) == (added, lost.statements)


def test_a_rule_that_asks_for_a_topic_finds_what_an_alert_of_it_would(engine: Engine) -> None:
    ids = harbours(engine)
    with engine.begin() as connection:  # what was marked when it was stored says nothing
        connection.execute(text("UPDATE communique.statements SET topics = '{port}'"))
    marking = Rule("marks", "marks", "marks", "info", "harbour", topic="port")
    put_in_force(engine, [marking])
    found = tried(engine, [rule("topic:port AND open", "asks")])
    assert {one.statement for one in found.added} == {ids["harbour"], ids["both"]}
    drafted = [rule("topic:port AND open", "asks"), rule("meadow", "gives", topic="port")]
    found = tried(engine, drafted, rule="asks")
    assert {one.statement for one in found.added} == {ids["harbour"], ids["both"], ids["none"]}


def test_several_processes_find_what_one_does(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communique.backtest_reading.FEW", 1)
    monkeypatch.setattr("communique.backtest_reading.BATCH", 1)
    harbours(engine)
    put_in_force(engine, [rule("harbour")])
    one, several = (tried(engine, [rule("quay")], processes=number) for number in (1, 3))
    assert one == several


def test_a_back_test_writes_nothing_and_could_not(engine: Engine) -> None:
    harbours(engine)
    put_in_force(engine, [rule("harbour")])
    before = everything(engine)
    tried(engine, [rule("quay"), rule("country:CN NOT harbour", "facts")])
    assert everything(engine) == before
    with looking_only(engine) as connection, pytest.raises(DBAPIError, match="read-only"):
        connection.execute(text("DELETE FROM communique.rules"))


def everything(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        names = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'communique'")
        ).scalars()
        return {
            name: connection.execute(text(f"SELECT count(*) FROM communique.{name}")).scalar_one()
            for name in names
        }


def test_alerts_are_stories_in_the_week_of_their_first_statement(engine: Engine) -> None:
    put_in_force(engine, [rule("quay")])
    first = post(engine, title="A harbour", on=date(2026, 2, 18), url="https://one.example/1")
    post(engine, title="A harbour", on=date(2026, 2, 27), url="https://one.example/2",
         story=first.story)  # fmt: skip
    post(engine, title="A harbour", on=date(2026, 2, 10), url="https://one.example/3")
    found = tried(engine, [rule("harbour")])
    weeks = {week.start: (week.before, week.after) for week in found.weeks if week.after}
    assert weeks == {date(2026, 2, 9): (0, 1), date(2026, 2, 16): (0, 1)}
    assert found.estimate.after == pytest.approx(2 / 3)
    assert (found.estimate.weeks, found.estimate.before) == (3, 0)
    late = tried(engine, [rule("harbour")], since=date(2026, 2, 20))
    assert len(late.added) == 1


@pytest.mark.parametrize(
    ("query", "not_inside", "words", "reason"),
    [
        ('"harbour quay"~3', (), "harbour one two three quay", "almost too far apart"),
        ("harbour", ("harbour master",), "harbour. harbour master", "excepts 1 of 2 places"),
        ("harbour", (), "harbour", "it hangs on one place"),
        ("harbour", (), "harbour", "no other rule of the watchlist holds"),
        ("harbour OR quay OR pier", (), "harbour", "one wording of 3"),
    ],
)
def test_a_borderline_hit_says_what_makes_it_one(
    engine: Engine, query: str, not_inside: tuple[str, ...], words: str, reason: str
) -> None:
    sure = " ".join((["harbour quay pier."] + ["filler"] * 99) * 4)
    fill(
        engine,
        [
            Document("Sure", sure, "en", "embassy_a"),
            Document("Doubt", words, "en", "embassy_b"),
        ],
    )
    found = tried(engine, [rule(query, not_inside=not_inside)])
    doubtful, sure_one = found.borderline
    assert doubtful.doubt.score > sure_one.doubt.score
    assert any(reason in said for said in doubtful.doubt.reasons), doubtful.doubt.reasons
