"""Promise: no password stands where others on the machine can read it, and no export or answer
carries a stranger's words as a program."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from tests.command import communique
from tests.communique.alert_rows import post

PASSWORD = "pass word/with:all@of%it"
FORMULA = '=HYPERLINK("http://evil.example")'


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a psql that is none writes what it was started with."""
    told = tmp_path / "told"
    program = tmp_path / "bin" / "psql"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\ntr '\\0' ' ' </proc/$$/cmdline >{told}\n"
        f"printf '\\n%s' \"$PGPASSWORD\" >>{told}\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return told


@pytest.mark.parametrize("words", [(), ("--owner",)])
def test_the_process_list_shows_no_password(
    engine: Engine, database_url: str, seen: Path, words: tuple[str, ...]
) -> None:
    url = make_url(database_url).set(password=PASSWORD).render_as_string(hide_password=False)
    communique("db", "psql", *words, settings={"database_url": url})
    arguments, password = seen.read_text().split("\n", 1)
    assert make_url(database_url).database in arguments
    assert "word" not in arguments
    assert password == PASSWORD


def test_an_answer_in_csv_runs_nothing(engine: Engine, database_url: str) -> None:
    post(engine)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE communique.statements SET date_text = :title, published_at = NULL, "
                "published_on = NULL, date_precision = 'unknown', first_seen_at = now()"
            ),
            {"title": FORMULA},
        )
    told = communique("db", "query", "undated", "--csv", settings={"database_url": database_url})
    cells = {cell for row in csv.reader(io.StringIO(told.stdout)) for cell in row}
    assert f"'{FORMULA}" in cells
    assert FORMULA not in cells
