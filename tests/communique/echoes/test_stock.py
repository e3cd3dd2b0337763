"""Promise: furniture of a source's pages is learned and left out; a talking point, however many
use it, is not."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Engine, text

from communique.echoes import find_echoes
from communique.settling import settle
from tests.communique.alert_rows import NOW, post

FURNITURE = "For all questions of the press please write to our office by the old harbour"
POINT = "whoever builds walls across the open sea will one day have to swim"
WORDS = ("amber", "birch", "cedar", "delta", "ember", "flint", "grove", "heron", "inlet", "jetty")


def own_words(number: int) -> str:
    """Sentences that no other number has."""
    return " ".join(f"{word}{number}" for word in WORDS)


def said(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        found = connection.execute(
            text("""
                SELECT substr(r.text, e.start + 1, e."end" - e.start)
                FROM communique.echoes e JOIN communique.revisions r ON r.id = e.revision_id
            """)
        )
        return list(found.scalars())


def publish(engine: Engine, bodies: list[str], source: str = "embassy_one", first: int = 0) -> None:
    """Stores statements, one every three days. first: number of the first."""
    for number, body in enumerate(bodies, start=first):
        post(
            engine,
            text=body,
            title=f"{source} {number}",
            source=source,
            url=f"https://{source}.example/{number}",
            on=date(2026, 1, 1) + timedelta(days=3 * number),
            seen=NOW + timedelta(minutes=number),
        )


def test_what_ends_every_page_of_a_source_is_learned_and_its_echoes_removed(
    engine: Engine,
) -> None:
    publish(engine, [f"{own_words(n)}. {own_words(n + 50)}. {FURNITURE}" for n in range(6)])
    assert settle(engine, NOW, steps=(find_echoes,)).problems == ()
    assert said(engine), "six may be chance"
    more = [f"{own_words(n)}. {own_words(n + 50)}. {FURNITURE}" for n in range(100, 108)]
    publish(engine, more, first=6)
    assert settle(engine, NOW, steps=(find_echoes,), batch=3).problems == ()
    assert said(engine) == []


def test_echoes_with_the_edges_of_another_tokenizer_hinder_nothing(engine: Engine) -> None:
    publish(engine, [f"{own_words(n)}. {own_words(n + 50)}. {FURNITURE}" for n in range(6)])
    assert settle(engine, NOW, steps=(find_echoes,)).problems == ()
    with engine.begin() as connection:
        connection.execute(
            text('UPDATE communique.echoes SET start = start - 1, "end" = "end" - 2')
        )
    more = [f"{own_words(n)}. {own_words(n + 50)}. {FURNITURE}" for n in range(100, 108)]
    publish(engine, more, first=6)
    assert settle(engine, NOW, steps=(find_echoes,), batch=3).problems == ()
    assert said(engine) == []


def test_a_talking_point_of_twenty_sources_stays(engine: Engine) -> None:
    for source in range(20):
        publish(
            engine,
            [f"{own_words(source)}. {POINT}. {own_words(source + 50)}"],
            source=f"embassy_{source}",
        )
    assert settle(engine, NOW, steps=(find_echoes,)).problems == ()
    assert said(engine).count(POINT) >= 19


def test_a_source_may_repeat_itself_often(engine: Engine) -> None:
    bodies = [
        f"{own_words(n)}. {POINT if n % 3 == 0 else own_words(n + 200)}. {own_words(n + 100)}"
        for n in range(40)
    ]
    publish(engine, bodies)
    assert settle(engine, NOW, steps=(find_echoes,), batch=10).problems == ()
    assert said(engine).count(POINT) >= 13


def test_an_echo_beside_furniture_is_kept(engine: Engine) -> None:
    bodies = [f"{own_words(n)}. {own_words(n + 50)}. {FURNITURE}" for n in range(12)]
    bodies += [f"{own_words(n)}. {own_words(n + 50)}. {POINT}. {FURNITURE}" for n in (12, 13)]
    publish(engine, bodies)
    assert settle(engine, NOW, steps=(find_echoes,), batch=4).problems == ()
    (kept,) = said(engine)
    assert POINT in kept
