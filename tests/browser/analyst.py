"""An analyst at a browser: signed in by Airflow's own form, with an ear for what goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    Page,
    Route,
    sync_playwright,
)

from scrapers.browser import NAMES
from tests.browser.world import World

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = {"desktop": 1280, "phone": 390}
HIGH = 900
LONGEST = 60_000  # milliseconds that anything in the browser may take
OWN = "/plugin/communique/communique"  # the pages within Airflow
# Airflow's own frame is told of by Chromium, and Airflow's sign-in form asks who it is first.
NOT_OURS = ("can escape its sandboxing", "/ui/config", "/ui/auth/me")


@dataclass
class Heard:
    """What went wrong while somebody looked: errors of the console, requests to other machines."""

    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def nothing(self) -> None:
        """Raises AssertionError with what was heard."""
        assert self.errors == []
        assert self.strangers == []


@dataclass(frozen=True)
class Analyst:
    """page: his tab, at Airflow. heard: what went wrong in it."""

    world: World
    page: Page
    heard: Heard

    def go(self, path: str) -> Page:
        """To one of our pages by its own address, outside Airflow's frame."""
        self.page.goto(f"{self.world.url}/communique{path}")
        return self.page

    def frame(self) -> Frame:
        """Our pages within Airflow's, once they are there."""
        handle = self.page.wait_for_selector("iframe", timeout=LONGEST)
        assert handle is not None
        frame = handle.content_frame()
        assert frame is not None
        frame.wait_for_selector("main", timeout=LONGEST)
        return frame

    def within(self, path: str) -> Frame:
        """To one of our pages within Airflow."""
        self.page.goto(f"{self.world.url}{OWN}{path}")
        return self.frame()

    def tab(self, path: str) -> Frame:
        """To a page of Airflow that holds one of ours."""
        self.page.goto(f"{self.world.url}{path}")
        return self.frame()


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium as this machine has it."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, NAMES))), args=[*FLAGS]
        )
        yield opened
        opened.close()


def sign_in(world: World, page: Page, user: str) -> None:
    """Fills in Airflow's form, which must be in the tab, and waits until it leads on."""
    form = page.locator("form")
    form.locator("input[name=username]").fill(user)
    form.locator("input[name=password]").fill(world.demo.airflow.password)
    form.locator("button[type=submit]").click()
    page.wait_for_url(lambda url: "/auth/" not in url, timeout=LONGEST)


@contextmanager
def analyst(
    opened: Browser,
    world: World,
    *,
    state: Any = None,
    theme: Theme = "light",
    width: int = WIDTHS["desktop"],
) -> Iterator[Analyst]:
    """Somebody's browser. state: of a session that is signed in; None: nobody is."""
    context = opened.new_context(
        color_scheme=theme, viewport={"width": width, "height": HIGH}, storage_state=state
    )
    context.set_default_timeout(LONGEST)
    # Airflow keeps the theme here, as its own menu sets it. A frame without an origin has no store.
    keep = f"localStorage.getItem('theme') || localStorage.setItem('theme', '{theme}')"
    context.add_init_script(f"try {{ {keep} }} catch {{}}")
    heard = Heard()
    _listen(context, heard)
    try:
        yield Analyst(world, context.new_page(), heard)
    finally:
        context.close()


def session_of(opened: Browser, world: World, user: str) -> Any:
    """What the browser keeps of somebody who signed in by the form."""
    with analyst(opened, world) as who:
        who.page.goto(f"{world.url}/")
        sign_in(world, who.page, user)
        return {"cookies": who.page.context.cookies(), "origins": []}


def _listen(context: BrowserContext, heard: Heard) -> None:
    def route(asked: Route) -> None:
        if _is_here(asked.request.url):
            asked.continue_()
        else:
            heard.strangers.append(asked.request.url)
            asked.abort()

    def console(message: ConsoleMessage) -> None:
        said = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(known in said for known in NOT_OURS):
            heard.errors.append(said)

    context.route("**/*", route)
    context.on("console", console)
    context.on("weberror", lambda error: heard.errors.append(str(error.error)))
    context.on(
        "page",
        lambda page: page.on(
            "websocket",
            lambda socket: None if _is_here(socket.url) else heard.strangers.append(socket.url),
        ),
    )


def _is_here(url: str) -> bool:
    return urlsplit(url).scheme in ("data", "blob", "about") or urlsplit(url).hostname in (
        "127.0.0.1",
        "localhost",
    )


def paths(world: World) -> dict[str, str]:
    """Every page, by the name of its picture."""
    statement, real = f"/statements/{world.statement}", f"/statements/{world.real}"
    return {
        "today": "/today",
        "statements": "/statements?q=huawei+OR+%E5%8D%8E%E4%B8%BA",
        "statements-none": "/statements?q=zebra",
        "statements-wrong": "/statements?q=%22clean",
        "statement": statement,
        "statement-real": real,
        "evidence": f"/evidence/{world.evidence}",
        "trends": "/trends?q=huawei+OR+5g",
        "trends-real": "/trends?q=cooperation&by=publisher&since=2020-03-01&until=2020-07-05",
        "watchlists": "/watchlists",
        "rule": "/watchlists/5g-huawei/huawei",
        "rule-edit": "/watchlists/5g-huawei/huawei/edit",
        "rule-new": "/watchlists/new?q=huawei+AND+5g",
        "subscriptions": "/subscriptions",
        "sources": "/sources",
        "source": "/sources/demo_us_embassy_de",
        "error": "/statements/999999",
    }


def violations(found: Sequence[Any]) -> list[str]:
    """What axe calls serious or critical, in words."""
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]
