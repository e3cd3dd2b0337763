"""No address, however odd, is answered by a fault of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import Mount

from tests.communique.pages.house import OMAR, PREFIX

ODD = (
    "99999999999999999999",
    "-1",
    "9999-12-31",
    "0001-01-01.99999999999999999999",
    "a\x01\ud7ff\uffff\u202e'\"<%>\\",
    "(" * 60 + "*",
    "x" * 3_000,
    "٣",
)


def names_of(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """The parameters of a query, and whether they take words."""
    for each in dependant.query_params:
        yield each.alias, "str" in str(each.field_info.annotation)
    for other in dependant.dependencies:
        yield from names_of(other)


def asked(route: APIRoute) -> Iterator[tuple[str, dict[str, Any]]]:
    """Addresses of a route: with odd words in its gaps, and with odd parameters."""
    names = dict(names_of(route.dependant))
    words = [name for name, takes_words in names.items() if takes_words]
    usual = re.sub(r"\{\w+(:\w+)?\}", "1", route.path)
    for odd in ODD:
        if "{" in route.path:
            yield quote(odd, safe="").join(re.split(r"\{\w+(?::\w+)?\}", route.path)), {}
        if words:
            yield usual, dict.fromkeys(words, odd)
    for name in names:
        for odd in (ODD[0], ODD[1], ""):
            yield usual, {name: odd}


def test_no_question_is_answered_by_a_fault_of_ours(client: TestClient) -> None:
    (pages,) = [each.app for each in client.app.routes if isinstance(each, Mount)]  # type: ignore[attr-defined]
    assert isinstance(pages, FastAPI)
    wrong = []
    for route in pages.routes:
        if isinstance(route, APIRoute) and "GET" in route.methods:
            for path, query in asked(route):
                answer = client.get(PREFIX + path, params=query, headers=OMAR)
                if answer.status_code >= 500:
                    wrong.append(f"{answer.status_code} {path[:80]} {query}"[:300])
    assert not wrong, "\n".join(wrong)
