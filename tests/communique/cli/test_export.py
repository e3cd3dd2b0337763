"""Promises: an export holds what the query finds, whole or not at all, and harms no reader."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import feedparser
import pyarrow.parquet
import pytest
from sqlalchemy import Engine, text

from communique.rules import Document
from tests.command import communique
from tests.communique.search.store import fill

NASTY = "\x0b\x0c\x1f\ufffe]]> <b>&amp; \u2028 \u202e"
STATEMENTS = (
    ("=HYPERLINK(1) on the lighthouse", "The lighthouse stands. 灯塔 too."),
    ("A lighthouse & <its> keeper", f"Keeper of the lighthouse {NASTY} lighthouse"),
    ("Nothing of the kind", "A harbour."),
)


@pytest.fixture
def store(engine: Engine, database_url: str) -> dict[str, str]:
    fill(
        engine,
        [
            Document(title, words, "en", "embassy_one", '=Embassy, "One"', "CN", topics=("5g",))
            for title, words in STATEMENTS
        ],
    )
    return {"database_url": database_url}


def exported(store: dict[str, str], *words: str) -> str:
    return communique("export", "lighthouse*", *words, settings=store).stdout


def test_csv_is_read_by_a_spreadsheet_and_runs_nothing(store: dict[str, str]) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(store, "--format", "csv"), newline="")))
    assert [row["title"] for row in rows] == [STATEMENTS[1][0], "'" + STATEMENTS[0][0]]
    assert {row["publisher"] for row in rows} == {'\'=Embassy, "One"'}
    assert rows[0]["text"] == STATEMENTS[1][1]
    highlights = json.loads(rows[1]["highlights"])
    assert [one["words"] for one in highlights] == ["lighthouse", "lighthouse"]
    raw = csv.DictReader(io.StringIO(exported(store, "--format", "csv", "--raw"), newline=""))
    assert [row["title"] for row in raw] == [STATEMENTS[1][0], STATEMENTS[0][0]]


def test_json_lines_and_parquet_hold_every_column(
    store: dict[str, str], engine: Engine, tmp_path: Path
) -> None:
    with engine.connect() as connection:
        view = connection.execute(text("SELECT * FROM analyst.statements")).keys()
    lines = [json.loads(line) for line in exported(store, "--format", "jsonl").splitlines()]
    out = tmp_path / "found.parquet"
    exported(store, "--out", str(out))
    table = pyarrow.parquet.read_table(out)
    assert list(lines[0]) == table.column_names == [*view, "highlights"]
    assert [line["title"] for line in lines] == table["title"].to_pylist()
    assert table["text"].to_pylist() == [STATEMENTS[1][1], STATEMENTS[0][1]]
    assert table["highlights"].to_pylist() == [line["highlights"] for line in lines]
    assert str(table.schema.field("published_on").type) == "date32[day]"
    assert table["first_seen_at"][0].as_py().isoformat() == lines[0]["first_seen_at"]


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_a_feed_is_valid_and_keeps_its_ids(store: dict[str, str], kind: str) -> None:
    first = feedparser.parse(exported(store, "--format", kind).encode())
    assert not first.bozo, first.bozo_exception
    assert [entry.title for entry in first.entries][1] == STATEMENTS[0][0]
    assert "<b>lighthouse</b>" in first.entries[0].summary
    assert "]]&gt; &lt;b&gt;" in first.entries[0].summary
    assert [entry.published_parsed[:3] for entry in first.entries] == [(2020, 1, 2), (2020, 1, 1)]
    assert first.entries[0].link == "https://embassy_one.example/1"
    again = feedparser.parse(exported(store, "--format", kind).encode())
    assert [entry.id for entry in first.entries] == [entry.id for entry in again.entries]
    assert len({entry.id for entry in first.entries}) == 2


def test_a_file_is_whole_or_keeps_what_it_was(
    store: dict[str, str], engine: Engine, tmp_path: Path
) -> None:
    out = tmp_path / "found.csv"
    out.write_text("before")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE communique.search_documents RENAME day TO gone"))
    failed = communique("export", "lighthouse", "--out", str(out), settings=store, status=1)
    assert "The store broke off" in failed.stderr
    assert out.read_text() == "before"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lighthouse AND", "--format", "csv"), "ends too early"),
        (("lighthouse",), "say which --format; there are csv, jsonl"),
        (("lighthouse", "--format", "xls"), "no format 'xls'"),
        (
            ("lighthouse", "--format", "csv", "--since", "2021-01-02", "--until", "2021-01-01"),
            "before it begins",
        ),
        (("lighthouse", "--out", "/nowhere/found.csv"), "there is no folder /nowhere"),
    ],
)
def test_a_mistake_is_told_plainly(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = communique("export", *words, settings={"home": str(tmp_path)}, status=2)
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_without_pyarrow_parquet_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyarrow.py").write_text("raise ImportError('not here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    words = ("export", "lighthouse", "--out", str(tmp_path / "found.parquet"))
    done = communique(*words, settings={"home": str(tmp_path)}, status=1)
    assert "uv sync --inexact --extra parquet" in done.stderr
    assert not (tmp_path / "found.parquet").exists()


def test_a_reader_that_has_enough_is_no_crash(store: dict[str, str], engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE communique.statements SET text = text || repeat('x ', 1e5::int)")
        )
    command = [sys.executable, "-c", "from communique.cli import main; main()",
               "export", "lighthouse", "--format", "jsonl"]  # fmt: skip
    kept = os.environ | {"COMMUNIQUE_DATABASE_URL": store["database_url"]}
    with subprocess.Popen(
        command, env=kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(10)
        running.stdout.close()
        said = running.stderr.read().decode()
    assert running.returncode == 1
    assert "Nobody reads on" in said
    assert "Traceback" not in said


def test_a_full_disk_behind_standard_output_is_no_crash(store: dict[str, str]) -> None:
    command = [sys.executable, "-c", "from communique.cli import main; main()",
               "export", "lighthouse", "--format", "jsonl"]  # fmt: skip
    kept = os.environ | {"COMMUNIQUE_DATABASE_URL": store["database_url"]}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, env=kept, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "is not whole: standard output, No space left" in done.stderr


@pytest.mark.parametrize(
    "words",
    [("search", "lighthouse"), ("search", "lighthouse", "--json"), ("show", "1"),
     ("db", "queries"), ("db", "query", "withdrawn", "--csv")],
)  # fmt: skip
def test_whatever_a_command_prints_a_full_disk_is_told_in_one_line(
    store: dict[str, str], words: tuple[str, ...]
) -> None:
    command = [sys.executable, "-c", "from communique.cli import main; main()", *words]
    kept = os.environ | {"COMMUNIQUE_DATABASE_URL": store["database_url"]}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, env=kept, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (
        1, "The output is not whole: No space left on device. Make room, and run it again.\n"
    )  # fmt: skip


def test_evidence_is_not_asked_for_by_a_query(store: dict[str, str], tmp_path: Path) -> None:
    done = communique(
        "export", "lighthouse", "--evidence", "1", "--out", str(tmp_path / "1.zip"),
        settings=store, status=2,
    )  # fmt: skip
    assert "leave out the query" in done.stderr
    assert not (tmp_path / "1.zip").exists()


def test_a_byte_order_mark_and_the_newest_few_on_request(store: dict[str, str]) -> None:
    with_mark = exported(store, "--format", "csv", "--bom", "--limit", "1")
    assert with_mark.startswith("\ufeffid,")
    assert len(list(csv.DictReader(io.StringIO(with_mark, newline="")))) == 1


def test_without_a_query_every_statement_is_exported(store: dict[str, str]) -> None:
    done = communique("export", "--format", "jsonl", "--since", "2020-01-02", settings=store)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["title"] for row in rows] == [STATEMENTS[2][0], STATEMENTS[1][0]]
    assert rows[0]["highlights"] == []
