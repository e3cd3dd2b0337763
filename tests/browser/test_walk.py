"""Every page within Airflow, as an analyst sees it: in light and dark, at a desk and on a phone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.analyst import THEMES, WIDTHS, Theme, analyst, paths, violations
from tests.browser.pictures import taken
from tests.browser.world import ANA, World

pytestmark = [pytest.mark.chromium, pytest.mark.e2e]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_every_page_can_be_read_by_everybody_and_asks_nobody_else(
    chromium: Browser, world: World, sessions: dict[str, Any], theme: Theme, width: str
) -> None:
    folder = os.environ.get("COMMUNIQUE_PICTURES")
    wrong: dict[str, list[str]] = {}
    with analyst(chromium, world, state=sessions[ANA], theme=theme, width=WIDTHS[width]) as who:
        frame = who.within("/today")
        for name, path in paths(world).items():
            answer = frame.goto(f"{world.url}/communique{path}")
            assert answer is not None
            frame.wait_for_load_state("networkidle")
            expected = 404 if name == "error" else 200
            found = [] if answer.status == expected else [f"answered {answer.status}"]
            found += violations(Axe().run(frame).response["violations"])
            found += [f"in {each}" for each in who.heard.errors if str(expected) not in each]
            own = frame.evaluate("document.documentElement.dataset.theme")
            found += [] if own == theme else [f"is {own}"]
            wide = frame.evaluate("document.documentElement.scrollWidth - innerWidth")
            found += [f"is {wide} pixels too wide"] if wide > 0 else []
            if found:
                wrong[name] = found
            who.heard.errors.clear()
            if folder:
                taken(who.page, frame, Path(folder) / f"{name}-{width}-{theme}.png")
        assert wrong == {}
        who.heard.nothing()
