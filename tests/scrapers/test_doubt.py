"""Promise: a layout that changed overnight costs quality, not the statement, and nobody has to
notice it by himself."""

from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest

from scrapers.errors import Unreadable
from scrapers.sources import Source
from scrapers.values import Capture, Entry, Finding, Known
from scrapers.visit import visit

NOW = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
URL = "https://mission.example/eng/fyrth/t1700001.htm"
TITLE = "The Mission Answers a Question on Spectrum"
SOURCE = Source(
    id="mission",
    desk="china",
    publisher="Mission of an Example",
    kind="mission",
    languages=("en",),
    time_zone="Asia/Shanghai",
    reader="china_mission",
)
PROSE = [
    f"In part {number} of its answer the mission said that operators choose their suppliers, that "
    "rules must hold for all of them alike, and that talks would go on in the coming weeks."
    for number in range(1, 9)
]
SHORT = "The mission is closed on Monday."
KNOWN_LAYOUT = '<div class="title">{title}</div><div id="News_Body_Txt_A">{text}</div>{rest}'
NEW_LAYOUT = '<h1>{title}</h1><main class="story-v9">{text}</main>{rest}'


def page(
    layout: str = KNOWN_LAYOUT,
    *,
    title: str = TITLE,
    text: list[str] = PROSE,
    rest: str = "",
    head: str = TITLE,
) -> str:
    paragraphs = "".join(f"<p>{each}</p>" for each in text)
    body = layout.format(title=title, text=paragraphs, rest=rest)
    return f"<!DOCTYPE html><html lang=en><head><title>{head}</title></head><body>{body}</body>"


def seen(html: str, known: Known | None = None, entry: Entry | None = None) -> Finding:
    """What a visit makes of this page."""

    def fetch(url: str, source: Source, known: Known | None) -> Capture:
        headers = {"content-type": "text/html; charset=utf-8"}
        return Capture(url, url, NOW, 200, headers, html.encode())

    return visit(SOURCE, URL, entry or Entry(URL), fetch, known, NOW)


def known_by(finding: Finding, **changed: object) -> Known:
    """What the store knows after this finding."""
    assert finding.statement is not None
    facts = {
        "due": True,
        "statement": 1,
        "suspect": finding.suspect is not None,
        "wording": finding.statement.sha256,
        "title": finding.statement.title,
        "reader": finding.statement.reader,
    }
    return Known(**(facts | changed))  # type: ignore[arg-type]


def test_what_both_readers_read_alike_is_not_doubtful() -> None:
    for html in (
        page(),
        page(text=[SHORT]),
        page(head=f"{TITLE}_Mission of an Example to the Union of Far-away Countries"),
        page(head="THE MISSION ANSWERS A QUESTION ON SPECTRUM!"),
        page(head="Mission of an Example"),
        page(head="Press Releases"),
        page(text=[*PROSE, "<a href=/a>Read the note</a>"]),
    ):
        finding = seen(html)
        assert finding.statement is not None
        assert finding.suspect is None


@pytest.mark.parametrize(
    ("html", "said"),
    [
        pytest.param(
            page(text=PROSE[:1], rest=f"<div class=more>{''.join(f'<p>{p}</p>' for p in PROSE)}"),
            r"read \d+ characters of text, the generic reader 1,\d\d\d \(0\.\d times\)",
            id="too little",
        ),
        pytest.param(
            page(title="Consular Hours", head=TITLE),
            r"read the title 'Consular Hours', the generic reader 'The Mission Answers",
            id="another title",
        ),
    ],
)
def test_what_the_generic_reader_reads_otherwise_is_taken_and_marked(html: str, said: str) -> None:
    finding = seen(html)
    assert finding.error is None
    assert finding.statement is not None
    assert finding.statement.reader.startswith("china_mission/")
    assert finding.suspect is not None
    assert re.search(said, finding.suspect)


def test_a_title_that_the_listing_or_an_earlier_reading_gave_too_is_not_doubtful() -> None:
    html = page(title="Consular Hours", head=TITLE)
    assert seen(html, entry=Entry(URL, title="Consular hours ...")).suspect is None
    known = known_by(seen(html), suspect=False)
    edited = seen(page(title="Consular Hours", head=TITLE, text=[*PROSE, SHORT]), known)
    assert edited.statement is not None
    assert edited.suspect is None


def test_a_changed_layout_costs_quality_not_the_statement() -> None:
    finding = seen(page(NEW_LAYOUT))
    assert finding.error is None
    assert finding.statement is not None
    assert finding.statement.reader.startswith("generic/")
    assert (finding.statement.title, finding.statement.text) == (TITLE, "\n\n".join(PROSE))
    assert finding.suspect is not None
    assert finding.suspect.startswith("reader china_mission/")
    assert "News_Body_Txt_A" in finding.suspect
    assert "the generic reader was used instead" in finding.suspect


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<title>News</title><h1>News</h1><ul>" + "".join(
            f"<li><a href=/{n}>The mission has published note {n} on the matter</a></li>"
            for n in range(40)
        ), id="a menu"),
        pytest.param(
            "<title>Press</title><h1>Press releases</h1><p>All our releases.</p><nav><a href=/>Home"
            "</a></nav><footer><p>Copyright of the mission, all rights reserved.</p></footer>",
            id="a section",
        ),
        pytest.param(
            "<title>Oops</title><h1>Oops</h1><p>Something went wrong on our side, come again.</p>",
            id="an error page",
        ),
        pytest.param("<h1></h1><p></p>", id="nothing"),
        pytest.param('{"title": "' + TITLE + '", "text": "' + PROSE[0] * 4 + '"}', id="JSON"),
    ],
)  # fmt: skip
def test_a_menu_or_an_error_page_is_no_statement_for_want_of_another(html: str) -> None:
    finding = seen(html)
    assert finding.statement is None
    assert isinstance(finding.error, Unreadable)


def test_a_short_text_in_a_new_layout_is_read_under_the_title_that_the_listing_gave() -> None:
    html = page(NEW_LAYOUT, text=[SHORT])
    assert seen(html).statement is None
    assert seen(html, entry=Entry(URL, title=TITLE)).statement is not None


def test_a_page_that_a_script_would_fill_stays_unread() -> None:
    shell = "<title>News</title><div id=root></div><script src=a.js></script>"
    finding = seen(shell)
    assert finding.statement is None
    assert isinstance(finding.error, Unreadable)
    assert finding.suspect is None


def test_where_a_statement_is_known_nobody_else_reads_in_the_readers_place() -> None:
    known = known_by(seen(page()))
    finding = seen(page(NEW_LAYOUT), known)
    assert finding.statement is None
    assert isinstance(finding.error, Unreadable)
    assert "News_Body_Txt_A" in str(finding.error)


def test_a_reading_that_is_doubtful_all_at_once_leaves_the_earlier_wording_standing() -> None:
    known = known_by(seen(page()))
    cut = page(text=PROSE[:1], rest=f"<div>{''.join(f'<p>{p}</p>' for p in PROSE)}</div>")
    finding = seen(cut, known)
    assert finding.statement is None
    assert isinstance(finding.error, Unreadable)
    assert "the earlier wording stands" in finding.error.reason
    assert finding.suspect is not None
    always = seen(cut, known_by(seen(page()), suspect=True))
    assert always.statement is not None
    assert always.suspect == finding.suspect


def test_a_wording_that_is_settled_is_not_doubted_again() -> None:
    cut = page(text=PROSE[:1], rest=f"<div>{''.join(f'<p>{p}</p>' for p in PROSE)}</div>")
    finding = seen(cut)
    assert seen(cut, known_by(finding, suspect=False)).suspect is None
    assert seen(cut, known_by(finding)).suspect == finding.suspect


def test_an_edit_that_both_readers_see_is_an_edit() -> None:
    known = known_by(seen(page()))
    finding = seen(page(text=PROSE[:2]), known)
    assert finding.statement is not None
    assert finding.suspect is None


def test_an_address_that_the_generic_reader_read_is_read_by_it_until_the_reader_is_mended() -> None:
    known = known_by(seen(page(NEW_LAYOUT)))
    edited = seen(page(NEW_LAYOUT, text=[*PROSE, SHORT]), known)
    assert edited.statement is not None
    assert edited.statement.reader.startswith("generic/")
    mended = seen(page(), known)
    assert mended.statement is not None
    assert mended.statement.reader.startswith("china_mission/")
    assert mended.suspect is None
