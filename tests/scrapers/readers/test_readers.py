"""Promises of all readers: found by name, and nothing on a stranger's page breaks a run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timezone
from typing import Any

import pytest

from scrapers.errors import NothingListed, ScrapeError, SourceFactsError, Unreadable
from scrapers.readers import Page, gsb, reader, readers
from scrapers.readers._layout import Layout, read
from scrapers.sources import Source
from scrapers.values import Entry

NAMES = tuple(readers())
URL = "https://example.org/eng/t1700001.htm"
PROSE = "<p>The regulator has answered the operators, and it says so in a long sentence.</p>"

HOSTILE = {
    "nothing": "",
    "no body": "<title>x",
    "bare text": "just a line",
    "NULs and surrogates": "<h1>a\x00b&#0;&#xD800;</h1><p>\x01c\ud800&#xDFFF; some text</p>",
    "unclosed tags": "<html><body><h1>Title<p>One<p>Two<div id=News_Body_Txt_A>" + "text " * 50,
    "100,000 nested elements": "<html><body><h1>T</h1>" + "<div>" * 100_000 + "x",
    "20,000 nested tables": "<table id=article>" + "<tr><td><table>" * 20_000 + "x",
    "nested furniture": "<h1>T</h1>" + "<noscript><iframe><div class=share>" * 500 + PROSE,
    "brackets": "<" * 200_000,
    "comments": "<!--" * 100_000,
    "nested JSON": f"<script type='application/ld+json'>{'[' * 50_000}</script><h1>T</h1>{PROSE}",
    "dates without end": "<h1>Title of it</h1><p>" + "May 1 " * 50_000,
    "a million pages": "<script>var countPage = 999999</script><a href='t1.shtml'>A title</a>",
    "bad links": "<base href='http://['><a href='http://[bad'>x</a><a href='javascript:1'>y</a>",
    "an entity bomb": "<!DOCTYPE a [<!ENTITY b 'lol'><!ENTITY c '&b;&b;'>]><rss><a>&c;</a></rss>",
}


def _page(html: str) -> Page:
    source = Source(
        id="example",
        desk="china",
        publisher="An example",
        kind="ministry",
        languages=("en", "zh"),
        time_zone="Asia/Shanghai",
    )
    return Page(URL, html, source, datetime(2021, 3, 1, tzinfo=timezone.utc), Entry(URL, "A title"))


def test_readers_are_found_by_name() -> None:
    assert {"china_mfa", "china_mission", "feed", "generic", "wordpress"} <= set(NAMES)
    assert reader("feed").id == f"feed/{reader('feed').version}"


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(SourceFactsError, match=r"'chinamfa'; there are .*china_mfa, china_mission"):
        reader("chinamfa")


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_page_is_read_or_refused_and_never_more(name: str, what: str) -> None:
    page = _page(HOSTILE[what])
    listing = _tried(lambda: reader(name).listing(page))
    if listing is not None:
        assert listing.entries, "an empty listing must be refused"
        assert len(listing.pages) < 10_000
    article = _tried(lambda: reader(name).article(page))
    if article is not None:
        said = f"{article.title}{article.text}"
        assert article.text
        assert said.encode()
        assert not [character for character in said if character < " " and character != "\n"]


def _tried(read: Callable[[], Any]) -> Any:
    """What a reader makes of a page; None where it refuses it, saying where that was."""
    refused: ScrapeError | None = None
    try:
        return read()
    except ScrapeError as error:
        refused = error
    assert (refused.source, refused.url) == ("example", URL)
    return None


def test_ten_megabytes_are_read() -> None:
    page = _page(f"<h1>Title of it</h1><div id=News_Body_Txt_A>{PROSE * 120_000}</div>")
    assert len(page.html) > 9_500_000
    assert len(reader("china_mission").article(page).text) > 8_000_000


def test_a_title_of_ten_megabytes_is_cut() -> None:
    page = _page(f"<title>x</title><h1>{'t' * 10_000_000}</h1>{PROSE * 20}")
    assert len(reader("generic").article(page).title) <= 500


@pytest.mark.parametrize("name", ["china_mfa", "china_mission", "generic", "wordpress"])
def test_a_listing_without_entries_is_a_failure(name: str) -> None:
    with pytest.raises(NothingListed):
        reader(name).listing(_page("<ul><li><a href='/'>Home</a></li></ul>"))


def test_what_a_parser_throws_makes_the_page_unreadable() -> None:
    page = _page("<h1>x</h1>")
    broken = Page(page.url, None, page.source, page.fetched_at)  # type: ignore[arg-type]
    for used in readers().values():
        with pytest.raises(Unreadable, match="failed with"):
            used.listing(broken)


def test_a_page_filled_by_a_script_says_so() -> None:
    shell = "<title>News</title><div id=root></div><script src=a.js></script>"
    with pytest.raises(Unreadable, match="script"):
        reader("generic").article(_page(shell))


def test_a_module_without_its_reader_and_a_name_taken_twice_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for made, told in ((None, "defines no READER"), (readers()["cgtn"], "'cgtn' is another")):
        monkeypatch.setattr(gsb, "READER", made)
        with pytest.raises(SourceFactsError, match=rf"gsb\.py.*{told}.*expected READER = Reader"):
            readers.__wrapped__()


def test_a_layouts_slips_are_told_by_what_is_written() -> None:
    with pytest.raises(TypeError, match=r"text='\.a'\): expected a tuple"):
        Layout(text=".a")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"after='\(issued'\) is no pattern"):
        Layout(text=(".a",), after="(issued")
    with pytest.raises(ScrapeError, match="no CSS selector") as refused:
        read(_page(PROSE), Layout(text=(".a[",)))
    assert getattr(refused.value, "selector", None) == ".a["


@pytest.mark.parametrize(
    ("said", "precision"),
    [
        ("<pubDate>Fri, 12 Mar 2021 10:00:00 GMT</pubDate>", "minute"),
        ("<dc:date>2021-03-12T10:00:00Z</dc:date>", "minute"),
        ("<a:updated>2021-03-12T10:00:00Z</a:updated>", "inferred"),
        ("<t:modified>2021-03-12T10:00:00Z</t:modified>", "inferred"),
    ],
)
def test_the_day_of_a_change_in_a_feed_is_marked(said: str, precision: str) -> None:
    spaces = (
        "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:t='http://purl.org/dc/terms/'"
        " xmlns:a='http://www.w3.org/2005/Atom'"
    )
    item = f"<item><title>A title</title><link>{URL}</link>{said}</item>"
    feed = f"<rss version='2.0' {spaces}><channel><title>F</title>{item}</channel></rss>"
    [entry] = reader("feed").listing(_page(feed)).entries
    assert entry.published is not None
    assert (entry.published.on, entry.published.precision) == (date(2021, 3, 12), precision)
