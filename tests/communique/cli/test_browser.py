"""Promise: a source whose pages a script fills is collected and proved like any other, and one that
lacks its browser fails by itself, aloud."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from communique.embedded import server
from tests.command import answer
from tests.servers import Reply, Server

HTML = {"Content-Type": "text/html; charset=utf-8"}
SHELL = "<!DOCTYPE html><html lang=en><title>{}</title><div id=app></div><script src={}></script>"
FILL = "fetch('{}').then(r => r.text()).then(t => document.getElementById('app').innerHTML = t);"
WORDS = "The office has read the draft rules for networks with care, and it has questions. "
MENU = (
    "<nav><a href=/a>Home</a> <a href=/b>Office</a> <a href=/c>Media</a> <a href=/d>Jobs</a></nav>"
)
LISTED = (
    MENU + "<ul><li><a href=/news/2026/03/01/rules>A Word on the Draft Rules</a> 2026-03-01</ul>"
)
STORY = f"<h1>A Word on the Draft Rules</h1><p>{WORDS * 4}</p><p>{WORDS}It asks for talks.</p>"
PLAIN = """
- id: {id}
  publisher: Office {id}
  kind: ministry
  languages: [en]
  reader: generic
  delay: 0
  listings: [{url}/{listing}]
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[dict[str, str]]:
    (tmp_path / "sources").mkdir()
    with Server() as web, server(tmp_path / "home"):
        for name, part in (("list", LISTED), ("story", STORY)):
            web.pages[f"/{name}.js"] = Reply(
                headers={"Content-Type": "text/javascript"}, body=FILL.format(f"/{name}.part")
            )
            web.pages[f"/{name}.part"] = Reply(headers={"Content-Type": "text/plain"}, body=part)
        web.pages["/news/"] = Reply(headers=HTML, body=SHELL.format("News", "/list.js"))
        web.pages["/news/2026/03/01/rules"] = Reply(
            headers=HTML, body=SHELL.format("A Word on the Draft Rules", "/story.js")
        )
        web.pages["/plain/"] = Reply(
            headers=HTML, body=f"<html><body>{LISTED.replace('news', 'p')}"
        )
        web.pages["/p/2026/03/01/rules"] = Reply(
            headers=HTML,
            body=f"<title>A Note on the Draft Rules</title>{STORY.replace('Word', 'Note')}",
        )
        filled = PLAIN.format(id="filled", url=web.url, listing="news/") + "  fetch: browser\n"
        plain = PLAIN.format(id="plain", url=web.url, listing="plain/")
        (tmp_path / "sources" / "europe.yaml").write_text(filled + plain)
        yield {
            "home": str(tmp_path / "home"),
            "sources": str(tmp_path / "sources"),
            "allow_addresses": "127.0.0.0/8",
            "now": "2026-03-02T06:00:00Z",
        }


@pytest.mark.chromium
def test_a_source_filled_by_script_is_collected_and_its_archive_reads_alike(
    settings: dict[str, str], tmp_path: Path
) -> None:
    covered = {row["source"]: row for row in answer("collect", settings=settings)}
    assert {row["counts"]["new"] for row in covered.values()} == {1}
    shown = answer("show", "1", settings=settings), answer("show", "2", settings=settings)
    titles = {one["title"] for one in shown}
    assert titles == {"A Word on the Draft Rules", "A Note on the Draft Rules"}
    with server(tmp_path / "again"):
        replayed = settings | {
            "home": str(tmp_path / "again"),
            "replay": str(tmp_path / "home" / "archive"),
            "as_of": "2026-03-02T07:00:00Z",
        }
        again = answer("collect", settings=replayed)
        assert {row["counts"]["new"] for row in again} == {1}
        texts = {one["text"] for one in (answer("show", n, settings=replayed) for n in "12")}
    assert texts == {one["text"] for one in shown}


def test_without_a_browser_its_source_fails_and_the_others_go_on(
    settings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    covered = {row["source"]: row for row in answer("collect", settings=settings, status=1)}
    assert covered["plain"]["counts"]["new"] == 1
    assert covered["filled"]["listings_failed"] == 1
    assert "apt-get install chromium" in covered["filled"]["error"]
