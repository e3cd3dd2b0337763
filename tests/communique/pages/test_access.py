"""Nobody sees or changes what he must not: the routes are asked one by one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import APIRouter, FastAPI, Request, WebSocket
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from starlette.routing import Mount

from communique.pages import access, leaving, make_app
from communique.pages import app as pages_app
from communique.pages.access import Changing, UncheckedRouteError, require_checks
from communique.schema import Table
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.house import OMAR, PREFIX, csrf, embedding, opened
from tests.communique.pages.routes import shown, table

CONTRACT = Path(__file__).with_name("routes.contract.txt")
WRITE = "WRITE_ROUTES"


def test_every_route_refuses_who_must_be_refused(client: TestClient, demo: DemoStore) -> None:
    pages = pages_of(client)
    csrf(client, "/statements")  # makes the secret that signs
    before = rows_of(demo.engine)
    asked = table(client, pages, [route.path for route in leaving.routes()])
    wrong = [row.line() for row in asked if row.answers != row.expected()]
    assert not wrong, "\n".join(wrong)
    assert rows_of(demo.engine) == before
    if WRITE in os.environ:
        CONTRACT.write_text(shown(asked))
    assert shown(asked) == CONTRACT.read_text(), (
        f"The routes are others. To write them down, and look at the difference: {WRITE}=1 "
        f"pytest {Path(__file__).relative_to(Path.cwd())}; git diff"
    )


def pages_of(client: TestClient) -> FastAPI:
    """The pages in the house that a client visits."""
    (pages,) = [each.app for each in client.app.routes if isinstance(each, Mount)]  # type: ignore[attr-defined]
    assert isinstance(pages, FastAPI)
    return pages


def rows_of(engine: Engine) -> dict[str, str]:
    """All that the store holds, as a digest a table."""
    found = {}
    with engine.connect() as connection:
        for each in Table.metadata.sorted_tables:
            rows = connection.execute(text(f"SELECT t::text FROM {each.fullname} t ORDER BY 1"))
            digest = hashlib.sha256()
            for row in rows.scalars():
                digest.update(row.encode())
            found[each.fullname] = digest.hexdigest()
    return found


def part(router: APIRouter) -> tuple[SimpleNamespace]:
    return (SimpleNamespace(router=router),)


def unchecked_post(router: APIRouter) -> None:
    @router.post("/unchecked")
    def post() -> None: ...


def unchecked_methods(router: APIRouter) -> None:
    @router.api_route("/unchecked", methods=["GET", "DELETE"])
    def either() -> None: ...


def unchecked_socket(router: APIRouter) -> None:
    @router.websocket("/unchecked")
    async def talk(socket: WebSocket) -> None: ...


def unchecked_plain(router: APIRouter) -> None:
    async def plain(request: Request) -> None: ...

    router.add_route("/unchecked", plain)


@pytest.mark.parametrize(
    "add", [unchecked_post, unchecked_methods, unchecked_socket, unchecked_plain]
)
def test_a_route_without_a_check_cannot_be_served(
    monkeypatch: pytest.MonkeyPatch, add: Callable[[APIRouter], None]
) -> None:
    router = APIRouter()
    add(router)
    monkeypatch.setattr(pages_app, "PARTS", part(router))
    with pytest.raises(UncheckedRouteError, match="/unchecked"):
        make_app(embedding(None))  # type: ignore[arg-type]


def test_neither_can_what_is_mounted_nor_fastapis_own_pages() -> None:
    for routes in ([Mount("/more", FastAPI())], FastAPI().routes):
        with pytest.raises(UncheckedRouteError, match="asks nobody who he is"):
            require_checks(routes, lambda: None, by_token=[])


@pytest.fixture
def changing(demo: DemoStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Ana, at pages with one change to make."""
    router = APIRouter()

    @router.post("/change")
    def change(changer: Changing) -> str:
        return changer.name

    monkeypatch.setattr(pages_app, "PARTS", (*pages_app.PARTS, *part(router)))
    settings = demo.settings.model_copy(update={"pages_url": "https://pages.example/communique"})
    with opened(settings) as client:
        yield client


def test_who_may_edit_changes_from_a_page_of_ours(changing: TestClient) -> None:
    token = csrf(changing, "/statements")
    own = changing.base_url.netloc.decode()
    for headers in (
        {},
        {"Origin": f"http://{own}", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://PAGES.example"},  # where a proxy puts another Host
    ):
        answer = changing.post(PREFIX + "/change", headers={**token, **headers})
        assert (answer.status_code, answer.json()) == (200, "ana"), answer.text
    sent = {"csrf": token["X-CSRF-Token"]}  # as a form does without scripts
    assert changing.post(PREFIX + "/change", data=sent).status_code == 200
    assert changing.post(PREFIX + "/change", files={"csrf": b"x"}).status_code == 403


def test_what_a_browser_says_of_itself_breaks_nothing(changing: TestClient) -> None:
    token = csrf(changing, "/statements")
    for origin in ("http://[", "http://", "", "null", "http://testserver.evil.example"):
        answer = changing.post(PREFIX + "/change", headers={**token, "Origin": origin})
        assert answer.status_code == 403, origin
    for bad in ("", ".", "a.b.c", "x" * 5_000, "\xe9"):
        answer = changing.post(PREFIX + "/change", headers={"X-CSRF-Token": bad.encode("latin-1")})
        assert answer.status_code == 403, bad
    answer = changing.post(PREFIX + "/change", headers=token, data={"name": "a\0b"})
    assert (answer.status_code, "NUL" in answer.text) == (400, True)


def test_a_page_that_stood_open_for_a_day_changes_nothing(
    changing: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = csrf(changing, "/statements")
    monkeypatch.setattr(access, "LONGEST", -1)
    answer = changing.post(PREFIX + "/change", headers=token)
    assert (answer.status_code, "stood open for too long" in answer.text) == (403, True)


def test_a_viewer_reads_why_nothing_changed(changing: TestClient) -> None:
    answer = changing.post(PREFIX + "/change", headers=OMAR)
    assert answer.status_code == 403
    assert "omar may look, but change nothing" in answer.text


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
@pytest.mark.parametrize("path", ["/api/statements", "/today", "/unsubscribe/x", "/confirm/x"])
def test_no_other_site_is_let_in_by_the_browser(client: TestClient, method: str, path: str) -> None:
    asked = {
        "Origin": "https://evil.example",
        "Host": "evil.example",
        "Access-Control-Request-Method": "POST",
    }
    answer = client.request(method, PREFIX + path, headers=asked, follow_redirects=False)
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "evil.example" not in answer.headers.get("location", "")
    assert "evil.example" not in answer.text
