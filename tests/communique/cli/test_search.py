"""Promises: a search finds a wording in any script, shows it as published, and never runs away."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import Engine

from communique.rules import Document
from tests.command import answer, communique
from tests.communique.alert_rows import post
from tests.communique.search.store import fill

PATIENT = ("--patience", "60")


def document(title: str, text: str, language: str, country: str) -> Document:
    return Document(title, text, language, f"embassy_{country.lower()}", "Embassy", country)


@pytest.fixture
def store(engine: Engine, database_url: str) -> dict[str, str]:
    fill(
        engine,
        [
            document("On harbours", "The open harbour. It closes. Harbours open.", "en", "DE"),
            document("灯塔", "我们的“灯”塔开放。", "zh", "CN"),
            document("Open-Harbour plan", "Nothing else\x1b[31m at all.", "en", "FR"),
            document("燈塔新聞", "開放燈塔。", "zh", "CN"),
        ],
    )
    return {"database_url": database_url}


def test_a_search_shows_the_original_words(store: dict[str, str]) -> None:
    found = answer("search", *PATIENT, '"open harbour"', settings=store)
    assert [hit["title"] for hit in found["hits"]] == ["Open-Harbour plan", "On harbours"]
    words = [[one["words"] for one in hit["highlights"]] for hit in found["hits"]]
    assert words == [["Open-Harbour"], ["open harbour"]]
    assert (found["next"], found["partial"]) == (None, False)
    shown = communique("search", *PATIENT, '"open harbour"', settings=store).stdout
    assert "2020-01-03  Open-Harbour plan" in shown
    assert "The open harbour." in shown
    assert "\x1b" not in shown


def test_an_address_stays_in_one_piece_on_a_narrow_terminal(
    store: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (hit,) = answer("search", *PATIENT, "title:open", "--limit", "1", settings=store)["hits"]
    monkeypatch.setenv("COLUMNS", "24")
    shown = communique("search", *PATIENT, "title:open", "--limit", "1", settings=store).stdout
    assert hit["url"] in [line.strip() for line in shown.splitlines()]
    assert [line for line in shown.splitlines() if line.endswith(" ")] == []


@pytest.mark.parametrize("query", ["灯塔", "燈塔"])
def test_two_characters_are_found_in_either_script(store: dict[str, str], query: str) -> None:
    hits = answer("search", *PATIENT, query, settings=store)["hits"]
    assert [hit["title"] for hit in hits] == ["燈塔新聞", "灯塔"]
    assert {one["words"] for hit in hits for one in hit["highlights"]} == {"燈塔", "灯塔", "灯”塔"}


def test_pages_join_without_a_gap(store: dict[str, str]) -> None:
    titles, after = [], []
    while True:
        page = answer("search", *PATIENT, "source:embassy*", "--limit", "1", *after, settings=store)
        titles += [hit["title"] for hit in page["hits"]]
        if page["next"] is None:
            break
        after = ["--after", page["next"]]
    assert titles == ["燈塔新聞", "Open-Harbour plan", "灯塔", "On harbours"]


def test_days_and_countries_narrow_it_down(store: dict[str, str]) -> None:
    between = ("--since", "2020-01-02", "--until", "2020-01-03")
    hits = answer("search", *PATIENT, "country:CN OR country:FR", *between, settings=store)["hits"]
    assert [hit["title"] for hit in hits] == ["Open-Harbour plan", "灯塔"]


def test_the_best_has_the_words_most_often(store: dict[str, str]) -> None:
    hits = answer("search", *PATIENT, "harbour", "--best", settings=store)["hits"]
    assert [hit["title"] for hit in hits] == ["On harbours", "Open-Harbour plan"]
    assert hits[0]["score"] > hits[1]["score"]


def test_what_cannot_be_found_yet_is_named(store: dict[str, str], engine: Engine) -> None:
    post(engine, title="A new harbour")
    done = communique("search", *PATIENT, "harbour", "--json", settings=store)
    assert "1 new wordings cannot be found yet. Run: communique alert" in done.stderr
    assert len(json.loads(done.stdout)["hits"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("harbour AND (quay",), "▸"),
        (("NOT harbour",), "it only says what must not be there"),
        (("colour:red",), "no field 'colour'"),
        (("harbour", "--after", "there"), "no place to go on from"),
        (("harbour", "--since", "yesterday"), "is no day"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    store: dict[str, str], words: tuple[str, ...], said: str
) -> None:
    done = communique("search", *PATIENT, *words, settings=store, status=2)
    assert said in " ".join(done.stderr.replace("│", " ").split())
