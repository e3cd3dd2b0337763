"""Second opinions heard late: of the right reading, to an end, whatever the archive does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from communique.opinions import hear
from communique.runs import close_run, open_run, register_sources
from communique.store import record_finding
from communique.wordings import Intake
from scrapers.archive import Evidence, open_archive
from scrapers.sources import Source
from scrapers.values import Capture, Finding, Precision, Published, Statement

DAY1 = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
URL = "https://ministry.example/press/t1.shtml"
SOURCE = Source(
    id="one",
    desk="china",
    publisher="A ministry",
    kind="ministry",
    languages=("en",),
    reader="china_mfa",
)
WORDS = "".join(
    f"<p>Answer {n}: the spokesperson said that networks of the {n}th kind are open to all.</p>"
    for n in range(20)
)
DOUBTFUL = (
    "<html><head><title>On networks and what they are for</title></head><body>"
    '<div class="content_mod"><h2 class="title">On networks and what they are for</h2>'
    f'<div class="content"><p>In short.</p></div></div><article>{WORDS}</article></body></html>'
)


@pytest.fixture
def intake(engine: Engine) -> Intake:
    register_sources(engine, [SOURCE])
    run = open_run(engine, "collect", "first", "china", DAY1)
    return Intake(engine, run, "one", DAY1, backfilled=False, topics=lambda _: [])


def archived(folder: Path, name: str, page: str = DOUBTFUL) -> tuple[str, str]:
    with open_archive(f"file://{folder}", name) as archive:
        fields = (("Content-Type", "text/html; charset=utf-8"),)
        return archive.write(Evidence(URL, DAY1, (), "HTTP/1.1 200 OK", fields, page.encode()))


def read(intake: Intake, words: str, place: tuple[str, str], *, unchecked: bool) -> None:
    published = Published(Precision.UNKNOWN)
    statement = Statement("one", URL, "On networks", words, "en", published, "china_mfa/1")
    capture = Capture(URL, URL, intake.now, 200, {}, b"body", *place)
    finding = Finding("one", URL, capture=capture, statement=statement, unchecked=unchecked)
    record_finding(intake, finding)


def rows(engine: Engine, query: str) -> Sequence[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def suspects(engine: Engine) -> Sequence[tuple[object, ...]]:
    return rows(engine, "SELECT suspect IS NOT NULL FROM communique.addresses")


def pending(engine: Engine) -> Sequence[tuple[object, ...]]:
    return rows(engine, "SELECT count(*) FROM communique.captures WHERE NOT checked")


def test_an_opinion_on_the_wording_that_stands_marks_its_address(
    intake: Intake, tmp_path: Path
) -> None:
    read(intake, "In short.", archived(tmp_path, "a.warc.gz"), unchecked=True)
    assert hear(intake.engine, SOURCE) == 1
    assert suspects(intake.engine) == [(True,)]
    assert hear(intake.engine, SOURCE) == 0


def test_an_opinion_on_a_superseded_reading_says_nothing_of_the_newer_one(
    intake: Intake, tmp_path: Path
) -> None:
    read(intake, "In short.", archived(tmp_path, "a.warc.gz"), unchecked=True)
    read(intake, "The whole text.", archived(tmp_path, "b.warc.gz"), unchecked=False)
    assert hear(intake.engine, SOURCE) == 1
    assert suspects(intake.engine) == [(False,)]


def test_a_page_that_another_run_has_not_archived_yet_is_left_and_a_vanished_one_is_marked(
    intake: Intake, tmp_path: Path
) -> None:
    place = (f"file://{tmp_path}/never.warc.gz", "urn:uuid:none")
    read(intake, "In short.", place, unchecked=True)
    assert hear(intake.engine, SOURCE) == 0
    assert pending(intake.engine) == [(1,)]
    close_run(intake.engine, "first", DAY1 + timedelta(hours=1))
    assert hear(intake.engine, SOURCE) == 1
    assert pending(intake.engine) == [(0,)]


def test_an_archive_that_does_not_answer_ends_no_turn(intake: Intake, tmp_path: Path) -> None:
    (tmp_path / "folder.warc.gz").mkdir()
    place = (f"file://{tmp_path}/folder.warc.gz", "urn:uuid:none")
    read(intake, "In short.", place, unchecked=True)
    close_run(intake.engine, "first", DAY1)
    assert hear(intake.engine, SOURCE) == 0
    assert pending(intake.engine) == [(1,)]
