"""Promise: on real captures the readers find what is known to be true of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from scrapers.charset import decode
from scrapers.errors import NothingListed, Unreadable
from scrapers.readers import Page, reader
from scrapers.sources import Source
from scrapers.values import Article, Listing

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
CORPUS_NAME = "../shared/corpus"


def _captures(name: str, *, reader_name: str, **facts: Any) -> Iterator[Page]:
    path = CORPUS / f"{name}.warc.gz"
    if not path.is_file():
        pytest.skip(f"{CORPUS_NAME}/{name}.warc.gz is not here")
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type != "response":
                continue
            url = record.rec_headers.get_header("WARC-Target-URI")
            stamp = record.rec_headers.get_header("WARC-Date")
            body = record.content_stream().read()
            html = decode(body, record.http_headers.get_header("content-type"))
            source = _source(url, reader_name, facts)
            yield Page(url, html, source, datetime.fromisoformat(stamp))


def _source(url: str, reader_name: str, facts: dict[str, Any]) -> Source:
    chinese = "/web/" in url or ".cn/" in url
    languages = ("en",) if "_eng" in url or "eeas" in url else ("zh",) if chinese else ("de",)
    made = {
        "id": "example",
        "desk": "china",
        "publisher": "An example",
        "kind": "ministry",
        "reader": reader_name,
        "languages": languages,
        "time_zone": "Asia/Shanghai" if chinese else "Europe/Berlin",
    }
    return Source.model_validate(made | facts)


def _truth(name: str) -> dict[str, dict[str, str]]:
    path = CORPUS / f"{name}.truth.jsonl"
    if not path.is_file():
        pytest.skip(f"{CORPUS_NAME}/{name}.truth.jsonl is not here")
    return {row["url"]: row for row in map(json.loads, path.read_text().splitlines())}


@pytest.fixture(scope="module")
def ministry() -> tuple[dict[str, Article], dict[str, Listing], dict[str, Page]]:
    """Statements, listings, and the pages that are neither, of the Chinese Foreign Ministry."""
    used = reader("china_mfa")
    articles: dict[str, Article] = {}
    listings: dict[str, Listing] = {}
    others: dict[str, Page] = {}
    facts = {"time_zone": "Asia/Shanghai"}
    for page in _captures("mfa-spokesperson", reader_name="china_mfa", **facts):
        if "/default" in page.url:
            listings[page.url] = used.listing(page)
        elif used.is_address(page.url):
            articles[page.url] = used.article(page)
        else:
            others[page.url] = page
    return articles, listings, others


Ministry = tuple[dict[str, Article], dict[str, Listing], dict[str, Page]]


def test_all_340_statements_have_their_title_day_and_language(ministry: Ministry) -> None:
    articles, _, _ = ministry
    truth = _truth("mfa-spokesperson")
    found = {
        url: (article.title, str(article.published.on), article.language)
        for url, article in articles.items()
    }
    assert found == {url: (row["title"], row["date"], row["lang"]) for url, row in truth.items()}
    assert len(found) == 340


def test_the_16_listing_pages_name_every_statement_with_its_day(ministry: Ministry) -> None:
    _, listings, _ = ministry
    truth = _truth("mfa-spokesperson")
    entries = [entry for listing in listings.values() for entry in listing.entries]
    assert len(listings) == 16
    assert len(entries) == len(truth) == 340
    for entry in entries:
        assert entry.title == truth[entry.url]["title"]
        assert entry.published is not None
        assert str(entry.published.on) == truth[entry.url]["date"]


def test_every_listing_page_tells_of_all_the_others(ministry: Ministry) -> None:
    _, listings, _ = ministry
    for url, listing in listings.items():
        folder = url.rpartition("/")[0]
        last = 12 if "mfa_eng" in url else 66
        assert listing.pages == tuple(f"{folder}/default_{n}.shtml" for n in range(1, last + 1))


def test_nothing_of_the_page_around_is_in_the_text_of_a_statement(ministry: Ministry) -> None:
    articles, _, _ = ministry
    furniture = (
        "Related News",
        "相关新闻",
        "推荐给朋友",
        "版权所有",
        "Copyright",
        "打印本页",
        "字体",
    )
    for url, article in articles.items():
        assert len(article.text) > 40, url
        assert not [words for words in furniture if words in article.text], url


@pytest.mark.parametrize("name", ["china_mfa", "china_mission", "generic", "wordpress"])
def test_the_ministrys_error_page_is_neither_statement_nor_listing(
    ministry: Ministry, name: str
) -> None:
    _, _, others = ministry
    page = others["https://www.fmprc.gov.cn/error.htm"]
    with pytest.raises(Unreadable):
        reader(name).article(page)
    if name.startswith("china"):
        with pytest.raises(NothingListed):
            reader(name).listing(page)


def test_pages_of_governments_without_a_reader_have_their_title_and_day() -> None:
    truth = _truth("government-pages")
    used = reader("generic")
    read = {
        page.url: used.article(page)
        for page in _captures("government-pages", reader_name="generic")
        if page.url in truth
    }
    assert len(read) == 8
    for url, article in read.items():
        row = truth[url]
        day = row.get("date") or row.get("publish_date") or row["publishing_date"]
        assert str(article.published.on) == day[:10]
        # One known title is the head's, with section and site behind it.
        assert article.title == row["title"].strip().removesuffix("--时政--人民网")
        assert "\ufffd" not in article.text or "people.com.cn" in url  # broken in the capture
        assert article.language in ("de", "zh")


def test_a_feed_read_340_times_shows_its_items_and_their_wordings() -> None:
    """274 items. Of their wordings, what a person sees (and `Statement.sha256` tells apart) makes
    309, on 32 items with more than one."""
    used = reader("feed")
    facts = {"time_zone": "America/New_York", "languages": ("en",)}
    wordings: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    seen: set[str] = set()
    for page in _captures("state-gov-rss", reader_name="feed", **facts):
        if page.html in seen:
            continue
        seen.add(page.html)
        for entry in used.listing(page).entries:
            assert entry.body is not None
            assert entry.published is not None
            assert not entry.published.zone_assumed
            item = Page(entry.url, entry.body, page.source, page.fetched_at, entry)
            article = used.article(item)
            wordings[entry.url].add((article.title, " ".join(article.text.split())))
    assert len(wordings) == 274
    assert sum(map(len, wordings.values())) == 309
    assert sum(len(versions) > 1 for versions in wordings.values()) == 32
