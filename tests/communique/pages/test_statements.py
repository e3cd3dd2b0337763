"""What the Statements page promises: it finds what the command line finds and says how to repeat
it, a wrong query loses nothing, a saved search is its owner's alone, a file is whole or breaks
off."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from communique.pages import statements_files, statements_found
from communique.search import search
from communique.settling import settle
from tests.communique.alert_rows import NOW, post
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.hostile import assert_only_text, store_hostile
from tests.communique.pages.house import OMAR, csrf, opened

PATH = "/communique/statements"
HTMX = {"HX-Request": "true"}


def ids(body: str) -> list[int]:
    """The statements of a page, in its order."""
    return [int(found) for found in re.findall(r'<h2><a href="/communique/statements/(\d+)', body)]


def link(body: str, words: str) -> str:
    """Where the link of these words leads."""
    found = re.search(rf'<a[^>]* href="([^"]*)"[^>]*>{re.escape(words)}</a>', body)
    assert found, f"no link {words!r}"
    return unescape(found[1])


def save(client: TestClient, name: str, **asked: str) -> int:
    """Saves a search; the answer's status."""
    answer = client.post(
        f"{PATH}/saved",
        params=asked,
        data={"name": name},
        headers=csrf(client, "/statements"),
        follow_redirects=False,
    )
    return answer.status_code


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "huawei"},
        {"q": '"clean network" OR 华为'},
        {"q": "huawei OR 5g", "country": ["CN", "DE"], "since": "2026-03-01"},
        {"q": "NOT huawei", "language": "en", "publisher": "Embassy"},
        {"topic": "huawei", "order": "best"},
        {"source": "demo_cn_embassy_be", "until": "2026-03-02"},
    ],
)
def test_what_the_page_finds_the_line_it_shows_finds(
    client: TestClient, demo: DemoStore, asked: dict[str, Any]
) -> None:
    body = client.get(PATH, params=asked).text
    shown = re.search(r"<pre[^>]*>(communique search [^<]*)</pre>", body)
    assert shown
    words = shlex.split(unescape(shown[1]))[2:]
    query = next(word for word in words if " " in word or ":" in word or word == "huawei")
    days = {word[2:]: words[place + 1] for place, word in enumerate(words) if word[:2] == "--"
            and word in ("--since", "--until")}  # fmt: skip
    with demo.engine.connect() as connection:
        results = search(
            connection,
            query,
            order="best" if "--best" in words else "newest",
            since=_day(days.get("since")),
            until=_day(days.get("until")),
            patience=60,
        )
    assert ids(body) == [hit.id for hit in results.hits]


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def test_every_filter_holds_for_what_is_shown(client: TestClient, demo: DemoStore) -> None:
    filters = {"country": "CN", "language": "en", "since": "2026-03-01", "until": "2026-03-03"}
    found = ids(client.get(PATH, params={"q": "huawei OR 5g OR the", **filters}).text)
    assert found
    facts = text("""
        SELECT bool_and(country = 'CN' AND language = 'en'
                        AND day BETWEEN '2026-03-01' AND '2026-03-03')
        FROM analyst.statements WHERE id = ANY(:ids)
    """)
    with demo.engine.connect() as connection:
        assert connection.execute(facts, {"ids": found}).scalar_one()


def test_without_a_query_the_newest_stand_there_page_by_page(
    client: TestClient, demo: DemoStore
) -> None:
    for number in range(45):
        post(demo.engine, url=f"https://one.example/eng/{number}.htm", title=f"Bulletin {number}")
    settle(demo.engine, NOW)
    newest = text("""
        SELECT statement_id FROM communique.search_documents ORDER BY day DESC, statement_id DESC
    """)
    with demo.engine.connect() as connection:
        expected = list(connection.execute(newest).scalars())
    found: list[int] = []
    address = PATH
    while True:
        body = client.get(address).text
        found += ids(body)
        if "Older ones" not in body:
            break
        address = link(body, "Older ones")
    assert found == expected
    assert link(body, "Back to the newest") == PATH
    body = client.get(PATH, params={"until": "2026-02-28"}).text
    assert ids(body)
    assert set(ids(body)) < set(expected)


def test_pages_of_a_search_leave_nothing_out(client: TestClient, demo: DemoStore) -> None:
    for number in range(43):
        post(demo.engine, url=f"https://one.example/eng/{number}.htm", title=f"Zeppelin {number}")
    settle(demo.engine, NOW)
    for order, further in (("newest", "Older ones"), ("best", "The next best")):
        found: list[int] = []
        address = f"{PATH}?q=zeppelin&order={order}"
        while address:
            body = client.get(address).text
            found += ids(body)
            address = link(body, further) if further in body else ""
        assert len(found) == len(set(found)) == 43


def test_a_wrong_query_is_told_with_its_place_and_leaves_the_list(client: TestClient) -> None:
    answer = client.get(PATH, params={"q": "huawei AND (5g"}, headers=HTMX)
    assert answer.headers["HX-Retarget"] == "#problem"
    assert answer.headers["HX-Replace-Url"] == "false"
    assert "a closing bracket" in answer.text
    whole = client.get(PATH, params={"q": 'huawei "'}).text
    assert re.search(r'huawei <mark class="place"[^>]*>▸</mark>&#34;', whole)
    assert 'aria-invalid="true"' in whole
    right = client.get(PATH, params={"q": "huawei"}, headers=HTMX)
    assert "HX-Retarget" not in right.headers
    assert '<div hx-swap-oob="innerHTML:#problem"></div>' in right.text
    assert "<html" not in right.text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"q": "a) OR (b", "country": "DE"}, "makes no sense here"),
        ({"country": "Germany"}, "country: wants a country"),
        ({"publisher": "!!"}, "publisher: no letter or digit"),
        ({"since": "2026-02-30"}, "is no day"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "before it begins"),
        ({"q": "huawei", "after": "here"}, "no place to go on from"),
        ({"order": "best"}, "The best of what?"),
    ],
)
def test_what_cannot_be_asked_is_told_and_not_a_fault(
    client: TestClient, asked: dict[str, str], said: str
) -> None:
    body = client.get(PATH, params=asked).text
    assert said in unescape(body.split('id="problem"')[1])
    assert not ids(body)


def test_what_no_text_holds_is_no_fault_either(client: TestClient) -> None:
    odd = "a\x00b\ud800".encode("utf-8", "surrogatepass")
    for name in ("q", "topic", "source", "publisher", "country", "language", "after", "seen"):
        answer = client.get(PATH, params={name: odd})
        assert answer.status_code in (200, 400), name
    for query in ('topic:"a\x01b"', 'topic:"a\x00b" OR source:"\x01"', "\x07", "huawei " * 4_000):
        assert client.get(PATH, params={"q": query}).status_code < 500
    assert client.get(PATH, params={"country": [f"{n}" for n in range(60)]}).status_code == 422
    assert client.get(PATH, params={"order": "worst"}).status_code == 422


def test_what_surrounds_a_statement_is_said(client: TestClient, demo: DemoStore) -> None:
    first = post(demo.engine, title="Lighthouse one", url="https://one.example/1")
    for number in (2, 3):
        post(demo.engine, title=f"Lighthouse {number}", url=f"https://one.example/{number}",
             story=first.story)  # fmt: skip
    other = post(demo.engine, title="Phare", language="fr", url="https://one.example/fr",
                 story=first.story)  # fmt: skip
    settle(demo.engine, NOW)
    around = text("""
        INSERT INTO communique.translations VALUES (:a, :b, 1, 1) ON CONFLICT DO NOTHING;
        UPDATE communique.statements SET withdrawn_at = '2026-03-02', part_of = :b WHERE id = :a;
        INSERT INTO communique.changes (statement_id, kind, at, revision_id, earlier_revision_id)
        VALUES (:a, 'edited', '2026-03-02', :r, :r)
    """)
    with demo.engine.begin() as connection:
        connection.execute(text("UPDATE communique.statements SET story_id = :s WHERE url LIKE "
                                "'https://one.example/%'"), {"s": first.story})  # fmt: skip
        values = {"a": first.statement, "b": other.statement, "r": first.revision}
        connection.execute(around, values)
    body = client.get(PATH, params={"q": '"lighthouse one"'}).text
    assert ids(body) == [first.statement]
    for said in ("also posted by 2 others", "also in French", ">edited</a>", "part of: Phare",
                 "withdrawn 2026-03-02"):  # fmt: skip
        assert said in body, said


def test_strangers_words_stay_text_and_highlights_are_theirs(
    client: TestClient, demo: DemoStore
) -> None:
    stored = store_hostile(demo.engine)
    for asked in ({}, {"q": "script"}, {"q": "<script>"}, {"source": stored.source},
                  {"q": 'x"><script>pwned()</script>'}, {"country": '"><b>'}):  # fmt: skip
        assert_only_text(client.get(PATH, params=asked).text)
    assert "&lt;<mark>script</mark>&gt;" in client.get(PATH, params={"q": "script"}).text
    folded = client.get(PATH, params={"q": '"Clean-Network"'}).text
    assert "<mark>clean network</mark>" in folded


def test_time_that_is_up_is_said_with_the_way_on(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements_found, "PATIENCE", 0.0)
    body = client.get(PATH, params={"q": "huawei"}).text
    assert "Not everything was looked at" in body
    assert "after=" in link(body, "Look further")


def test_files_hold_what_the_page_finds(client: TestClient) -> None:
    asked = {"q": "huawei OR 5g", "since": "2026-02-01"}
    found = ids(client.get(PATH, params=asked).text)
    table = client.get(f"{PATH}.csv", params=asked)
    assert "attachment" in table.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [int(row["id"]) for row in rows] == found
    lines = client.get(f"{PATH}.jsonl", params=asked).text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == found
    feed = client.get(f"{PATH}.atom", params=asked)
    assert feed.text.count("<entry") == len(found)
    assert client.get(f"{PATH}.csv").text.count("\n") > 1
    assert client.get(f"{PATH}.csv", params={"q": "("}).status_code == 422
    assert client.get(f"{PATH}.exe").status_code == 404


def test_a_file_in_hand_blocks_no_other_for_ever(client: TestClient) -> None:
    for _ in range(8):  # more than are written at once
        with client.stream("GET", f"{PATH}.csv") as answer:
            assert answer.status_code == 200


def test_a_file_that_cannot_be_whole_is_none(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements_files, "LONGEST", -0.001)
    answer = client.get(f"{PATH}.csv")
    assert answer.status_code == 503
    assert "No file was made" in answer.text
    monkeypatch.setattr(statements_files, "LONGEST", 60)
    monkeypatch.setattr(statements_files, "CHUNK", 64)
    whole = client.get(f"{PATH}.jsonl").text.splitlines()
    assert all(json.loads(line)["id"] for line in whole)


def test_a_saved_search_counts_what_is_new_and_marks_it(
    client: TestClient, demo: DemoStore
) -> None:
    asked = {"q": "zeppelin OR airship", "language": "en", "since": "2026-02-01"}
    assert save(client, "Harbours", **asked) == 303
    assert "nothing new" in client.get(f"{PATH}/saved", headers=HTMX).text
    later = demo.settings.clock().replace(hour=23)
    for number in range(23):
        post(demo.engine, title=f"The zeppelin of day {number}", seen=later,
             url=f"https://one.example/h{number}")  # fmt: skip
    post(demo.engine, title="Le quai", language="fr", seen=later, url="https://one.example/fr")
    settle(demo.engine, later)
    listed = client.get(f"{PATH}/saved", headers=HTMX).text
    assert "20+ new" in listed
    kept = re.search(r"/saved/(\d+)/look", listed)
    assert kept
    answer = client.post(
        f"{PATH}/saved/{kept[1]}/look",
        headers=csrf(client, "/statements"),
        follow_redirects=False,
    )
    asked_again = parse_qs(urlsplit(answer.headers["location"]).query)
    assert {name: asked_again[name] for name in asked} == {n: [v] for n, v in asked.items()}
    body = client.get(answer.headers["location"]).text
    assert body.count('<span class="chip fresh">new</span>') == 20


def test_a_saved_search_becomes_a_rule_as_one_query(client: TestClient) -> None:
    save(client, "Either", q="huawei OR 5g", country="DE")
    listed = client.get(PATH).text
    rule = re.search(r'href="([^"]*)"[^>]*>make it a rule', listed)
    assert rule
    asked = parse_qs(urlsplit(unescape(rule[1])).query)
    assert asked == {"q": ["(huawei OR 5g) AND country:DE"]}


def test_a_saved_search_is_its_owners_alone(client: TestClient, demo: DemoStore) -> None:
    assert save(client, "Mine", q="huawei") == 303
    number = re.search(r"/saved/(\d+)/look", client.get(PATH).text)
    assert number
    with opened(demo.settings, **{"x-visitor": "eva:edit"}) as eva:
        assert "Mine" not in eva.get(PATH).text
        for what in ("look", "delete"):
            answer = eva.post(f"{PATH}/saved/{number[1]}/{what}", headers=csrf(eva, "/statements"))
            assert answer.status_code == 404
        assert save(eva, "Mine", q="5g") == 303
    assert "Mine" in client.get(PATH).text
    gone = client.post(f"{PATH}/saved/{number[1]}/delete", headers=csrf(client, "/statements"))
    assert "Mine" not in gone.text


def test_a_search_is_kept_under_one_name_once_and_only_if_it_can_be_asked(
    client: TestClient,
) -> None:
    assert save(client, "Once", q="huawei") == 303
    assert save(client, " Once ", q="5g") == 409
    assert save(client, " \u200b", q="5g") == 409
    assert save(client, "Wrong", q="(") == 422
    assert save(client, "<script>alert(1)</script>", q="ship", country="DE") == 303
    assert_only_text(client.get(PATH).text)


def test_who_may_only_look_saves_nothing(client: TestClient) -> None:
    headers = {**OMAR}
    body = client.get(PATH, headers=headers).text
    assert "Save this search" not in body
    assert "may look, but save nothing" in body
    answer = client.post(f"{PATH}/saved?q=huawei", data={"name": "x"}, headers=headers)
    assert answer.status_code == 403
