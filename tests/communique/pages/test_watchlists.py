"""Promises: the page of rules says what each brings and whether it is in force as written; every
match leads to its statement; nothing of a stranger's, or of a rule's, becomes markup."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from sqlalchemy import text

from communique.alerting import judge
from communique.watchlists import load_watchlists
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.hostile import assert_only_text, store_hostile
from tests.communique.pages.house import OMAR, opened

EXTRA = """
  - id: broken
    name: Broken
    severity: info
    query: '(huawei OR'
  - id: fresh
    name: Fresh <script>alert(1)</script>
    severity: info
    query: '"<b>fresh</b>"'
"""


@pytest.fixture
def folder(tmp_path: Path, demo: DemoStore) -> Path:
    copied = tmp_path / "watchlists"
    shutil.copytree(demo.settings.watchlists, copied)
    return copied


@pytest.fixture
def mine(demo: DemoStore, folder: Path) -> Iterator[TestClient]:
    """Ana, at pages whose watchlists are a copy."""
    with opened(demo.settings.model_copy(update={"watchlists": folder})) as client:
        yield client


def page(client: TestClient, path: str, status: int = 200) -> BeautifulSoup:
    answer = client.get(f"/communique{path}")
    assert answer.status_code == status, answer.text[:2_000]
    return BeautifulSoup(answer.text, "lxml")


def test_every_rule_is_there_with_what_it_brings(mine: TestClient, demo: DemoStore) -> None:
    seen = page(mine, "/watchlists")
    rules = load_watchlists(demo.settings.watchlists).rules
    links = {link["href"] for link in seen.select("table.rules th a")}
    assert links == {f"/communique/watchlists/{r.watchlist}/{r.id}" for r in rules}
    (row,) = [r for r in seen.select("tbody tr") if r.th.a["href"].endswith("/5g-huawei/huawei")]
    with demo.engine.connect() as connection:
        matches = connection.execute(
            text("SELECT count(*) FROM analyst.matches WHERE rule = 'huawei'")
        ).scalar_one()
        told = connection.execute(
            text("SELECT count(DISTINCT story_id) FROM analyst.alerts WHERE rule = 'huawei'"
                 " AND status <> 'held'")
        ).scalar_one()  # fmt: skip
    charts = [chart["aria-label"] for chart in row.select("svg")]
    assert charts[0].endswith(f"0, {told}")
    assert charts[1].endswith(f"0, {matches}")
    assert "version 1" in row.text


def test_what_is_not_in_force_as_written_says_so(mine: TestClient, folder: Path) -> None:
    path = folder / "5g-huawei.yaml"
    kept = path.read_text("utf-8").replace("severity: notice", "severity: urgent", 1)
    path.write_text(kept + EXTRA, "utf-8")
    (folder / "vendors-and-bans.yaml").write_text("rules: {}", "utf-8")
    (folder / "clean-network.yaml").unlink()
    seen = page(mine, "/watchlists")
    rows = {row.th.a["href"].rpartition("/")[2]: row.text for row in seen.select("tbody tr")}
    assert "new: in force from the next alert run" in " ".join(rows["fresh"].split())
    assert "changed" in rows["huawei"]
    assert "stays in force" in rows["zte"]
    assert "not in its file" in rows["jingwang"]
    problem = next(one.text for one in seen.select(".problem") if "broken" in one.text)
    assert "line" in problem
    assert "ends too early" in problem
    assert not seen.select("main script, main b")
    assert page(mine, "/watchlists/5g-huawei/broken").select(".problem")
    assert page(mine, "/watchlists/5g-huawei/fresh").h1.text == "Fresh <script>alert(1)</script>"


def test_a_rule_shows_its_matches_versions_and_who_made_them(
    mine: TestClient, demo: DemoStore, folder: Path
) -> None:
    path = folder / "clean-network.yaml"
    path.write_text(path.read_text("utf-8").replace("name: Clean Network", "name: CN", 1), "utf-8")
    judge(demo.engine, load_watchlists(folder), demo.settings.clock())
    seen = page(mine, "/watchlists/clean-network/clean-network")
    hits = seen.select(".hit")
    assert hits
    assert all(hit.a["href"].startswith("/communique/statements/") for hit in hits)
    assert any("clean network" in mark.text.casefold() for mark in seen.select(".hit mark"))
    newest, first = seen.select(".versions > li")
    assert "Version 2" in newest.text
    assert "edited by hand" in newest.text
    assert newest.select("del")
    assert newest.select("ins")
    assert "Version 1" in first.text
    trend = "/communique/trends?rule=clean-network%2Fclean-network"
    assert trend in {link["href"] for link in seen.select("a")}
    page(mine, "/watchlists/clean-network/nothing", 404)
    page(mine, "/watchlists/..%5c/x%22", 404)


def test_a_viewer_sees_rules_and_no_button(mine: TestClient) -> None:
    seen = mine.get("/communique/watchlists/5g-huawei/huawei", headers=OMAR).text
    assert "/edit" not in seen
    assert "/remove" not in seen
    assert "a role that may edit" in mine.get("/communique/watchlists", headers=OMAR).text
    for path in ("edit", "remove"):
        refused = mine.get(f"/communique/watchlists/5g-huawei/huawei/{path}", headers=OMAR)
        assert refused.status_code == 403
    assert mine.get("/communique/watchlists/new", headers=OMAR).status_code == 403


def test_hostile_statements_stay_text(mine: TestClient, demo: DemoStore) -> None:
    store_hostile(demo.engine)
    for path in ("/watchlists", "/watchlists/clean-network/clean-network"):
        assert_only_text(mine.get(f"/communique{path}").text)
