"""One Airflow, one Chromium and the sessions of two analysts, for all tests in here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import analyst as analysts
from tests.browser.analyst import Analyst, session_of
from tests.browser.world import ANA, OMAR, World
from tests.browser.world import world as made


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("airflow")) as world:
        yield world


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with analysts.browser() as opened:
        yield opened


@pytest.fixture(scope="package")
def sessions(chromium: Browser, world: World) -> dict[str, Any]:
    """Signed in by the form, by name."""
    return {name: session_of(chromium, world, name) for name in (ANA, OMAR)}


@pytest.fixture
def ana(chromium: Browser, world: World, sessions: dict[str, Any]) -> Iterator[Analyst]:
    """Who may edit."""
    with analysts.analyst(chromium, world, state=sessions[ANA]) as who:
        yield who


@pytest.fixture
def omar(chromium: Browser, world: World, sessions: dict[str, Any]) -> Iterator[Analyst]:
    """Who may only look."""
    with analysts.analyst(chromium, world, state=sessions[OMAR]) as who:
        yield who
