"""The real captures through the front door: every statement, every title, every date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from communique.embedded import server
from tests.command import answer, communique, shared


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose embedded server stays up between commands."""
    with server(tmp_path):
        yield tmp_path


@pytest.fixture
def store(home: Path) -> Iterator[Engine]:
    with server(home) as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


def rows(store: Engine, query: str) -> list[Any]:
    with store.connect() as connection:
        return list(connection.execute(text(query)))


def by_source(coverage: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["source"]: row for row in coverage}


def test_the_foreign_ministry_is_read_back_whole_and_a_second_look_finds_nothing(
    home: Path, store: Engine
) -> None:
    settings = {
        "home": str(home),
        "replay": str(shared("corpus/mfa-spokesperson.warc.gz")),
        "as_of": "2020-07-05T00:00:00Z",
    }
    communique("db", "upgrade", settings=settings)
    communique("subscribe", "ana@example.org", settings=settings)
    covered = {}
    for source in ("cn_mfa_en", "cn_mfa_zh"):
        walk = ("backfill", "--source", source, "--since", "2019-01-01")
        covered |= by_source(answer(*walk, settings=settings, status=1))
    lines = shared("corpus/mfa-spokesperson.truth.jsonl").read_text(encoding="utf-8").splitlines()
    truth = {t["url"]: (t["title"], t["date"]) for t in map(json.loads, lines)}
    stored = {
        row.url: (row.title, str(row.published_on))
        for row in rows(store, "SELECT * FROM analyst.statements")
    }
    assert stored == truth
    assert [covered[s]["listings_read"] for s in ("cn_mfa_en", "cn_mfa_zh")] == [4, 12]
    for source in ("cn_mfa_en", "cn_mfa_zh"):  # what the archive lacks is no success
        assert covered[source]["state"] == "failing"
        assert covered[source]["listings_failed"] > 0
        assert "no capture at or before 2020-07-05" in covered[source]["error"]
    assert not rows(store, "SELECT * FROM analyst.statements WHERE url LIKE '%error.htm%'")

    for source in ("cn_mfa_en", "cn_mfa_zh"):
        (again,) = answer("collect", "--source", source, settings=settings, status=1)
        assert again["counts"]["new"] + again["counts"]["revised"] == 0
    told = answer("alert", settings=settings)
    assert told["judged"]["queued"] == 0
    assert told["judged"]["matches"] > 0
    assert rows(store, "SELECT 1 FROM analyst.alerts WHERE status <> 'held'") == []


def test_the_state_departments_feed_is_replayed_in_order_with_every_edit(
    home: Path, store: Engine
) -> None:
    settings = {"home": str(home), "replay": str(shared("corpus/state-gov-rss.warc.gz"))}
    done = answer("replay", "--desk", "united_states", settings=settings)
    assert done["captures"] == 340
    (counted,) = rows(
        store,
        "SELECT (SELECT count(*) FROM analyst.statements) AS statements,"
        " (SELECT count(*) FROM analyst.revisions) AS revisions,"
        " (SELECT count(*) FROM analyst.statements WHERE revisions > 1) AS edited,"
        " (SELECT count(DISTINCT url) FROM analyst.statements) AS addresses",
    )
    # The archive's own note counts 34 edited links: with each tag replaced by a blank, and a
    # no-break space in a title told from a blank. Two of them only gained a link before a full
    # stop, one only lost that space: 31 and, since a missing line break runs two words together
    # until it is mended, one more. The wordings are 309 either way.
    assert tuple(counted) == (274, 309, 32, 274)
