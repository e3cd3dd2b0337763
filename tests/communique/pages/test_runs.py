"""A tab of a run shows what that run stored, and of a source's task what that source did in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from communique.backfills import backfill_all
from communique.jobs import open_line
from communique.pages import make_app, runs_stored
from communique.pages.runs_stored import brought
from scrapers.facts import find
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.hostile import PUBLISHER, TITLES, assert_only_text
from tests.communique.pages.house import ANA, PREFIX, embedding

RUN = "/communique/runs/collect/2026-03-03"
FAILING = "demo_us_embassy_de"


@contextmanager
def at_task_of(demo: DemoStore, source: str | None) -> Iterator[TestClient]:
    """A house whose mapped tasks all bear this name."""
    house = FastAPI()
    pages = make_app(replace(embedding(demo.settings), source_of=lambda *_: source))
    house.mount(PREFIX, pages)
    with TestClient(house, headers=ANA, raise_server_exceptions=False) as client:
        yield client
    pages.state.store.close()


def test_a_run_lists_what_it_stored_and_what_it_could_not_read(client: TestClient) -> None:
    body = client.get(RUN).text
    assert "Press Conference on March 3, 2026" in body
    assert "revised</span>" in body
    assert 'href="/plugin/communique/statements/' in body
    assert "What could not be read" in body
    assert "https://de.usembassy.example/news-events/" in body
    assert "state-blocked" in body


def test_a_task_shows_its_own_source_alone(demo: DemoStore) -> None:
    with at_task_of(demo, FAILING) as client:
        body = client.get(f"{RUN}/collect/1").text
    assert "Embassy of the United States in Germany" in body
    assert "Press Conference" not in body
    assert "Nothing new, and no wording that changed." in body
    assert "capture " in body


def test_counts_are_those_of_the_coverage_table(demo: DemoStore) -> None:
    with demo.engine.connect() as connection:
        found = brought(connection, "collect:2026-03-03", None)
        new = connection.execute(
            text("SELECT sum(new) FROM analyst.coverage WHERE run_key LIKE 'collect:2026-03-03:%'")
        ).scalar_one()
    assert found is not None
    assert found.counts["new"] == new == sum(row["outcome"] == "new" for row in found.stored)


def test_a_long_list_goes_on_where_it_ended(
    demo: DemoStore, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_stored, "PAGE", 2)
    with demo.engine.connect() as connection:
        first = brought(connection, "collect:2026-03-02", None)
        assert first is not None
        assert first.after is not None
        second = brought(connection, "collect:2026-03-02", None, after=first.after)
    assert second is not None
    ids = [row["capture_id"] for row in [*first.stored, *second.stored]]
    assert len(set(ids)) == 4
    assert ids == sorted(ids)
    assert f"?after={first.after}" in client.get("/communique/runs/collect/2026-03-02").text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/runs/alert/manual__1", "The store holds nothing under"),
        ("/runs/alert/manual__1/judge/%7BMAP_INDEX%7D", "The store holds nothing under"),
        ("/runs/collect/2026-03-03/report/%7BMAP_INDEX%7D", "What this run stored"),
    ],
)
def test_other_runs_and_tasks_say_what_would_be_here(
    client: TestClient, path: str, said: str
) -> None:
    answer = client.get(f"/communique{path}")
    assert answer.status_code == 200
    assert said in answer.text


def test_a_sources_backfill_is_found_although_it_has_a_name_of_its_own(demo: DemoStore) -> None:
    line = open_line(demo.settings, demo.engine)
    backfill_all(line, [find(line.sources, "demo_mfa_en")], since=date(2026, 1, 1))
    with at_task_of(demo, "demo_mfa_en") as client:
        body = client.get("/communique/runs/backfill/manual__1/backfill/0").text
    assert "Ministry of Foreign Affairs, spokesperson" in body
    assert "the latest backfill of this source" in body
    with at_task_of(demo, "demo_state") as client:
        body = client.get("/communique/runs/backfill/manual__1/backfill/0").text
    assert "The store holds nothing under" in body


def test_a_task_that_has_not_begun_says_so(demo: DemoStore) -> None:
    with at_task_of(demo, None) as client:
        body = client.get(f"{RUN}/collect/3").text
    assert "once it has begun" in body
    assert "March 3" not in body


@pytest.mark.parametrize("title", TITLES)
def test_hostile_words_stay_text(demo: DemoStore, client: TestClient, title: str) -> None:
    changes = [
        ("UPDATE communique.statements SET title = :words", TITLES[title].replace("\x00", "")),
        ("UPDATE communique.sources SET publisher = :words", PUBLISHER),
        ("UPDATE communique.captures SET error = :words WHERE error IS NOT NULL", PUBLISHER),
        ("UPDATE communique.coverage SET error = :words WHERE error IS NOT NULL", PUBLISHER),
    ]
    with demo.engine.begin() as connection:
        for change, words in changes:
            connection.execute(text(change), {"words": words})
    answer = client.get(RUN)
    assert answer.status_code == 200
    assert_only_text(answer.text)
    assert "\u202e" not in answer.text
    assert len(answer.text) < 100_000
