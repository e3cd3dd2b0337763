"""A capture is shown with its facts, its page as harmless words, its record as it lies there; and
where the archive does not have it any more, or not as it was, that is said."""

from __future__ import annotations

import gzip
import io
import shutil
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from warcio.archiveiterator import ArchiveIterator

from communique.jobs import collect_all, open_line
from communique.pages.evidence_cleaning import TAGS, captured_page, cleaned
from tests.communique.evidence.ministry import Ministry
from tests.communique.evidence.ministry import opened as ministry_at
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.hostile import assert_only_text
from tests.communique.pages.hostile_page import (
    SENTENCE,
    Collected,
    collect_hostile,
    page_at,
    trapped,
)
from tests.communique.pages.house import OMAR, opened
from tests.servers import Server


@pytest.fixture
def web() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def hostile(demo: DemoStore, web: Server, tmp_path: Path) -> Collected:
    return collect_hostile(demo.settings, demo.engine, web, tmp_path)


@pytest.fixture
def pages(hostile: Collected) -> Iterator[TestClient]:
    with opened(hostile.settings) as client:
        yield client


def warc_of(demo: DemoStore, capture: int) -> Path:
    with demo.engine.connect() as connection:
        query = text("SELECT warc FROM communique.captures WHERE id = :id")
        return Path(urlsplit(connection.execute(query, {"id": capture}).scalar_one()).path)


class Left(HTMLParser):
    """What elements and attributes a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}


def frame(client: TestClient, capture: int) -> str:
    return client.get(f"/communique/evidence/{capture}/page").text


def test_a_capture_tells_where_its_bytes_lie_and_what_was_read_from_them(
    pages: TestClient, hostile: Collected, demo: DemoStore
) -> None:
    body = pages.get(f"/communique/evidence/{hostile.capture}", headers=OMAR).text
    assert_only_text(body)
    assert str(warc_of(demo, hostile.capture)) in body
    assert f'href="/communique/statements/{hostile.statement}"' in body
    assert 'sandbox=""' in body
    assert f'src="/communique/evidence/{hostile.capture}/page"' in body
    assert "/dags/collect_china/runs/manual__hostile" in body


def test_a_captured_page_is_answered_as_words_under_a_policy_that_grants_nothing(
    pages: TestClient, hostile: Collected, web: Server
) -> None:
    answer = pages.get(f"/communique/evidence/{hostile.capture}/page")
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert policy.startswith("sandbox; default-src 'none'; style-src 'sha256-")
    assert "allow-" not in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert SENTENCE in answer.text
    assert "set-cookie" not in answer.headers
    assert not trapped(web)


def test_of_a_hostile_page_nothing_is_left_that_loads_leads_or_runs() -> None:
    left = Left()
    shown = cleaned(page_at("http://127.0.0.1:9"))
    left.feed(shown)
    assert left.tags <= TAGS
    assert left.names <= {"dir", "lang", "colspan", "rowspan", "start", "value"}
    assert "this link" in shown
    assert "/trap/" not in shown
    assert "javascript:" not in shown


def test_a_page_that_would_keep_a_parser_busy_is_shown_as_its_source() -> None:
    shown = captured_page(b"<html><body>" + b"<div>" * 400_000 + b"<script>pwned()", "text/html")
    assert "&lt;script&gt;" in shown or "are not shown" in shown
    assert "<script>" not in shown
    assert len(shown) < 4_000_000


def test_a_browser_that_opens_the_frame_by_itself_is_led_to_the_page_around_it(
    pages: TestClient, hostile: Collected
) -> None:
    answer = pages.get(
        f"/communique/evidence/{hostile.capture}/page",
        headers={"sec-fetch-dest": "document"},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/communique/evidence/{hostile.capture}"


def test_the_record_is_a_warc_file_of_its_own(pages: TestClient, hostile: Collected) -> None:
    answer = pages.get(f"/communique/evidence/{hostile.capture}/record")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    records = ArchiveIterator(io.BytesIO(answer.content))
    assert SENTENCE.encode() in next(records).content_stream().read()
    assert next(records, None) is None


def test_a_record_that_is_gone_or_damaged_is_said_to_be(
    pages: TestClient, hostile: Collected, demo: DemoStore
) -> None:
    warc, paths = warc_of(demo, hostile.capture), ("/page", "/record")
    whole = warc.read_bytes()
    warc.write_bytes(whole[:300] + bytes(len(whole) - 600) + whole[-300:])
    for path in paths:
        answer = pages.get(f"/communique/evidence/{hostile.capture}{path}")
        assert answer.status_code == 409
        assert "holds no whole record" in answer.text
    changed = gzip.decompress(whole).replace(b"clean network", b"dirty network")
    warc.write_bytes(changed)
    said = frame(pages, hostile.capture)
    assert "dirty" not in said
    assert "digest" in said or "SHA-256" in said
    warc.unlink()
    assert "is not in the archive" in frame(pages, hostile.capture)
    assert pages.get(f"/communique/evidence/{hostile.capture}").status_code == 200
    assert pages.get(f"/communique/statements/{hostile.statement}").status_code == 200


def test_what_is_no_capture_is_said_to_be_none(pages: TestClient) -> None:
    for path in ("", "/page", "/record", "/body"):
        assert pages.get(f"/communique/evidence/987654{path}").status_code == 404
        assert pages.get(f"/communique/evidence/{10**30}{path}").status_code == 422


def test_bytes_are_read_by_the_projects_own_charset_chain_and_files_are_only_handed_out(
    ministry: Ministry, demo: DemoStore
) -> None:
    settings = demo.settings.model_copy(
        update={
            "database_url": ministry.settings["database_url"],
            "sources": ministry.sources,
            "archive_url": ministry.settings["archive_url"],
            "allow_addresses": (ip_network("127.0.0.0/8"),),
            "replay": (),
            "as_of": None,
            "now": datetime.fromisoformat(ministry.moment),
        }
    )
    line = open_line(settings, ministry.store)
    collect_all(line, line.desk(None), run_key="collect")
    captures = {
        str(url).rsplit("/", 1)[-1]: number
        for url, number in ministry.rows(
            "SELECT s.url, r.capture_id FROM communique.revisions r "
            "JOIN communique.statements s ON s.id = r.statement_id"
        )
    }
    with opened(settings) as client:
        assert "海底电缆" in frame(client, captures["t3.shtml"])
        assert "What the committee said" in frame(client, captures["said"])
        assert "<item>" not in frame(client, captures["said"])
        assert "This is a PDF file" in frame(client, captures["masts.pdf"])
        body = client.get(f"/communique/evidence/{captures['masts.pdf']}").text
        assert f"/communique/evidence/{captures['masts.pdf']}/body" in body
        answer = client.get(f"/communique/evidence/{captures['masts.pdf']}/body")
        assert answer.content.startswith(b"%PDF")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert client.get(f"/communique/evidence/{captures['t3.shtml']}/body").status_code == 409


@pytest.fixture
def ministry(tmp_path: Path, database_url: str, web: Server) -> Iterator[Ministry]:
    made = ministry_at(tmp_path, web, database_url)
    yield made
    made.store.dispose()
    shutil.rmtree(made.archive, ignore_errors=True)
