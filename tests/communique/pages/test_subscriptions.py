"""Promises: whoever may edit sees who hears of what and changes it as the command line does; an
address of somebody else's is asked first; whoever only looks sees numbers and no address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text

from communique.stack_demo import READERS
from communique.subscriptions import list_subscriptions, subscribe
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.house import OMAR, csrf, opened

BO = "bo@example.net"


@pytest.fixture
def mine(demo: DemoStore) -> Iterator[TestClient]:
    with opened(demo.settings) as client:
        client.headers.update(csrf(client, "/watchlists"))
        yield client


def post(client: TestClient, path: str, **form: str) -> Response:
    return client.post(f"/communique/subscriptions{path}", data=form, follow_redirects=False)


def get(client: TestClient, path: str) -> BeautifulSoup:
    answer = client.get(f"/communique{path}")
    assert answer.status_code == 200, answer.text[:2_000]
    return BeautifulSoup(answer.text, "lxml")


def of(demo: DemoStore, recipient: str = BO) -> list[str]:
    with demo.engine.connect() as connection:
        found = list_subscriptions(connection, recipient=recipient, ended=True)
    return [one.state(demo.settings.clock()) for one in found]


def test_addresses_are_for_those_who_may_edit(mine: TestClient) -> None:
    assert READERS[0] in get(mine, "/subscriptions").text
    for path in ("", f"?named={READERS[0]}", "?ended=true"):
        seen = mine.get(f"/communique/subscriptions{path}", headers=OMAR)
        assert seen.status_code == 200
        assert "@" not in BeautifulSoup(seen.text, "lxml").main.text
        assert "all watchlists" in seen.text
    for path in ("of", f"of?recipient={READERS[0]}"):
        refused = mine.get(f"/communique/subscriptions/{path}", headers=OMAR)
        assert refused.status_code in (403, 422)
        assert READERS[0] not in refused.text.replace(path, "")


def test_an_address_is_asked_first_then_paused_resumed_and_ended(
    mine: TestClient, demo: DemoStore
) -> None:
    made = post(
        mine, "", recipient=" Bo@Example.net ", watchlist="clean-network", how="daily",
        severity="urgent", hour="8", zone="Europe/Prague", countries="DE, CZ", rules="jingwang",
    )  # fmt: skip
    assert made.status_code == 303, made.text
    assert of(demo) == ["address not confirmed"]
    shown = mine.get(made.headers["location"]).text
    assert "asks it to confirm" in shown
    assert "daily at 8:00 Europe/Prague" in shown
    with demo.engine.begin() as connection:
        asked = "SELECT kind FROM communique.mails WHERE recipient = :bo"
        assert connection.execute(text(asked), {"bo": BO}).scalars().all() == ["confirmation"]
        connection.execute(text("UPDATE communique.subscriptions SET confirmed_at = now()"))
        (one,) = list_subscriptions(connection, recipient=BO)
    assert post(mine, f"/{one.id}/pause", until="2026-09-01").status_code == 303
    assert of(demo) == ["subscription paused"]
    assert "paused until 2026-09-01" in get(mine, f"/subscriptions/of?recipient={BO}").text
    assert post(mine, f"/{one.id}/pause", until="2001-01-01").status_code == 422
    assert post(mine, f"/{one.id}/resume").status_code == 303
    assert of(demo) == ["running"]
    assert post(mine, f"/{one.id}/end").status_code == 303
    assert of(demo) == ["subscription ended"]
    assert post(mine, f"/{one.id}/end").status_code == 404
    assert BO in get(mine, "/subscriptions?ended=true&named=BO@").text
    assert BO not in get(mine, "/subscriptions").text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"recipient": "nobody"}, "is no mail address"),
        ({"recipient": "a@b.example\r\nBcc: c@d.example"}, "is no mail address"),
        ({"recipient": BO, "watchlist": "5g-huawi"}, "Did you mean '5g-huawei'?"),
        ({"recipient": BO, "how": "daily", "hour": "25"}, "not an hour of the day"),
        ({"recipient": BO, "zone": "Pragg"}, "There is no time zone"),
        ({"recipient": BO, "rules": "<script>alert(1)</script>"}, "There is no rule"),
        ({"recipient": "channel:none"}, "There is no channel"),
    ],
)
def test_what_cannot_be_is_refused_and_kept(
    mine: TestClient, demo: DemoStore, form: dict[str, str], said: str
) -> None:
    refused = post(mine, "", **form)
    assert refused.status_code == 422
    seen = BeautifulSoup(refused.text, "lxml")
    assert said in seen.select_one(".problem").text
    assert not seen.select("main script")
    assert not of(demo)


def test_what_a_recipient_was_sent_and_the_digest_it_would_get(
    mine: TestClient, demo: DemoStore
) -> None:
    with demo.engine.begin() as connection:
        subscribe(connection, READERS[0], "clean-network", demo.settings.clock(), how="daily")
    seen = get(mine, f"/subscriptions/of?recipient={READERS[0]}")
    assert seen.select("table tbody tr")
    digest = post(mine, "/digest", recipient=READERS[0])
    assert digest.status_code == 200, digest.text[:500]
    assert BeautifulSoup(digest.text, "lxml").select_one("pre.card").text.strip()
    with demo.engine.connect() as connection:
        stored = "SELECT count(*) FROM communique.mails WHERE kind = 'digest'"
        assert connection.execute(text(stored)).scalar_one() == 0
    assert mine.get("/communique/subscriptions/of?recipient=no@one.example").status_code == 404
    assert mine.get("/communique/subscriptions/of?recipient=x").status_code == 422


def test_an_address_that_refused_is_served_again(mine: TestClient, demo: DemoStore) -> None:
    with demo.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO communique.recipients VALUES (:who, 3, now(), 'no such user')"),
            {"who": READERS[0]},
        )
    assert "refused mail for good" in get(mine, f"/subscriptions/of?recipient={READERS[0]}").text
    assert post(mine, "/enable", recipient=READERS[0]).status_code == 303
    assert of(demo, READERS[0])[0] == "running"
    assert post(mine, "/enable", recipient=READERS[0]).status_code == 409


def test_a_long_list_is_paged(mine: TestClient, demo: DemoStore) -> None:
    with demo.engine.begin() as connection:
        for number in range(60):
            subscribe(connection, f"r{number:03}@example.org", "*", demo.settings.clock())
    first = get(mine, "/subscriptions?named=r0")
    following = first.select_one("a[rel=next]")["href"].removeprefix("/communique")
    shown = [row.th.text for row in first.select("table")[-1].select("tbody tr")]
    shown += [row.th.text for row in get(mine, following).select("table")[-1].select("tbody tr")]
    assert shown == [f"r{number:03}@example.org" for number in range(60)]


@pytest.mark.parametrize("path", ["", "/1/pause", "/1/resume", "/1/end", "/enable", "/digest"])
def test_changes_ask_for_the_role_and_the_token(
    mine: TestClient, demo: DemoStore, path: str
) -> None:
    where, form = f"/communique/subscriptions{path}", {"recipient": READERS[0]}
    before = of(demo, READERS[0])
    assert mine.post(where, data=form, headers=OMAR).status_code == 403
    assert mine.post(where, data=form, headers={"x-csrf-token": "x"}).status_code == 403
    elsewhere = {"origin": "https://elsewhere.example"}
    assert mine.post(where, data=form, headers=elsewhere).status_code == 403
    assert of(demo, READERS[0]) == before
