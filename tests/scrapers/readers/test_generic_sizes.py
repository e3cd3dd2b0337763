"""Promise: a page of an unknown layout is read whole, be it two lines long or nine megabytes."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import datetime, timezone

import pytest

from scrapers.errors import ScrapeError, Unreadable
from scrapers.readers import Page, generic, reader
from scrapers.sources import Source

NOW = datetime(2026, 3, 2, tzinfo=timezone.utc)
SENTENCE = "The harbour office counted the ferries again, and found {n} of them at the quay."


def a_page(body: str, *, title: str = "The count of the ferries", language: str = "en") -> Page:
    source = Source(
        id="example",
        desk="media",
        publisher="An example",
        kind="news",
        languages=(language,),
        time_zone="UTC",
    )
    html = (
        f"<html><head><title>{title}</title></head><body><h1>{title}</h1>"
        f'<time datetime="2026-03-01">2026-03-01</time>{body}</body></html>'
    )
    return Page("https://example.org/a", html, source, NOW)


def many(first: int, last: int) -> str:
    return "".join(f"<p>{SENTENCE.format(n=n)}</p>" for n in range(first, last))


SHORT = ("外交部注意到有关海港网络的报告。", "沿海基站的检查没有发现任何异常，代表团表示感谢。")


@pytest.mark.parametrize("times", [2, 5])
def test_a_short_chinese_statement_is_read_without_the_page_around_it(times: int) -> None:
    menu = "<ul>" + "".join(f'<li><a href="/{n}/">栏目{n}</a></li>' for n in range(8)) + "</ul>"
    said = [words for n in range(times) for words in (SHORT[0], f"第{n + 1}点：{SHORT[1]}")]
    body = "".join(f"<p>{words}</p>" for words in said)
    page = a_page(f"{menu}<article>{body}</article>", title="发言人答记者问", language="zh")
    article = reader("generic").article(page)
    assert article.title == "发言人答记者问"
    assert article.text.split("\n\n") == said
    assert len(article.text) < 250


def test_what_a_page_hides_does_not_count_to_its_length() -> None:
    hidden = (
        f"<!-- {'nothing to see ' * 200_000} --><SCRIPT>{'a < b;' * 200_000}</SCRIPT >"
        f"<style>{'p {{}} ' * 200_000}</style>"
    )
    plain = reader("generic").article(a_page(f"<main>{many(0, 9)}</main>"))
    padded = reader("generic").article(a_page(f"{hidden}<main>{many(0, 9)}</main>{hidden}"))
    assert (padded.title, padded.text, padded.published) == (
        plain.title,
        plain.text,
        plain.published,
    )
    assert plain.text.count("ferries again") == 9


def test_a_page_of_megabytes_is_read_to_its_end() -> None:
    lines = "<br>".join(f"Quay {n} &amp; its crane" for n in range(20_000))
    body = f"{many(0, 30_000)}<p>{lines}</p>"
    article = reader("generic").article(a_page(f"<main>{body}</main>"))
    assert article.published.on is not None
    assert article.text.startswith(SENTENCE.format(n=0))
    assert SENTENCE.format(n=29_999) in article.text
    assert article.text.endswith("Quay 19998 & its crane\nQuay 19999 & its crane")


@pytest.mark.parametrize("endless", ["<!--", "<script ", "<p ", "<br", "<", "<script x=ld"])
def test_tags_without_an_end_cost_no_time(endless: str) -> None:
    began = time.monotonic()
    with pytest.raises(ScrapeError):
        reader("generic").article(a_page(endless * (2_100_000 // len(endless)), title=""))
    assert time.monotonic() - began < 10


def test_a_listing_of_megabytes_fails_aloud() -> None:
    rows = "".join(f'<li><a href="/press/{n}-of-many-statements">{n}</a>' for n in range(90_000))
    with pytest.raises(Unreadable, match="characters: take another one"):
        generic.listing(a_page(f"<ul>{rows}</ul>"))


def test_megabytes_of_a_table_are_read_in_bounded_memory() -> None:
    code = """
from tests.memory import most
from tests.scrapers.readers.test_generic_sizes import a_page, many, reader
reader("generic").article(a_page(many(0, 9)))
rows = "".join(f"<tr><td>{n}</td><td>ferry {n}</td></tr>" for n in range(100_000))
page, before = a_page(f"<table>{rows}</table>"), most()
article = reader("generic").article(page)
assert "ferry 99999" in article.text
print((most() - before) // 1_000_000)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 250, f"{done.stdout.strip()} MB"
