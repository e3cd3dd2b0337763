"""A house for the pages in tests: who visits is what a header says; otherwise as in Airflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient

from communique.pages import Embedding, Visitor, make_app
from communique.settings import Settings

PREFIX = "/communique"
VISITOR = "x-visitor"
ANA, OMAR = {VISITOR: "ana:edit"}, {VISITOR: "omar:view"}  # who may edit, and who may not


def visitor(request: Request) -> Visitor:
    """As Airflow: nobody gets 401."""
    name, _, role = request.headers.get(VISITOR, "").partition(":")
    if not name:
        raise HTTPException(401, "Not authenticated")
    return Visitor(name, may_edit=role == "edit")


def embedding(settings: Settings) -> Embedding:
    """A house whose runs are called after their DAGs, as Airflow's."""
    return Embedding(
        visitor=visitor,
        settings=lambda: settings,
        sign_in=lambda request: f"/auth/login/?next={request.url.path}",
        run_page=lambda key, source: (
            f"/dags/{key.replace(':', '/runs/', 1)}" if ":" in key else None
        ),
        source_of=lambda dag, run, task, index: f"{dag}-{index}" if index >= 0 else None,
        frame=lambda path: f"/plugin/communique{path}",
    )


@contextmanager
def opened(settings: Settings, **headers: str) -> Iterator[TestClient]:
    """A visitor's browser, at the pages of the store of these settings, as `ana`, who may edit.

    Paths are asked for with their prefix: `client.get("/communique/today")`.
    """
    house = FastAPI()
    pages = make_app(embedding(settings))
    house.mount(PREFIX, pages)
    with TestClient(house, headers={**ANA, **headers}, raise_server_exceptions=False) as client:
        yield client
    pages.state.store.close()


def csrf(
    client: TestClient, path: str = "/today", visitor: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The header that a page of ours sends with a change. visitor: whose, if not the client's."""
    body = client.get(PREFIX + path, headers=visitor).text
    token = body.split('"X-CSRF-Token": "', 1)[1].split('"', 1)[0]
    return {"X-CSRF-Token": token}
