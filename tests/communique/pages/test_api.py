"""The JSON API answers whatever its own description allows, and no more than its pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import text

from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.house import ANA, OMAR

API = "/communique/api"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
TRIED = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


CANNOT_BE: list[tuple[str, dict[str, Any], int]] = [
    ("/statements/0", {}, 422),
    ("/statements/9223372036854775807", {}, 404),
    ("/statements/9223372036854775808", {}, 422),
    ("/statements/9223372036854775807/echoes", {}, 404),
    ("/stories/9223372036854775807", {}, 404),
    ("/statements/1e3", {}, 422),
    ("/nowhere", {}, 404),
    ("/statements", {"q": "huawei AND"}, 422),
    ("/statements", {"q": "a\0b"}, 400),
    ("/statements", {"q": "(" * 2_000}, 422),
    ("/statements", {"q": "a " * 9_999}, 414),
    ("/statements", {"order": "best"}, 422),
    ("/statements", {"q": "huawei", "order": "best", "after": "9" * 30}, 422),
    ("/statements", {"after": "2026-01-01.99999999999999999999"}, 200),
    ("/statements", {"since": "0000-00-00"}, 422),
    ("/statements", {"since": "2026-02-01", "until": "2026-01-01"}, 422),
    ("/statements", {"country": "x" * 2_000}, 422),
    ("/statements", {"limit": 101}, 422),
    ("/alerts", {"since": "9999-12-31"}, 200),
    ("/alerts", {"since": "99999-12-31"}, 422),
    ("/coverage", {"after": "999999999999999999.x"}, 200),
    ("/coverage", {"after": "9999999999999999999.x"}, 422),
    ("/mentions", {}, 422),
    ("/mentions", {"q": ["a", "b", "c", "d"]}, 422),
    ("/mentions", {"rule": "nowhere/none"}, 422),
    ("/mentions", {"q": "huawei", "since": "0001-01-01"}, 422),
]


def get(client: TestClient, path: str, expect: int = 200, **asked: Any) -> Any:
    answer = client.get(API + path, params=asked)
    assert answer.status_code == expect, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def pages(client: TestClient, path: str, key: str = "items", **asked: Any) -> Iterator[list[Any]]:
    """The pages of a list, to its end."""
    after = None
    for _ in range(50):
        found = get(client, path, **asked, **({"after": after} if after else {}))
        yield found[key]
        after = found["next"]
        if after is None:
            return
    raise AssertionError("it goes on and on")


def test_what_the_description_allows_is_answered_as_it_says(client: TestClient) -> None:
    """schemathesis asks each route with whatever the description allows, and with what it does
    not: the answer is never a fault of ours, and always of the form that is described."""
    schema = schemathesis.openapi.from_asgi(f"{API}/openapi.json", client.app, headers=ANA)
    statuses: dict[str, set[int]] = defaultdict(set)

    def ask(case: schemathesis.Case) -> None:
        answer = case.call(headers=ANA)
        statuses[case.operation.label].add(answer.status_code)
        case.validate_response(answer, checks=CHECKS, headers=ANA)

    for found in schema.get_all_operations():
        operation = found.ok()
        there = {"path_parameters": {"id": 1}} if "{id}" in operation.path else {}
        cases = [operation.as_strategy(mode) for mode in GenerationMode]
        cases.append(operation.as_strategy(**there))
        seed(1)(TRIED(given(st.one_of(cases))(ask)))()
    assert len(statuses) == 9
    answered = {operation for operation, seen in statuses.items() if 200 in seen}
    assert set(statuses) - answered <= {"GET /api/mentions"}  # a rule or topic has to be named


def test_what_cannot_be_is_refused_in_words(client: TestClient) -> None:
    for path, asked, status in CANNOT_BE:
        answer = get(client, path, status, **asked)
        assert status == 200 or set(answer) == {"detail"}, answer
        assert status == 200 or isinstance(answer["detail"], str), answer


def test_a_wrong_query_is_told_as_a_rule_is(client: TestClient) -> None:
    said = get(client, "/statements", 422, q="huawei AND (ban")
    assert "(at character" in said["detail"]


def test_every_list_is_read_to_its_end_page_by_page(client: TestClient, demo: DemoStore) -> None:
    with demo.engine.connect() as store:

        def count(query: str) -> int:
            return int(store.execute(text(f"SELECT count(*) FROM {query}")).scalar_one())

        lists = [
            ("/statements", 7, "analyst.statements"),
            ("/sources", 3, "analyst.sources"),
            ("/coverage", 4, "analyst.coverage"),
            ("/alerts", 5, "communique.deliveries WHERE kind <> 'source_health'"),
        ]
        for path, limit, rows in lists:
            found = list(pages(client, path, limit=limit))
            assert all(len(page) == limit for page in found[:-1]), path
            each = [repr(one) for page in found for one in page]
            assert len(set(each)) == len(each) == count(rows) > limit, path


def test_a_statement_is_told_with_its_proof_and_its_story(client: TestClient) -> None:
    hit = get(client, "/statements", q="huawei", order="best", limit=1)["items"][0]
    assert hit["highlights"][0]["words"].casefold().startswith("huawei")
    one = get(client, f"/statements/{hit['id']}")
    assert one["title"] == hit["title"]
    assert one["revisions"][-1]["number"] == one["revision"]
    assert len(one["revisions"][0]["sha256"]) == 64
    assert get(client, f"/statements/{hit['id']}/echoes")["statement"] == hit["id"]
    story = get(client, f"/stories/{hit['story_id']}")
    posts = [post for page in pages(client, f"/stories/{story['id']}", "posts", limit=1)
             for post in page]  # fmt: skip
    assert [post["position"] for post in posts] == list(range(1, story["statements"] + 1))
    assert posts == story["posts"]
    assert posts[0]["statement_id"] == story["lead_statement_id"]


def test_an_alert_names_its_rules_and_why_it_was_held(client: TestClient) -> None:
    held = get(client, "/alerts", status="held")["items"]
    assert held
    assert all(each["held_because"] for each in held)
    known = {(rule["watchlist"], rule["rule"]) for rule in get(client, "/rules")["items"]}
    told = [rule for page in pages(client, "/alerts") for each in page for rule in each["rules"]]
    assert told
    assert {(rule["watchlist"], rule["rule"]) for rule in told} <= known


def test_mentions_are_counted_by_week_and_by_whom(client: TestClient) -> None:
    found = get(client, "/mentions", q=["huawei", "5G"], period="13w", by="publisher")
    assert found["unit"] == "week"
    for subject, query in zip(found["subjects"], ("huawei", "5G"), strict=True):
        hits = [hit for page in pages(client, "/statements", q=query) for hit in page]
        within = [hit for hit in hits if found["since"] <= hit["day"] <= found["until"]]
        assert subject["whole"]
        assert subject["total"] == len(within) > 0
        assert subject["total"] == sum(group["total"] for group in subject["groups"])
        assert {group["group"] for group in subject["groups"]} == {
            hit["publisher"] for hit in within
        }


def test_the_api_is_closed_to_who_is_not_signed_in_and_open_to_who_only_reads(
    client: TestClient,
) -> None:
    for path in ("/openapi.json", "/statements", "/alerts", "/nowhere"):
        answer = client.get(API + path, headers={"x-visitor": ""})
        assert answer.status_code == 401
        assert set(answer.json()) == {"detail"}
    assert client.get(API + "/statements", headers=OMAR).status_code == 200


def test_addresses_are_shown_to_those_who_may_edit_only(client: TestClient) -> None:
    shown = client.get(API + "/alerts", headers=OMAR).json()["items"]
    assert {each["recipient"] for each in shown} == {"a…@example.org", "h…@example.org"}
    for number in {each["statement_id"] for each in shown}:
        for path in ("", "/why"):
            page = client.get(f"/communique/statements/{number}{path}", headers=OMAR).text
            assert "analyst@" not in page
    assert "analyst@example.org" in client.get(API + "/alerts").text
