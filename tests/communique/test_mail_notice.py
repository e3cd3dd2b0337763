"""Mails that tell of no statement say what happened, or what was asked, and what to do."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from communique.notices import tell_maintainers
from communique.optin import request
from communique.outbox import send_pending
from communique.settings import Settings
from tests.communique.alert_rows import NOW
from tests.communique.mail_reading import page, plain, strictly, words
from tests.communique.post_office import post_office


def test_an_address_is_asked_for_just_what_was_asked_for_it(engine: Engine) -> None:
    with post_office() as office:
        settings = Settings(
            smtp_url=office.url,
            mail_from="Alerts <alerts@mail.example.org>",
            pages_url="https://pages.example.org",
        )
        choices = {"how": "daily", "zone": "Asia/Seoul", "hour": 8, "severity": "notice"}
        with engine.begin() as connection:
            request(
                *(connection, settings, "bo@example.org", "network", NOW),
                known=["network"],
                countries=("CZ", "SK"),
                **choices,
            )
        assert send_pending(engine, settings, lambda: NOW).problems == ()
        mail = strictly(office.raw[0])
    assert str(mail["Subject"]) == "Confirm: alerts of the watchlist network"
    assert mail["List-Unsubscribe"] is None
    for said in words(mail):
        for fact in (
            "bo@example.org be told of the watchlist network",
            "once a day",
            "08:00 (Asia/Seoul)",
            "notice and urgent",
            "CZ, SK",
            "communique confirm ",
            "If it was not you who asked, do nothing",
            "9 March 2026, 06:10 UTC",
        ):
            assert fact in said
    yes = page(mail).find("a", string="Yes, send them")
    assert yes is not None
    assert str(yes["href"]).startswith("https://pages.example.org/confirm/")
    assert str(yes["href"]) in plain(mail)


def test_maintainers_read_what_happened_and_what_to_do(engine: Engine) -> None:
    with post_office() as office:
        settings = Settings(
            smtp_url=office.url,
            mail_from="Alerts <alerts@mail.example.org>",
            maintainers=("ops@example.org",),
        )
        happened = [f"Line {number} of what happened." for number in range(70)]
        with engine.begin() as connection:
            told = ("canary:1", "The canary did not arrive", happened, "Look at the server.")
            assert tell_maintainers(connection, settings, *told, NOW + timedelta(hours=1)) == 1
        later = NOW + timedelta(hours=1)
        assert send_pending(engine, settings, lambda: later).problems == ()
        mail = strictly(office.raw[0])
    assert str(mail["Subject"]) == "The canary did not arrive"
    for said in words(mail):
        assert "Line 59 of what happened." in said
        assert "Line 60" not in said
        assert "… and 10 more" in said
        assert "what to do look at the server." in said.lower()
