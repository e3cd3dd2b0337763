"""A statement's page in a real browser: where a passage was said before shows at a pointer, a
finger and the keyboard; marks come and go by rule; nothing is amiss for a screen reader."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.communique.alert_rows import post
from tests.communique.pages.browsing import launched, served
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.house import ANA
from tests.communique.pages.statement_rows import PASSAGE, echo, match, rule

pytestmark = pytest.mark.chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture
def address(demo: DemoStore) -> Iterator[str]:
    """Where a statement is shown that repeats an earlier one, and which two rules match."""
    earlier = post(demo.engine, url="https://one.example/1", text=f"They said: {PASSAGE}")
    later = post(
        demo.engine, url="https://one.example/2", source="embassy_two", text=f"We say: {PASSAGE}"
    )
    echo(demo.engine, later, earlier, [(8, 8 + len(PASSAGE.strip()))])
    match(demo.engine, later, rule(demo.engine, "clean"), [("text", 10, 15)])
    match(demo.engine, later, rule(demo.engine, "network", "info"), [("text", 10, 23)])
    with served(demo.settings) as url:
        yield f"{url}/statements/{later.statement}"


def shade(page: Page, words: str) -> str:
    marks = page.locator("#text mark", has_text=words).first
    return str(marks.evaluate("each => getComputedStyle(each).backgroundColor"))


def test_where_a_passage_was_said_before_is_shown_beside_it(browser: Browser, address: str) -> None:
    page = browser.new_page(extra_http_headers=ANA)
    page.goto(address)
    card, note = page.locator(".card-of-echo"), page.locator("#at-echo-1")
    expect(card).to_be_hidden()
    page.locator("#text span.echo").first.hover()
    expect(card).to_contain_text("First known: Chinese Embassy One")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    page.mouse.move(2, 2)
    note.focus()
    expect(card).to_be_visible()
    expect(note).to_have_attribute("aria-describedby", "card-of-echo")
    page.keyboard.press("Escape")
    page.locator("#show-echoes").uncheck()
    expect(note).to_be_hidden()
    page.close()


def test_a_tap_shows_it_and_without_scripts_the_note_leads_there(
    browser: Browser, address: str
) -> None:
    phone = browser.new_context(
        has_touch=True, viewport={"width": 390, "height": 800}, extra_http_headers=ANA
    )
    page = phone.new_page()
    page.goto(address)
    page.locator("#text span.echo").first.tap()
    expect(page.locator(".card-of-echo")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    phone.close()
    plain = browser.new_context(java_script_enabled=False, extra_http_headers=ANA)
    page = plain.new_page()
    page.goto(address)
    page.locator("#at-echo-1").click()
    assert page.url.endswith("#echo-1")
    expect(page.locator("#echo-1")).to_contain_text("First known")
    plain.close()


def test_marks_come_and_go_by_rule(browser: Browser, address: str) -> None:
    page = browser.new_page(extra_http_headers=ANA)
    page.goto(address)
    marked, none = shade(page, "clean"), "rgba(0, 0, 0, 0)"
    assert marked != none
    page.locator("#show-rule-1").uncheck()
    assert shade(page, "clean") == marked  # the other rule still holds there
    page.locator("#show-rule-2").uncheck()
    assert shade(page, "clean") == none
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_amiss_for_a_screen_reader(
    browser: Browser, address: str, scheme: str
) -> None:
    dark = scheme == "dark"
    page = browser.new_page(extra_http_headers=ANA, color_scheme="dark" if dark else "light")
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    for path in ("", "/why"):
        page.goto(f"{address}{path}")
        found = Axe().run(page).response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    assert [each for each in problems if "404" not in each] == []
    page.close()
