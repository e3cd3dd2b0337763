"""Promise: the five kinds of page that users care about read as a person reads them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from scrapers.readers import Page, reader
from scrapers.values import Article, Precision
from tests.seed_pages import SeedPage, seed_pages

NAMES = ("embassy", "news_report", "mission", "machine_translated", "trade_site")


def _read(name: str, *, with_reader: str | None = None) -> tuple[SeedPage, Article]:
    seed = next(seed for seed in seed_pages() if seed.name == name)
    now = datetime(2021, 3, 1, tzinfo=timezone.utc)
    page = Page(seed.url, seed.html, seed.source, now)
    return seed, reader(with_reader or seed.source.reader).article(page)


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_page_gives_its_title_text_and_language(name: str) -> None:
    seed, article = _read(name)
    assert article.title == seed.title
    assert article.text == seed.text
    assert article.language == seed.language


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_page_gives_its_date_or_says_that_there_is_none(name: str) -> None:
    seed, article = _read(name)
    assert article.published.on == seed.on
    if seed.on is None:
        assert article.published.precision is Precision.UNKNOWN
        assert article.published.text is None
    else:
        assert article.published.precision in (Precision.DAY, Precision.MINUTE)
        assert article.published.text
        assert article.published.text in seed.html


@pytest.mark.parametrize("name", NAMES)
def test_no_furniture_stays_in_the_text(name: str) -> None:
    seed, article = _read(name)
    for words in seed.furniture:
        assert words in seed.html or words.replace("&", "&amp;") in seed.html
        assert words not in article.text


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_page_reads_alike_without_a_reader_of_its_own(name: str) -> None:
    seed, article = _read(name, with_reader="generic")
    assert article.title == seed.title
    assert article.published.on == seed.on
    assert article.text == seed.text
