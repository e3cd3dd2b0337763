"""Pictures of every page, in light and dark, wide and narrow: python -m tests.browser.pictures
FOLDER. The test that walks the pages takes them too, where COMMUNIQUE_PICTURES names a folder."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Frame, Page

from tests.browser.analyst import THEMES, WIDTHS, Theme, analyst, browser, paths, session_of
from tests.browser.world import ANA, World, world

HIGHEST = 2_400  # pixels; a longer page is cut
LOW = 700


def taken(page: Page, frame: Frame, picture: Path) -> None:
    """A picture of Airflow's tab with our page in it, as high as our page is."""
    width = page.viewport_size["width"] if page.viewport_size else WIDTHS["desktop"]
    page.set_viewport_size({"width": width, "height": LOW})
    tall = int(frame.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": width, "height": min(max(tall + 16, LOW), HIGHEST)})
    page.wait_for_timeout(300)
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=picture, animations="disabled")


def take(opened: Browser, seen: World, state: Any, folder: Path) -> list[Path]:
    """All pictures, as NAME-WIDTH-THEME.png in `folder`."""
    made = list[Path]()
    for theme in THEMES:
        for width in WIDTHS:
            made += take_in(opened, seen, state, folder, theme, width)
    return made


def take_in(
    opened: Browser, seen: World, state: Any, folder: Path, theme: Theme, width: str
) -> list[Path]:
    """The pictures in one theme and width."""
    made = list[Path]()
    with analyst(opened, seen, state=state, theme=theme, width=WIDTHS[width]) as who:
        frame = who.within("/today")
        for name, path in paths(seen).items():
            frame.goto(f"{seen.url}/communique{path}")
            frame.wait_for_load_state("networkidle")
            made.append(folder / f"{name}-{width}-{theme}.png")
            taken(who.page, frame, made[-1])
    return made


def main(folder: Path) -> None:
    """Makes the world and its pictures."""
    with tempfile.TemporaryDirectory() as home, world(Path(home)) as seen, browser() as opened:
        for picture in take(opened, seen, session_of(opened, seen, ANA), folder):
            print(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "pictures"))
