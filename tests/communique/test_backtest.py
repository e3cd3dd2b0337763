"""Promises: a back-test finds what the rules find in every text, no more and no less; it writes
nothing; what the index does not know yet is counted too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from communique.alerting import sync_rules
from communique.backtest import BackTest, backtest, looking_only
from communique.backtest_shown import shown
from communique.backtest_trial import Trial
from communique.rules import Document, Matcher, Rule, RuleError, compile_rules
from communique.settings import project_folder
from communique.watchlists import Loaded, load_watchlists
from tests.command import shared
from tests.communique.alert_rows import NOW, edit, post
from tests.communique.search.store import fill
from tests.communique.search.test_agreement import ASKED, DOCUMENTS, hash_of

TODAY = date(2026, 3, 2)
Documents = Mapping[int, Document]


def rule(query: str, name: str = "harbour", **more: object) -> Rule:
    return Rule("ports", name, name, "notice", query, **more)  # type: ignore[arg-type]


def tried(engine: Engine, draft: Sequence[Rule], watchlist: str = "ports", **how: object) -> BackTest:
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


def corpus() -> list[Document]:
    lines = shared("corpus/texts.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Document(
            title=row["title"] or "",
            text=row["text"] or "",
            language=row["lang"] or "",
            source=f"s{hash_of(row)}",
            publisher=row["publisher"] or "",
            country=row["country"],
            kind="embassy" if "mbassy" in (row["publisher"] or "") else "news",
        )
        for row in map(json.loads, lines)
    ]


def test_every_rule_that_is_shipped_finds_in_the_corpus_what_it_finds_in_every_text(
    engine: Engine,
) -> None:
    texts = corpus()
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
    max_examples=80,
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
