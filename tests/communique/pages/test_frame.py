"""What holds for every page: its headers, its errors, and that it keeps nobody waiting."""

from __future__ import annotations

import base64
import hashlib
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.engine import make_url
from starlette.responses import Response

from communique.database import CONNECTIONS
from communique.pages import app as pages_app
from communique.pages import guarding, opening
from communique.pages.opening import EngineOf, Reading
from communique.pages.rendering import environment
from communique.settings import Settings
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.house import PREFIX, VISITOR, opened

NOBODY = {VISITOR: ""}
HTMX = {"HX-Request": "true"}
GATE = threading.Event()


@pytest.fixture
def odd(demo: DemoStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Ana, at pages of which some go wrong."""
    router = APIRouter()

    @router.get("/slow")
    @router.get("/api/slow")
    def slow(connection: Reading) -> None:
        connection.execute(text("SELECT pg_sleep(30)"))

    @router.get("/broken")
    def broken() -> None:
        raise RuntimeError("a secret of ours")

    @router.get("/writes")
    def writes(engine: EngineOf) -> None:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM communique.rule_edits"))

    @router.get("/too-large")
    def too_large(connection: Reading) -> None:
        connection.execute(text("SELECT CAST(:n AS bigint)"), {"n": 2**70})

    @router.get("/locked")
    def locked(connection: Reading) -> None:
        connection.execute(text("SET LOCAL lock_timeout = 50"))
        connection.execute(text("SELECT pg_advisory_xact_lock(7)"))

    @router.get("/hoards")
    def hoards(engine: EngineOf) -> None:
        with ExitStack() as held:
            for _ in range(2 * CONNECTIONS + 1):
                held.enter_context(engine.connect())

    @router.get("/waits")
    def waits() -> Response:
        GATE.wait(20)
        return Response("waited")

    monkeypatch.setattr(pages_app, "PARTS", (*pages_app.PARTS, SimpleNamespace(router=router)))
    monkeypatch.setattr(opening, "LONGEST_READ", 200)
    monkeypatch.setattr(opening, "PATIENCE", replace(opening.PATIENCE, free=0.2))
    with opened(demo.settings) as client:
        yield client


def test_every_answer_has_the_headers_that_protect_it(odd: TestClient) -> None:
    for path, status in [
        ("/statements", 200), ("/statements?order=worst", 422), ("/static/app.css", 200),
        ("/static/no.css", 404), ("/static/../app.py", 404), ("/static/%2e%2e/app.py", 404),
        ("/nowhere", 404), ("/broken", 500), ("/slow", 504), ("/too-large", 400),
        ("/statements?q=%00", 400), ("/statements?q=" + "x" * 17_000, 414), ("/confirm/x", 400),
        ("/api/openapi.json", 200), ("/api/nowhere", 404),
    ]:  # fmt: skip
        for headers in ({}, NOBODY):
            answer = odd.get(PREFIX + path, headers=headers)
            assert answer.status_code in (status, 401 if headers else status), (path, answer.text)
            held = answer.headers
            assert held["x-content-type-options"] == "nosniff", path
            assert "default-src 'none'" in held["content-security-policy"], path
            assert "unsafe" not in held["content-security-policy"], path
            assert held["x-frame-options"] in ("SAMEORIGIN", "DENY"), path
            assert held["referrer-policy"] in ("same-origin", "no-referrer"), path
            assert "no-store" in held["cache-control"] or "immutable" in held["cache-control"]
    assert odd.post(PREFIX + "/today").headers["x-content-type-options"] == "nosniff"


def test_an_error_is_told_in_the_form_that_was_asked_for(odd: TestClient) -> None:
    whole = odd.get(PREFIX + "/slow")
    assert "<html" in whole.text
    assert "took too long and was stopped" in whole.text
    assert "X-CSRF-Token" not in whole.text  # it needs the store, which may be what is wrong
    part = odd.get(PREFIX + "/slow", headers=HTMX)
    assert part.text.startswith('<p class="problem"')
    assert part.status_code == 504
    assert set(odd.get(PREFIX + "/api/slow").json()) == {"detail"}
    broken = odd.get(PREFIX + "/broken")
    assert (broken.status_code, "secret" in broken.text) == (500, False)


def test_whoever_is_not_signed_in_gets_a_page_that_shows_the_way_and_nothing_else(
    odd: TestClient,
) -> None:
    for path in ("/today", "/nowhere", "/static/app.css"):
        answer = odd.get(PREFIX + path, headers=NOBODY)
        assert answer.status_code == 401
        assert f'href="/auth/login/?next={PREFIX}{path}"' in answer.text
        assert "<h1>Sign in first</h1>" in answer.text
        assert "/static/" not in answer.text.replace(f"next={PREFIX}{path}", "")
        assert "<script" not in answer.text
        style = answer.text.split("<style>")[1].split("</style>")[0]
        assert _digest(style) in answer.headers["content-security-policy"]


def _digest(style: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


def test_a_head_is_a_page_without_its_body(odd: TestClient) -> None:
    for path in ("/static/app.css", "/statements", "/confirm/x"):
        head, whole = odd.head(PREFIX + path), odd.get(PREFIX + path)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]


def test_an_address_with_a_slash_too_many_is_found(odd: TestClient) -> None:
    answer = odd.get(PREFIX + "/statements/?q=a&q=b", follow_redirects=False)
    assert answer.headers["location"] == f"{PREFIX}/statements?q=a&q=b"
    assert (
        odd.get(PREFIX + "//evil.example/", follow_redirects=False)
        .headers.get("location", PREFIX)
        .startswith(PREFIX)
    )


def test_asking_for_a_page_cannot_change_the_store(odd: TestClient, demo: DemoStore) -> None:
    with demo.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO communique.rule_edits (at, editor, watchlist, rule, action) "
                 "VALUES (now(), 'ana', 'w', 'r', 'added')")
        )  # fmt: skip
    assert odd.get(PREFIX + "/writes").status_code == 500
    with demo.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM communique.rule_edits")).scalar() == 1


def test_who_finds_no_connection_or_a_lock_is_told_to_try_again(
    odd: TestClient, demo: DemoStore
) -> None:
    for _ in range(2):  # what was hoarded has been given back
        answer = odd.get(PREFIX + "/hoards")
        assert (answer.status_code, "Too many ask at once" in answer.text) == (503, True)
        assert answer.headers["retry-after"] == "5"
    assert odd.get(PREFIX + "/statements").status_code == 200
    with demo.engine.begin() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(7)"))
        answer = odd.get(PREFIX + "/locked")
    assert (answer.status_code, "Others change the same" in answer.text) == (503, True)


def test_no_more_than_a_few_are_worked_on_at_once_and_strangers_keep_nobody_out(
    odd: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarding, "WAIT", 0.2)
    GATE.clear()
    waiting = [
        threading.Thread(target=odd.get, args=(PREFIX + "/waits",)) for _ in range(guarding.PLACES)
    ]
    for each in waiting:
        each.start()
    try:
        until, status = time.monotonic() + 10, 0
        while status != 503 and time.monotonic() < until:
            answer = odd.get(PREFIX + "/static/app.css")
            status = answer.status_code
        assert (status, "Too many ask at once" in answer.text) == (503, True)
        assert answer.headers["retry-after"] == "5"
        assert odd.get(PREFIX + "/confirm/x").status_code == 400  # they have places of their own
    finally:
        GATE.set()
        for each in waiting:
            each.join()
    assert odd.get(PREFIX + "/static/app.css").status_code == 200


def test_no_more_is_taken_than_a_watchlist_needs(odd: TestClient) -> None:
    for body in (b"x" * (guarding.LARGEST + 1), iter([b"x" * guarding.LARGEST, b"x"])):
        assert odd.post(PREFIX + "/unsubscribe/x", content=body).status_code == 413


def test_a_store_that_is_away_is_told_at_once_and_to_strangers_discreetly(
    demo: DemoStore,
) -> None:
    away = demo.settings.model_copy(
        update={"database_url": "postgresql://ana:unsaid@127.0.0.1:1/nowhere"}
    )
    with opened(away) as client:
        begun = time.monotonic()
        for _ in range(3):
            answer = client.get(PREFIX + "/statements")
            assert answer.status_code == 503
            assert "PostgreSQL does not answer" in answer.text
            assert "unsaid" not in answer.text
        assert time.monotonic() - begun < 3
        said = client.get(PREFIX + "/confirm/x.y", headers=NOBODY)
        assert (said.status_code, "127.0.0.1" in said.text) == (503, False)


@pytest.mark.parametrize(
    "address",
    ["unsaid", "mysql://ana:unsaid@host/store", "sqlite:///unsaid.db", "postgresql://h:unsaid/x"],
)
def test_an_address_of_no_store_is_told_with_what_is_expected(
    demo: DemoStore, address: str
) -> None:
    with opened(demo.settings.model_copy(update={"database_url": address})) as client:
        answer = client.get(PREFIX + "/today")
    assert answer.status_code == 503
    assert "Expected: postgresql://" in answer.text
    assert "unsaid" not in answer.text


def test_a_store_that_is_not_as_it_should_be_is_told_with_what_to_do(demo: DemoStore) -> None:
    with demo.engine.begin() as connection:
        connection.execute(text("ALTER TABLE communique.matches RENAME TO away"))
    with opened(demo.settings) as client:
        answer = client.get(PREFIX + "/today")
    assert answer.status_code == 503
    assert "communique db upgrade" in answer.text
    owner = make_url(demo.settings.database_url or "")
    stranger = f"stranger_{owner.database}"
    with demo.engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {stranger} LOGIN PASSWORD 'unsaid'"))
    his = owner.set(username=stranger, password="unsaid").render_as_string(hide_password=False)
    with opened(demo.settings.model_copy(update={"database_url": his})) as client:
        answer = client.get(PREFIX + "/today")
    with demo.engine.begin() as connection:
        connection.execute(text(f"DROP ROLE {stranger}"))
    assert answer.status_code == 503
    assert "may not be read by this login" in answer.text
    assert "unsaid" not in answer.text


def test_a_file_of_facts_that_went_away_is_told(demo: DemoStore, tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    shutil.copytree(demo.settings.sources, folder)
    (folder / "media.yaml").unlink(missing_ok=True)
    (folder / "media.yaml").symlink_to(tmp_path / "nowhere")
    with opened(demo.settings.model_copy(update={"sources": folder})) as client:
        assert client.get(PREFIX + "/sources").status_code == 503
        today = client.get(PREFIX + "/today")
    assert (today.status_code, "media.yaml" in today.text) == (200, True)


def test_a_setting_that_cannot_be_is_told_and_not_shown(demo: DemoStore) -> None:
    def broken() -> Settings:
        return Settings(smtp_url="unsaid://password@host")

    with opened(demo.settings) as client:
        pages = client.app.routes[-1].app  # type: ignore[attr-defined]
        pages.state.store._settings = broken
        answer = client.get(PREFIX + "/statements")
    assert (answer.status_code, "smtp_url" in answer.text) == (503, True)
    assert "password" not in answer.text


def test_a_strangers_address_never_breaks_a_page_nor_runs() -> None:
    template = environment().from_string("{{ address | outside }}")
    for address in (
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " java\nscript:alert(1)", "data:text/html,x",
        "http://[", "http://[::1", "//evil.example", "", "vbscript:x", "\x01javascript:alert(1)",
    ):  # fmt: skip
        assert "href" not in template.render(address=address), address
    made = template.render(address='https://a.example/"><script>alert(1)</script>')
    assert made.count("<") == 2
