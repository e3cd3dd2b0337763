"""Promise: a family's reader names every statement of a listing under one address, and refuses a
page of another layout rather than give a wrong text."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from scrapers.errors import MissingElement, NothingListed, Unreadable
from scrapers.readers import Page, _layout, _lists, reader
from scrapers.readers._layout import Layout
from scrapers.sources import Source
from scrapers.values import Listing, Precision

NOW = datetime(2026, 3, 14, 4, tzinfo=timezone.utc)
SELECTED = (
    "drupal", "esteri", "france_diplomatie", "govcms", "india", "japan_mofa", "korea", "plone",
    "russia_mid", "taiwan", "wordpress", "yonhap",
)  # fmt: skip


def _page(html: str, *, url: str = "https://ministry.example/list", **facts: object) -> Page:
    given: dict[str, object] = {
        "id": "example",
        "desk": "elsewhere",
        "publisher": "An example",
        "kind": "ministry",
        "languages": ("en",),
        "time_zone": "UTC",
    }
    return Page(url, html, Source.model_validate({**given, **facts}), NOW)


@pytest.mark.parametrize("name", SELECTED)
def test_a_page_of_another_layout_is_refused_with_what_was_looked_for(name: str) -> None:
    page = _page(
        "<html><head><title>Masts</title></head><body><section class='unheard-of'><h1>Masts</h1>"
        "<p>The masts on the pier will be shared by all operators.</p></section></body></html>"
    )
    with pytest.raises(MissingElement) as refused:
        reader(name).article(page)
    assert " or " in (refused.value.selector or "")


@pytest.mark.parametrize("name", SELECTED)
def test_a_listing_without_statements_is_refused(name: str) -> None:
    page = _page("<html><body><table><tbody><tr><td>No posts</td></tr></tbody></table></body>")
    with pytest.raises(NothingListed):
        reader(name).listing(page)


def test_a_boards_row_has_one_address_wherever_it_stands() -> None:
    rows = (
        "<tr><td><a href='./view.do?seq=7&page=1'>A title of some length</a></td></tr>",
        "<tr><td><a href='./view.do?page=2&srchFr=&seq=7'>A title of some length</a></td></tr>",
        "<tr><td><a href='#' onclick=\"f_view('7');return false;\">A title</a></td></tr>",
        "<tr><td><a href=\"javascript:f_view('7')\">A title</a></td></tr>",
    )
    for row in rows:
        url = "https://www.mofa.go.kr/eng/brd/m_5676/list.do?page=2"
        listing = reader("korea").listing(_page(f"<table><tbody>{row}</tbody></table>", url=url))
        addresses = [entry.url for entry in listing.entries]
        assert addresses == ["https://www.mofa.go.kr/eng/brd/m_5676/view.do?seq=7"]


def test_a_list_is_not_read_to_its_end_where_its_scripts_comments_are_not_closed() -> None:
    html = "fn_detail(77); NTT_SJ /*" * 20_000
    assert len(reader("korea").listing(_page(html)).entries) == 1


def test_the_first_page_of_a_listing_is_not_asked_for_again() -> None:
    pager = "".join(f"<a href='?page={number}'>{number}</a>" for number in (1, 2, 3))
    row = "<tr><td><a href='view.do?seq=7'>A title of some length</a></td></tr>"
    html = f"<table><tbody>{row}</tbody></table>{pager}"
    first = reader("korea").listing(_page(html, url="https://m.example/list.do"))
    second = reader("korea").listing(_page(html, url="https://m.example/list.do?page=2"))
    assert first.pages == ("https://m.example/list.do?page=2", "https://m.example/list.do?page=3")
    assert second.pages == ("https://m.example/list.do?page=3",)


def _listed(html: str, *rows: _lists.Rows, **facts: object) -> Listing:
    return _lists.listing(_page(html, **facts), *rows)


def test_what_stands_outside_the_rows_of_a_template_is_named_too() -> None:
    html = (
        "<div class='top'><a href='/release/newest'>The newest of all releases</a></div>"
        "<div class='views-row'><a href='/release/older'>An older release</a> 3 March 2026</div>"
    )
    listing = _listed(html, _lists.Rows(".views-row"), articles="/release/")
    paths = [entry.url.rpartition("/")[2] for entry in listing.entries]
    assert paths == ["newest", "older"]


def test_a_row_that_holds_several_statements_names_them_all() -> None:
    html = (
        "<div class='views-row'><a href='/release/one'>One</a> 3 March 2026"
        "<a href='/release/two'>Two</a> 2 March 2026</div>"
    )
    listing = _listed(html, _lists.Rows(".views-row"), articles="/release/")
    assert [entry.title for entry in listing.entries] == ["One", "Two"]
    assert all(entry.published is None for entry in listing.entries)


def test_a_rows_link_to_its_category_is_not_its_statement() -> None:
    html = (
        "<li class='item'><a href='/category/news'>News</a><h2><a href='/masts'>Masts</a></h2>"
        "<p>They follow the plan of 1 January 2026, it is said.</p><span>3 March 2026</span></li>"
    )
    listing = _listed(html, _lists.Rows("li.item", link="h2 a[href],a[href]", dated="span"))
    [entry] = listing.entries
    assert (entry.url, entry.title) == ("https://ministry.example/masts", "Masts")
    assert entry.published is not None
    assert entry.published.on == date(2026, 3, 3)


def test_a_row_whose_only_link_says_read_more_has_its_heading_as_title() -> None:
    html = "<div class='r'><h3>Masts shared</h3><p>12 March 2026</p><a href='/m'>Read more »</a>"
    [entry] = _listed(html, _lists.Rows(".r")).entries
    assert entry.title == "Masts shared"


def test_a_day_in_a_longer_sentence_of_a_marked_row_is_not_taken_for_its_date() -> None:
    html = (
        "<div class='r'><a href='/m'>Masts shared</a><p>The plan that six ministries have agreed on"
        " at their meeting on 1 January 2026 will be followed.</p></div>"
    )
    [entry] = _listed(html, _lists.Rows(".r", dated=".date")).entries
    assert entry.published is None


BODY = "<h1>Masts</h1>{}<div class='t'><p>The masts on the pier will be shared.</p>{}</div>"


def test_a_labelled_day_goes_before_others_in_the_same_list() -> None:
    days = "<ul><li>Checked: 14 March 2026</li><li>Date: 12 March 2026</li></ul>"
    layout = Layout(text=(".t",), labelled=("li",), after=r"date:")
    found = _layout.read(_page(BODY.format(days, "")), layout)
    assert found.published.on == date(2026, 3, 12)


def test_noise_is_left_out_and_nothing_follows_the_end() -> None:
    more = "<p>Print</p><p>They are tall.<br>Print</p><p>Related Links</p><p>Masts of old</p>"
    layout = Layout(text=(".t",), noise="print", ends="related links")
    found = _layout.read(_page(BODY.format("", more)), layout)
    assert found.text == "The masts on the pier will be shared.\n\nThey are tall."


def test_a_layout_that_is_no_longer_in_use_does_not_read() -> None:
    old = Layout(text=(".t",), valid_until=date(2026, 3, 13))
    with pytest.raises(Unreadable):
        _layout.read(_page(BODY.format("", "")), old)


@pytest.mark.parametrize(
    ("stamp", "on", "precision"),
    [
        ("2026-03-12T12:00:00Z", date(2026, 3, 12), Precision.DAY),
        ("2026-03-12T00:00:00-03:00", date(2026, 3, 12), Precision.DAY),
        ("2026-03-12T12:30:00Z", date(2026, 3, 12), Precision.MINUTE),
    ],
)
def test_a_stamp_without_a_time_of_day_gives_way_to_the_words(
    stamp: str, on: date, precision: Precision
) -> None:
    time = f"<time datetime='{stamp}'>12 March 2026</time>"
    found = _layout.read(_page(BODY.format(time, "")), Layout(text=(".t",), dated=("time",)))
    assert (found.published.on, found.published.precision) == (on, precision)


def test_words_that_read_the_other_way_do_not_overrule_a_stamp_without_a_time_of_day() -> None:
    time = "<time datetime='2026-03-12T12:00:00Z'>03/12/2026 - 12:00</time>"
    page = _page(BODY.format(time, ""), country="NZ")
    found = _layout.read(page, Layout(text=(".t",), dated=("time",)))
    assert found.published.on == date(2026, 3, 12)


def test_a_sites_own_blocks_are_not_the_statement_although_built_alike() -> None:
    block = "<div class='field--name-body'><p>{}</p></div>"
    html = (
        f"<main><article><h1>Masts</h1>{block.format('The masts on the pier will be shared.')}"
        f"</article><aside>{block.format('Contact us')}</aside></main>"
        f"<div class='block block-block-content12'>{block.format('We are at the harbor.')}</div>"
        f"<footer>{block.format('Imprint')}</footer>"
    )
    found = reader("drupal").article(_page(html))
    assert found.text == "The masts on the pier will be shared."


def test_rows_in_a_margin_are_not_the_listings() -> None:
    html = (
        "<main><div class='views-row'><a href='/release/older'>An older release</a></div></main>"
        "<aside><div class='views-row'><a href='/event/fair'>A fair at the harbor</a></div></aside>"
    )
    [entry] = _listed(html, _lists.Rows(".views-row")).entries
    assert entry.url == "https://ministry.example/release/older"


def test_a_time_whose_words_name_another_day_than_its_stamp_is_dated_by_its_words() -> None:
    layout = Layout(text=(".text",), dated=("time",))
    html = (
        '<html><body><h1>Masts</h1><time datetime="{}">{}</time>'
        "<div class=text><p>The masts on the pier will be shared by all operators.</p></div>"
    )
    for stamp, words, day in (
        ("2026-03-03T10:18:46Z", "Published on 12 February 2026", date(2026, 2, 12)),
        ("2026-02-12T23:30:00Z", "13 February 2026", date(2026, 2, 12)),
        ("2026-02-12", "02/12/2026", date(2026, 2, 12)),
        ("2026-02-12", "Updated on 3 March 2026", date(2026, 2, 12)),
    ):
        read = _layout.read(_page(html.format(stamp, words)), layout)
        assert read.published.on == day, words
