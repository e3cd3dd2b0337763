"""Promises: a draft is tried before it is saved, from the command line; a mistake in it is shown
where it stands; what a rule was before can be read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from communique.rulebook import sync_rules
from communique.rules import Document
from communique.watchlists import load_watchlists
from tests.command import answer, communique
from tests.communique.alert_rows import NOW
from tests.communique.search.store import fill

IN_FORCE = """
title: Ports
rules:
  - {id: harbour, name: Harbours, severity: notice, query: harbour}
  - {id: ship, name: Ships, severity: info, query: ship}
"""
DRAFT = IN_FORCE.replace("query: harbour", "query: 'quay OR \"the pier\"'")


@pytest.fixture
def store(engine: Engine, database_url: str, tmp_path: Path) -> dict[str, str]:
    said = ("A harbour.", "A quay\x1b[31m for a ship.", "On the pier.", "The harbour and its quay.")
    fill(engine, [Document(f"No. {n}", each, "en", f"e{n}") for n, each in enumerate(said)])
    folder = tmp_path / "watchlists"
    folder.mkdir()
    (folder / "ports.yaml").write_text(IN_FORCE)
    with engine.begin() as connection:
        sync_rules(connection, load_watchlists(folder), NOW)
    return {
        "database_url": database_url,
        "watchlists": str(folder),
        "now": "2020-01-20T12:00:00Z",
        "home": str(tmp_path),
    }


@pytest.fixture
def draft(tmp_path: Path) -> str:
    path = tmp_path / "my draft.yaml"
    path.write_text(DRAFT)
    return str(path)


def test_a_draft_is_tried_beside_what_is_in_force(store: dict[str, str], draft: str) -> None:
    found = answer("watchlists", "backtest", draft, "--as", "ports", settings=store)
    added = {(one["title"], tuple(one["rules"]), tuple(one["besides"])) for one in found["added"]}
    assert added == {("No. 1", ("harbour",), ("ship",)), ("No. 2", ("harbour",), ())}
    assert [one["title"] for one in found["dropped"]] == ["No. 0"]
    assert [one["words"] for one in found["added"][0]["highlights"]] == ["the pier"]
    assert [each["state"] for each in found["rules"]] == ["changed", "the same"]
    assert (found["both"], found["waiting"], found["narrowed"]) == (2, 0, True)
    assert found["alerts_a_week"]["weeks"] == 3
    assert {one["title"] for one in found["borderline"]} == {"No. 1", "No. 2", "No. 3"}


def test_one_rule_of_it_and_what_it_says_in_a_terminal(store: dict[str, str], draft: str) -> None:
    words = ("watchlists", "backtest", draft, "--as", "ports", "--rule", "harbour", "--limit", "1")
    said = communique(*words, settings=store).stdout
    for expected in (
        "A draft of ports, beside what is in force.",
        "Added: 2 statements",
        "On the pier.",
        "and 1 more: --limit 0 shows all, as does --json",
        "Dropped: 1 statement\n",
        "In both: 1 statement\n",
        "Alerts of rule harbour a week, 2019-12-30 to 2020-01-26",
        "Most borderline hits of the draft",
        "- one wording of 2",
        "Nothing was sent, nothing was stored.",
    ):
        assert expected in said, said
    assert "\x1b" not in said


def test_a_draft_of_nothing_in_force_says_which_there_are(
    store: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "coast.yaml").write_text(DRAFT)
    said = communique("watchlists", "backtest", str(tmp_path / "coast.yaml"), settings=store).stdout
    assert "Nothing of a watchlist coast is in force: what it finds is all new." in said
    assert "In force are ports: --as NAME." in said


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (
            DRAFT,
            ("--rule", "hut"),
            "no rule 'hut' in the draft or in force; there are harbour, ship",
        ),
        (DRAFT.replace("quay OR", "quay^2 OR"), (), "weights (^) mean nothing here"),
        (DRAFT.replace("quay OR", "quay^2 OR"), ("--rule", "ship"), "line 4"),
        ("rules: [", (), "this is no YAML"),
        (None, (), "the file cannot be read"),
    ],
)
def test_a_draft_that_cannot_be_used_is_refused_with_its_place(
    store: dict[str, str], tmp_path: Path, content: str | None, words: tuple[str, ...], said: str
) -> None:
    path = tmp_path / "ports.yaml"
    if content is not None:
        path.write_text(content)
    done = communique("watchlists", "backtest", str(path), *words, settings=store, status=2)
    told = " ".join(done.stderr.replace("│", " ").split())
    assert said in told or (said == "line 4" and "ports.yaml:4: rule harbour" in told), told
    assert done.stdout == ""


def test_a_caret_stands_below_the_place(store: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "ports.yaml"
    path.write_text(
        "rules:\n- id: one\n  name: One\n  severity: info\n  query: >-\n"
        '    "open harbour" OR\n    港口 OR quay^2\n'
    )
    done = communique("watchlists", "check", str(path), settings=store, status=1)
    at, line, caret = done.stderr.splitlines()
    assert at.startswith(f"{path}:7: rule one, query, column 11, character 25: weights")
    assert line.strip() == "港口 OR quay^2"
    # Each of 港口 takes two columns of a terminal.
    assert caret.index("^") == line.index("quay") + 2
    (place,) = answer("watchlists", "check", str(path), settings=store, status=1)["places"]
    assert (place["line"], place["column"], place["field"]) == (7, 11, "query")


def test_single_files_are_checked_wherever_they_lie(store: dict[str, str], draft: str) -> None:
    checked = answer("watchlists", "check", draft, settings=store, status=1)
    assert "cannot name a watchlist" in checked["problems"][0]
    good = f"{store['watchlists']}/ports.yaml"
    checked = answer("watchlists", "check", good, settings=store)
    assert checked == {"watchlists": {"ports": ["harbour", "ship"]}, "problems": [], "places": []}


def test_the_versions_of_a_rule_show_what_changed(
    store: dict[str, str], engine: Engine, draft: str
) -> None:
    folder = Path(store["watchlists"])
    (folder / "ports.yaml").write_text(DRAFT)
    with engine.begin() as connection:
        sync_rules(connection, load_watchlists(folder), NOW + timedelta(days=1))
    said = communique("watchlists", "history", "ports/harbour", settings=store).stdout
    assert "version 1, in force from 2026-03-02 06:10 UTC" in said
    assert "version 2, in force from 2026-03-03 06:10 UTC" in said
    assert 'query: [-harbour-]{+quay OR "the pier"+}' in said
    assert "ship" not in said
    versions = answer("watchlists", "history", settings=store)
    assert [(each["id"], each["version"]) for each in versions] == [
        ("harbour", 1),
        ("harbour", 2),
        ("ship", 1),
    ]
    missing = communique("watchlists", "history", "hut", settings=store, status=1)
    assert "The store knows no rule hut." in missing.stderr
