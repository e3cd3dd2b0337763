"""Who hears of what: one subscription per person and watchlist, and no one by mistake."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine

from communique.subscriptions import (
    SubscriptionError,
    list_subscriptions,
    subscribe,
    unsubscribe,
)

NOW = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
KNOWN = ("5g-huawei", "clean-network")


def test_subscribing_twice_is_subscribing_once_however_the_address_is_spelt(engine: Engine) -> None:
    with engine.begin() as connection:
        first = subscribe(connection, "Ana@Bücher.example ", "5g-huawei", NOW, known=KNOWN)
        later = NOW + timedelta(days=1)
        again = subscribe(connection, "ana@xn--bcher-kva.example", "5g-huawei", later, known=KNOWN)
        assert first == again
        assert first.recipient == "ana@xn--bcher-kva.example"
        assert list_subscriptions(connection) == (first,)


def test_an_ended_subscription_begins_anew(engine: Engine) -> None:
    with engine.begin() as connection:
        first = subscribe(connection, "ana@x.example", "5g-huawei", NOW, known=KNOWN)
        assert unsubscribe(connection, "ANA@x.example", "5g-huawei", NOW)
        assert not unsubscribe(connection, "ana@x.example", "5g-huawei", NOW)
        assert list_subscriptions(connection) == ()
        assert [each.ended_at for each in list_subscriptions(connection, ended=True)] == [NOW]
        later = NOW + timedelta(days=1)
        again = subscribe(connection, "ana@x.example", "5g-huawei", later, known=KNOWN)
        assert (again.id, again.created_at, again.ended_at) == (first.id, later, None)


@pytest.mark.parametrize(
    "email",
    ["", "ana", "ana@", "@x.example", "a b@x.example", "Ana <ana@x.example>", "ana@x..example",
     "a@x.example\nBcc: b@x.example", "a,b@x.example", "ana@-x.example", "é@x.example", "a" * 5000],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_help(engine: Engine, email: str) -> None:
    with engine.begin() as connection:
        with pytest.raises(SubscriptionError, match="no mail address"):
            subscribe(connection, email, "5g-huawei", NOW, known=KNOWN)
        assert not unsubscribe(connection, email, "5g-huawei", NOW)


def test_an_unknown_watchlist_is_refused_with_the_nearest(engine: Engine) -> None:
    with (
        engine.begin() as connection,
        pytest.raises(SubscriptionError, match=r"Did you mean 'clean-network'.*5g-huawei"),
    ):
        subscribe(connection, "ana@x.example", "clean-netwrok", NOW, known=KNOWN)
