"""Who hears of what: one subscription per person, watchlist and way, and no one by mistake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, Engine

from communique.subscriptions import (
    SubscriptionError,
    list_subscriptions,
    pause,
    resume,
    subscribe,
    unsubscribe,
)
from communique.verdicts import Held

NOW = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
LATER = NOW + timedelta(days=1)
KNOWN = {"5g-huawei": ("huawei", "five-g"), "clean-network": ("clean-lines",)}
ANA = "ana@x.example"


@pytest.fixture
def store(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def test_subscribing_twice_is_subscribing_once_however_the_address_is_spelt(
    store: Connection,
) -> None:
    first = subscribe(store, "Ana@Bücher.example ", "5g-huawei", NOW, known=KNOWN)
    again = subscribe(store, "ana@xn--bcher-kva.example", "5g-huawei", LATER, known=KNOWN)
    assert first == again
    assert first.recipient == "ana@xn--bcher-kva.example"
    assert first.state(NOW) == "running"
    assert list_subscriptions(store) == (first,)


def test_what_is_chosen_is_kept_and_what_is_not_named_stays(store: Connection) -> None:
    first = subscribe(
        *(store, ANA, "*", NOW),
        known=KNOWN,
        severity="Notice",
        rules=["five-g", "clean-network/clean-lines"],
        countries=["sk", "CZ"],
        zone="europe/prague",
        quiet="22-7",
        most_a_day=5,
    )
    assert first.rules == ("clean-network/clean-lines", "five-g")
    assert first.countries == ("CZ", "SK")
    assert (first.severity, first.zone) == ("notice", "Europe/Prague")
    assert (first.quiet_from, first.quiet_until, first.most_a_day) == (22, 7, 5)
    changed = subscribe(store, ANA, "*", LATER, known=KNOWN, countries=[], quiet="none")
    assert changed == replace(first, countries=(), quiet_from=None, quiet_until=None)


def test_each_way_of_telling_is_a_subscription_of_its_own(store: Connection) -> None:
    at_once = subscribe(store, ANA, "*", NOW, known=KNOWN, severity="urgent")
    weekly = subscribe(store, ANA, "*", NOW, known=KNOWN, how="weekly", weekday="fri", hour=6)
    assert (weekly.how, weekly.weekday, weekly.hour, weekly.severity) == ("weekly", 4, 6, "info")
    assert list_subscriptions(store, recipient=ANA) == (at_once, weekly)
    assert unsubscribe(store, ANA, "*", NOW, how="instant")[0].id == at_once.id
    assert list_subscriptions(store, recipient=ANA) == (weekly,)


def test_an_ended_subscription_begins_anew_as_if_it_were_the_first(store: Connection) -> None:
    first = subscribe(store, ANA, "5g-huawei", NOW, known=KNOWN, severity="urgent", quiet="22-7")
    pause(store, ANA, NOW)
    assert unsubscribe(store, "ANA@x.example", "5g-huawei", NOW)
    assert not unsubscribe(store, ANA, "5g-huawei", NOW)
    assert list_subscriptions(store) == ()
    assert [each.ended_at for each in list_subscriptions(store, ended=True)] == [NOW]
    again = subscribe(store, ANA, "5g-huawei", LATER, known=KNOWN)
    other = subscribe(store, "bo@x.example", "5g-huawei", LATER, known=KNOWN)
    assert again == replace(other, id=first.id, recipient=ANA)


def test_all_that_an_address_hears_of_ends_at_once(store: Connection) -> None:
    for watchlist in KNOWN:
        subscribe(store, ANA, watchlist, NOW, known=KNOWN)
    bo = subscribe(store, "bo@x.example", "*", NOW, known=KNOWN)
    assert len(unsubscribe(store, ANA, None, NOW)) == 2
    assert list_subscriptions(store) == (bo,)


def test_a_pause_ends_by_itself_when_its_day_begins_where_the_reader_is(store: Connection) -> None:
    subscribe(store, ANA, "*", NOW, known=KNOWN, zone="Asia/Seoul")
    (paused,) = pause(store, ANA, NOW, until=date(2026, 3, 9))
    until = datetime(2026, 3, 8, 15, tzinfo=timezone.utc)
    assert paused.paused_until == until
    assert paused.state(until - timedelta(seconds=1)) == Held.PAUSED
    assert paused.state(until) == "running"
    with pytest.raises(SubscriptionError, match="has begun already"):
        pause(store, ANA, NOW, until=date(2026, 3, 2))


def test_an_open_pause_lasts_until_it_is_ended(store: Connection) -> None:
    subscribe(store, ANA, "*", NOW, known=KNOWN)
    assert pause(store, "bo@x.example", NOW) == ()
    (paused,) = pause(store, ANA, NOW)
    assert paused.state(NOW + timedelta(days=900)) == Held.PAUSED
    assert subscribe(store, ANA, "*", LATER, known=KNOWN).state(LATER) == Held.PAUSED
    (resumed,) = resume(store, ANA)
    assert resumed.state(LATER) == "running"
    assert resume(store, ANA) == ()


def test_whom_nobody_can_be_told_of_hears_nothing(store: Connection) -> None:
    assert unsubscribe(store, "no address", None, NOW) == ()
    assert list_subscriptions(store, recipient="no address") == ()


def test_an_unknown_watchlist_is_refused_with_the_nearest(store: Connection) -> None:
    with pytest.raises(SubscriptionError, match=r"Did you mean 'clean-network'.*5g-huawei"):
        subscribe(store, ANA, "clean-netwrok", NOW, known=KNOWN)
