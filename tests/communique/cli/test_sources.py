"""`communique sources`: who is watched is counted and shown, with a store or without."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from communique.embedded import server
from tests.command import answer, communique

EUROPE = """\
- id: aa_ministry
  publisher: A Ministry
  kind: ministry
  country: AA
  languages: [en, fr]
  time_zone: Europe/Paris
  aliases: [old.ministry.example]
  note: answers slowly
  listings:
    - {url: https://ministry.example/en/, language: en, confidence: seen, seen_on: 2026-11-20}
    - {url: https://ministry.example/fr/feed, type: rss, language: fr, at_least: 5}
- id: aa_regulator
  publisher: A Regulator
  kind: regulator
  languages: en
  enabled: false
  note: no listing is known
"""
MEDIA = """\
- id: news_paper
  publisher: A [bold]Paper[/bold]
  kind: news
  languages: en
  listings: [https://paper.example/feed]
"""


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "europe.yaml").write_text(EUROPE)
    (folder / "media.yaml").write_text(MEDIA)
    return {"home": str(tmp_path / "home"), "sources": str(folder)}


def test_sources_are_counted_by_desk_and_kind_and_no_store_is_made_for_it(
    settings: dict[str, str],
) -> None:
    said = " ".join(communique("sources", "list", settings=settings).stdout.split())
    assert "europe 2 1 1 1 1" in said
    assert "media 1 1 1" in said
    assert "regulator 1 1" in said
    assert "A [bold]Paper[/bold]" in said
    assert "3 sources: 2 enabled, 1 disabled; listings: 1 seen, 2 inferred" in said
    assert not Path(settings["home"]).exists()


def test_the_counts_are_there_for_machines(settings: dict[str, str]) -> None:
    told = answer("sources", "list", "--desk", "europe", settings=settings)
    assert [source["id"] for source in told["sources"]] == ["aa_ministry", "aa_regulator"]
    assert told["counts"]["all"] == {
        "sources": 2,
        "enabled": 1,
        "disabled": 1,
        "seen": 1,
        "inferred": 1,
        "states": {},
    }
    assert list(told["counts"]["desk"]) == ["europe"]
    told = answer("sources", "list", "--kind", "news", settings=settings)
    assert [source["id"] for source in told["sources"]] == ["news_paper"]


def test_where_no_store_is_nobody_has_a_state(settings: dict[str, str]) -> None:
    done = communique("sources", "list", "--states", settings=settings)
    assert "No store in" in done.stderr
    assert not Path(settings["home"]).exists()


def test_the_store_says_how_sources_stand(settings: dict[str, str]) -> None:
    home = Path(settings["home"])
    with server(home):
        communique("db", "upgrade", settings=settings)
        told = answer("sources", "list", "--states", settings=settings)
        shown = communique("sources", "list", "--states", settings=settings).stdout
    assert told["counts"]["all"]["states"] == {"not_run": 2}
    assert {s["id"]: s["state"] for s in told["sources"]} == {
        "aa_ministry": "not_run",
        "aa_regulator": None,
        "news_paper": "not_run",
    }
    assert "2 not yet run" in shown


def test_a_source_is_shown_in_plain_lines(settings: dict[str, str]) -> None:
    said = communique("sources", "show", "aa_ministry", settings=settings).stdout
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert lines[0] == "aa_ministry A Ministry"
    for line in (
        "languages en, fr",
        "time zone Europe/Paris",
        "alias old.ministry.example",
        "note answers slowly",
        "listing https://ministry.example/en/",
        "html, en, seen on 2026-11-20",
        "rss, fr, inferred, at least 5 entries",
    ):
        assert line in lines
    disabled = communique("sources", "show", "aa_regulator", settings=settings).stdout
    assert "disabled no listing is known" in " ".join(disabled.split())
    assert answer("sources", "show", "aa_ministry", settings=settings)["country"] == "AA"


@pytest.mark.parametrize("states", [(), ("--states",)])
def test_an_id_can_be_copied_from_a_terminal_of_80_columns(
    settings: dict[str, str], states: tuple[str, ...]
) -> None:
    names = ["xx_" + "long_name_" * 2 + "gate", "us_whitehouse_of_the_past"]
    facts = "".join(
        f"- id: {name}\n  publisher: The Office of Far Too Many Words to Stand in One Line\n"
        "  kind: legislature\n  languages: en\n  listings: [https://office.example/]\n"
        for name in names
    )
    (Path(settings["sources"]) / "united_states.yaml").write_text(facts)
    lines = on_a_terminal(80, "sources", "list", *states, settings=settings)
    assert [line.split()[0] for line in lines[1:6]] == [
        *("aa_ministry", "aa_regulator", "news_paper"),
        *sorted(names),
    ]
    assert all(len(line) <= 80 for line in lines)
    assert "united_states" in lines[4]


def on_a_terminal(columns: int, *words: str, settings: dict[str, str]) -> list[str]:
    """The lines that a command shows on a terminal so wide, without their colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    ours_alone = ("COMMUNIQUE_", "COLUMNS", "LINES")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours_alone)}
    given = {f"COMMUNIQUE_{k.upper()}": v for k, v in settings.items()}
    command = [sys.executable, "-c", "from communique.cli import main; main()", *words]
    running = subprocess.Popen(
        command, env=kept | given | {"TERM": "xterm"}, stdin=theirs, stdout=theirs
    )
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # the terminal's other end is closed
        while more := os.read(ours, 65536):
            said += more
    os.close(ours)
    assert running.wait() == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", said.decode()).replace("\r", "").splitlines()


def test_a_kind_that_does_not_exist_is_wrong_usage(settings: dict[str, str]) -> None:
    said = communique("sources", "list", "--kind", "embasy", settings=settings, status=2).stderr
    assert "embassy" in said
