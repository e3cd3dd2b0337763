"""A hostile page that was captured does nothing in a real browser: not as it is shown, not with the
cleaning switched off, not with the policy switched off. Each of the two is enough by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, Playwright, sync_playwright
from playwright.sync_api import Error as BrowserError

from communique.pages import evidence_cleaning
from communique.pages.evidence_cleaning import cleaned, document
from tests.communique.pages.browsing import launched, served
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.hostile_page import Collected, collect_hostile, page_at, trapped
from tests.communique.pages.house import ANA
from tests.servers import Reply, Server

pytestmark = pytest.mark.chromium
HTML = {"Content-Type": "text/html; charset=utf-8"}
LONG_ENOUGH = 700  # milliseconds that a page is given to do what it must not


@dataclass
class Watched:
    """What a browser's pages did: dialogs that opened, pages that they opened, downloads."""

    context: BrowserContext
    dialogs: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    downloads: list[str] = field(default_factory=list)

    def page(self) -> Page:
        page = self.context.new_page()
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("popup", lambda popup: self.opened.append(popup.url))
        page.on("download", lambda download: self.downloads.append(download.url))
        return page

    @property
    def did(self) -> list[str]:
        return [*self.dialogs, *self.opened, *self.downloads]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture
def watched(playwright: Playwright) -> Iterator[Watched]:
    browser = launched(playwright)
    yield Watched(browser.new_context(extra_http_headers=ANA, accept_downloads=True))
    browser.close()


@pytest.fixture
def traps() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def hostile(demo: DemoStore, traps: Server, tmp_path: Path) -> Collected:
    collected = collect_hostile(demo.settings, demo.engine, traps, tmp_path)
    traps.connections = 0
    return collected


def open_at(page: Page, url: str) -> None:
    """Not until it has loaded: forbidden a video, Chromium now and then waits for it for ever."""
    page.goto(url, wait_until="domcontentloaded")


def click_everything(page: Page, frame: Page | Frame) -> None:
    """Every link, in each way that a person may: clicked, in a new tab, by the keyboard."""
    for number in range(frame.locator("a").count()):
        for modifiers in ([], ["ControlOrMeta"], ["Shift"]):
            link = frame.locator("a").nth(number)
            try:
                link.click(modifiers=modifiers, timeout=500, no_wait_after=True, force=True)
            except BrowserError:
                continue  # it cannot be clicked, or the page it was on is gone
    page.wait_for_timeout(LONG_ENOUGH)


def assert_untouched(traps: Server) -> None:
    """Nobody asked for a trap, nor as much as opened a connection to where they are."""
    assert trapped(traps) == []
    own = {arrival.client for arrival in traps.arrivals}
    assert traps.connections == len(own)


def captured(page: Page) -> Frame:
    """The frame with the captured page."""
    handle = page.locator("iframe.captured").element_handle()
    frame = handle.content_frame() if handle is not None else None
    assert frame is not None
    return frame


def touched(frame: Page | Frame) -> object:
    return frame.evaluate("() => window.pwned || document.title.includes('pwned') || null")


@pytest.mark.parametrize("cleaning", [True, False], ids=["cleaned", "locked in alone"])
def test_in_its_frame_a_hostile_page_runs_nothing_and_asks_for_nothing(
    hostile: Collected,
    traps: Server,
    watched: Watched,
    cleaning: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not cleaning:
        monkeypatch.setattr(evidence_cleaning, "cleaned", lambda html: html)
    with served(hostile.settings) as url:
        page = watched.page()
        open_at(page, f"{url}/evidence/{hostile.capture}")
        assert "clean network" in captured(page).locator("article").inner_text()
        page.wait_for_timeout(LONG_ENOUGH)
        assert touched(page) is None
        assert touched(captured(page)) is None
        click_everything(page, captured(page))
        assert page.url == f"{url}/evidence/{hostile.capture}"
    assert watched.did == []
    assert_untouched(traps)


@pytest.mark.parametrize("cleaning", [True, False], ids=["cleaned", "locked in alone"])
def test_opened_by_itself_it_is_the_page_around_it_that_is_shown(
    hostile: Collected,
    traps: Server,
    watched: Watched,
    cleaning: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not cleaning:
        monkeypatch.setattr(evidence_cleaning, "cleaned", lambda html: html)
    with served(hostile.settings) as url:
        page = watched.page()
        open_at(page, f"{url}/evidence/{hostile.capture}/page")
        assert "clean network" in captured(page).locator("article").inner_text()
        page.wait_for_timeout(LONG_ENOUGH)
        assert page.url == f"{url}/evidence/{hostile.capture}"
        assert touched(page) is None
    assert watched.did == []
    assert_untouched(traps)


def test_the_policy_alone_holds_a_page_that_is_opened_by_itself(
    traps: Server, other: Server, watched: Watched
) -> None:
    """As by a browser that does not say what it asks for."""
    other.pages["/alone"] = Reply(
        headers=HTML | evidence_cleaning.HEADERS, body=document(page_at(traps.url))
    )
    page = watched.page()
    open_at(page, f"{other.url}/alone")
    assert "clean network" in page.locator("article").inner_text()
    page.wait_for_timeout(LONG_ENOUGH)
    assert touched(page) is None
    for locator in ("#run", "#data", "button"):
        page.locator(locator).click(timeout=1_000, no_wait_after=True, force=True)
    page.wait_for_timeout(LONG_ENOUGH)
    assert page.url == f"{other.url}/alone"
    assert watched.did == []
    assert_untouched(traps)


def test_the_cleaning_alone_leaves_a_page_that_does_nothing(
    traps: Server, other: Server, watched: Watched
) -> None:
    other.pages["/bare"] = Reply(headers=HTML, body=document(cleaned(page_at(traps.url))))
    page = watched.page()
    open_at(page, f"{other.url}/bare")
    assert "clean network" in page.locator("article").inner_text()
    page.wait_for_timeout(LONG_ENOUGH)
    assert touched(page) is None
    click_everything(page, page)
    assert page.url == f"{other.url}/bare"
    assert watched.did == []
    assert_untouched(traps)


def test_the_traps_catch_a_page_that_nothing_holds(traps: Server, watched: Watched) -> None:
    """What the tests above rely on."""
    traps.pages["/free"] = Reply(headers=HTML, body=page_at(traps.url))
    page = watched.page()
    page.goto(f"{traps.url}/free", wait_until="commit")
    page.wait_for_timeout(3 * LONG_ENOUGH)
    caught = {path.removeprefix("/trap/") for path in trapped(traps)}
    assert {"img", "script", "sheet", "hit-inline", "fetch", "frame", "popup"} <= caught
    assert watched.dialogs
