"""A user's mistake gets one plain line that says what to do, and the right exit status."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from communique.cli import common
from communique.cli.app import app
from communique.docs import main as write_docs
from tests.command import communique


def commands(path: str = "communique", group: object = None) -> dict[str, object]:
    found: dict[str, object] = {}
    group = group or get_command(app)
    assert isinstance(group, TyperGroup)
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            found |= commands(f"{path} {name}", command)
        else:
            found[f"{path} {name}"] = command
    return found


@pytest.mark.parametrize("path", commands())
def test_every_command_has_help_and_an_example(path: str) -> None:
    text = commands()[path].help or ""
    assert f"Example: {path}" in text or path.split()[-1] in text.split("Example:")[-1]
    assert "Example:" in text


def test_help_has_a_short_option_everywhere(tmp_path: Path) -> None:
    said = communique("db", "query", "-h", settings={"home": str(tmp_path)}).stdout
    assert "db query [OPTIONS]" in said


def test_the_reference_pages_are_up_to_date() -> None:
    assert write_docs(check=True) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("collect", "--desk", "chnia"), "there are china"),
        (("collect", "--source", "cn_mfa_eng"), "cn_mfa_en"),
        (("backfill", "--since", "yesterday"), "2019-01-01"),
        (("subscribe", "ana@example.org", "--watchlist", "5g"), "5g-huawei"),
        (("subscribe", "not an address"), "address"),
        (("watchlists", "measure", "no-such-file"), "no-such-file"),
        (("replay",), "COMMUNIQUE_REPLAY"),
        (("colect",), "collect"),
        (("db", "query", "withdrawal"), "There are: alerted_and_held"),
        (("revisit", "--days", "999999999"), "36500"),
        (("deliveries", "--most", "9" * 20), "1000000"),
        (("search", "caf\udce9"), "is no UTF-8"),
        (("explain", "https://one.example/\udcff"), "is no UTF-8"),
    ],
)
def test_wrong_usage_is_status_2_and_says_what_would_do(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = communique(*words, settings={"home": str(tmp_path)}, status=2)
    assert said in " ".join((done.stderr + done.stdout).split())


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("as_of", "yesterday", "COMMUNIQUE_AS_OF"),
        ("allow_addresses", "everywhere", "COMMUNIQUE_ALLOW_ADDRESSES"),
        ("max_body", "-1", "COMMUNIQUE_MAX_BODY"),
        ("database_url", "mysql://ana:secret@h/x", "COMMUNIQUE_DATABASE_URL: expected postgresql:"),
        ("archive_url", "foo://x", "COMMUNIQUE_ARCHIVE_URL: Protocol not known: foo"),
        ("archive_url", "s3://", "COMMUNIQUE_ARCHIVE_URL: expected s3://bucket/folder"),
        ("smtp_url", "http://x", "COMMUNIQUE_SMTP_URL: expected smtp:"),
        ("smtp_url_file", "/nowhere", "COMMUNIQUE_SMTP_URL_FILE: /nowhere cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, setting: str, value: str, said: str) -> None:
    settings = {"home": str(tmp_path), setting: value}
    assert said in communique("coverage", settings=settings, status=2).stderr


def test_a_setting_may_be_given_by_a_file_and_an_empty_one_is_not_given(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://ana:secret@127.0.0.1:1/x\n")
    settings = {"database_url": "", "database_url_file": str(tmp_path / "url"), "as_of": ""}
    said = communique("coverage", settings=settings, status=1).stderr
    assert "127.0.0.1:1" in said
    assert "secret" not in said


@pytest.mark.parametrize("url", ["s3://key:secret@bucket/x", "s3://key:sec/ret@bucket/x"])
def test_an_archive_s_address_with_its_password_is_refused_and_not_shown(
    tmp_path: Path, url: str
) -> None:
    settings = {"home": str(tmp_path), "archive_url": url}
    said = communique("coverage", settings=settings, status=2).stderr
    assert "AWS_SHARED_CREDENTIALS_FILE" in said
    assert "key:sec" not in said


def test_a_store_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    settings = {"database_url": "postgresql://ana:secret@127.0.0.1:1/x", "home": str(tmp_path)}
    said = communique("coverage", settings=settings, status=1).stderr
    assert "127.0.0.1:1" in said
    assert "secret" not in said


def test_a_broken_file_of_sources_names_file_line_and_field(tmp_path: Path) -> None:
    (tmp_path / "china.yaml").write_text("- id: one\n  publisher: One\n  kind: embasy\n")
    settings = {"sources": str(tmp_path), "home": str(tmp_path / "home")}
    said = communique("sources", "list", settings=settings, status=1).stderr
    assert "china.yaml:3" in said
    assert "embasy" in said
    assert "embassy" in said


def test_words_between_colons_stay_words(capsys: pytest.CaptureFixture[str]) -> None:
    for console in (common.console, common.errors):
        console.print("Mail 1 to channel:a: put off", markup=False)
    assert capsys.readouterr() == ("Mail 1 to channel:a: put off\n",) * 2
