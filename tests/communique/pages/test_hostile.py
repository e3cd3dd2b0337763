"""The hostile store and page that other tests use are what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.hostile import LONG_WORD, TITLES, assert_only_text, store_hostile
from tests.communique.pages.hostile_page import SENTENCE, collect_hostile, trapped
from tests.servers import Server


def test_a_hostile_page_is_collected_as_text_and_nothing_of_it_is_asked_for(
    demo: DemoStore, tmp_path: Path
) -> None:
    with Server() as web:
        found = collect_hostile(demo.settings, demo.engine, web, tmp_path)
        assert not trapped(web)
    with demo.engine.connect() as connection:
        row = connection.execute(
            text("SELECT title, text FROM analyst.statements WHERE id = :id"),
            {"id": found.statement},
        ).one()
    assert row.title.startswith("On cables <script>pwned()</script> {{7*7}}")
    assert SENTENCE in row.text


def test_hostile_words_are_stored_settled_and_judged(demo: DemoStore, tmp_path: Path) -> None:
    stored = store_hostile(demo.engine, tmp_path / "watchlists", demo.settings.clock())
    with demo.engine.connect() as connection:
        told = connection.execute(
            text("SELECT DISTINCT statement_id FROM analyst.alerts WHERE statement_id = ANY(:ids)"),
            {"ids": list(stored.statements.values())},
        ).all()
        kept = connection.execute(
            text("SELECT title FROM analyst.statements WHERE id = ANY(:ids)"),
            {"ids": list(stored.statements.values())},
        ).scalars()
        assert LONG_WORD in set(kept)
    assert len(stored.statements) == len(TITLES)
    assert told


@pytest.mark.parametrize("title", TITLES)
def test_markup_that_is_not_escaped_is_found(title: str) -> None:
    shown = f'<p title="{TITLES[title]}">{TITLES[title]}</p>'
    if any(sign in TITLES[title] for sign in ("<script", "<img", "<svg", "onfocus", "js:")):
        with pytest.raises(AssertionError):
            assert_only_text(shown)
    else:
        assert_only_text(shown)
