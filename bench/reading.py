"""From a page's bytes to what it says, beside its peers: `python -m bench.reading`.

Target 1: a page of a known family >= 5 times as fast as BeautifulSoup on the whole page, >= 3 times
trafilatura, >= parsel, within 4 times the floor. The floor is decoding and selectolax's parse. The
pages are the spokesperson's pages of ../shared/corpus; without them, pages made here of 170 KB, of
which 3 KB are the statement's. Every peer looks for the same: title, date, paragraphs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from bs4 import BeautifulSoup
from parsel import Selector
from selectolax.lexbor import LexborHTMLParser
from trafilatura import bare_extraction

from scrapers.charset import decode
from scrapers.readers import Page, reader
from scrapers.sources import Source
from scrapers.warc import read_records

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "mfa-spokesperson.warc.gz"
ROUNDS = 3
TITLE, TIME, TEXT = "#News_Body_Title", "#News_Body_Time", "#News_Body_Txt_A"
SOURCE = Source(
    id="bench",
    desk="china",
    publisher="A ministry",
    kind="ministry",
    languages=("en", "zh"),
    time_zone="Asia/Shanghai",
    reader="china_mfa",
)
NOW = datetime(2020, 7, 4, tzinfo=timezone.utc)


def main() -> None:
    """Prints the table: pages a second, and each as a multiple of the floor's time."""
    for name, pages in _sets():
        size = sum(map(len, pages)) / len(pages) / 1000
        print(f"{len(pages)} pages, {name}, {size:.0f} KB on average")
        taken = {title: _best(work, pages) for title, work in _WORK.items()}
        ours, floor = taken["communique"], taken["floor"]
        for title, seconds in taken.items():
            rate = len(pages) / seconds
            print(
                f"  {title:<34}{rate:8.0f} pages/s  {seconds / floor:6.1f} x floor"
                f"  {seconds / ours:6.1f} x communique"
            )


def _sets() -> list[tuple[str, list[bytes]]]:
    made = ("made here", [_made(number) for number in range(40)])
    if not CORPUS.is_file():
        return [made]
    bodies = [
        record.body for record in read_records(str(CORPUS)) if b"News_Body_Txt_A" in record.body
    ]
    return [("real, of one ministry", bodies), made]


def _made(number: int) -> bytes:
    """A page of 170 KB, most of it menus and scripts, as government pages are."""
    menu = "".join(f'<li><a href="/s/{n}">Section {n} of the menu</a></li>' for n in range(900))
    script = "var state = {" + ",".join(f'"k{n}": [{n}, {n * number}]' for n in range(3000)) + "};"
    text = "".join(f"<p>Sentence {n} of statement {number}, on networks. " * 2 for n in range(30))
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>No. {number}</title>"
        f"<script>{script}</script></head><body><nav><ul>{menu}</ul></nav>"
        f'<div id="News_Body_Title">Statement No. {number}</div>'
        f'<div id="News_Body_Time">2020/07/02</div><div id="News_Body_Txt_A">{text}</div>'
        f"<footer><ul>{menu}</ul></footer></body></html>"
    ).encode()


def _floor(body: bytes) -> object:
    return LexborHTMLParser(body.decode("utf-8", "replace"))


def _communique(body: bytes) -> object:
    page = Page("https://example.org/t1_1.html", decode(body, "text/html"), SOURCE, NOW)
    return reader(SOURCE.reader).article(page)


def _parsel(body: bytes) -> object:
    page = Selector(body.decode("utf-8", "replace"))
    texts = ["".join(p.css("::text").getall()) for p in page.css(f"{TEXT} p")]
    return page.css(f"{TITLE} ::text").get(), page.css(f"{TIME} ::text").get(), texts


def _whole_soup(body: bytes) -> object:
    page = BeautifulSoup(body.decode("utf-8", "replace"), "lxml")
    title, said, text = (page.select_one(selector) for selector in (TITLE, TIME, TEXT))
    texts = [p.get_text() for p in text.select("p")] if text else []
    return title and title.get_text(), said and said.get_text(), texts


def _trafilatura(body: bytes) -> object:
    return bare_extraction(body.decode("utf-8", "replace"), with_metadata=True)


_WORK: dict[str, Callable[[bytes], object]] = {
    "floor": _floor,
    "communique": _communique,
    "parsel": _parsel,
    "BeautifulSoup, whole page, lxml": _whole_soup,
    "trafilatura": _trafilatura,
}


def _best(work: Callable[[bytes], object], pages: Sequence[bytes]) -> float:
    """Seconds for all pages, the best of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for body in pages:
            work(body)
        taken.append(time.process_time() - started)
    return min(taken)


if __name__ == "__main__":
    main()
