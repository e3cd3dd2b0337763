"""Who subscribes, and to what: twenty-five people, two of whom have left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from communique.schema import Subscription

RULES = """
title: The harbour network
rules:
  - {id: firm, name: The firm, severity: urgent, query: 'huawei OR 华为'}
  - {id: masts, name: The masts, severity: notice, query: '"5g" OR "五代移动通信"'}
  - {id: answers, name: Answers, severity: info, query: 'answer OR antwort OR 回答'}
"""
ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Pacific/Auckland")
WAYS: tuple[dict[str, Any], ...] = (
    {},
    {"watchlist": "*"},
    {"severity": "urgent"},
    {"quiet_from": 22, "quiet_until": 7},
    {"how": "daily", "hour": 8},
    {"how": "weekly", "weekday": 2, "hour": 18, "severity": "notice"},
    {"most_a_day": 2},
    {"rules": ["masts"]},
    {"how": "daily", "watchlist": "*", "hour": 20, "severity": "urgent"},
)
MANY = 25


def write_rules(folder: Path) -> None:
    """The watchlist that they subscribe to."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "harbour.yaml").write_text(RULES, encoding="utf-8")


def subscribe_all(
    engine: Engine, now: datetime, ways: Sequence[Mapping[str, Any]] = WAYS, twice: int = 3
) -> None:
    """One subscription each, two for the first few: of every kind, in zones around the world."""
    rows = [_row(number, ways[number % len(ways)], now) for number in range(MANY)]
    rows += [_row(number, {"how": "daily", "hour": 12}, now) for number in range(twice)]
    with engine.begin() as connection:
        for row in rows:
            connection.execute(insert(Subscription).values(row))


def _row(number: int, way: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    name = "gone" if number in (7, 11) else "reader"
    row = {"recipient": f"{name}{number}@example.org", "watchlist": "harbour"}
    return row | {"zone": ZONES[number % 5], "created_at": now, "confirmed_at": now} | dict(way)
