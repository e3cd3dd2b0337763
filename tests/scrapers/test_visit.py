"""Promise: nothing looks like an edit that the publisher did not make."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from scrapers.dates import read_date
from scrapers.errors import NothingListed
from scrapers.listings import read_listing
from scrapers.readers import reader
from scrapers.sources import ListingFacts, Source
from scrapers.values import Capture, Entry, Known
from scrapers.visit import visit

NOW = datetime(2026, 3, 12, 6, tzinfo=timezone.utc)
URL = "https://office.example/news/a"
SOURCE = Source(
    id="office",
    desk="elsewhere",
    publisher="Office",
    kind="ministry",
    country="DE",
    languages=("en",),
    time_zone="Europe/Berlin",
    reader="generic",
    listings=(),
)


def _nobody(url: str, source: Source, known: Known | None) -> Capture:
    raise AssertionError(url)


def test_a_page_that_was_read_itself_is_not_read_again_from_a_feed_that_carries_its_text() -> None:
    asked = []

    def fetch(url: str, source: Source, known: Known | None) -> Capture:
        asked.append(url)
        return Capture(url, url, NOW, 304, {}, b"")

    feed = Capture(URL, URL, NOW, 200, {"content-type": "application/rss+xml"}, b"<rss/>")
    entry = Entry(URL, "A title", None, "<p>What the feed makes of it, shortened.</p>")
    page = Known(statement=1, wording="x", title="A title", reader="generic/3", due=True)
    found = visit(SOURCE, URL, entry, fetch, page, NOW, capture=feed)
    assert (asked, found.statement, found.error) == ([URL], None, None)
    from_feed = Known(statement=1, wording="x", title="A title", reader=reader("feed").id)
    again = visit(SOURCE, URL, entry, fetch, from_feed, NOW, capture=feed)
    assert again.statement is not None
    assert asked == [URL]


@pytest.mark.parametrize(("by", "etag"), [(reader("generic").id, '"1"'), ("generic/0", None)])
def test_a_page_that_an_older_reader_read_is_asked_for_whole(by: str, etag: str | None) -> None:
    sent: list[str | None] = []

    def fetch(url: str, source: Source, known: Known | None) -> Capture:
        sent.append(known.etag if known else "unknown")
        return Capture(url, url, NOW, 304, {}, b"")

    known = Known(etag='"1"', statement=1, wording="x", title="A title", reader=by, due=True)
    visit(SOURCE, URL, Entry(URL, "A title", None, None), fetch, known, NOW)
    assert sent == [etag]


@pytest.mark.parametrize(
    ("stamp", "zone", "on", "precision"),
    [
        ("Tue, 10 Mar 2026 00:00:00 GMT", "America/New_York", date(2026, 3, 10), "day"),
        ("Tue, 10 Mar 2026 00:00:00 +0800", "America/New_York", date(2026, 3, 10), "day"),
        ("2026-03-10T12:00:00Z", "Pacific/Auckland", date(2026, 3, 10), "day"),
        ("Tue, 10 Mar 2026 00:00:01 GMT", "America/New_York", date(2026, 3, 9), "minute"),
        ("Tue, 10 Mar 2026 23:00:00 -0500", "Europe/Berlin", date(2026, 3, 11), "minute"),
        ("Tue, 10 Mar 2026 00:00:00 GMT", "Asia/Shanghai", date(2026, 3, 10), "minute"),
        ("2026-03-10T12:00:00+05:00", "Pacific/Auckland", date(2026, 3, 10), "minute"),
    ],
)
def test_a_stamp_that_tells_no_time_of_day_is_the_day_it_states_in_any_zone(
    stamp: str, zone: str, on: date, precision: str
) -> None:
    source = SOURCE.model_copy(update={"time_zone": zone, "reader": "feed"})
    published = read_date(stamp, zone=zone)
    entry = Entry(URL, "A title", published, "<p>What the ministry said of it.</p>")
    feed = Capture(URL, URL, NOW, 200, {"content-type": "application/rss+xml"}, b"<rss/>")
    found = visit(source, URL, entry, _nobody, None, NOW, capture=feed).statement
    assert found is not None
    assert (found.published.on, found.published.precision) == (on, precision)
    assert (found.published.at is None) == (precision == "day")
    assert found.published.zone == zone


def test_one_address_spelt_twice_does_not_reach_a_listings_floor() -> None:
    item = "<item><title>A title</title><link>https://office.example/news/a{}</link></item>"
    body = f"<rss version='2.0'><channel>{item.format('')}{item.format('?utm_source=x')}</channel>"
    url = "https://office.example/feed"
    facts = ListingFacts(url=url, type="rss", at_least=2)
    feed = Capture(url, url, NOW, 200, {"content-type": "text/xml"}, f"{body}</rss>".encode())
    with pytest.raises(NothingListed, match="names 1 addresses, at least 2"):
        read_listing(SOURCE, facts, feed, NOW)
