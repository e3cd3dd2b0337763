"""A token does what it was made for, as long as it holds, and nothing else."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from communique.mail.links import links
from communique.mail.message import sender
from communique.settings import Settings
from communique.tokens import TokenError, read, secret, sign

NOW = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
WEEK = timedelta(days=7)


def test_a_token_is_worth_something_for_its_purpose_only_and_for_so_long(engine: Engine) -> None:
    with engine.begin() as store:
        token = sign(store, "confirm", (7, 3, 7), NOW)
        signed = read(store, "confirm", f" {token}\n", NOW + WEEK, WEEK)
        assert (signed.ids, signed.at) == ((3, 7), NOW)
        with pytest.raises(TokenError, match=r"2026-03-02 and held for 7 days. Subscribe again"):
            read(store, "confirm", token, NOW + WEEK + timedelta(seconds=1), WEEK)
        with pytest.raises(TokenError, match=f"made to confirm. Next: communique confirm {token}"):
            read(store, "unsubscribe", token, NOW)
        for_ever = sign(store, "unsubscribe", (3,))
        assert read(store, "unsubscribe", for_ever, NOW + 1000 * WEEK).ids == (3,)
        assert for_ever == sign(store, "unsubscribe", (3,))


def test_a_changed_or_shortened_token_is_refused_whatever_was_changed(engine: Engine) -> None:
    with engine.begin() as store:
        token = sign(store, "unsubscribe", range(1, 40))
        other = sign(store, "unsubscribe", (41,))
        grafted = f"{other.rpartition('.')[0]}.{token.rpartition('.')[2]}"
        # The last letter of a signature holds bits that mean nothing.
        bent = [
            f"{token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}"
            for at in range(len(token) - 1)
        ]
        cut = [token[:length] for length in range(len(token))]
        for forged in (grafted, *bent, *cut, token * 2, token + "A"):
            with pytest.raises(TokenError, match="Copy it from the mail anew"):
                read(store, "unsubscribe", forged, NOW)


def test_another_store_signs_otherwise(engine: Engine) -> None:
    with engine.begin() as store:
        token = sign(store, "unsubscribe", (3,))
        store.execute(text("UPDATE communique.keys SET value = 'stolen from nobody'"))
        with pytest.raises(TokenError, match="not one of ours"):
            read(store, "unsubscribe", token, NOW)


def test_whatever_is_given_for_a_token_is_read_or_refused(engine: Engine) -> None:
    with engine.begin() as store:
        secret(store)

        @settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
        @given(
            st.text(st.characters(codec=None), max_size=80)
            | st.from_regex(r"\A\.?[\w-]{9}\.[\w-]{43}\Z")
        )
        def refused(words: str) -> None:
            with pytest.raises(TokenError):
                read(store, "unsubscribe", words, NOW)

        refused()


def test_two_that_need_the_secret_at_once_make_one(engine: Engine) -> None:
    made: list[str] = []
    ready = threading.Barrier(4)

    def work() -> None:
        with engine.connect() as connection:
            ready.wait()
            made.append(secret(connection))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1


def test_a_token_that_went_out_holds_although_its_transaction_came_to_nothing(
    engine: Engine,
) -> None:
    with engine.connect() as store:
        token = sign(store, "unsubscribe", (3,))
        store.rollback()
    with engine.connect() as store:
        assert read(store, "unsubscribe", token, NOW).ids == (3,)


def test_a_mail_offers_one_click_where_there_are_pages_over_https(engine: Engine) -> None:
    origin = sender("Alerts <alerts+5g@example.org>")
    with engine.begin() as store:
        token = sign(store, "unsubscribe", (3, 8))
        mailto = f"mailto:alerts%2B5g@example.org?subject=unsubscribe%20{token}"
        bare = links(Settings(pages_url=None), store, (8, 3), origin)
        assert bare.headers == {"List-Unsubscribe": f"<{mailto}>"}
        assert bare.command == f"communique unsubscribe {token}"
        paged = links(Settings(pages_url="https://pages.example.org/"), store, (3, 8), origin)
        assert paged.headers == {
            "List-Unsubscribe": f"<https://pages.example.org/unsubscribe/{token}>, <{mailto}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        unsafe = links(Settings(pages_url="http://pages.example.org"), store, 3, origin)
        assert unsafe.one_click is None
        assert (
            unsafe.page
            == f"http://pages.example.org/unsubscribe/{sign(store, 'unsubscribe', (3,))}"
        )
