"""Five texts that users care about, on pages of their families, from the listing to the mail."""

from __future__ import annotations

import html
import io
import json
from datetime import datetime, timezone
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import create_engine, text
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from communique.embedded import server
from communique.mailbox import mailbox
from tests.command import answer, communique
from tests.seed_pages import SeedPage, seed_pages

CAPTURED = datetime(2021, 1, 4, 6, tzinfo=timezone.utc)

LISTING = """<!DOCTYPE html><html><head><title>News</title></head><body>
<nav><a href="/">Home</a></nav>
<main><div class="newsList"><ul class="list1">
<li><article><h2 class="entry-title"><a href="{url}">{title}</a></h2></article></li>
</ul></div></main></body></html>"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The five pages and their listings, as they would have been captured."""
    path = tmp_path / "seeds.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for page in seed_pages():
            listing = LISTING.format(url=page.url, title=html.escape(page.title))
            add(writer, page.source.listings[0].url, listing)
            add(writer, page.url, page.html)
    return path


def add(writer: WARCWriter, url: str, body: str) -> None:
    headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    moment = {"WARC-Date": f"{CAPTURED:%Y-%m-%dT%H:%M:%SZ}"}
    payload = io.BytesIO(body.encode())
    writer.write_record(
        writer.create_warc_record(
            url, "response", payload=payload, http_headers=headers, warc_headers_dict=moment
        )
    )


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The pages' sources as a maintainer would write them, a file a desk (JSON is YAML)."""
    folder = tmp_path / "sources"
    folder.mkdir()
    for desk in ("china", "media"):
        facts = [facts_of(p) for p in seed_pages() if p.source.desk == desk]
        (folder / f"{desk}.yaml").write_text(json.dumps(facts))
    return folder


def facts_of(page: SeedPage) -> dict[str, object]:
    facts = page.source.model_dump(mode="json", exclude={"desk"}, exclude_unset=True)
    host = urlsplit(page.url).netloc.replace(".", r"\.")
    return facts | {"articles": rf"^https?://{host}/.+/", "delay": "0"}


def test_five_texts_become_five_statements_and_alert_as_they_should(
    tmp_path: Path, archive: Path, sources: Path
) -> None:
    mails = tmp_path / "mails"
    with server(tmp_path / "home") as url, mailbox(mails) as smtp:
        settings = {
            "home": str(tmp_path / "home"),
            "replay": str(archive),
            "as_of": "2021-01-04T07:00:00Z",
            "trusted_domains": "example.org",
            "sources": str(sources),
            "smtp_url": smtp,
        }
        communique("subscribe", "ana@example.org", settings=settings)
        communique("collect", settings=settings)
        answer("alert", settings=settings)
        engine = create_engine(url)
        with engine.connect() as store:
            statements = store.execute(text("SELECT * FROM analyst.statements")).all()
            alerts = store.execute(
                text("SELECT DISTINCT statement_id FROM analyst.alerts WHERE rule = :rule"),
                {"rule": "clean-network"},
            ).all()
        engine.dispose()
    pages = {page.source.id: page for page in seed_pages()}
    stored = {row.source: row for row in statements}
    assert stored.keys() == pages.keys()
    for source, page in pages.items():
        row = stored[source]
        assert (row.title, row.text) == (page.title, page.text)
        assert (row.published_on, row.language) == (page.on, page.language)
        assert row.date_precision == ("unknown" if page.on is None else row.date_precision)
        assert {"5g", "huawei"} & set(row.topics), source
    told = {row.source for row in statements if row.id in {id_ for (id_,) in alerts}}
    assert told == {"cn_embassy_mk", "news_cgtn", "news_jqknews"}
    (mail,) = mails.glob("*.eml")  # one run, one person; a story each, all on topic
    body = message_from_bytes(mail.read_bytes(), policy=default).get_body(("plain",))
    said = body.get_content()  # type: ignore[union-attr]
    assert all(row.url in said for row in statements)
