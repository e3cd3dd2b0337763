"""An analyst's work with the pages: searching, making a rule better, looking after a source; what
somebody who may only look is offered; and all of it by keyboard."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Frame, expect
from playwright.sync_api import TimeoutError as NotInTime

from tests.browser.analyst import LONGEST, Analyst, paths
from tests.browser.world import FAILING

pytestmark = [pytest.mark.chromium, pytest.mark.e2e]
RULE = "/watchlists/5g-huawei/huawei"
# All elements in their order; of a group of radio buttons only one is a stop.
ALL = "[...document.querySelectorAll('*')]"
HERE = f"document.activeElement === document.body ? null : {ALL}.indexOf(document.activeElement)"
STOPS = f"""() => {{
  const groups = new Set();
  const kinds = "a[href], button, input, select, textarea, summary, iframe, [tabindex='0']";
  const first = (e) => e.type !== "radio" || (!groups.has(e.name) && groups.add(e.name));
  const open = (e) => !e.disabled && e.type !== "hidden" && e.tabIndex >= 0 && e.checkVisibility();
  return {ALL}.flatMap((e, place) => (e.matches(kinds) && open(e) && first(e) ? [place] : []));
}}"""


def test_the_search_answers_while_it_is_typed(ana: Analyst) -> None:
    frame = ana.within("/statements")
    box = frame.locator("#main input[name=q]")
    box.press_sequentially('"clean network"', delay=30)
    found = frame.locator("#main mark").first
    expect(found).to_have_text(re.compile("clean network", re.IGNORECASE), timeout=LONGEST)
    expect(box).to_be_focused()
    box.press_sequentially(" AND (", delay=30)
    expect(frame.locator("#main .problem").first).to_be_visible(timeout=LONGEST)
    expect(box).to_have_value('"clean network" AND (')
    assert ana.heard.strangers == []


def test_a_rule_is_edited_tried_and_saved_by_who_may(ana: Analyst) -> None:
    frame = ana.within(f"{RULE}/edit")
    query = frame.locator("textarea[name=query]")
    before = query.input_value()
    query.fill(f"{before.strip()} OR (")
    expect(frame.locator("#wrong-query")).to_be_visible(timeout=LONGEST)
    query.fill(f'{before.strip()} OR "trusted suppliers"')
    expect(frame.locator("#checked .understood")).to_be_visible(timeout=LONGEST)
    _try(frame)
    frame.locator("#reason").fill("suppliers too")
    frame.get_by_role("button", name="Save huawei").click()
    ana.page.wait_for_url(re.compile(rf"{RULE}(\?.*)?$"), timeout=LONGEST)
    expect(frame.locator("#main")).to_contain_text("suppliers too")
    file = ana.world.demo.settings.watchlists / "5g-huawei.yaml"
    assert "trusted suppliers" in file.read_text(encoding="utf-8")
    ana.heard.nothing()


def _try(frame: Frame) -> None:
    """Tries the rule until it can be saved: a machine that is busy may have no time at once."""
    saving = frame.get_by_role("button", name=re.compile("^Save "))
    for _ in range(5):
        with frame.page.expect_response("**/watchlists/try", timeout=LONGEST):
            frame.get_by_role("button", name="Try it").click()
        expect(frame.get_by_role("heading", name="What it would change")).to_be_visible()
        with suppress(NotInTime):
            return saving.wait_for(timeout=LONGEST / 4)
    raise AssertionError("there was never any time to try it")


def test_who_may_only_look_can_change_nothing(omar: Analyst) -> None:
    frame = omar.within(RULE)
    expect(frame.get_by_role("link", name=re.compile("^Edit"))).to_have_count(0)
    expect(frame.locator("form[method=post]")).to_have_count(0)
    edit = omar.page.request.get(f"{omar.world.url}/communique{RULE}/edit")
    assert edit.status in (200, 403)
    assert '<button class="main" type="submit">Try it' not in edit.text()
    frame = omar.within(f"/sources/{FAILING}")
    expect(frame.locator("form[method=post]")).to_have_count(0)
    token = frame.locator("body").get_attribute("hx-headers") or ""
    found = re.search(r'"X-CSRF-Token": "([^"]+)"', token)
    for path in ("/watchlists/save", f"/sources/{FAILING}/check", "/statements/saved"):
        answer = omar.page.request.post(
            f"{omar.world.url}/communique{path}",
            headers={"X-CSRF-Token": found[1] if found else ""},
            form={"name": "x", "q": "huawei"},
        )
        assert answer.status == 403, path
    assert omar.heard.strangers == []


def test_a_source_is_checked_from_its_page(ana: Analyst) -> None:
    frame = ana.within(f"/sources/{FAILING}")
    frame.get_by_role("button", name=re.compile("check", re.IGNORECASE)).click()
    expect(frame.locator("#main")).to_contain_text(
        re.compile("challenge|refuse|blocked", re.IGNORECASE), timeout=LONGEST
    )
    assert ana.heard.strangers == []


@pytest.mark.parametrize("name", ["today", "statements", "statement", "rule-edit", "sources"])
def test_the_keyboard_reaches_everything_in_its_order(ana: Analyst, name: str) -> None:
    page = ana.go(paths(ana.world)[name])
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("To the content")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.reload()
    page.wait_for_load_state("networkidle")
    wanted = page.evaluate(STOPS)
    reached = list[int]()
    for _ in range(len(wanted) * 4):  # a date has a stop for day, month and year
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here is None:
            break
        if not reached or reached[-1] != here:
            reached.append(here)
    assert reached == wanted
    ana.heard.nothing()
