"""A small world, all its days in a minute: nothing lost, doubled, invented or mistold."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.world.calendar import make_world
from tests.world.compare import compare
from tests.world.run import serving, watch

HOSTS, DAYS, SEED = 60, 5, 2


def test_nothing_is_lost_doubled_invented_or_mistold(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    world = make_world(HOSTS, DAYS, SEED)
    with serving(HOSTS, DAYS, SEED) as port:
        settings, seen = watch(world, port, tmp_path / "home", print)
        report = compare(world, settings, seen)
    # Memory is measured where nothing else has run in the process: `make world`.
    report.problems.pop("memory", None)
    assert not report.problems, report.text(0)
