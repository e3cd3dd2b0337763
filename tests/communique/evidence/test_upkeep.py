"""Upkeep: the whole archive is verified share by share, and its damage told; months lie ahead."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from sqlalchemy import Engine, text

from communique.jobs import open_line
from communique.settings import Settings
from communique.upkeep import (
    MOST_SHARES,
    SHARES,
    count_rows,
    make_months,
    shares_due,
    tell_of_damage,
    verify_shares,
)
from tests.communique.alert_rows import NOW
from tests.communique.evidence.ministry import Ministry


def test_every_share_has_its_day_also_where_days_are_missed() -> None:
    day, through, seen = date(2026, 3, 2), None, Counter[int]()
    for number in range(SHARES):
        if number % 5 == 3:  # no run on that day
            continue
        today = day + timedelta(days=number)
        seen.update(shares_due(today, through))
        through = today
    seen.update(shares_due(day + timedelta(days=SHARES), through))
    assert set(seen) == set(range(SHARES))
    assert len(shares_due(day, day - timedelta(days=365))) == MOST_SHARES
    assert shares_due(day, day) == shares_due(day, None)  # cleared: the same share again


def test_all_shares_together_are_the_archive_and_damage_is_told_once(ministry: Ministry) -> None:
    ministry.collect()
    line = open_line(Settings(sources=ministry.sources, maintainers="mina@example.org"),
                     ministry.store)  # fmt: skip
    every = ministry.rows("SELECT count(*) FROM communique.revisions")[0][0]
    parts = [verify_shares(line, [share]) for share in range(SHARES)]
    assert sum(part.wordings for part in parts) == every > 3
    assert not any(part.damage for part in parts)
    file = sorted(ministry.files.values())[0]
    file.unlink()
    damage = verify_shares(line, range(SHARES)).damage
    assert damage
    assert all("not in the archive" in one for one in damage)
    with ministry.store.begin() as connection:
        told = [tell_of_damage(connection, line.settings, damage, NOW) for _ in range(2)]
        told.append(tell_of_damage(connection, line.settings, damage[1:], NOW))
    assert told == [1, 0, 1]


def test_months_lie_ahead_and_statistics_are_taken_of_partitions_too(engine: Engine) -> None:
    months = make_months(engine, NOW)
    assert len(months) == 4
    assert count_rows(engine) > 10
    with engine.connect() as connection:
        made = connection.execute(text("SELECT to_regclass(:name)"),
                                  {"name": f"communique.captures_{months[-1]:%Y_%m}"})  # fmt: skip
        assert made.scalar_one() is not None
        analysed = "SELECT last_analyze FROM pg_stat_user_tables WHERE relname = 'captures'"
        assert connection.execute(text(analysed)).scalar_one() is not None
