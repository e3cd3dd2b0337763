"""Promises: a rule is tried before it is saved; what is saved is exactly what was tried, in a file
that nobody has changed meanwhile; nothing of what was typed is lost; who changed what is kept."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient
from httpx2 import Response

from communique.alerting import judge
from communique.pages.watchlists_trials import AT_ONCE, WAITING, BusyError, Trials
from communique.rules import Rule
from communique.watchlists import load_watchlists
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.hostile import assert_only_text, store_hostile
from tests.communique.pages.house import OMAR, csrf, opened

HTMX = {"hx-request": "true"}
NEW = {
    "new": "true",
    "watchlist": "5g-huawei",
    "rule": "sea-cables",
    "name": "Sea cables",
    "severity": "info",
    "query": '"clean network"\nOR huawei',
    "not_inside": "port of call\n\nsport",
    "note": "Who lays them.",
}


@pytest.fixture
def folder(tmp_path: Path, demo: DemoStore, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("communique.backtest_glance.PATIENCE", 60.0)
    copied = tmp_path / "watchlists"
    shutil.copytree(demo.settings.watchlists, copied)
    return copied


@pytest.fixture
def mine(demo: DemoStore, folder: Path) -> Iterator[TestClient]:
    """Ana, at pages whose watchlists are a copy."""
    with opened(demo.settings.model_copy(update={"watchlists": folder})) as client:
        client.headers.update(csrf(client, "/watchlists"))
        yield client


def post(client: TestClient, what: str, form: Mapping[str, str], **headers: str) -> Response:
    return client.post(
        f"/communique/watchlists/{what}", data=dict(form), headers=headers, follow_redirects=False
    )


def soup(answer: Response) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "lxml")


def form_of(seen: BeautifulSoup) -> dict[str, str]:
    """What the form on a page would send."""
    form = seen.select_one("form#rule")
    assert form is not None
    sent = {one["name"]: one.get("value", "") for one in form.select("input[name]")}
    sent |= {one["name"]: one.text.removeprefix("\n") for one in form.select("textarea")}
    for one in form.select("select"):
        chosen = one.select_one("[selected]") or one.option
        sent[one["name"]] = chosen["value"]
    return {name: str(value) for name, value in sent.items() if name != "csrf"}


def edited(client: TestClient, **changes: str) -> dict[str, str]:
    """The form of a rule of the file, with changes."""
    page = client.get("/communique/watchlists/clean-network/clean-network/edit")
    return form_of(soup(page)) | changes


def test_a_rule_is_tried_saved_and_noted(mine: TestClient, folder: Path, demo: DemoStore) -> None:
    before = (folder / "5g-huawei.yaml").read_text("utf-8")
    tried = post(mine, "try", NEW)
    seen = soup(tried)
    assert tried.status_code == 200
    assert "It is new" in tried.text
    assert seen.select("#tried .hit mark")
    saved = post(mine, "save", form_of(seen) | {"reason": "asked for by the desk"})
    assert saved.status_code == 303, saved.text
    after = (folder / "5g-huawei.yaml").read_text("utf-8")
    assert after.startswith(before)
    (rule,) = [one for one in load_watchlists(folder).rules if one.id == "sea-cables"]
    assert rule == Rule(
        "5g-huawei", "sea-cables", "Sea cables", "info", '"clean network" OR huawei',
        ("port of call", "sport"), None, "Who lays them.",
    )  # fmt: skip
    judge(demo.engine, load_watchlists(folder), demo.settings.clock())
    shown = mine.get(saved.headers["location"]).text
    assert "at its next run" in shown
    assert "asked for by the desk" in shown
    assert re.search(r"Version 1</strong>.*?added by <strong>ana</strong>", shown, re.DOTALL)


def test_a_change_shows_what_it_adds_and_drops(mine: TestClient, folder: Path) -> None:
    tried = post(mine, "try", edited(mine, query="pompeo OR 蓬佩奥 OR huawei"), **HTMX)
    assert tried.text.lstrip().startswith('<div id="tried"')
    seen = soup(tried)
    assert "Beside the rule as it is in force" in seen.text
    added, dropped = (int(seen.select_one(tag).text[1:]) for tag in ("ins", "del"))
    assert added > 0
    assert dropped > 0
    titles = [one.text for one in seen.select("h3")]
    assert titles[0].startswith(f"Adds: {added} ")
    assert titles[1].startswith(f"Drops: {dropped} ")


@pytest.mark.parametrize("change", ["query", "name", "note", "not_inside", "severity"])
def test_nothing_is_saved_but_what_was_tried(mine: TestClient, folder: Path, change: str) -> None:
    before = (folder / "clean-network.yaml").read_bytes()
    other = {"severity": "info"}.get(change, "harbour")
    untried = post(mine, "save", edited(mine, name="Other"))
    assert untried.status_code == 409
    assert "Try the rule first" in untried.text
    form = form_of(soup(post(mine, "try", edited(mine, name="Once")))) | {change: other}
    refused = post(mine, "save", form)
    assert refused.status_code == 409
    assert "not the one that was tried" in refused.text
    assert form_of(soup(refused))[change] == other
    forged = post(mine, "save", form | {"tried": form["tried"][:-4] + "aaaa"})
    assert forged.status_code == 409
    assert (folder / "clean-network.yaml").read_bytes() == before


def test_a_file_changed_meanwhile_is_refused_with_the_difference(
    mine: TestClient, folder: Path
) -> None:
    path = folder / "clean-network.yaml"
    form = form_of(soup(post(mine, "try", edited(mine, name="Mine <b>"))))
    by_hand = path.read_text("utf-8").replace("name: Clean Network", "name: Theirs", 1)
    path.write_text(by_hand, "utf-8")
    refused = post(mine, "save", form)
    assert refused.status_code == 409
    assert "changed by somebody else" in refused.text
    assert "this rule is another one now" in refused.text.casefold()
    seen = soup(refused)
    assert [one.text for one in seen.select(".diff del")] == ["Theirs"]
    assert form_of(seen)["name"] == "Mine <b>"
    assert path.read_text("utf-8") == by_hand
    again = form_of(soup(post(mine, "try", form_of(seen))))
    assert post(mine, "save", again).status_code == 303
    assert "name: Mine <b>" in path.read_text("utf-8")
    opened_before = edited(mine, name="Third")
    path.write_text(path.read_text("utf-8") + "\n# another\n", "utf-8")
    elsewhere = post(mine, "try", opened_before)
    assert elsewhere.status_code == 409
    assert "another part of the file was changed" in elsewhere.text


def test_what_is_typed_is_checked_as_it_is_typed(mine: TestClient) -> None:
    wrong = post(mine, "check", NEW | {"query": "huawei\nAND (ban OR"}, **HTMX)
    assert wrong.status_code == 200
    assert "Line 2, character" in wrong.text
    assert soup(wrong).select("pre.pointed mark")
    right = soup(post(mine, "check", NEW, **HTMX))
    assert "at least one of these" in right.text
    assert {code.text for code in right.select("code")} == {'"clean network"', "huawei"}
    odd = post(mine, "check", NEW | {"query": "topic:nothing-gives AND a*"}, **HTMX).text
    assert "No rule gives the topic nothing-gives" in odd
    page = post(mine, "check", NEW)
    assert form_of(soup(page))["query"] == NEW["query"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("query", "huawei^2", "weights"),
        ("query", "x " * 30_000, "more than 20,000 characters"),
        ("rule", "../../etc/passwd", "small letters"),
        ("watchlist", "../secret", "small letters"),
        ("watchlist", "a\0b", "NUL character"),
        ("name", "a\x07b", "control character"),
        ("note", "n" * 9_000, "more than 4,000 characters"),
        ("severity", "grave", "expected one of"),
        ("not_inside", "(", "no letter or digit"),
        ("rule", "huawei", "has a rule of this id"),
    ],
)
def test_hostile_or_mistaken_input_is_refused_and_kept(
    mine: TestClient, folder: Path, field: str, value: str, said: str
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for what in ("try", "save"):
        refused = post(mine, what, NEW | {field: value})
        assert said in BeautifulSoup(refused.text, "lxml").text
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_words_are_only_words_in_the_file_and_on_the_page(mine: TestClient, folder: Path) -> None:
    hostile = "x'\"\r\n  - id: other\n    name: </textarea><script>alert(1)</script>"
    form = NEW | {"watchlist": "fresh", "name": hostile, "note": hostile, "title": "T: [x] # y"}
    page = post(mine, "try", form)
    assert not soup(page).select("main script")
    assert post(mine, "save", form_of(soup(page))).status_code == 303
    loaded = load_watchlists(folder)
    (fresh,) = [one for one in loaded.watchlists if one.name == "fresh"]
    assert not loaded.problems
    assert fresh.title == "T: [x] # y"
    assert [rule.id for rule in fresh.rules] == ["sea-cables"]
    assert fresh.rules[0].name == " ".join(hostile.split())


def test_a_folder_that_cannot_be_written_hands_over_the_rule(
    mine: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = form_of(soup(post(mine, "try", NEW)))
    monkeypatch.setattr("communique.replacing.os.access", lambda *given: False)
    refused = post(mine, "save", form)
    assert refused.status_code == 409
    assert "may not write there" in refused.text
    handed = soup(refused).select_one("pre.card").text
    (folder / "5g-huawei.yaml").open("a", encoding="utf-8").write("\n" + handed)
    assert "sea-cables" in {rule.id for rule in load_watchlists(folder).rules}


def test_a_rule_is_removed_once_asked(mine: TestClient, folder: Path) -> None:
    asked = mine.get("/communique/watchlists/5g-huawei/huawei/remove")
    seen = soup(asked)
    assert "2 now" in seen.text
    form = {one["name"]: one.get("value", "") for one in seen.select("main form input")}
    path = folder / "5g-huawei.yaml"
    path.write_text(path.read_text("utf-8") + "# once more\n", "utf-8")
    late = post(mine, "remove", form)
    assert late.status_code == 409
    again = soup(late).select_one("input[name=version]")["value"]
    gone = post(mine, "remove", form | {"version": again, "reason": "no longer"})
    assert gone.status_code == 303
    assert "huawei" not in {rule.id for rule in load_watchlists(folder).rules}
    assert "taken out" in mine.get(gone.headers["location"]).text
    assert post(mine, "remove", form | {"watchlist": "../x"}).status_code == 409


@pytest.mark.parametrize("what", ["check", "try", "save", "remove"])
def test_changes_ask_for_the_role_and_the_token(mine: TestClient, folder: Path, what: str) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    form = NEW | {"version": "x"}
    assert post(mine, what, form, **{"x-csrf-token": "forged"}).status_code == 403
    assert post(mine, what, form, **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert post(mine, what, form, **OMAR).status_code == 403
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_hostile_statements_stay_text_when_they_are_tried(
    mine: TestClient, demo: DemoStore
) -> None:
    store_hostile(demo.engine)
    page = post(mine, "try", NEW)
    assert "Adds:" in page.text
    assert_only_text(page.text)


def test_a_whole_back_test_runs_on_and_ends_with_whoever_waits(
    demo: DemoStore, mine: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communique.backtest_glance.PATIENCE", -1.0)
    seen = soup(post(mine, "try", NEW))
    assert "There was no time" in seen.text
    assert not seen.select("#save")
    whole = seen.select_one("#whole")
    assert whole is not None
    where = whole["hx-get"]
    for _ in range(200):
        answer = mine.get(where, headers=HTMX)
        if "Adds" in answer.text:
            break
        time.sleep(0.05)
    assert "hx-get" not in answer.text
    seal = soup(answer).select_one("#seal")["value"]
    assert post(mine, "save", form_of(seen) | {"tried": seal}).status_code == 303
    assert soup(answer).select(".hit mark")
    assert "not here any more" in mine.get(where, headers=HTMX | {"x-visitor": "eve:edit"}).text
    assert mine.get(where).status_code == 200


def test_a_new_rule_never_takes_the_place_of_one_that_is_half_done(
    mine: TestClient, folder: Path
) -> None:
    file = folder / "5g-huawei.yaml"
    half = "\n  - id: sea-cables\n    name: Half done\n    severity: info\n    query: (huawei AND\n"
    file.write_text(file.read_text("utf-8") + half, "utf-8")
    tried = post(mine, "try", NEW)
    assert "has a rule of this id already" in tried.text
    assert not soup(tried).select("#save")
    assert post(mine, "save", form_of(soup(tried))).status_code == 409
    assert file.read_text("utf-8").endswith(half)


def test_a_file_that_only_a_person_may_change_is_told(mine: TestClient, folder: Path) -> None:
    file = folder / "odd.yaml"
    file.write_text("rules: [{id: a, name: A, severity: info, query: huawei}]\n", "utf-8")
    tried = post(mine, "try", NEW | {"watchlist": "odd"})
    assert tried.status_code == 200
    assert "its rules stand in one line" in tried.text
    shown = edited(mine, query="huawei")
    written = folder / "clean-network.yaml"
    written.write_text(file.read_text("utf-8").replace("id: a,", "id: clean-network,"), "utf-8")
    for what in ("try", "save"):
        said = post(mine, what, shown)
        assert (said.status_code, "fault of ours" in said.text) == (409, False)
    gone = {"watchlist": "clean-network", "rule": "clean-network", "version": shown["version"]}
    assert post(mine, "remove", gone).status_code == 409


def test_a_back_test_is_found_whichever_server_of_the_house_is_asked(
    demo: DemoStore, folder: Path, mine: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communique.backtest_glance.PATIENCE", -1.0)
    seen = soup(post(mine, "try", NEW))
    where = str(seen.select("#whole")[0]["hx-get"])
    with opened(demo.settings.model_copy(update={"watchlists": folder})) as other:
        told = soup(other.get(where, headers=HTMX)).select_one("#whole")
        assert told is not None
        assert told["hx-get"] == where  # asked on, until the one that has it answers
        gone = other.get("/communique/watchlists/trial", params={"job": "1000-x"}, headers=HTMX)
        assert "not here any more" in gone.text
    for _ in range(200):
        answer = mine.get(where, headers=HTMX)
        if "Adds" in answer.text:
            break
        time.sleep(0.05)
    assert soup(answer).select_one("#seal")


def test_back_tests_are_few_at_once(demo: DemoStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("communique.pages.watchlists_trials._tried", _slow)
    trials, rule = Trials(), Rule("ports", "x", "X", "info", "harbour")
    start = [
        trials.start(demo.engine, [rule], rule, date(2026, 3, 3), f"somebody {n}")
        for n in range(AT_ONCE + WAITING)
    ]
    with pytest.raises(BusyError, match="under way"):
        trials.start(demo.engine, [rule], rule, date(2026, 3, 3), "one more")
    time.sleep(0.3)
    states = [trials.look(number, f"somebody {n}") for n, number in enumerate(start)]
    assert sum(job is not None and job.state == "running" for job in states) == AT_ONCE
    again = trials.start(demo.engine, [rule], rule, date(2026, 3, 3), "somebody 0")
    trials.close()
    for _ in range(100):
        if all(_ended(trials, number, f"somebody {n}") for n, number in enumerate(start)):
            break
        time.sleep(0.1)
    first = trials.look(start[0], "somebody 0")
    assert first is not None
    assert "given up" in first.said
    assert trials.look(again, "somebody 1") is None


def _ended(trials: Trials, number: str, owner: str) -> bool:
    job = trials.look(number, owner)
    return job is None or job.state == "failed"


def _slow(engine: object, draft: object, rule: object, today: object, job: object) -> object:
    from communique.pages.watchlists_trials import _require_asked_for

    while True:
        _require_asked_for(job)  # type: ignore[arg-type]
        time.sleep(0.02)
