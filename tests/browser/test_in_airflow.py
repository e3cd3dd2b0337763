"""Airflow around the pages: its tabs, its theme, its sign-in, its way to run a source again."""

from __future__ import annotations

import re
import time
from email import message_from_bytes, policy
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Response, expect
from sqlalchemy import text

from communique.stack_runs import Run, tasks_of
from tests.browser.analyst import LONGEST, OWN, Analyst, analyst, sign_in
from tests.browser.world import ANA, FAILING, World

pytestmark = [pytest.mark.chromium, pytest.mark.e2e]
CHINA = "collect_china"


def page_of(run: Run, index: int | None = None) -> str:
    """Airflow's page of a run, or of a mapped instance of its task `collect`."""
    task = "" if index is None else f"/tasks/collect/mapped/{index}"
    return f"/dags/{run[0]}/runs/{quote(run[1], safe='')}{task}"


def instance(world: World, run: Run, source: str) -> dict[str, object]:
    """The task instance that collects a source."""
    (found,) = (t for t in tasks_of(world.demo.airflow, run) if t["rendered_map_index"] == source)
    return found


def test_the_tab_of_a_run_shows_what_it_stored(ana: Analyst) -> None:
    run = ana.world.runs[CHINA]
    ana.page.goto(f"{ana.world.url}{page_of(run)}")
    ana.page.get_by_role("link", name="Statements").click()
    frame = ana.frame()
    expect(frame.get_by_role("heading", level=1)).to_have_text("What this run stored")
    expect(frame.get_by_role("row", name=re.compile("Embassy of China in Belgium"))).to_be_visible()
    frame.get_by_role("link", name="Embassy Spokesperson on a Press Report").first.click()
    ana.page.wait_for_url(re.compile(rf"{OWN}/statements/\d+$"), timeout=LONGEST)
    ana.heard.nothing()


def test_the_tab_of_a_task_shows_what_its_source_stored_or_why_nothing(ana: Analyst) -> None:
    run = ana.world.runs["collect_united_states"]
    index = instance(ana.world, run, FAILING)["map_index"]
    assert isinstance(index, int)
    ana.page.goto(f"{ana.world.url}{page_of(run, index)}")
    ana.page.get_by_role("link", name="Statements").click()
    frame = ana.frame()
    expect(frame.get_by_role("heading", level=1)).to_contain_text("Embassy of the United States")
    expect(frame.get_by_role("heading", name="What could not be read")).to_be_visible()
    expect(frame.get_by_role("link", name=re.compile(r"^capture \d+$")).first).to_be_visible()
    ana.heard.nothing()


def test_the_tab_of_another_dag_says_what_would_be_here(ana: Analyst) -> None:
    (run, *_) = ana.world.demo.airflow.get("/dags/alert/dagRuns", limit=1)["dag_runs"]
    frame = ana.tab(f"{page_of(('alert', run['dag_run_id']))}/plugin/communique-run")
    expect(frame.get_by_role("heading", level=1)).to_have_text("No statements of this run")
    frame = ana.tab(f"{page_of(('alert', run['dag_run_id']))}/tasks/judge/plugin/communique-task")
    expect(frame.get_by_role("heading", level=1)).to_have_text("No statements of this run")
    ana.heard.nothing()


def test_the_theme_follows_airflows_while_a_page_is_open(ana: Analyst) -> None:
    frame = ana.within("/statements")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = frame.evaluate(ground)
    ana.page.get_by_role("button", name="User").click()
    ana.page.get_by_text("Appearance").click()
    ana.page.get_by_text(re.compile("^Dark")).click()
    frame.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert frame.evaluate(ground) != light
    ana.heard.nothing()


def test_airflows_address_leads_back_to_the_page_that_was_open(ana: Analyst) -> None:
    frame = ana.within(f"/statements/{ana.world.statement}")
    expect(frame.get_by_role("heading", level=1)).to_be_visible()
    frame.get_by_role("navigation", name="Pages").get_by_role("link", name="Statements").click()
    ana.page.wait_for_url(f"**{OWN}/statements", timeout=LONGEST)
    frame.locator("#main input[name=q]").fill('"clean network"')
    ana.page.wait_for_url(re.compile(rf"{OWN}/statements\?.*clean"), timeout=LONGEST)
    ana.page.reload()
    expect(ana.frame().locator("#main input[name=q]")).to_have_value('"clean network"')
    ana.heard.nothing()


def test_nobody_sees_a_page_before_signing_in_and_comes_back_to_it(
    chromium: Browser, world: World
) -> None:
    with analyst(chromium, world) as stranger:
        page = stranger.go(f"/statements/{world.statement}")
        assert "Sign in" in page.inner_text("main")
        page.get_by_role("link", name="Sign in").click()
        sign_in(world, page, ANA)
        page.wait_for_url(f"**/communique/statements/{world.statement}", timeout=LONGEST)
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        assert stranger.heard.strangers == []


def test_a_mails_link_leads_to_the_statement(ana: Analyst) -> None:
    links = [
        link
        for mail in sorted(ana.world.demo.mailbox.glob("*.eml"))
        for link in re.findall(r"http://\S+/statements/\d+", _plain(mail.read_bytes()))
    ]
    assert links
    ana.page.goto(f"{ana.world.url}{urlsplit(links[-1]).path}")
    number = links[-1].rpartition("/")[2]
    with ana.world.demo.engine.connect() as connection:
        query = text("SELECT title FROM analyst.statements WHERE id = :id")
        title = connection.execute(query, {"id": number}).scalar_one()
    expect(ana.page.get_by_role("heading", level=1)).to_contain_text(title)
    ana.heard.nothing()


def _plain(mail: bytes) -> str:
    body = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
    return str(body.get_content()) if body else ""


def _cleared(answer: Response) -> bool:
    asked = answer.request.post_data or ""
    return "clearTaskInstances" in answer.url and '"dry_run":false' in asked and answer.ok


def test_one_source_is_run_again_from_airflows_own_page_alone(ana: Analyst) -> None:
    world, run, source = ana.world, ana.world.runs[CHINA], "demo_mfa_en"
    before = instance(world, run, source)
    index = before["map_index"]
    assert isinstance(index, int)
    ana.page.goto(f"{world.url}{page_of(run, index)}")
    ana.page.get_by_role("button", name=re.compile("clear$")).click()
    # Airflow asks first what it would run again; before it knows, its button does nothing.
    expect(ana.page.get_by_text("Affected Tasks: 3")).to_be_visible(timeout=LONGEST)
    ana.page.wait_for_load_state("networkidle")
    with ana.page.expect_response(_cleared, timeout=LONGEST):
        ana.page.get_by_role("button", name="Confirm").click()
    until = time.monotonic() + LONGEST / 1_000 * 3
    while (now := instance(world, run, source))["state"] != "success" or (
        now["try_number"] == before["try_number"]
    ):
        assert time.monotonic() < until, f"still {now['state']}, try {now['try_number']}"
        time.sleep(0.5)
    tries = {t["rendered_map_index"]: t["try_number"] for t in tasks_of(world.demo.airflow, run)}
    assert tries["demo_embassy_be"] == 1
    with world.demo.engine.connect() as connection:
        query = text("SELECT max(id) FROM analyst.statements WHERE source = :source")
        statement = connection.execute(query, {"source": source}).scalar_one()
    ana.go(f"/statements/{statement}").get_by_role("link", name=re.compile("^the run")).click()
    ana.page.wait_for_url(f"**{page_of(run, index)}*", timeout=LONGEST)
    ana.heard.nothing()
