"""An address is told nothing before it has said itself that it wants to hear; and is asked, not
pestered."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, update

from communique.optin import confirm, request
from communique.schema import Mail
from communique.settings import Settings
from communique.subscriptions import SubscriptionError, list_subscriptions, unsubscribe
from communique.tokens import TokenError
from communique.verdicts import Held

NOW = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
SETTINGS = Settings(mail_from="alerts@example.org", trusted_domains=("example.org",))
KNOWN = {"5g-huawei": (), "clean-network": ()}
ANA = "ana@elsewhere.example"


def ask(store: Connection, watchlist: str = "*", now: datetime = NOW, **choices: Any) -> str:
    asked = request(store, SETTINGS, ANA, watchlist, now, known=KNOWN, **choices)
    return asked.confirmation


def mails(store: Connection) -> list[dict[str, Any]]:
    asked = select(Mail.content).where(Mail.kind == "confirmation").order_by(Mail.id)
    return [dict(content or {}) for content in store.execute(asked).scalars()]


def states(store: Connection, now: datetime = NOW) -> list[str]:
    return [one.state(now) for one in list_subscriptions(store)]


def test_an_address_is_told_nothing_until_it_confirms(engine: Engine) -> None:
    with engine.begin() as store:
        assert ask(store, how="weekly", countries=["cz"]) == "queued"
        assert states(store) == [Held.UNCONFIRMED]
        (said,) = mails(store)
        assert (said["watchlist"], said["how"]) == ("*", "weekly")
        assert said["command"] == f"communique confirm {said['token']}"
        assert said["mailto"].endswith(f"subject=confirm%20{said['token']}")
        for _ in range(2):
            (confirmed,) = confirm(store, said["token"], NOW + WEEK)
            assert confirmed.confirmed_at == NOW + WEEK
        assert states(store) == ["running"]


def test_a_token_confirms_for_a_week(engine: Engine) -> None:
    with engine.begin() as store:
        ask(store)
        late = NOW + WEEK + timedelta(seconds=1)
        with pytest.raises(TokenError, match="held for 7 days"):
            confirm(store, mails(store)[0]["token"], late)
        assert ask(store, now=late) == "queued"
        confirm(store, mails(store)[1]["token"], late + HOUR)
        assert states(store) == ["running"]


def test_nobody_is_flooded_with_questions(engine: Engine) -> None:
    with engine.begin() as store:
        assert ask(store) == "queued"
        assert ask(store, "5g-huawei") == "asked before"
        unsubscribe(store, ANA, None, NOW)
        assert ask(store, now=NOW + timedelta(minutes=59)) == "asked before"
        # The mail server is away: what waits for it does not pile up.
        assert ask(store, now=NOW + 5 * HOUR) == "asked before"
        store.execute(update(Mail).values(status="sent"))
        assert ask(store, now=NOW + 5 * HOUR) == "queued"
        assert len(mails(store)) == 2


def test_two_that_ask_for_one_address_at_once_queue_one_mail(engine: Engine) -> None:
    ready = threading.Barrier(3)

    def work(watchlist: str) -> None:
        with engine.begin() as store:
            ready.wait()
            ask(store, watchlist)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("*", "*", "5g-huawei")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.begin() as store:
        assert len(mails(store)) == 1
        assert states(store) == [Held.UNCONFIRMED] * 2


def test_one_answer_confirms_all_that_an_address_waits_for_and_what_comes(engine: Engine) -> None:
    with engine.begin() as store:
        ask(store)
        ask(store, "5g-huawei")
        assert len(confirm(store, mails(store)[0]["token"], NOW)) == 2
        assert ask(store, "clean-network") == "not needed"
        assert states(store) == ["running"] * 3


def test_an_old_answer_begins_nothing_again(engine: Engine) -> None:
    with engine.begin() as store:
        ask(store)
        token = mails(store)[0]["token"]
        confirm(store, token, NOW)
        unsubscribe(store, ANA, None, NOW)
        with pytest.raises(TokenError, match="ended since"):
            confirm(store, token, NOW + HOUR)
        assert states(store) == []
        # Asked for anew, it waits for an answer anew; the mail of this hour still asks for it.
        assert ask(store, "5g-huawei", now=NOW + HOUR / 2) == "asked before"
        assert states(store) == [Held.UNCONFIRMED]
        assert [one.watchlist for one in confirm(store, token, NOW + HOUR)] == ["5g-huawei"]


def test_an_organisation_of_ones_own_and_channels_need_no_question(engine: Engine) -> None:
    settings = SETTINGS.model_copy(update={"channels": {"team": "webhook+https://x.example"}})
    with engine.begin() as store:
        for recipient in ("Bo@EXAMPLE.org", "channel:team"):
            asked = request(store, settings, recipient, "*", NOW, known=KNOWN)
            assert asked.confirmation == "not needed"
            assert asked.subscription.state(NOW) == "running"
        with pytest.raises(SubscriptionError, match="Known: team"):
            request(store, settings, "channel:taem", "*", NOW, known=KNOWN)
        assert mails(store) == []
