"""Promise: what an archive holds is replayed as the statement that it was."""

from __future__ import annotations

import io
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from communique.replaying import moments
from scrapers.replay import Replay
from scrapers.sources import ListingFacts, Source

SITE = "https://ec.europa.eu/commission/presscorner"
CAPTURED = (
    ("2026-03-12T10:00:00Z", f"{SITE}/api/rss?language=en"),
    ("2026-03-12T10:00:02Z", f"{SITE}/api/documents?reference=IP/26/312&language=en"),
    ("2026-03-12T10:00:04Z", f"{SITE}/api/documents?reference=home&language=en"),
)


def test_an_apis_answer_is_replayed_as_its_statement(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for moment, url in CAPTURED:
            headers = StatusAndHeaders(
                "200 OK", [("Content-Type", "text/xml")], protocol="HTTP/1.1"
            )
            record = writer.create_warc_record(
                url,
                "response",
                payload=io.BytesIO(b"<rss/>"),
                http_headers=headers,
                warc_headers_dict={"WARC-Date": moment},
            )
            writer.write_record(record)
    source = Source(
        id="example",
        desk="europe",
        publisher="An example",
        kind="ministry",
        languages=("en",),
        reader="eu_presscorner",
        listings=(ListingFacts(url=f"{SITE}/api/rss?language=en", type="rss"),),
    )
    found = [
        (moment.url, moment.listing is not None) for moment in moments(Replay([path]), [source])
    ]
    assert found == [
        (f"{SITE}/api/rss?language=en", True),
        (f"{SITE}/detail/en/ip_26_312", False),
    ]
