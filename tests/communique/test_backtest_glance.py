"""Promises: the first look at the newest statements finds what a whole back-test finds there, and
says how far it looked; without time it says that it saw nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from communique import backtest_glance
from communique.backtest import backtest, looking_only
from communique.backtest_glance import glance
from communique.rules import Document, Rule
from tests.communique.search.store import fill

TODAY = date(2026, 3, 2)
RULE = Rule("ports", "harbour", "Harbour", "notice", "harbour NOT sport")
WORDS = ("an open harbour", "harbour and sport", "a pier", "harbours of the north")


def documents(count: int) -> list[Document]:
    return [
        Document(title=f"Number {n}", text=WORDS[n % 4], language="en", source="s1", kind="embassy")
        for n in range(count)
    ]


def test_the_first_look_agrees_with_the_whole(engine: Engine) -> None:
    fill(engine, documents(120))
    with looking_only(engine) as connection:
        whole = backtest(connection, [RULE], "ports", TODAY, rule="harbour", processes=1)
        first = glance(connection, [RULE], "ports", TODAY, rule="harbour", patience=60)
    assert first.whole
    assert first.found.added == whole.added
    assert first.found.rules == whole.rules
    assert first.found.estimate == whole.estimate


def test_it_says_how_far_it_looked(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(engine, documents(120))
    monkeypatch.setattr(backtest_glance, "_batches", _only_the_first(backtest_glance._batches))
    with looking_only(engine) as connection:
        whole = backtest(connection, [RULE], "ports", TODAY, rule="harbour", processes=1)
        first = glance(connection, [RULE], "ports", TODAY, rule="harbour", patience=60)
    assert not first.whole
    assert first.reached is not None
    newest = [one for one in whole.added if one.day > first.reached]
    assert newest
    assert list(first.found.added)[: len(newest)] == newest
    assert all(week.start > first.reached for week in first.found.weeks)
    assert first.found.weeks[-1].start + timedelta(days=7) > first.found.added[0].day


def _only_the_first(batches):  # type: ignore[no-untyped-def]
    def once(*given: object):  # type: ignore[no-untyped-def]
        yield next(iter(batches(*given)))

    return once


def test_without_time_it_saw_nothing(engine: Engine) -> None:
    fill(engine, documents(4))
    with looking_only(engine) as connection:
        first = glance(connection, [RULE], "ports", TODAY, rule="harbour", patience=-1)
    assert not first.whole
    assert first.reached is None
    assert not first.found.added
