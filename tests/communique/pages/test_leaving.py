"""The link of a mail, in a browser, a mail program and a scanner: with no account of anybody's."""

from __future__ import annotations

from datetime import timedelta

from fastapi.testclient import TestClient

from communique.optin import request
from communique.subscriptions import Subscription, list_subscriptions, subscribe
from communique.tokens import sign
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.house import PREFIX, VISITOR

NOBODY = {VISITOR: ""}
EVA = "eva@elsewhere.example"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def links(demo: DemoStore) -> tuple[str, str]:
    """Addresses that confirm what Eva was asked, and that end what Ben has."""
    now = demo.settings.clock()
    with demo.engine.begin() as store:
        asked = request(store, demo.settings, EVA, "*", now).subscription
        ben = subscribe(store, "ben@example.org", "*", now, how="daily")
        confirm = sign(store, "confirm", (asked.id,), now)
        return f"/confirm/{confirm}", f"/unsubscribe/{sign(store, 'unsubscribe', (ben.id,))}"


def of(demo: DemoStore, address: str) -> Subscription:
    with demo.engine.connect() as store:
        (one,) = list_subscriptions(store, recipient=address, ended=True)
        return one


def test_a_scanner_that_opens_every_link_confirms_and_ends_nothing(
    client: TestClient, demo: DemoStore
) -> None:
    confirm, unsubscribe = links(demo)
    for path in (confirm, unsubscribe):
        for method in ("GET", "HEAD"):
            answer = client.request(method, PREFIX + path, headers=NOBODY)
            assert answer.status_code == 200, answer.text
        assert client.put(PREFIX + path, headers=NOBODY).status_code == 405
    assert of(demo, EVA).confirmed_at is None
    assert of(demo, "ben@example.org").ended_at is None


def test_a_person_presses_the_button_and_it_is_done_once(
    client: TestClient, demo: DemoStore
) -> None:
    confirm, unsubscribe = links(demo)
    shown = client.get(PREFIX + confirm, headers=NOBODY).text
    assert '<form method="post">' in shown
    assert "every watchlist, each alert at once" in shown
    for _ in range(2):
        assert "Confirmed" in client.post(PREFIX + confirm, headers=NOBODY).text
    assert of(demo, EVA).confirmed_at == demo.settings.clock()
    assert "<form" not in client.get(PREFIX + confirm, headers=NOBODY).text
    assert "every watchlist, daily" in client.get(PREFIX + unsubscribe, headers=NOBODY).text
    for _ in range(2):
        said = client.post(PREFIX + unsubscribe, data=ONE_CLICK, headers=NOBODY).text
        assert "You are unsubscribed" in said
    assert of(demo, "ben@example.org").ended_at == demo.settings.clock()
    assert "ended already" in client.get(PREFIX + unsubscribe, headers=NOBODY).text


def test_a_mail_programs_own_button_ends_it_without_cookie_or_token_of_ours(
    client: TestClient, demo: DemoStore
) -> None:
    """RFC 8058: a POST from a server of the mail's provider, which is not led elsewhere."""
    _, unsubscribe = links(demo)
    headers = {**NOBODY, "Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    answer = client.post(
        PREFIX + unsubscribe,
        files={"List-Unsubscribe": (None, "One-Click")},
        headers=headers,
        follow_redirects=False,
    )
    assert answer.status_code == 200
    assert of(demo, "ben@example.org").ended_at is not None


def test_a_token_that_is_none_says_so_and_does_nothing(client: TestClient, demo: DemoStore) -> None:
    confirm, unsubscribe = links(demo)
    with demo.engine.begin() as store:
        old = sign(store, "confirm", (of(demo, EVA).id,), demo.settings.clock() - timedelta(days=8))
    for path, said in [
        ("/confirm/x", "is no token"),
        ("/confirm/<script>alert(1)", "is no token"),
        (confirm[:-3] + "AAA", "not one of ours"),
        (f"/confirm/{old}", "held for 7 days"),
        (confirm.replace("confirm", "unsubscribe", 1), "is made to confirm"),
        (unsubscribe.replace("unsubscribe", "confirm", 1), "is made to unsubscribe"),
    ]:
        for ask in (client.get, client.post):
            answer = ask(PREFIX + path, headers=NOBODY)
            assert (answer.status_code, said in answer.text) == (400, True), answer.text
            assert "<script" not in answer.text
    assert of(demo, EVA).confirmed_at is None


def test_its_page_cannot_be_framed_and_tells_nothing_else(
    client: TestClient, demo: DemoStore
) -> None:
    for path in links(demo):
        answer = client.get(PREFIX + path, headers=NOBODY)
        held = answer.headers
        assert "frame-ancestors 'none'" in held["content-security-policy"]
        assert held["x-frame-options"] == "DENY"
        assert held["referrer-policy"] == "no-referrer"  # the address is the key
        assert held["cache-control"] == "no-store"
        assert "noindex" in held["x-robots-tag"]
        assert "eva@" not in answer.text
        assert "ben@" not in answer.text
        assert "<script" not in answer.text
        assert "/static/" not in answer.text
        assert "/today" not in answer.text
