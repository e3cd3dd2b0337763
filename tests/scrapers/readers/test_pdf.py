"""Promise: a statement published as PDF is read like any other, and no PDF breaks a run."""

from __future__ import annotations

import time
from datetime import date, datetime, timezone
from ipaddress import ip_network

import pytest

from scrapers.errors import Broken, NotText, ScrapeError, Truncated, Unreadable
from scrapers.fetch import Fetcher, FetchPolicy
from scrapers.readers import Page, reader
from scrapers.sources import Source
from scrapers.values import Article, Capture, Entry, Finding, Known, Precision, Published
from scrapers.visit import visit
from tests.pdf_files import Type, column, pdf
from tests.servers import Reply, Server

NOW = datetime(2026, 3, 5, 6, tzinfo=timezone.utc)
URL = "https://mission.example/files/note-17.pdf"
HEADER, FOOTER = "Mission of an Example - Press Note", "www.mission.example"
TITLE = ["Remarks of the Mission on Fair", "Rules for Network Suppliers"]
FIRST = [
    "Brussels, 3 March 2026",
    "",
    "The mission has taken note of the new rules for suppliers of network equip-",
    "ment. It regrets that they single out companies by their origin, and it asks",
    "for a well-founded test that holds for all of them, case by case and in the open.",
    "",
    "Operators choose their suppliers by quality, price and security. A rule that takes",
    "this choice from them costs time and money, as several studies of the past years",
    "have shown, and it does not make a single network more secure than it was. Talks",
]
SECOND = [
    "about a common standard would help more. The mission stands ready for them.",
    "",
    "It adds three points:",
    "1. A test must be the same for all, a well-",
    "founded one.",
    "2. It must be open to review.",
    "3. It must not look at flags.",
]
TEXT = """\
The mission has taken note of the new rules for suppliers of network equipment. It regrets that \
they single out companies by their origin, and it asks for a well-founded test that holds for all \
of them, case by case and in the open.

Operators choose their suppliers by quality, price and security. A rule that takes this choice \
from them costs time and money, as several studies of the past years have shown, and it does not \
make a single network more secure than it was. Talks about a common standard would help more. The \
mission stands ready for them.

It adds three points:

1. A test must be the same for all, a well-founded one.

2. It must be open to review.

3. It must not look at flags."""


def sheet(number: int, lines: list[Type], of: int = 2) -> list[Type]:
    """A page with its running header and footer."""
    return [
        Type(72, 810, 8, HEADER),
        *lines,
        Type(72, 30, 8, FOOTER),
        Type(480, 30, 8, f"Page {number} of {of}"),
    ]


def note(**about: str) -> bytes:
    first = [*column(TITLE, top=760, size=18, lead=22), *column(FIRST, top=690)]
    return pdf([sheet(1, first), sheet(2, column(SECOND, top=770))], **about)  # type: ignore[arg-type]


def source(*languages: str) -> Source:
    return Source(
        id="mission",
        desk="china",
        publisher="Mission of an Example",
        kind="mission",
        languages=languages or ("en",),
        time_zone="Europe/Brussels",
        reader="china_mission",
    )


def read(body: bytes, entry: Entry | None = None, *languages: str) -> Article:
    page = Page(URL, "", source(*languages), NOW, entry or Entry(URL), body=body)
    return reader("pdf").article(page)


def seen(body: bytes, **known: object) -> Finding:
    """What a visit makes of this body under an HTML label, as servers like to set it."""

    def fetch(url: str, source: Source, known: Known | None) -> Capture:
        return Capture(url, url, NOW, 200, {"content-type": "text/html"}, body)

    return visit(source(), URL, Entry(URL), fetch, None, NOW)


def test_two_sheets_read_as_one_text_without_what_stands_at_their_edges() -> None:
    found = read(note())
    assert found.title == " ".join(TITLE)
    assert found.text == TEXT
    assert (found.published.on, found.published.precision) == (date(2026, 3, 3), Precision.DAY)
    assert found.language == "en"


def test_chinese_lines_are_joined_without_blanks() -> None:
    first = [
        *column(["关于网络供应商公平规则的声明"], top=760, size=18),
        *column(
            [
                "2026年3月3日",
                "",
                "使团注意到有关网络设备供应商的新规定，并对其按来源国区别对待企业表示遗憾，呼吁制定",
                "对所有企业一视同仁的标准。",
                "",
                "运营商根据质量、价格和安全选择供应商。剥夺这一选择权的规定耗费时间和金钱，并不能使",
            ],
            top=700,
        ),
    ]
    second = column(["任何网络更加安全。使团愿就共同标准开展对话。"], top=770)
    header = [[Type(72, 810, 8, "使团新闻稿"), *lines] for lines in (first, second)]
    body = pdf([[*lines, Type(290, 30, 9, f"第{n}页")] for n, lines in enumerate(header, 1)])
    found = read(body, None, "zh")
    assert found.title == "关于网络供应商公平规则的声明"
    assert found.text == (
        "使团注意到有关网络设备供应商的新规定，并对其按来源国区别对待企业表示遗憾，呼吁制定对所有企业"
        "一视同仁的标准。\n\n运营商根据质量、价格和安全选择供应商。剥夺这一选择权的规定耗费时间和金钱，"
        "并不能使任何网络更加安全。使团愿就共同标准开展对话。"
    )
    assert found.published.on == date(2026, 3, 3)
    assert found.language == "zh"


def test_two_columns_are_read_one_after_the_other() -> None:
    left = ["The left column tells how it all", "began and what was said, and it", "goes on to"]
    right = ["the right one, at its very top,", "and ends there as it should."]
    body = pdf([[*column(left, top=700), *column(right, top=700, x=320)]])
    found = read(body, Entry(URL, title="A note in two columns"))
    assert found.text == " ".join((*left, *right))


@pytest.mark.parametrize(
    ("named", "title"),
    [
        ("A Note on Fair Rules", "A Note on Fair Rules"),
        ("关于公平规则的照会", "关于公平规则的照会"),
        ("Microsoft Word - note 17 final.docx", " ".join(TITLE)),
        ("note_17_final.indd", " ".join(TITLE)),
        ("Untitled document", " ".join(TITLE)),
        ("PowerPoint Presentation", "PowerPoint Presentation"),
        ("C:\\Users\\desk\\note 17.wps", " ".join(TITLE)),
        ("17", " ".join(TITLE)),
        ("", " ".join(TITLE)),
    ],
)
def test_the_title_is_the_files_own_unless_a_program_put_it_there(named: str, title: str) -> None:
    assert read(note(title=named)).title == title


def test_the_listing_gives_title_and_date_where_the_file_says_neither() -> None:
    body = pdf([column(FIRST[2:], top=700)], created="D:20260304090000+01'00'")
    listed = Published(Precision.DAY, on=date(2026, 3, 2), text="2 March 2026")
    found = read(body, Entry(URL, title="A note on rules", published=listed))
    assert (found.title, found.published) == ("A note on rules", listed)
    made = read(body, Entry(URL, title="A note on rules")).published
    assert (made.on, made.precision) == (date(2026, 3, 4), Precision.INFERRED)
    assert made.text == "D:20260304090000+01'00'"
    undated = read(pdf([column(FIRST[2:], top=700)]), Entry(URL, title="A note on rules"))
    assert undated.published.precision is Precision.UNKNOWN


def bomb() -> bytes:
    """A page tree of 16^6 pages in a few hundred bytes."""
    body = note().replace(b"/Count 2", b"/Count 16777216")
    return body.replace(b"/Kids [7 0 R 9 0 R]", b"/Kids [" + b"2 0 R " * 16 + b"]")


def deep() -> bytes:
    return note().replace(b"/Producer <", b"/X " + b"[" * 200_000 + b" /Producer <")


def many() -> bytes:
    return pdf([column(["Another page of it."], top=700)] * 301)


def wide() -> bytes:
    return pdf([[Type(72, 100 + n, 0.02, "words " * 4_000) for n in range(50)]])


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        pytest.param(note()[:900], Truncated, "no end mark", id="half a file"),
        pytest.param(pdf([[]], encrypted=True), Unreadable, "encrypted", id="encrypted"),
        pytest.param(pdf([[], []], picture=True), Unreadable, "scanned, no text", id="scanned"),
        pytest.param(
            pdf([[Type(290, 30, 8, "1")]], picture=True), Unreadable, "scanned", id="numbered"
        ),
        pytest.param(b"%PDF-1.7 nothing %%EOF", Unreadable, "cannot be read", id="no PDF"),
        pytest.param(bomb(), ScrapeError, "", id="a page bomb"),
        pytest.param(many(), Unreadable, "301 pages", id="a book"),
        pytest.param(wide(), Unreadable, "characters", id="a line without end"),
    ],
)
def test_what_cannot_be_read_says_why_and_takes_no_time(
    body: bytes, kind: type[ScrapeError], said: str
) -> None:
    started = time.monotonic()
    finding = seen(body)
    assert finding.statement is None
    assert isinstance(finding.error, kind)
    assert said in str(finding.error)
    assert time.monotonic() - started < 15


def test_a_file_made_to_harm_is_read_or_refused() -> None:
    for body in (deep(), note() * 300, note().replace(b"stream", b"strea\x00")):
        finding = seen(body)
        assert (finding.statement is None) == (finding.error is not None)


def test_a_visit_reads_a_pdf_by_its_first_bytes_and_nobody_doubts_it() -> None:
    finding = seen(note())
    assert finding.statement is not None
    assert finding.statement.reader == reader("pdf").id
    assert finding.statement.published.zone == "Europe/Brussels"
    assert finding.suspect is None


def test_a_pdf_comes_through_the_fetcher_like_any_page() -> None:
    loopback = FetchPolicy(allow=(ip_network("127.0.0.0/8"),))
    with Server() as server, Fetcher(loopback) as fetcher:
        server.pages["/note.pdf"] = Reply(headers={"Content-Type": "application/pdf"}, body=note())
        half = Reply(headers={"Content-Type": "application/pdf"}, body=note(), send=800)
        server.pages["/half.pdf"] = half
        facts = source().model_copy(update={"delay": 0})
        whole, broken = (
            visit(facts, url, Entry(url), fetcher.fetch, None, NOW)
            for url in (f"{server.url}/note.pdf", f"{server.url}/half.pdf")
        )
    assert whole.statement is not None
    assert whole.statement.text == TEXT
    assert isinstance(broken.error, Truncated)


@pytest.mark.parametrize("name", ["generic", "china_mission", "wordpress"])
def test_a_listing_that_is_a_pdf_fails(name: str) -> None:
    page = Page(URL, "", source(), NOW, body=note())
    with pytest.raises(NotText, match="PDF") as error:
        reader(name).listing(page)
    assert isinstance(error.value, Broken)


def test_a_listing_names_pdfs_among_its_statements() -> None:
    html = "<main><ul><li><a href='/files/remarks.pdf'>Remarks of the mission on rules</a></ul>"
    page = Page("https://mission.example/news/", html, source(), NOW)
    (entry,) = reader("generic").listing(page).entries
    assert entry.url == "https://mission.example/files/remarks.pdf"
