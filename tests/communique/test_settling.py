"""Promise: no wording is judged without its story only because the store was away for a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from communique import settling
from communique.settling import STEPS, Step, Unsettled, settle
from tests.communique.alert_rows import NOW, post
from tests.communique.stories.prose import prose


def several(engine: Engine, number: int = 3) -> None:
    """As many posts of one text."""
    for one in range(number):
        post(engine, text=prose(1), source=f"mission_{one}", url=f"https://{one}.example/")


def counted(engine: Engine, what: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM communique.{what}")).scalar_one())


def fails(times: int, sql: str) -> Step:
    """A step that asks the store for this, so many times."""
    left = [times]

    def step(connection: Connection, batch: Sequence[Unsettled], now: datetime) -> None:
        del batch, now
        if left[0]:
            left[0] -= 1
            connection.execute(text(sql))

    return step


DEADLOCK = "DO $$ BEGIN RAISE 'two wait for each other' USING ERRCODE = '40P01'; END $$"
SHUTDOWN = "SELECT pg_terminate_backend(pg_backend_pid())"


def test_what_gave_way_to_another_worker_is_settled_whole_all_the_same(engine: Engine) -> None:
    several(engine)
    settled = settle(engine, NOW, steps=(*STEPS, fails(2, DEADLOCK)))
    assert (settled.wordings, settled.problems) == (3, ())
    assert counted(engine, "stories") == 1


def test_a_store_that_went_away_leaves_all_unsettled_for_the_next_run(database_url: str) -> None:
    engine = create_engine(database_url, pool_pre_ping=True)
    several(engine)
    with pytest.raises(DBAPIError):
        settle(engine, NOW, steps=(*STEPS, fails(2, SHUTDOWN)))
    assert counted(engine, "revisions WHERE settled_at IS NOT NULL") == 0
    assert settle(engine, NOW).wordings == 3
    assert counted(engine, "stories") == 1
    engine.dispose()


def test_a_wording_whose_step_the_store_cancels_is_judged_without_it(engine: Engine) -> None:
    several(engine, 1)
    timed_out = "DO $$ BEGIN RAISE 'too long' USING ERRCODE = '57014'; END $$"
    settled = settle(engine, NOW, steps=(fails(9, timed_out),))
    assert settled.wordings == 1
    assert "too long" in settled.problems[0]


def test_large_texts_are_settled_few_at_a_time(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(engine, 5)
    monkeypatch.setattr(settling, "LARGEST", int(2.5 * len(prose(1))))
    lots = list[int]()

    def note(_: Connection, batch: Sequence[Unsettled], __: datetime) -> None:
        lots.append(len(batch))

    assert settle(engine, NOW, steps=(*STEPS, note)).wordings == 5
    assert lots == [2, 2, 1]
    assert counted(engine, "stories") == 1
