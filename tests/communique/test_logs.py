"""Who greps the logs for a run, a source or an address finds every line of it, and no line that a
stranger wrote."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from communique.logs import LONGEST, formatter
from scrapers.about import about
from tests.command import communique
from tests.servers import Reply, Server

# What a page may try: line ends of every kind, a terminal's commands, a turn of the text, a field.
ENDS = ("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029")
FORGED = '{"timestamp":"2026-01-01T00:00:00Z","level":"error","event":"forged","source":"other"}'
HOSTILE = (
    *(f"t1.shtml?{end}{FORGED}" for end in ENDS),
    "t2.shtml?\x1b[2J\x1b]0;owned\x07 run=forged source=other",
    't3.shtml?"} source="other" \\" \u202eother=ecruos',
    "t4.shtml?" + "x" * 3_000,
    "t5.shtml?\x00\ufeff\u2066",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], Server]]:
    """A ministry that lists good pages, dead ones and hostile addresses; and who collects it."""
    folder = tmp_path_factory.mktemp("logs")
    (folder / "sources").mkdir()
    with Server() as web:
        (folder / "sources" / "china.yaml").write_text(
            "- id: ministry\n  publisher: A ministry\n  kind: ministry\n  languages: [en]\n"
            "  time_zone: Asia/Shanghai\n  reader: china_mfa\n  delay: 0\n"
            f"  listings: [{web.url}/press/default.shtml]\n"
        )
        settings = {
            "home": str(folder / "home"),
            "sources": str(folder / "sources"),
            "allow_addresses": "127.0.0.0/8",
            "contact": "desk@example.org",
        }
        yield settings, web
        communique("db", "stop", settings=settings)


def _publish(web: Server, good: str, addresses: tuple[str, ...]) -> None:
    web.pages[f"/press/{good}"] = _page(
        '<h2 class="title">On networks on March 2, 2026</h2><div class="date"></div>'
        '<div class="content"><p>' + "The ministry spoke of networks. " * 20 + "</p></div>"
    )
    items = "".join(
        f'<li><a href="./{address.replace(chr(34), "&quot;")}">On networks on March 2, 2026</a>'
        for address in (good, *addresses)
    )
    web.pages["/press/default.shtml"] = _page(f'<div class="newsLst_mod"><ul>{items}</ul></div>')


def _page(body: str) -> Reply:
    html = f"<html><head><title>Networks</title></head><body>{body}</body></html>"
    return Reply(headers={"Content-Type": "text/html; charset=utf-8"}, body=html)


def test_each_line_of_a_collect_says_run_source_and_address_and_no_stranger_writes_one(
    home: tuple[dict[str, str], Server],
) -> None:
    settings, web = home
    _publish(web, "t0.shtml", HOSTILE)
    words = ("--verbose", "collect", "--run-key", "morning", "--json")
    done = communique(*words, settings=settings | {"log": "json"})
    lines = [line for line in done.stderr.split("\n") if line.startswith("{")]
    said = [json.loads(line) for line in lines]
    assert len(lines) == len([x for x in done.stderr.split("\n") if x]) - 1  # "A new store in ..."
    assert done.stderr.splitlines() == done.stderr.split("\n")[:-1]

    ours = [line for line in said if line["logger"].startswith(("communique", "scrapers"))]
    assert {line["source"] for line in ours if "source" in line} == {"ministry"}
    turn = [line for line in ours if "run_number" in line]
    assert {(line["run"], line["source"]) for line in turn} == {("morning:china", "ministry")}
    assert all(line["run"].startswith("morning") for line in ours)
    (listed,) = [line for line in turn if line["event"].startswith("a listing that names")]
    assert listed["address"] == f"{web.url}/press/default.shtml"
    (new,) = [line for line in turn if line["event"] == "new"]
    assert new["address"] == f"{web.url}/press/t0.shtml".replace("http:", "https:")  # canonical
    gone = {line["address"] for line in turn if line["level"] == "warning"}
    assert len(gone) == len(HOSTILE) - 2  # line ends are left out of an address
    (ended,) = [line for line in turn if "address" not in line and "new" in line["event"]]
    assert ended["event"] == f"quiet: 1 new, {len(gone)} gone"


def test_a_human_sees_the_same_on_one_line_each(home: tuple[dict[str, str], Server]) -> None:
    settings, web = home
    _publish(web, "t9.shtml", HOSTILE[9:])
    done = communique("-v", "collect", "--run-key", "noon", "--json", settings=settings)
    lines = [line for line in done.stderr.split("\n") if " communique." in line]
    assert lines
    assert done.stderr.splitlines() == done.stderr.split("\n")[:-1]
    for line in done.stderr.split("\n")[:-1]:
        assert line.startswith(("20", "A new store")), line
    (new,) = [line for line in lines if line.endswith("t9.shtml new")]
    about_it = f"run=noon:china run_number=2 source=ministry address={web.url}/press/t9.shtml new"
    assert new.endswith(about_it.replace("http:", "https:"))


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("end", ENDS)
def test_no_value_message_or_traceback_begins_a_line(form: str, end: str) -> None:
    hostile = f"{end}2026-01-01 ERROR x run=forged{end}{FORGED}{end}\ud800\x1b[2J"
    try:
        raise ValueError(hostile)
    except ValueError:
        trouble = sys.exc_info()
    with about(run=hostile, source="s", address=hostile):
        line = _line(form, "%s", hostile, trouble=trouble)
    line.encode()  # what no encoding can write is not in it
    if form == "json":
        assert len(line.splitlines()) == 1
        found = json.loads(line)
        assert (found["event"], found["source"]) == (hostile, "s")
        assert "ValueError" in found["exception"]
        return
    first, *rest = line.splitlines()
    assert first.split(" ")[1:3] == ["ERROR", "tests"]
    assert first.split(" ")[3].startswith("run=")
    assert rest
    assert all(each.startswith("    ") for each in rest)


def test_a_field_cannot_be_forged_by_another() -> None:
    with about(run="r", source="s", address='https://a.example/ source=other "source"="other"'):
        line = _line("text", "run=forged source=other")
    fields = line[: line.index(" run=forged")]
    assert fields.count(" source=s ") == 1
    assert 'address="https://a.example/ source=other \\"source\\"=\\"other\\""' in fields


def test_a_line_has_an_end_however_long_what_is_said() -> None:
    with about(address="https://a.example/" + "x" * 100_000):
        for form in ("json", "text"):
            assert len(_line(form, "y" * 10_000_000)) < 3 * LONGEST


def test_a_wrong_form_is_named_and_help_is_there_all_the_same(tmp_path: Path) -> None:
    wrong = {"home": str(tmp_path), "log": "xml"}
    said = communique("coverage", settings=wrong, status=2)
    assert "COMMUNIQUE_LOG" in said.stderr
    assert "Usage" in communique("coverage", "--help", settings=wrong).stdout


def test_airflow_puts_the_same_fields_on_the_lines_of_its_tasks() -> None:
    """In a process of its own: Airflow's logging is set up once for each."""
    script = """
import logging, sys
from airflow.sdk.log import configure_logging
configure_logging(json_output=True, output=sys.stdout.buffer)
from scrapers.about import about
with about(run="collect_china:manual", run_number=3, source="ministry", address="https://a.example/\\n{}"):
    logging.getLogger("communique.collecting").warning("%s", "gone\\n{}")
    logging.getLogger("urllib3").warning("of another library")
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.split("\n") if line]
    ours, theirs = (
        line for line in lines if line["logger"] in ("communique.collecting", "urllib3")
    )
    told: dict[str, Any] = {"run": "collect_china:manual", "run_number": 3, "source": "ministry"}
    for line in (ours, theirs):
        assert {name: line[name] for name in told} == told
        assert line["address"] == "https://a.example/ {}"
    assert ours["event"] == "gone\n{}"


def _line(form: str, message: str, *words: str, trouble: Any = None) -> str:
    record = logging.LogRecord("tests", logging.ERROR, __file__, 1, message, words, trouble)
    return formatter(form).format(record)
