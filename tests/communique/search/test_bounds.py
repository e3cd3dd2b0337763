"""Promises: no search is unbounded, what was not looked at is said; and what is found is what
stands, whatever became of a statement since."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine, text, update

from communique.rules import Document
from communique.schema import StatementRow
from communique.search import search
from communique.settling import settle
from tests.communique.alert_rows import NOW, edit, post
from tests.communique.search.store import fill

COPY = """
    INSERT INTO communique.statements (source_id, url, story_id, revision_number, title, text,
        language, published_on, date_precision, date_zone, date_zone_assumed, first_seen_at,
        last_seen_at, reader, backfilled)
    SELECT source_id, url || n, story_id, revision_number, title, text, language,
        published_on + n, date_precision, date_zone, date_zone_assumed, first_seen_at,
        last_seen_at, reader, backfilled
    FROM communique.statements, generate_series(1, 1700) n WHERE title = 'Copied';
    INSERT INTO communique.search_documents
    SELECT s.id, s.published_on, d.terms
    FROM communique.statements s, communique.search_documents d
    WHERE s.title = 'Copied' AND d.statement_id = (
        SELECT min(id) FROM communique.statements WHERE title = 'Copied')
    ON CONFLICT DO NOTHING;
"""


@pytest.fixture
def crowded(engine: Engine) -> Engine:
    """One old statement with a phrase, and many newer ones with its words apart."""
    fill(
        engine,
        [
            Document("Old", "A quiet harbour.", "en", "one", "One"),
            Document("Copied", "It was quiet. Harbour masters came.", "en", "one", "One"),
        ],
    )
    with engine.begin() as connection:
        connection.execute(text(COPY))
    return engine


def test_a_partial_answer_says_so_and_leads_on(crowded: Engine) -> None:
    with crowded.connect() as connection:
        first = search(connection, '"quiet harbour"', patience=60)
        assert (len(first.hits), first.partial) == (0, True)
        assert first.examined < 1_701
        assert first.looked_until is not None
        assert first.looked_until > date(2020, 1, 2)
        second = search(connection, '"quiet harbour"', after=first.next, patience=60)
        assert ([hit.title for hit in second.hits], second.partial) == (["Old"], False)
        earlier = search(connection, '"quiet harbour"', until=date(2020, 1, 5), patience=60)
        assert [hit.title for hit in earlier.hits] == ["Old"]


def test_time_up_ends_a_search_and_nothing_else(crowded: Engine) -> None:
    with crowded.connect() as connection:
        connection.execute(text("SET LOCAL statement_timeout = '12345ms'"))
        for order in ("newest", "best"):
            results = search(connection, "harbour", order=order, patience=1e-9)  # type: ignore[arg-type]
            assert (len(results.hits), results.partial) == (0, True)
        assert len(search(connection, "harbour", patience=60).hits) == 20
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "12345ms"
        assert connection.execute(text("SHOW enable_seqscan")).scalar() == "on"


def test_the_best_are_of_the_newest_and_say_so(crowded: Engine) -> None:
    with crowded.connect() as connection:
        results = search(connection, "quiet", order="best", limit=150, patience=60)
        assert (len(results.hits), results.ranked, results.partial) == (150, 1_000, True)
        rest = search(connection, "quiet", order="best", limit=150, after=results.next, patience=60)
        assert len(rest.hits) == 50
        assert not {hit.id for hit in rest.hits} & {hit.id for hit in results.hits}


def titles(engine: Engine, query: str) -> list[str]:
    with engine.connect() as connection:
        return [hit.title for hit in search(connection, query, patience=60).hits]


def test_an_edit_and_its_undoing_are_followed(engine: Engine) -> None:
    posted = post(engine, title="First", text="A lighthouse.")
    settle(engine, NOW)
    edit(engine, posted, "Second", "A harbour.")
    settle(engine, NOW)
    assert (titles(engine, "lighthouse"), titles(engine, "harbour")) == ([], ["Second"])
    stands_again = {"revision_number": 1, "title": "First", "text_": "A lighthouse."}
    with engine.begin() as connection:
        connection.execute(update(StatementRow).values(stands_again))
    assert (titles(engine, "lighthouse"), titles(engine, "harbour")) == (["First"], [])


def test_a_date_put_right_moves_a_statement(engine: Engine) -> None:
    fill(engine, [Document(title, "A quay.", "en", "one", "One") for title in ("A", "B")])
    assert titles(engine, "quay") == ["B", "A"]
    with engine.begin() as connection:
        later = update(StatementRow).where(StatementRow.title == "A")
        connection.execute(later.values(published_on=date(2021, 1, 1)))
    assert titles(engine, "quay") == ["A", "B"]


def test_a_correction_of_a_source_holds_at_once(engine: Engine) -> None:
    fill(engine, [Document("A", "A quay.", "en", "one", "Embassy of X", "CN")])
    assert titles(engine, 'quay country:CN publisher:"of x"') == ["A"]
    with engine.begin() as connection:
        right = "UPDATE communique.sources SET country = 'FR', publisher = 'Embassy of Y'"
        connection.execute(text(right))
    assert titles(engine, "quay country:CN") == []
    assert titles(engine, 'quay country:FR publisher:"of y"') == ["A"]


def test_no_text_breaks_the_index(engine: Engine) -> None:
    odd = "it's \\ 'quoted' \" :* & | ! <-> \ufffd \x01 " + "y" * 5_000 + " Ψ" * 3_000
    many = " ".join(f"word{number:x}" for number in range(120_000))
    fill(
        engine,
        [Document("'\\", odd, "e'n\\", "one", "One"), Document("Many", many, "en", "one", "One")],
    )
    assert titles(engine, "y" * 4_000 + "*") == ["'\\"]
    assert titles(engine, '"word1d4bf"') == ["Many"]
    assert titles(engine, '"word1d4c0"') == []
