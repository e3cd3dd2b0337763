"""Promises of the European and Canadian families: a page of another layout is refused, naming what
was looked for, and never read as something else."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from scrapers.errors import MissingElement, NothingListed
from scrapers.readers import Page, reader
from scrapers.sources import Source

NAMES = (
    "auswaertiges_amt", "canada", "eu_drupal", "eu_presscorner", "gov_pl", "gov_si", "govuk", "gsb",
    "nato",
)  # fmt: skip
PROSE = "<p>The cable was laid in the spring, and nobody has cut it since.</p>" * 5
LINKS = "".join(
    f"<li><a href='/about/section-{n}'>A section with a long name</a></li>" for n in "ab"
)


def _page(name: str, html: str, url: str = "https://example.org/a", year: int = 2027) -> Page:
    source = Source(
        id="example",
        desk="europe",
        publisher="An example",
        kind="ministry",
        languages=("en",),
        reader=name,
    )
    return Page(url, html, source, datetime(year, 1, 1, tzinfo=timezone.utc))


@pytest.mark.parametrize("name", NAMES)
def test_another_layout_is_refused_with_what_was_looked_for(name: str) -> None:
    html = f"<title>A cable</title><body><h1>A cable</h1><div class='redesigned'>{PROSE}</div>"
    with pytest.raises(MissingElement) as caught:
        reader(name).article(_page(name, html))
    assert caught.value.selector


@pytest.mark.parametrize("name", NAMES)
def test_links_to_sections_are_no_statements(name: str) -> None:
    with pytest.raises(NothingListed):
        reader(name).listing(_page(name, f"<body><main><ul>{LINKS}</ul></main>"))


def test_an_older_layout_is_read_in_its_time_only() -> None:
    html = f"<h1 class='fs-huge'>A cable</h1><section class='content cf'>{PROSE}</section>"
    assert reader("nato").article(_page("nato", html, year=2020)).title == "A cable"
    with pytest.raises(MissingElement):
        reader("nato").article(_page("nato", html, year=2028))


def test_a_day_in_the_address_goes_before_another_on_the_page() -> None:
    html = (
        "<main><h1>A cable</h1><time datetime='2026-03-20'>20 March 2026</time>"
        f"<div class='rich-text'>{PROSE}</div></main>"
    )
    page = _page("gov_si", html, "https://www.gov.si/en/news/2026-03-12-a-cable/")
    published = reader("gov_si").article(page).published
    assert (str(published.on), published.text) == ("2026-03-12", "2026-03-12")
