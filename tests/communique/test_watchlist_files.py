"""Promises: a rule that is saved changes its own lines and no other; what is written says what was
meant, and nothing else; a file never changes without a note, nor is there a note without its
change, whenever the process dies; of two at once one is refused, and loses nothing."""

from __future__ import annotations

import difflib
import os
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from communique.replacing import locked, unfinished
from communique.rule_drafts import Draft, mistakes, typed
from communique.rule_edits import edits
from communique.settings import project_folder
from communique.watchlist_files import (
    Author,
    ChangedMeanwhileError,
    UnwritableError,
    WatchlistFileError,
    read_watchlist,
    remove_rule,
    save_rule,
)
from communique.watchlist_text import (
    NotEditableError,
    with_rule,
    without_rule,
    written_draft,
)
from communique.watchlists import load_files, load_watchlists

ANA = Author("ana", "because", datetime(2026, 3, 2, 12, tzinfo=timezone.utc))
PORTS = """\
# Harbours, and who owns them.
title: Ports
rules:
  # the first
  - id: harbour
    name: "Harbour"   # as the press calls it
    severity: notice
    query: >-
      harbour OR port
      OR 港口
    not_inside:
      - port of call   # a figure of speech
      - sport
    note: Who owns what.
    # a word on the end of it

  - id: pier
    name: Pier
    severity: info
    query: '"the pier"'
"""
HARBOUR = typed("ports", "harbour", name="Harbour", severity="urgent", query="harbour\nOR quay")
SHIPPED = sorted(project_folder("watchlists").glob("*.yaml"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ports.yaml").write_text(PORTS, "utf-8")
    return tmp_path


def version(folder: Path, name: str = "ports") -> str:
    return read_watchlist(folder, name).version


def changed_lines(before: str, after: str) -> list[str]:
    old, new = before.splitlines(), after.splitlines()
    lines = list[str]()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for how, start, end, later, later_end in matcher.get_opcodes():
        if how != "equal":
            lines += [f"-{line}" for line in old[start:end]]
            lines += [f"+{line}" for line in new[later:later_end]]
    return lines


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_rule_that_changes_leaves_every_other_byte(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes().decode("utf-8")
    for rule in load_files([path]).rules:
        draft = written_draft(before, path.stem, rule.id)
        assert draft is not None
        assert not mistakes(draft)
        assert with_rule(before, draft) == before, "a rule that says the same is written the same"
        after = with_rule(
            before, replace(draft, name="Other", query=f'{draft.query}\nOR "new word"')
        )
        gone = [line for line in changed_lines(before, after) if line.startswith("-")]
        assert [line.split(":")[0].strip("- ") for line in gone] == ["name"] or len(gone) == 2, gone
        assert after.replace("Other", "") != before
        with_one_more = with_rule(before, replace(draft, rule="one-more"))
        assert with_one_more.startswith(before)
        assert without_rule(with_one_more, "one-more") == before
        (tmp_path / path.name).write_text(without_rule(before, rule.id), "utf-8")
        left = load_files([tmp_path / path.name])
        assert not left.problems
        assert rule.id not in {one.id for one in left.rules}


def test_comments_quotes_and_what_says_the_same_stay(folder: Path, engine: Engine) -> None:
    draft = replace(
        written_draft(PORTS, "ports", "harbour") or HARBOUR,
        name="Haven",
        topic="ports",
        not_inside=("port of call", "port wine"),
    )
    save_rule(engine, folder, draft, version(folder), ANA)
    assert changed_lines(PORTS, (folder / "ports.yaml").read_text("utf-8")) == [
        '-    name: "Harbour"   # as the press calls it',
        '+    name: "Haven"     # as the press calls it',
        "+    topic: ports",
        "-      - sport",
        "+      - port wine",
    ]


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
@pytest.mark.parametrize("bom", ["\ufeff", ""])
def test_line_ends_and_marks_of_an_editor_stay(
    folder: Path, engine: Engine, ending: str, bom: str
) -> None:
    raw = (bom + PORTS.replace("\n", ending)).rstrip() if bom else PORTS.replace("\n", ending)
    path = folder / "ports.yaml"
    path.write_bytes(raw.encode("utf-8"))
    save_rule(engine, folder, HARBOUR, version(folder), ANA)
    new = typed("ports", "jetty", name="Jetty", severity="info", query="jetty")
    save_rule(engine, folder, new, version(folder), ANA)
    after = path.read_bytes().decode("utf-8")
    assert after.startswith(bom + "# Harbours")
    assert after.count("\n") == after.count(ending)
    assert [rule.id for rule in load_files([path]).rules] == ["harbour", "pier", "jetty"]


def test_who_changed_what_is_noted_with_it(folder: Path, engine: Engine) -> None:
    save_rule(engine, folder, HARBOUR, version(folder), ANA)
    remove_rule(engine, folder, "ports", "pier", version(folder), ANA)
    remove_rule(engine, folder, "ports", "harbour", version(folder), ANA)
    assert "rules: []" in (folder / "ports.yaml").read_text("utf-8")
    save_rule(engine, folder, replace(HARBOUR, rule="quay"), version(folder), ANA)
    fresh = replace(HARBOUR, watchlist="airports")
    save_rule(engine, folder, fresh, "", ANA, title="Airports: 'all' # of them")
    assert not load_watchlists(folder).problems
    with engine.connect() as connection:
        noted = edits(connection, "ports", None)
        assert len(edits(connection, "airports", "harbour")) == 1
    assert [(one.rule, one.action) for one in noted] == [
        ("quay", "added"), ("harbour", "removed"), ("pier", "removed"), ("harbour", "changed"),
    ]  # fmt: skip
    last = noted[-1]
    assert (last.editor, last.reason, last.at) == (ANA.name, ANA.reason, ANA.now)
    assert last.before is not None and last.before["not_inside"] == ["port of call", "sport"]  # noqa: PT018
    assert last.after is not None and last.after["query"] == "harbour OR quay"  # noqa: PT018


def test_a_file_that_changed_meanwhile_is_refused(folder: Path, engine: Engine) -> None:
    opened = version(folder)
    path = folder / "ports.yaml"
    by_hand = PORTS.replace("the pier", "the piers")
    path.write_text(by_hand, "utf-8")
    with pytest.raises(ChangedMeanwhileError, match="has changed") as refused:
        save_rule(engine, folder, HARBOUR, opened, ANA)
    assert refused.value.now.text == by_hand == path.read_text("utf-8")
    with pytest.raises(ChangedMeanwhileError, match="is there already"):
        save_rule(engine, folder, HARBOUR, "", ANA)
    with engine.connect() as connection:
        assert not edits(connection, "ports", None)


def test_of_two_at_once_one_is_refused(folder: Path, engine: Engine) -> None:
    opened = version(folder)

    def save(number: int) -> str:
        draft = typed("ports", f"r{number}", name=str(number), severity="info", query="harbour")
        try:
            save_rule(engine, folder, draft, opened, ANA)
        except ChangedMeanwhileError:
            return "refused"
        return draft.rule

    with ThreadPoolExecutor(4) as threads:
        done = [one for one in threads.map(save, range(4)) if one != "refused"]
    assert len(done) == 1
    assert [rule.id for rule in load_watchlists(folder).rules] == ["harbour", "pier", *done]
    with engine.connect() as connection:
        assert [one.rule for one in edits(connection, "ports", None)] == done


DYING = """
    import os, sys
    from pathlib import Path
    from sqlalchemy import create_engine, event
    from communique import replacing
    from tests.communique.test_watchlist_files import ANA, HARBOUR, save_rule, version
    engine, folder, where = create_engine(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    die = lambda *given: os._exit(9)
    if where == "before the commit":
        event.listen(engine, "commit", die)
    elif where == "before the exchange":
        replacing.os.replace = die
    else:
        replacing._sync = die
    save_rule(engine, folder, HARBOUR, version(folder), ANA)
"""


@pytest.mark.parametrize(
    ("where", "saved"),
    [("before the commit", False), ("before the exchange", False), ("after it", True)],
)
def test_a_death_in_the_middle_leaves_neither_change_nor_note_alone(
    folder: Path, engine: Engine, where: str, saved: bool
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    died = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DYING), url, str(folder), where], check=False
    )
    assert died.returncode == 9
    is_changed = (folder / "ports.yaml").read_text("utf-8") != PORTS
    assert is_changed is saved
    with engine.connect() as connection:
        assert bool(edits(connection, "ports", None, without=unfinished(folder))) is saved
    assert [one.name for one in load_watchlists(folder).watchlists] == ["ports"]
    with locked(engine, folder):
        assert [path.name for path in folder.iterdir()] == ["ports.yaml"]
    with engine.connect() as connection:
        assert bool(edits(connection, "ports", None)) is saved


def test_what_cannot_be_written_is_said_and_nothing_is_noted(
    folder: Path,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    opened = version(folder)
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda *given: False)
        with pytest.raises(UnwritableError, match="may not write there"):
            save_rule(engine, folder, HARBOUR, opened, ANA)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", _no_space)
        with pytest.raises(UnwritableError, match="No space left"):
            save_rule(engine, folder, HARBOUR, opened, ANA)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "kept.yaml"
    (folder / "ports.yaml").rename(elsewhere)
    (folder / "ports.yaml").symlink_to(elsewhere)
    with pytest.raises(UnwritableError, match="it is a link to"):
        save_rule(engine, folder, HARBOUR, opened, ANA)
    with pytest.raises(UnwritableError, match="cannot be opened"):
        save_rule(engine, folder / "nowhere", HARBOUR, "", ANA)
    assert elsewhere.read_text("utf-8") == PORTS
    assert [path.name for path in folder.iterdir()] == ["ports.yaml"]
    with engine.connect() as connection:
        assert not edits(connection, "ports", None)


def _no_space(*given: object) -> None:
    raise OSError(28, "No space left on device")


def test_permissions_are_kept(folder: Path, engine: Engine) -> None:
    path = folder / "ports.yaml"
    path.chmod(0o640)
    save_rule(engine, folder, HARBOUR, version(folder), ANA)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    "name", ["../ports", "/etc/passwd", "ports/../x", "a\0b", "", ".ports", "A"]
)
def test_no_name_leaves_the_folder(folder: Path, engine: Engine, name: str) -> None:
    with pytest.raises(WatchlistFileError):
        read_watchlist(folder, name)
    with pytest.raises(WatchlistFileError):
        save_rule(engine, folder, replace(HARBOUR, watchlist=name), "", ANA)


@pytest.mark.parametrize(
    "hostile",
    [
        "x\n  - id: other\n    name: y",
        "x # y: z",
        "'\"}]: - &a *a !!python/object:os.system",
        "*harbour",
        "|",
        "a\u2028  - id: other",
        "\ttab: x",
        "---",
        "...",
        "<<: {}",
        "😀 {{7*7}}",
    ],
)
def test_words_are_only_words(folder: Path, engine: Engine, hostile: str) -> None:
    draft = typed(
        "ports", "pier", name=hostile, severity="info", query="pier", note=hostile,
        not_inside=f"{hostile.split(chr(10))[0]} pier",
    )  # fmt: skip
    if mistakes(draft):
        draft = replace(draft, not_inside=())
    saved = save_rule(engine, folder, draft, version(folder), ANA)
    assert saved.rule("pier") == draft.as_rule()
    assert [rule.id for rule in saved.rules] == ["harbour", "pier"]


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    words=st.text(max_size=60),
    query=st.lists(
        st.sampled_from(["harbour", "OR", '"the quay"', "\n", "(", "港口"]), max_size=40
    ),
)
def test_whatever_is_typed_is_read_as_typed_or_refused(
    tmp_path: Path, words: str, query: list[str]
) -> None:
    draft = typed("ports", "pier", name=words, severity="info", query=" ".join(query), note=words)
    if mistakes(draft):
        return
    path = tmp_path / "ports.yaml"
    path.write_text(with_rule(PORTS, draft), "utf-8", newline="")
    loaded = load_files([path])
    assert not loaded.problems
    rules = {rule.id: rule for rule in loaded.rules}
    assert rules["pier"] == draft.as_rule()
    assert len(rules) == 2


def test_a_draft_too_large_or_with_control_characters_is_no_rule() -> None:
    bad = Draft(
        "ports", "pier", "a\0b", "grave", "harbour " * 5_000, ("(",) * 501, "Ö", "n" * 5_000
    )
    assert {one.field for one in mistakes(bad)} == {
        "name", "severity", "query", "not_inside", "topic", "note",
    }  # fmt: skip
    (wrong,) = mistakes(typed("ports", "x", name="x", severity="info", query="a\nOR (b"))
    assert (wrong.field, wrong.position) == ("query", 7)


def test_a_file_written_otherwise_is_left_to_a_person(folder: Path, engine: Engine) -> None:
    path = folder / "ports.yaml"
    path.write_text("rules: [{id: a, name: A, severity: info, query: a}]\n", "utf-8")
    with pytest.raises(WatchlistFileError, match="in one line"):
        save_rule(engine, folder, HARBOUR, version(folder), ANA)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM communique.rule_edits")).scalar() == 0


@pytest.mark.parametrize("end", ["\r", "\x85", "\u2028"])
def test_lines_that_only_yaml_parts_are_left_to_a_person(end: str) -> None:
    odd = PORTS.replace("title: Ports\n", f"title: 'Ports{end}  and more'\n")
    with pytest.raises(NotEditableError, match="line 2 holds"):
        without_rule(odd, "harbour")
