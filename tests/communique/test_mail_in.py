"""What comes back by mail: a signed token does what it says, nothing else does anything."""

from __future__ import annotations

import io
from datetime import datetime, timezone
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from communique.mail_in import Order, act, order, take
from communique.optin import request
from communique.settings import Settings
from communique.subscriptions import Subscription, list_subscriptions, subscribe
from communique.tokens import sign

NOW = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
TOKEN = "WzAsMSwyXQ.8wKxd_MmTJuxHX52m2K4vOVVyRarZfDK_kzzLIczFKM"


def mail(subject: str, **headers: str) -> bytes:
    made = EmailMessage()
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made["From"], made["Subject"] = "Ana <ana@x.example>", subject
    made.set_content("unsubscribe me from everything, and confirm eve@x.example")
    return made.as_bytes()


def asked_for(store: Connection) -> Subscription:
    elsewhere = Settings(trusted_domains=())
    return request(store, elsewhere, "ana@x.example", "*", NOW, known=()).subscription


def test_a_token_unsubscribes_whoever_sends_it_and_however_often(engine: Engine) -> None:
    with engine.begin() as store:
        one = subscribe(store, "ana@x.example", "*", NOW, known=())
        bo = subscribe(store, "bo@x.example", "*", NOW, known=())
        token = sign(store, "unsubscribe", (one.id,))
        for subject in (f"unsubscribe {token}", f"AW: Unsubscribe {token} (fwd)"):
            done = act(store, mail(subject, Auto_Submitted="auto-generated"), NOW)
            assert [each.id for each in done.subscriptions] == [one.id]
            assert not done.ignored
        assert list_subscriptions(store) == (bo,)


def test_a_person_confirms_and_a_machine_does_not(engine: Engine) -> None:
    with engine.begin() as store:
        one = asked_for(store)
        subject = f"confirm {sign(store, 'confirm', (one.id,), NOW)}"
        machines: list[dict[str, str]] = [
            {"Auto_Submitted": "auto-replied"},
            {"Precedence": "bulk"},
            {"Return_Path": "<>"},
            {"X_Autoreply": "yes"},
        ]
        for headers in machines:
            assert "machine" in act(store, mail(subject, **headers), NOW).ignored
            assert list_subscriptions(store)[0].confirmed_at is None
        act(store, mail(subject, Auto_Submitted="no"), NOW)
        assert list_subscriptions(store)[0].confirmed_at == NOW


def test_a_token_of_another_purpose_or_a_forged_one_changes_nothing(engine: Engine) -> None:
    with engine.begin() as store:
        one = asked_for(store)
        ending = sign(store, "unsubscribe", (one.id,))
        confirming = sign(store, "confirm", (one.id,), NOW)
        for subject in (f"confirm {ending}", f"unsubscribe {confirming}", f"unsubscribe {TOKEN}"):
            assert act(store, mail(subject), NOW).ignored
        assert list_subscriptions(store) == (one,)


@pytest.mark.parametrize(
    "raw",
    [
        f"Subject: unsubscribe\r\n {TOKEN}\r\n\r\n".encode(),
        f"Subject: =?utf-8?q?unsubscribe_{TOKEN.replace('_', '=5F')}?=\n\n".encode(),
        f"subject:Re: UNSUBSCRIBE  {TOKEN}\n".encode(),
    ],
)
def test_a_subject_is_read_however_it_was_folded_and_encoded(raw: bytes) -> None:
    assert order(raw) == Order("unsubscribe", TOKEN)


@settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"Subject: unsubscribe ", b"Subject: =?", b"Subject: =?utf-8?b?"]),
)
def test_no_mail_breaks_it(rest: bytes, head: bytes) -> None:
    found: Any = order(head + rest)
    assert isinstance(found, Order | str)


def test_of_a_long_mail_only_the_beginning_is_looked_at_and_all_is_read() -> None:
    stream = io.BytesIO(b"Subject: x\n\n" + b"." * 3_000_000)
    assert len(take(stream)) < 300_000
    assert stream.read() == b""
    hidden = b"Subject: " + b"x " * 200_000 + f"unsubscribe {TOKEN}".encode()
    assert isinstance(order(hidden), str)
