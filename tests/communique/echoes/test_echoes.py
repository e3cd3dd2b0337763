"""Promise: a passage that stood in an earlier statement of another story is traced to its first
user, on both sides to the character."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from communique.echoes import find_echoes
from communique.settling import settle
from tests.communique.alert_rows import NOW, Posted, edit, post
from tests.seed_pages import seed_pages

LINE = "whoever builds walls across the open sea will one day have to swim"


def say(engine: Engine, words: str, number: int, **facts: Any) -> Posted:
    """Stores and settles a statement."""
    facts = {"url": f"https://one.example/{number}.htm", "title": f"Number {number}"} | facts
    facts.setdefault("seen", NOW + timedelta(minutes=number))
    facts.setdefault("on", date(2026, 3, 1) + timedelta(days=number))
    said = post(engine, text=words, **facts)
    settled(engine)
    return said


def settled(engine: Engine) -> None:
    assert settle(engine, NOW, steps=(find_echoes,)).problems == ()


def rows(engine: Engine) -> Sequence[Any]:
    """Echoes with the passage as either side has it."""
    with engine.connect() as connection:
        return connection.execute(
            text("""
                SELECT e.revision_id AS later, e.earlier_revision_id AS earlier, e.first, e.words,
                    substr(r.text, e.start + 1, e."end" - e.start) AS said,
                    substr(f.text, e.earlier_start + 1, e.earlier_end - e.earlier_start) AS before
                FROM communique.echoes e JOIN communique.revisions r ON r.id = e.revision_id
                JOIN communique.revisions f ON f.id = e.earlier_revision_id
                ORDER BY e.revision_id, e.words DESC, e.earlier_revision_id
            """)
        ).all()


def test_a_passage_is_found_whatever_its_case_hyphens_and_stops(engine: Engine) -> None:
    first = say(engine, "We say: the U.S. well-known habit of closing doors helps nobody. Ends.", 1)
    other = say(engine, "Again: The US Well Known habit, of closing doors, helps nobody at all.", 2)
    (echo,) = rows(engine)
    assert (echo.later, echo.earlier, echo.first) == (other.revision, first.revision, True)
    assert echo.before == "the U.S. well-known habit of closing doors helps nobody"
    assert echo.said == "The US Well Known habit, of closing doors, helps nobody"
    assert echo.words == 10


@pytest.mark.parametrize(
    ("shared", "found"),
    [
        ("eight plain words make one echo among us", True),
        ("seven plain words make none among us", False),
        ("十二个字的一句话就够长了", True),
        ("十一个字的一句话不够长", False),
        ("four words stand before 六个字就可以", True),
        ("three words before 六个字就可以", False),
    ],
)
def test_eight_words_or_twelve_characters_or_a_mixture(
    engine: Engine, shared: str, found: bool
) -> None:
    say(engine, f"A beginning of its own; {shared}; a first end.", 1)
    say(engine, f"Something else entirely. {shared}. Goodbye.", 2)
    assert [echo.said for echo in rows(engine)] == ([shared] if found else [])


def test_traditional_characters_echo_simplified_ones(engine: Engine) -> None:
    say(engine, "他说：为各国企业提供公平公正的营商环境。完", 1)
    say(engine, "重申為各國企業提供公平公正的營商環境！", 2)
    assert [echo.said for echo in rows(engine)] == ["為各國企業提供公平公正的營商環境"]


def test_a_story_does_not_echo_itself_but_shares_its_first_use(engine: Engine) -> None:
    first = say(engine, f"One. {LINE}.", 1)
    repost = say(engine, f"Two. {LINE}.", 2, story=first.story)
    other = say(engine, f"Three. {LINE}.", 3)
    found = {(echo.later, echo.earlier): echo.first for echo in rows(engine)}
    assert found[other.revision, first.revision] is True
    assert (repost.revision, first.revision) not in found
    assert found.get((other.revision, repost.revision)) in (None, False)


def test_a_backfill_that_said_it_earlier_becomes_the_first_user(engine: Engine) -> None:
    known = [say(engine, f"{n * 'x'} {LINE} {n * 'y'}.", n) for n in (5, 6, 7)]
    old = say(engine, f"Long ago: {LINE}.", 9, on=date(2025, 1, 1), backfilled=True)
    found = {(echo.later, echo.earlier): echo.first for echo in rows(engine)}
    assert all(found[each.revision, old.revision] is True for each in known)
    assert [pair for pair, first in found.items() if first and pair[1] != old.revision] == []


def test_without_a_date_the_first_seen_is_the_earlier(engine: Engine) -> None:
    seen = say(engine, f"One. {LINE}.", 1, on=None)
    later = say(engine, f"Two. {LINE}.", 2, on=date(2020, 1, 1))
    assert [(e.later, e.earlier) for e in rows(engine)] == [(later.revision, seen.revision)]


def test_what_an_edit_put_in_counts_from_the_edit(engine: Engine) -> None:
    early = say(engine, "Short and of no interest to anyone else.", 1)
    used = say(engine, f"Somebody says {LINE}.", 2)
    edited = edit(engine, early, "Number 1", f"Short. {LINE}.", seen=NOW + timedelta(days=4))
    settled(engine)
    assert [(e.later, e.earlier) for e in rows(engine)] == [(edited.revision, used.revision)]


def test_a_batch_and_one_by_one_find_the_same(engine: Engine) -> None:
    for number in (1, 2, 3):
        post(
            engine,
            text=f"In other words {number}: {LINE}. And {number} again.",
            url=f"https://one.example/{number}",
            on=date(2026, 3, number),
        )
    settled(engine)
    found = [(e.later, e.earlier, e.first) for e in rows(engine)]
    assert found == [(2, 1, True), (3, 1, True), (3, 2, False)]
    with engine.begin() as connection:
        connection.execute(text("UPDATE communique.revisions SET settled_at = NULL"))
    settled(engine)
    assert [(e.later, e.earlier, e.first) for e in rows(engine)] == found


def test_names_and_titles_are_no_formulation(engine: Engine) -> None:
    name = "Special Representative of the Secretary General of the United Council for Open Seas"
    say(engine, f"We met the {name} today.", 1)
    say(engine, f"A letter came from the {name} by hand.", 2)
    assert rows(engine) == []


def test_no_passage_reaches_across_two_speakers(engine: Engine) -> None:
    asked = "What does your side say to that?"
    say(engine, f"Is it true? {asked}\nSpokesperson: We have seen the reports. One.", 1)
    say(engine, f"Is it well? {asked}\nSpokesperson: We have seen the reports. Two.", 2)
    assert rows(engine) == []
    say(engine, f"Do tell. {asked}\nSpokesperson: As we said, {LINE}.", 3)
    say(engine, f"Again. {asked}\nSpokesperson: As we said, {LINE}!", 4)
    assert [echo.said for echo in rows(engine)] == [f"As we said, {LINE}"]


def test_nothing_a_page_holds_breaks_it(engine: Engine) -> None:
    for number, odd in enumerate(
        ("", "word", "a " * 30_000, "字" * 20_000, "x\u200b\ufffd🙂 " * 50)
    ):
        say(engine, odd, number + 1)
        say(engine, odd + " again", number + 11)


def test_the_seeds_share_what_their_readers_saw(engine: Engine) -> None:
    pages = seed_pages()
    said = [
        post(engine, text=p.text, title=p.title, url=p.url, on=p.on, source=p.source.id)
        for p in pages
    ]
    settled(engine)
    found = [e for e in rows(engine) if e.later == said[0].revision]
    assert {e.earlier for e in found} == {said[1].revision}
    assert all(e.first for e in found)
    for shared in (
        "cyber espionage activities from PRISM to Equation Group to ECHELON",
        "country with cyber theft stains all over it",
        "should have the audacity to propose the building of a",
        "have no scruples resorting to state power as long as it can stop Chinese businesses "
        "from getting an edge in 5G",
    ):
        assert any(shared in e.said for e in found), shared
    apart = {said[2].revision, said[4].revision}
    assert not any({e.later, e.earlier} & apart for e in rows(engine))
