"""Promises of listings and statements that come as JSON: what is there is read, what is not is
named, and a statement that an API gives stands at the address that people know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from scrapers.crawl import Plan, crawl
from scrapers.errors import Broken, MissingElement, NeedsScript, NothingListed, Unreadable
from scrapers.readers import Page, reader
from scrapers.sources import Source
from scrapers.values import Capture, Entry, Finding, Known, Listed, Listing, ListingSeen
from scrapers.visit import asked_at, stands_at, visit

NOW = datetime(2026, 3, 14, tzinfo=timezone.utc)
API = "https://api.example/posts?per_page=2"
DETAIL = "https://ec.europa.eu/commission/presscorner/detail/en/ip_26_312"
DOCUMENTS = "https://ec.europa.eu/commission/presscorner/api/documents"


def _source(**facts: Any) -> Source:
    listing = {
        "url": API,
        "type": "json",
        "fields": {"items": "data.0.list", "url": "link", "title": "name"},
        "paging": {"parameter": "page"},
    }
    made = {
        "id": "example",
        "desk": "europe",
        "publisher": "An example",
        "kind": "ministry",
        "languages": ["en"],
        "listings": [listing],
    }
    return Source.model_validate(made | facts)


def _read(text: str, url: str = API) -> Listing:
    source = _source()
    return reader("json").listing(Page(url, text, source, NOW, listing=source.listings[0]))


def _answer(*numbers: int) -> str:
    items = ",".join(f'{{"name": "Statement {n}", "link": "/news/{n}"}}' for n in numbers)
    return f'{{"data": [{{"list": [{items}]}}]}}'


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("<!DOCTYPE html><html><body>Down</body></html>", Unreadable, "found a page of HTML"),
        ("", Unreadable, "expected JSON"),
        ('{"data": [{"list": [', Unreadable, "expected JSON"),
        ("[" * 100_000, Unreadable, "expected JSON"),
        ('{"data": [], "message": "no such dept"}', Unreadable, "keys data, message"),
        ('{"data": [{"list": {"1": {}}}]}', Unreadable, "found dict"),
        ('{"data": [{"list": [{"name": "x", "href": "/a"}]}]}', MissingElement, "keys name, href"),
        ('{"data": [{"list": []}]}', NothingListed, "no items"),
    ],
)
def test_what_an_api_does_not_say_is_named(text: str, kind: type[Exception], reason: str) -> None:
    with pytest.raises(kind, match=reason):
        _read(text)


def test_only_a_page_without_items_is_behind_the_last() -> None:
    assert _read(_answer(1, 2)).pages == ("https://api.example/posts?per_page=2&page=2",)
    # A server gives fewer than its limit, or leaves out what is not public.
    assert _read(_answer(1)).pages == ("https://api.example/posts?per_page=2&page=2",)
    third = "https://api.example/posts?page=3&per_page=2"
    assert _read(_answer(5, 6), third).pages == ("https://api.example/posts?per_page=2&page=4",)
    assert _read(_answer(), third) == Listing(())


def test_where_items_are_counted_none_is_left_out_behind_a_short_page() -> None:
    paging = {"parameter": "start", "first": 0, "step": 50}
    source = _source(listings=[_source().listings[0].model_dump() | {"paging": paging}])
    page = Page(API, _answer(1, 2, 3), source, NOW, listing=source.listings[0])
    assert reader("json").listing(page).pages == ("https://api.example/posts?per_page=2&start=3",)


@pytest.mark.parametrize(("status", "body"), [(200, _answer()), (400, '{"code": "no such page"}')])
def test_pages_are_turned_to_the_end_and_one_behind_it_is_no_failure(
    status: int, body: str
) -> None:
    def fetch(url: str, source: Source, known: Known | None) -> Capture:
        page = int(parse_qs(urlsplit(url).query).get("page", ["1"])[0])
        full = {1: _answer(1, 2), 2: _answer(3, 4)}.get(page)
        said = 200 if full else status
        headers = {"content-type": "application/json"}
        error = None if said == 200 else Broken(f"the server says {said}")
        return Capture(url, url, NOW, said, headers, (full or body).encode(), error=error)

    def lookup(urls: Sequence[str]) -> Mapping[str, Known]:
        return {}

    plan = Plan(NOW, since=datetime(2020, 1, 1, tzinfo=timezone.utc).date())
    found = list(crawl(_source(), fetch, lookup, plan))
    seen = [value for value in found if isinstance(value, ListingSeen)]
    listed = {url for value in found if isinstance(value, Listed) for url, _ in value.entries}
    assert [one.error for one in seen] == [None, None, None]
    assert listed == {f"https://api.example/news/{n}" for n in range(1, 5)}


def test_a_statement_is_asked_for_at_the_api_and_stands_at_its_own_address() -> None:
    source = _source(reader="eu_presscorner")
    asked: list[str] = []

    def fetch(url: str, source: Source, known: Known | None) -> Capture:
        asked.append(url)
        body = (
            '{"docuLanguageResource": {"title": "A title", "htmlContent": "<p>A text of it.</p>"},'
            '"eventDate": "2026-03-12"}'
        )
        return Capture(url, url, NOW, 200, {"content-type": "application/json"}, body.encode())

    found: Finding = visit(source, DETAIL, Entry(DETAIL, "A title"), fetch, None, NOW)
    assert asked == [f"{DOCUMENTS}?reference=IP/26/312&language=en"]
    assert found.statement is not None
    assert (found.statement.url, found.statement.title) == (DETAIL, "A title")
    assert str(found.statement.published.on) == "2026-03-12"
    assert found.suspect is None
    assert found.fetch_url == DETAIL


@pytest.mark.parametrize("slug", ["en/ip_26_312", "fr/speech_26_4", "de/qanda_24_1", "en/mex_20_9"])
def test_the_api_address_of_a_statement_leads_back_to_it(slug: str) -> None:
    source = _source(reader="eu_presscorner")
    url = f"https://ec.europa.eu/commission/presscorner/detail/{slug}"
    assert asked_at(source, url).startswith(f"{DOCUMENTS}?reference=")
    assert stands_at(source, asked_at(source, url)) == url


def test_an_address_that_has_no_api_is_asked_for_itself() -> None:
    home = "https://ec.europa.eu/commission/presscorner/home/en"
    for source in (_source(), _source(reader="eu_presscorner")):
        assert asked_at(source, home) == stands_at(source, home) == home


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<title>Press corner</title><app-root></app-root><script src=a.js></script>", NeedsScript),
        ('{"docuLanguageResource": null, "eventDate": "2026-03-12"}', MissingElement),
        ('{"docuLanguageResource": {"title": "T", "htmlContent": ""}}', MissingElement),
        ('{"error": "not found"}', MissingElement),
    ],
)
def test_a_document_without_text_is_no_statement(html: str, kind: type[Exception]) -> None:
    page = Page(DETAIL, html, _source(reader="eu_presscorner"), NOW)
    with pytest.raises(kind):
        reader("eu_presscorner").article(page)
