"""Promise: whatever template a Chinese mission or ministry uses, its list is read, and only its own
statements are taken for its own."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from scrapers.errors import MissingElement, NothingListed
from scrapers.readers import Page, reader
from scrapers.sources import Source

NOW = datetime(2021, 7, 4, tzinfo=timezone.utc)
HOST = "https://rr.china-embassy.gov.cn"
MENU = "<div class=menu><a href='/eng/zjsg/t100001.htm'>About the Embassy of China</a></div>"
STATEMENT = "<p>The embassy has answered the ministry, at length and in public, this morning.</p>"
ROWS = (
    "<a href='./202106/t20210618_9000387.htm'>Remarks on the Meeting in Zenda</a>{}2021-06-18{}"
    "<a href='./t1869001.htm'>Spokesperson on the Trial Network</a>{}2021-05-20{}"
)
LISTS = {
    "list-content": ("<div class=list-content><ul><li>", "</ul></div>", "<i>", "</i><li>"),
    "news-list": ("<div class=news-list><div>", "</div></div>", "<i>", "</i></div><div>"),
    "title_list": ("<div class=title_list><ul><li>", "</ul></div>", "<em>(", ")</em></li><li>"),
    "newsList": ("<ul class=newsList><li>", "</ul>", " (", ")</li><li>"),
    "a table": ("<table id=docMore><tr><td>", "</table>", "</td><td>(", ")</td></tr><tr><td>"),
    "docNum": ("<div id=docNum>", "</div>", " (", ")<br>"),
    "TRS": ("<div id=TRS><p>", "</p></div>", " [", "]</p><p>"),
    "TRS_OUTLINE": ("<table id=TRS_OUTLINE><tr><td>", "</table>", "<td>", "</td></tr><tr><td>"),
    "Text_Center": ("<div class=Text_Center><ul><li>", "</ul></div>", "(", ")</li><li>"),
    "nav_title_list": ("<div class=nav_title_list><ul><li>", "</ul></div>", " ", "</li><li>"),
    "cbox_ul": ("<div class=cbox_ul><ul><li>", "</ul></div>", "<b>", "</b></li><li>"),
    "no known one": ("<ul class=whatever><li>", "</ul>", "<span>", "</span></li><li>"),
}  # fmt: skip


def _page(html: str, url: str = f"{HOST}/eng/sgxw/", **facts: Any) -> Page:
    given: dict[str, Any] = {
        "id": "example",
        "desk": "china",
        "publisher": "An embassy",
        "kind": "embassy",
        "languages": ("en", "zh"),
        "time_zone": "Europe/Skopje",
    }
    return Page(url, html, Source.model_validate(given | facts), NOW)


@pytest.mark.parametrize("template", LISTS)
def test_every_template_of_a_list_is_read_with_its_days(template: str) -> None:
    begin, end, before, after = LISTS[template]
    menu = "" if template == "no known one" else MENU
    rows = ROWS.format(before, after, before, after)
    found = reader("china_mission").listing(_page(f"<body>{menu}{begin}{rows}{end}</body>"))
    days = [str(entry.published and entry.published.on) for entry in found.entries]
    assert days == ["2021-06-18", "2021-05-20"]
    titles = [entry.title for entry in found.entries]
    assert titles == ["Remarks on the Meeting in Zenda", "Spokesperson on the Trial Network"]


@pytest.mark.parametrize(
    ("url", "own"),
    [
        (f"{HOST}/eng/sgxw/202106/t20210618_9000387.htm", True),
        ("http://rr.china-embassy.org/eng/sgxw/t1800001.htm", True),
        ("http://rr.chineseembassy.org/eng/sgxw/t1800001.htm", True),
        ("https://www.mfa.gov.cn/ce/cerr//eng/sgxw/t1800001.htm", True),
        ("https://www.fmprc.gov.cn/ce/cerr/eng/sgxw/t1800001.htm", True),
        ("http://www.old-name.example/eng/sgxw/t1800001.htm", True),
        ("http://shared.example/rr/eng/t1800001.htm", True),
        ("http://shared.example/zz/eng/t1800001.htm", False),
        ("http://zz.china-embassy.gov.cn/eng/sgxw/t1800001.htm", False),
        ("https://www.mfa.gov.cn/ce/cezz/eng/sgxw/t1800001.htm", False),
        ("https://www.fmprc.gov.cn/mfa_eng/xwfw_665399/t1800001.shtml", False),
        ("https://www.bjreview.example/World/202106/t20210618_800000001.html", False),
    ],
)
def test_only_statements_of_the_source_itself_are_listed(url: str, own: bool) -> None:
    facts = {"aliases": ("www.old-name.example", "shared.example/rr")}
    links = (
        f"<ul><li><a href='{url}'>The one in question</a><li><a href='t1.htm'>Another one</a></ul>"
    )
    found = reader("china_mission").listing(_page(links, f"{HOST}/eng/", **facts))
    assert (url in [entry.url for entry in found.entries]) is own


def test_the_ministry_is_one_house_under_two_names_and_its_missions_are_not_it() -> None:
    links = (
        "<ul class=list1><li><a href='https://www.fmprc.gov.cn/web/t1800001.shtml'>甲</a>"
        "<li><a href='https://www.mfa.gov.cn/ce/cerr/chn/t1800002.htm'>乙</a></ul>"
    )
    page = _page(links, "https://www.mfa.gov.cn/web/zwbd_674895/")
    found = reader("china_mfa").listing(page)
    assert [entry.title for entry in found.entries] == ["甲"]


def test_a_pattern_for_https_fits_what_an_http_page_links_to() -> None:
    page = _page(
        "<ul><li><a href='t1.htm'>A statement</a></ul>",
        "http://rr.china-embassy.gov.cn/eng/sgxw/",
        articles=r"^https://[^/]+/eng/.*/t\d+\.htm$",
    )
    assert len(reader("china_mission").listing(page).entries) == 1


def test_a_list_of_other_hosts_names_them_so_that_an_alias_can_be_added() -> None:
    page = _page("<a href='http://www.new-name.example/eng/t1800001.htm'>A statement</a>")
    with pytest.raises(NothingListed, match=r"www\.new-name\.example.*alias"):
        reader("china_mission").listing(page)


@pytest.mark.parametrize(
    ("script", "name", "pages"),
    [
        ("createPageHTML(3, 0, 'index', 'htm');", "", ["index_1.htm", "index_2.htm"]),
        ('createPageHTML(3,2,"index","html")', "index_2.html", ["index_1.html", "index_2.html"]),
        ("var countPage = 3", "default.shtml", ["default_1.shtml", "default_2.shtml"]),
        ("countPage=3;w('<a href=\"default\"+\"_\"+i+\".\"+\"shtml\">')", "",
         ["default_1.shtml", "default_2.shtml"]),
        ("countPage=3;w('<a href=\"default_'+i+'.shtml\">')", "",
         ["default_1.shtml", "default_2.shtml"]),
        ("createPageHTML(1, 0, 'index', 'htm');", "", []),
        ("", "", []),
    ],
)  # fmt: skip
def test_the_count_in_the_script_names_the_other_pages(
    script: str, name: str, pages: list[str]
) -> None:
    html = f"<ul><li><a href='t1869001.htm'>A statement</a></ul><script>{script}</script>"
    found = reader("china_mission").listing(_page(html, f"{HOST}/eng/sgxw/{name}"))
    assert found.pages == tuple(f"{HOST}/eng/sgxw/{page}" for page in pages)


def _section(title: str, *, date: str = "2021-04-15", text: str = STATEMENT * 4) -> str:
    return (
        "<ul id=docMore><li><a href='t1868001.htm'>Press Conference on April 13</a> (2021-04-13)"
        "<li><a href='t1867001.htm'>Press Conference on April 12</a> (2021-04-12)</ul>"
        f"<div><div id=News_Body_Title>{title}</div><div id=News_Body_Time>{date}</div>"
        f"<div id=News_Body_Txt_A>{text}</div></div>"
    )


def test_a_statement_that_a_section_shows_whole_is_its_first_entry() -> None:
    page = _page(_section("Press Conference on April 15"))
    entries = reader("china_mission").listing(page).entries
    assert [entry.url.rpartition("/")[2] for entry in entries] == [
        "#:~:text=Press%20Conference%20on%20April%2015",
        "t1868001.htm",
        "t1867001.htm",
    ]
    assert entries[0].body is not None
    item = Page(entries[0].url, entries[0].body, page.source, NOW, entries[0])
    article = reader("feed").article(item)
    assert (article.title, str(article.published.on)) == (
        "Press Conference on April 15",
        "2021-04-15",
    )
    assert article.text.count("The embassy has answered") == 4


@pytest.mark.parametrize(
    "html",
    [
        _section("Press Conference on April 13"),  # which has an address of its own
        _section("Who We Are", date=""),
        _section("Who We Are", text="<p>All conferences since 2019.</p>"),
        _section("New", text="<p>Press Conference on April 13<p>Press Conference on April 12" * 4),
    ],
)  # fmt: skip
def test_what_is_no_statement_of_its_own_is_not_listed_as_one(html: str) -> None:
    entries = reader("china_mission").listing(_page(html)).entries
    assert [entry.url.rpartition("/")[2] for entry in entries] == ["t1868001.htm", "t1867001.htm"]


def test_a_table_in_the_text_of_an_old_table_stays_in_the_text() -> None:
    inner = "<table><tr><td>Monday</td><td>closed</td></tr></table>"
    html = (
        "<table id=article><tr><td>Opening Hours</td></tr><tr><td>(2019-12-05)</td></tr>"
        f"<tr><td><p>The hours are:</p>{inner}<p>Please plan ahead.</p></td></tr></table>"
    )
    article = reader("china_mission").article(_page(html))
    assert article.title == "Opening Hours"
    assert article.text == "The hours are:\n\nMonday closed\n\nPlease plan ahead."


def test_the_date_of_a_statement_is_the_one_nearest_to_it() -> None:
    html = (
        "<body><div class=title>Remarks on the Port</div>"
        "<div class=left><a href=t9.htm>Newer</a><span class=date>2021-07-01</span></div>"
        f"<div class=right><div class=date>2021-05-20 11:57</div><div class=TRS_Editor>{STATEMENT}"
        "</div></div><div class=foot><span class=date>2021-07-03</span></div></body>"
    )
    article = reader("china_mission").article(_page(html))
    assert (article.title, str(article.published.on)) == ("Remarks on the Port", "2021-05-20")


def test_of_several_headings_the_one_that_the_head_names_is_the_title() -> None:
    html = (
        "<head><title>Embassy News: Remarks on the Port_Embassy of China</title></head>"
        "<body><div class=title>Embassy News</div>"
        "<div class=title>Embassy News: Remarks on the Port</div>"
        f"<div class=TRS_Editor>{STATEMENT}</div></body>"
    )
    article = reader("china_mission").article(_page(html))
    assert article.title == "Embassy News: Remarks on the Port"


def test_a_page_without_a_title_is_refused_rather_than_given_the_sites_name() -> None:
    html = f"<head><title>Embassy of China</title></head><div class=TRS_Editor>{STATEMENT}</div>"
    with pytest.raises(MissingElement, match="title"):
        reader("china_mission").article(_page(html))
