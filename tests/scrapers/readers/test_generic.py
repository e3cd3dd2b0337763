"""Promise: a page of an unknown layout is dated by what it states, or not at all."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from scrapers.readers import Page, reader
from scrapers.sources import Source
from scrapers.values import Article, Entry, Precision, Published

TEXT = (
    "<p>The regulator said that the operators have answered all of its questions about the supply"
    " of base stations, in detail and in good time.</p><p>It will publish a summary of the answers"
    " without the parts that concern trade secrets, so that the public can judge.</p>"
)
LISTED = Published(Precision.DAY, on=date(2020, 1, 9), text="Jan 9, 2020", zone="UTC")


def _read(
    *, head: str = "", above: str = "", below: str = "", url: str = "/a", entry: Entry | None = None
) -> Article:
    source = Source(
        id="example",
        desk="media",
        publisher="An example",
        kind="news",
        languages=("en",),
        time_zone="UTC",
    )
    html = (
        f"<html><head><title>Answers of the operators</title>{head}</head><body><article>"
        f"<h1>Answers of the operators</h1>{above}{TEXT}{below}</article></body></html>"
    )
    now = datetime(2021, 3, 1, tzinfo=timezone.utc)
    return reader("generic").article(Page(f"https://example.org{url}", html, source, now, entry))


@pytest.mark.parametrize(
    ("where", "what", "words"),
    [
        ("head", '<meta name="pubdate" content="2020-10-23">', "2020-10-23"),
        ("head", '<meta property="article:published_time" content="2020-10-23T09:00:00Z">', "T09"),
        ("above", '<time datetime="2020-10-23">yesterday</time>', "2020-10-23"),
        ("above", "<div>Posted on: 23 October 2020</div>", "23 October 2020"),
        ("above", "<div>By N. N. | Oct 23, 2020 | 5 min read</div>", "Oct 23, 2020"),
        ("above", "<p>BRUSSELS, 23 October 2020 — The operators met.</p>", "23 October 2020"),
        ("url", "/2020/10/23/answers", "/2020/10/23"),
        ("url", "/english/2020-10/23/c_138.htm", "/2020-10/23"),
    ],
)
def test_a_date_that_the_page_states_is_taken(where: str, what: str, words: str) -> None:
    published = _read(**{where: what}).published
    assert published.on == date(2020, 10, 23)
    assert published.precision in (Precision.DAY, Precision.MINUTE)
    assert published.text is not None
    assert words in published.text


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("head", '<meta property="article:modified_time" content="2020-10-23T09:00:00Z">'),
        ("head", '<meta http-equiv="last-modified" content="Fri, 23 Oct 2020 09:00:00 GMT">'),
        ("head", '<script type="application/ld+json">{"dateModified": "2020-10-23"}</script>'),
        ("above", "<p>On October 23, 2020, the operators met.</p>"),
        ("above", "<p>October 23, 2020 was a Friday, and the operators met in the capital.</p>"),
        ("above", "<h2>The agreement of October 23, 2020</h2>"),
        ("above", "<div>2 days ago</div>"),
        ("above", "<div>yesterday, on the 20th</div>"),
        ("above", '<span class="date">October 2020</span>'),
        ("above", '<span class="date">10/12/20</span>'),
        ("above", '<span class="date">10/12/2020</span>'),
        ("below", "<p>The first talks were held on October 23, 2020.</p>"),
        ("below", "<footer>Copyright 2019-2020 An example</footer>"),
        ("below", '<ul class="related"><li><a href="/b">B</a> <i>Oct 23, 2020</i></li></ul>'),
        ("url", "/web/20201023120000/answers"),
        ("url", "/2031/10/23/answers"),
    ],
)
def test_no_date_is_made_of_what_states_none(where: str, what: str) -> None:
    published = _read(**{where: what}).published
    assert published == Published(Precision.UNKNOWN, zone="UTC")


def test_a_guess_is_marked_and_gives_way_to_the_listing() -> None:
    guess = '<meta name="date" content="2020-10-23">'
    published = _read(head=guess).published
    assert (published.precision, published.on) == (Precision.INFERRED, date(2020, 10, 23))
    entry = Entry("https://example.org/a", "Answers", LISTED)
    assert _read(head=guess, entry=entry).published == LISTED


def test_a_dateline_does_not_stay_in_the_text() -> None:
    article = _read(above="<p>BRUSSELS, 23 October 2020 — The operators met in the morning.</p>")
    assert article.text.startswith("The operators met in the morning.")


def test_the_frame_of_an_archive_says_nothing_of_the_page() -> None:
    frame = '<div id="wm-ipp-base"><span class="date">11 Jun 2012</span></div>'
    article = _read(above=frame, url="/web/20120611024252/http://example.org/news/a")
    assert article.published.precision is Precision.UNKNOWN
    assert "2012" not in article.text
