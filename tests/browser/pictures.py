"""Pictures of every page, in light and dark, wide and narrow: python -m tests.browser.pictures
FOLDER; and those that the documents show: python -m tests.browser.pictures docs/images documents.
The test that walks the pages takes them too, where COMMUNIQUE_PICTURES names a folder."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, Frame, Page

from tests.browser.analyst import THEMES, WIDTHS, Theme, analyst, browser, paths, session_of
from tests.browser.world import ANA, World, world

SHOWN = {"width": 1100, "height": 900}  # pixels of a picture in the documents
SETTLED = 2_000  # milliseconds
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


def take_for_documents(opened: Browser, seen: World, state: Any, folder: Path) -> list[Path]:
    """The pictures in README and docs/analyst.md, pages-NAME.png in `folder`. Of what the project
    ships alone: what real publishers say is not ours to print."""
    dag_id, run_id = seen.runs["collect_china"]
    run = f"/dags/{dag_id}/runs/{quote(run_id, safe='')}/plugin/communique-run"
    ours = {
        "today": "/today",
        "statements": "/statements?q=huawei+AND+5g&since=2026-01-01",
        "statement": f"/statements/{seen.statement}",
        "trends": "/trends?q=huawei+OR+5g&since=2026-01-01",
        "rule": "/watchlists/clean-network/clean-network/edit",
        "sources": "/sources",
    }
    made = list[Path]()
    with analyst(opened, seen, state=state) as who:
        who.page.set_viewport_size(SHOWN)
        for name, path in [*ours.items(), ("run", run)]:
            frame = who.tab(path) if name == "run" else who.within(path)
            if name == "rule":
                query = frame.locator("textarea[name=query]")
                query.fill(f'{query.input_value().strip()} OR "high-risk vendor*"')
                frame.get_by_role("button", name="Try it").click()
                frame.get_by_role("button", name="Save clean-network").wait_for()
                frame.locator("#tried h2").first.evaluate("heading => heading.scrollIntoView()")
            who.page.wait_for_timeout(SETTLED)
            made.append(folder / f"pages-{name}.png")
            who.page.screenshot(path=made[-1], animations="disabled")
    return made


def main(folder: Path, *, documents: bool) -> None:
    """Makes the world and its pictures."""
    with (
        tempfile.TemporaryDirectory() as home,
        world(Path(home), real=not documents) as seen,
        browser() as opened,
    ):
        kind = take_for_documents if documents else take
        for picture in kind(opened, seen, session_of(opened, seen, ANA), folder):
            print(picture)


if __name__ == "__main__":
    main(
        Path(sys.argv[1] if len(sys.argv) > 1 else "pictures"),
        documents="documents" in sys.argv[2:],
    )
