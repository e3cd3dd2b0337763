"""Maintainers hear of what needs their hands: once, until it changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, text

from communique.notices import tell_maintainers, tell_of_rules
from communique.settings import Settings
from tests.communique.alert_rows import NOW

SETTINGS = Settings(maintainers="Mina@Example.org, mina@example.org, channel:ops, nobody")


def notices(engine: Engine) -> Sequence[tuple[Any, ...]]:
    query = "SELECT recipient, content ->> 'subject' FROM communique.mails ORDER BY id"
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_each_maintainer_is_told_of_one_thing_once(engine: Engine) -> None:
    for said, new in (("full", 2), ("full", 0), ("empty", 2)):
        with engine.begin() as connection:
            told = (f"disk:{said}", f"The disk is\n{said}", ["It is."], "Look.", NOW)
            assert tell_maintainers(connection, SETTINGS, *told) == new
    whom = ("mina@example.org", "channel:ops")
    subjects = ("The disk is full", "The disk is empty")
    assert notices(engine) == [(who, subject) for subject in subjects for who in whom]


def test_a_broken_watchlist_is_told_once_until_it_changes_and_so_is_its_repair(
    engine: Engine,
) -> None:
    settings = Settings(maintainers="mina@example.org")
    runs = [(), ("a: line 3",), ("a: line 3",), ("a: line 4",), (), (), ("a: line 3",)]
    told = [
        tell_of_rules(engine, settings, problems, NOW + timedelta(hours=number))
        for number, problems in enumerate(runs)
    ]
    assert told == [0, 1, 0, 1, 1, 0, 1]
    assert [subject for _, subject in notices(engine)] == [
        "Watchlists: 1 to be put right",
        "Watchlists: 1 to be put right",
        "Watchlists: all rules are in force again",
        "Watchlists: 1 to be put right",
    ]
