"""Every route of the pages, asked as each of those would who must be refused; and what they were
answered, as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import Match

from tests.communique.pages.house import ANA, OMAR, PREFIX, VISITOR, csrf

EVA = {VISITOR: "eva:edit"}  # who may edit, too, but is not Ana
NOBODY = {VISITOR: ""}
ELSEWHERE = "https://evil.example"
HEAD = """\
Every route of the pages, and what was answered to whom. Refused are: with 401 whoever has no
session; with 403 a viewer who changes something, and somebody who may, but whose request brings no
token, a forged one, another visitor's, or comes from another origin, a sandbox or a sibling site.
`may`: answered, though not by a fault of ours. `token`: a signed token opens it, nothing else.
"""
COLUMNS = ("no session", "viewer", "no token", "forged", "hers", "origin", "sandbox", "sibling")
WIDTH = 48  # of a path


@dataclass(frozen=True)
class Asked:
    """A route and method, and what those were answered who asked, by column; `-`: not asked."""

    path: str
    method: str
    answers: Mapping[str, str]
    by_token: bool

    @property
    def reads(self) -> bool:
        return self.method in ("GET", "HEAD")

    def expected(self) -> dict[str, str]:
        """What must be answered. A page that a viewer may not even see says so in the table."""
        if self.by_token:
            return dict.fromkeys(COLUMNS, "-") | {"no session": "token"}
        changed = "-" if self.reads else "403"
        seen = "403" if self.answers["viewer"] == "403" else "may"
        own = {"no session": "401", "viewer": seen if self.reads else "403"}
        return dict.fromkeys(COLUMNS, changed) | own

    def line(self) -> str:
        cells = [f"{self.answers[name]:<{len(name)}}" for name in COLUMNS]
        return f"{self.method:<7}{self.path:<{WIDTH}} {'  '.join(cells)}".rstrip()


def table(client: TestClient, app: FastAPI, tokens: Iterable[str]) -> list[Asked]:
    """All of them, by path and method. tokens: paths that a signed token opens."""
    good, hers = csrf(client, "/statements"), csrf(client, "/statements", EVA)
    opened = set(tokens)
    rows = []
    for route in app.routes:
        assert isinstance(route, APIRoute), route
        for method in sorted(route.methods):
            by_token, path = route.path in opened, _filled(route)
            assert _reached(app, method, path) is route, f"{path} comes to another route"
            asked = _Asker(client, method, path)
            answers = dict.fromkeys(COLUMNS, "-") | {"no session": asked(NOBODY)}
            if by_token:  # a forged one is told so, whoever brings it
                answers["no session"] = (
                    "token" if answers["no session"] == "400" else answers["no session"]
                )
            elif method in ("GET", "HEAD"):
                status = asked(OMAR)
                answers["viewer"] = status if status in ("401", "403") or status > "5" else "may"
            else:
                answers |= dict(_changes(asked, good, hers))
            rows.append(Asked(route.path, method, answers, by_token))
    return sorted(rows, key=lambda row: (row.path, row.method))


def shown(rows: Iterable[Asked]) -> str:
    """The table as its file has it."""
    names = f"{'':<7}{'':<{WIDTH}} {'  '.join(COLUMNS)}"
    return "\n".join([HEAD, names, *(row.line() for row in rows), ""])


def _changes(
    asked: _Asker, good: Mapping[str, str], hers: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    token = good["X-CSRF-Token"]
    forged = {"X-CSRF-Token": token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")}
    yield "viewer", asked(OMAR, good)
    yield "no token", asked(ANA)
    yield "forged", asked(ANA, forged)
    yield "hers", asked(ANA, hers)
    yield "origin", asked(ANA, good, {"Origin": ELSEWHERE})
    yield "sandbox", asked(ANA, good, {"Origin": "null"})
    yield "sibling", asked(ANA, good, {"Sec-Fetch-Site": "same-site"})


class _Asker:
    def __init__(self, client: TestClient, method: str, path: str) -> None:
        self._client, self._method, self._path = client, method, path

    def __call__(self, *headers: Mapping[str, str]) -> str:
        """The status. Nothing is followed: who is led on has got in."""
        every: dict[str, Any] = {}
        for each in headers:
            every |= each
        answer = self._client.request(
            self._method, PREFIX + self._path, headers=every, follow_redirects=False
        )
        return str(answer.status_code)


def _filled(route: APIRoute) -> str:
    """The path with something in its gaps: it is refused before anybody looks what it is."""
    return re.sub(r"\{\w+(:\w+)?\}", "1", route.path)


def _reached(app: FastAPI, method: str, path: str) -> object:
    """The route that a request comes to: the first that fits."""
    scope = {"type": "http", "method": method, "path": path}
    return next((each for each in app.routes if each.matches(scope)[0] is Match.FULL), None)
