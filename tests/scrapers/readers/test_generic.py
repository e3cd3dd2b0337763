"""Promise: a page of an unknown layout is dated by what it states, or not at all."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from scrapers.readers import Page, reader
from scrapers.sources import Source
from scrapers.values import Article, Entry, Precision, Published


def _json(data: str) -> str:
    return f'<script type="application/ld+json">{data}</script>'


TEXT = (
    "<p>The regulator said that the operators have answered all of its questions about the supply"
    " of base stations, in detail and in good time.</p><p>It will publish a summary of the answers"
    " without the parts that concern trade secrets, so that the public can judge.</p>"
)
LISTED = Published(Precision.DAY, on=date(2020, 1, 9), text="Jan 9, 2020", zone="UTC")


def _read(
    *, head: str = "", above: str = "", below: str = "", url: str = "/a", entry: Entry | None = None
) -> Article:
    body = f"<article><h1>Answers of the operators</h1>{above}{TEXT}{below}</article>"
    return _page(body, head=head, url=url, entry=entry)


def _page(
    body: str, *languages: str, head: str = "", url: str = "/a", entry: Entry | None = None
) -> Article:
    source = Source(
        id="example",
        desk="media",
        publisher="An example",
        kind="news",
        languages=("en", *languages),
        time_zone="UTC",
    )
    named = f"<title>Answers of the operators</title>{head}"
    html = f"<html><head>{named}</head><body>{body}</body></html>"
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
        ("above", "<div>This page was posted on October 23, 2020 at 9:05</div>", "October 23"),
        ("above", '<i class="pub-time">Oct 23, 2020</i><i>Read also: Jan 2, 2020</i>', "Oct 23"),
        (
            "above",
            '<time datetime="2020-11-30T10:18:46Z">Published on 23 October 2020</time>',
            "23 October 2020",
        ),
        (
            "above",
            '<p class="publication"><time datetime="2020-10-23">Friday</time></p>'
            '<ul><li><time datetime="2020-11-02">a comment</time></li></ul>',
            "2020-10-23",
        ),
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
        ("head", _json('{"dateModified": "2020-10-23"}')),
        ("head", _json('{"@type": "WebSite", "datePublished": "2020-10-23"}')),
        ("head", _json('{"review": {"@type": "Review", "datePublished": "2020-10-23"}}')),
        (
            "head",
            _json('{"itemListElement": [{"@type": "Article", "datePublished": "2020-10-23"}]}'),
        ),
        ("above", "<p>On October 23, 2020, the operators met.</p>"),
        ("above", "<p>October 23, 2020 was a Friday, and the operators met in the capital.</p>"),
        ("above", "<h2>The agreement of October 23, 2020</h2>"),
        ("above", "<div>2 days ago</div>"),
        ("above", "<div>yesterday, on the 20th</div>"),
        ("above", "<div>Today: Friday, October 23, 2020</div>"),
        ("above", "<div>今天是2020年10月23日 星期五</div>"),
        ("above", "<div>Friday, 2020-10-23, 0:26 AM<br>Welcome Guest</div>"),
        ("above", '<span class="date">October 2020</span>'),
        ("above", '<span class="date">10/12/20</span>'),
        ("above", '<span class="date">10/12/2020</span>'),
        ("below", "<p>The first talks were held on October 23, 2020.</p>"),
        ("below", "<footer>Copyright 2019-2020 An example</footer>"),
        ("below", '<ul class="related"><li><a href="/b">B</a> <i>Oct 23, 2020</i></li></ul>'),
        ("above", "<p>23–25 October 2020</p>"),
        ("url", "/2020/10/23-answers-of-the-operators/"),
        ("url", "/web/20201023120000/answers"),
        ("url", "/2031/10/23/answers"),
    ],
)
def test_no_date_is_made_of_what_states_none(where: str, what: str) -> None:
    published = _read(**{where: what}).published
    assert published == Published(Precision.UNKNOWN, zone="UTC")


@pytest.mark.parametrize(
    ("head", "under"),
    [
        ('<meta property="article:published_time" content="1970-01-01T00:00:00Z">', ""),
        (_json('{"@type": "Article", "datePublished": "2031-10-23"}'), ""),
        ("", "<p>Oct 20, 2020, in the capital</p>"),
        ("", "<p>Delivered on: Oct 20, 2020</p>"),
    ],
)
def test_a_date_that_cannot_be_or_is_not_called_the_publications_gives_way(
    head: str, under: str
) -> None:
    published = _read(head=head, above=f"{under}<p>Published: Oct 23, 2020</p>").published
    assert (published.precision, published.on) == (Precision.DAY, date(2020, 10, 23))


def test_a_date_that_cannot_be_is_told_where_there_is_no_other() -> None:
    head = '<meta property="article:published_time" content="1970-01-01T00:00:00Z">'
    assert _read(head=head).published.on == date(1970, 1, 1)


OTHERS = "<h3>More</h3><p>Jan 2, 2021</p><p><a href='/b'>The regulator asks again</a></p>"


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("", '<aside><h3>Next</h3><time datetime="2021-02-02">2 Feb</time></aside>'),
        ("", '<div><a href="/b">B</a><time datetime="2021-02-02">Feb 2, 2021</time></div>'),
        ("", '<p>They met on <time datetime="2019-02-02">the second</time>.</p>'),
        ("", '<dl><dt>Updated</dt><dd><time datetime="2020-10-24">24 October</time></dd></dl>'),
        (
            "<div><p>Jan 3, 2020</p><p><a href='#'>Answers of the operators</a></p>"
            "<p>Jan 2, 2020</p><p><a href='/b'>The regulator asks again</a></p></div>",
            "",
        ),
    ],
)
def test_the_date_beside_the_title_goes_before_those_of_others(above: str, below: str) -> None:
    heading = "<h1>Answers of the operators</h1><p>Oct 23, 2020</p>"
    published = _page(f"{above}<article>{heading}{TEXT}</article>{below}").published
    assert (published.precision, published.on) == (Precision.DAY, date(2020, 10, 23))


@pytest.mark.parametrize(("above", "on"), [("<p>Oct 23, 2020</p>", date(2020, 10, 23)), ("", None)])
def test_what_follows_a_statement_of_one_paragraph_does_not_date_it(
    above: str, on: date | None
) -> None:
    text = TEXT.partition("</p>")[0]
    page = f"<article>{above}<h1>Answers of the operators</h1>{text}</p></article>{OTHERS}"
    assert _page(page).published.on == on


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("Senast uppdaterad: 23 oktober 2020", "sv"),
        ("Actualizado: 23 de octubre de 2020", "es"),
        ("Ultimo aggiornamento: 23 ottobre 2020", "it"),
        ("Aktualizováno: 23. října 2020", "cs"),
        ("Poslední změna: 23. října 2020", "cs"),
        ("Letzte Änderung: 23. Oktober 2020", "de"),
        ("Ostatnia aktualizacja: 23 października 2020", "pl"),
        ("Posodobljeno: 23. oktober 2020", "sl"),
        ("Ultima actualizare: 23 octombrie 2020", "ro"),
        ("Päivitetty 23. lokakuuta 2020", "fi"),
        ("Обновлено: 23 октября 2020", "ru"),
        ("Последнее обновление: 23 октября 2020", "ru"),
        ("آخر تحديث: 23 أكتوبر 2020", "ar"),
        ("수정일 2020-10-23", "ko"),
        ("Last review: 23 October 2020", "en"),
    ],
)
def test_the_day_of_a_change_is_marked_in_every_language(words: str, language: str) -> None:
    heading = f"<h1>Answers of the operators</h1><p>{words}</p>"
    published = _page(f"<article>{heading}{TEXT}</article>", language).published
    assert (published.precision, published.on) == (Precision.INFERRED, date(2020, 10, 23))


PROSE = "<p>On 5 March 2015 the treaty came into force, and they met again.</p>"
ROW = '<a href="/news/answers-of-operators-{0}">Answers of the operators, part {0}</a>'


@pytest.mark.parametrize(
    ("row", "on"),
    [
        ("<li>{link}<span>Oct 23, 2020</span></li>", date(2020, 10, 23)),
        ("<li>{link}<p>Posted on 23 October 2020</p>{prose}</li>", date(2020, 10, 23)),
        ("<li>{link}{prose}<p>23 October 2020</p></li>", date(2020, 10, 23)),
        ("<li>{link}<p>News</p>{prose}</li>", None),
        ("<li>{link}<p>Updated: 23 October 2020</p></li>", None),
        ("<b>Oct {day}, 2020</b>\n{link}<br>\n", date(2020, 10, 23)),
        ("{link} Oct {day}, 2020<br>", date(2020, 10, 23)),
        ("{link}<br>Oct {day}, 2020<br>", date(2020, 10, 23)),
    ],
)
def test_a_row_is_dated_by_its_own_date_and_not_by_prose(row: str, on: date | None) -> None:
    rows = (
        row.format(link=ROW.format(part), prose=PROSE, day=24 - part if "{day}" in row else 0)
        for part in (1, 2, 3)
    )
    source = Source(
        id="example", desk="media", publisher="An example", kind="news", languages=("en",)
    )
    now = datetime(2021, 3, 1, tzinfo=timezone.utc)
    page = Page("https://example.org/news/", f"<main>{''.join(rows)}</main>", source, now)
    published = [entry.published for entry in reader("generic").listing(page).entries]
    expected = [on, on.replace(day=22), on.replace(day=21)] if on and "{day}" in row else [on] * 3
    assert [found.on if found else None for found in published] == expected


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


def test_the_words_of_a_time_that_read_the_other_way_do_not_overrule_its_stamp() -> None:
    article = _read(above='<time datetime="2020-10-03">10/03/2020</time>')
    assert article.published.on == date(2020, 10, 3)


def test_press_officers_and_their_telephones_are_no_part_of_a_release() -> None:
    officers = (
        '<div class="ep-a_contacts"><h2>Contacts:</h2><ul><li><h3>N. N.</h3>'
        "<div>Press Officer</div><div>Phone number: 000 000</div></li></ul></div>"
    )
    assert "Press Officer" not in _read(below=officers).text


LOGO = '<header><h1><a href="/">Example.org</a></h1></header>'


@pytest.mark.parametrize(
    ("named", "headings"),
    [
        ("Answers of the operators - Example.org", f"{LOGO}<h1>Answers of the operators</h1>"),
        ("Answers of the operators - Example.org", f"{LOGO}<h2>Answers of the operators</h2>"),
        ("Answers of the operators – The example, a site", "<h2>Answers of the operators</h2>"),
        ("Example.org", f"{LOGO}<h1>Answers of the operators</h1><h1>Newsletter</h1>"),
        ("News › Answers of the operators", "<h1>News</h1><h1>Answers of the operators</h1>"),
    ],
)
def test_a_logo_is_no_title(named: str, headings: str) -> None:
    html = f"<html><head><title>{named}</title></head><body>{headings}{TEXT}</body></html>"
    source = Source(
        id="example", desk="media", publisher="An example", kind="news", languages=("en",)
    )
    now = datetime(2021, 3, 1, tzinfo=timezone.utc)
    article = reader("generic").article(Page("https://www.example.org/a", html, source, now))
    assert article.title == "Answers of the operators"
    assert article.text.startswith("The regulator said")


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Sur le « réseau propre » des opérateurs", "{}"),
        ("Sur le « réseau propre » des opérateurs", "{} | An example"),
        ("Was ist ein » sauberes Netz « heute?", "{} - Example.org"),
        ("Operators answer -- regulator", "{} -- An example"),
        ("Operators | answers", "{} | An example"),
        ("运营商答复——访问国家外交部", "{}"),
        ("Answers : le site example répond aux opérateurs", "{} - Example.org"),
        ("Answers – Example debates the operators at length", "{}"),
    ],
)
@pytest.mark.parametrize("heading", ["<h1>{}</h1>", ""])
def test_a_title_is_not_cut_at_its_own_signs(title: str, named: str, heading: str) -> None:
    if not heading and ("|" in title or "——" in title):
        return  # in a head alone nothing tells a title's own sign from the one before the site
    said = f"<title>{named.format(title)}</title>"
    html = f"<html><head>{said}</head><body>{heading.format(title)}{TEXT}</body></html>"
    source = Source(
        id="example", desk="media", publisher="An example", kind="news", languages=("en",)
    )
    now = datetime(2021, 3, 1, tzinfo=timezone.utc)
    article = reader("generic").article(Page("https://www.example.org/a", html, source, now))
    assert article.title == title
