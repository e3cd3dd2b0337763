"""One page has one address, however a listing spells it; two pages never share one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.addresses import canonical, host_of
from scrapers.errors import Broken, ForbiddenAddress, ScrapeError
from scrapers.sources import ListingFacts, Source

SOURCE = Source(
    id="xx_mission",
    desk="elsewhere",
    publisher="Mission of Nowhere",
    kind="mission",
    languages=("en",),
    listings=(ListingFacts(url="http://mission.example.org/eng/news/"),),
    aliases=("www.old-mission.example", "https://ministry.example/mission_eng/"),
)


@pytest.mark.parametrize(
    ("spelt", "meant"),
    [
        ("HTTP://Mission.Example.ORG:80/eng", "https://mission.example.org/eng"),
        ("https://mission.example.org.:443/eng#top", "https://mission.example.org/eng"),
        ("http://mission.example.org", "https://mission.example.org/"),
        (" http://mission.example.org/a\n", "https://mission.example.org/a"),
        ("http://mission.example.org/a/./b/../c", "https://mission.example.org/a/c"),
        ("http://mission.example.org/%7ea/%e4%b8%ad", "https://mission.example.org/~a/%E4%B8%AD"),
        ("http://mission.example.org/中", "https://mission.example.org/%E4%B8%AD"),
        ("http://外交部.example/a", "https://xn--tlq87w5j9b.example/a"),
        ("http://mission.example.org/a?b=2&a=1&a=0", "https://mission.example.org/a?a=0&a=1&b=2"),
        (
            "http://mission.example.org/a?utm_source=x&id=7&fbclid=y&spm=C1.2&utm%5Fterm=z",
            "https://mission.example.org/a?id=7",
        ),
        ("http://mission.example.org/a?from=timeline", "https://mission.example.org/a"),
        ("http://mission.example.org/a?selectedLocale=", "https://mission.example.org/a"),
        (
            "http://mission.example.org/a?selectedLocale=fr",
            "https://mission.example.org/a?selectedLocale=fr",
        ),
        ("http://mission.example.org/a?from=20", "https://mission.example.org/a?from=20"),
        ("http://mission.example.org/a;jsessionid=9F?x=1", "https://mission.example.org/a?x=1"),
        ("http://www.old-mission.example/eng/t1.htm", "https://mission.example.org/eng/t1.htm"),
        ("http://old-mission.example/eng/t1.htm", "https://mission.example.org/eng/t1.htm"),
        ("http://ministry.example/mission_eng/t1.htm", "https://mission.example.org/t1.htm"),
        ("http://ministry.example/mission_eng//a/t1.htm", "https://mission.example.org/a/t1.htm"),
        ("http://ministry.example/mission_eng", "https://mission.example.org/"),
        ("http://ministry.example/mission_english/", "https://ministry.example/mission_english/"),
        ("http://mission.example.org:8080/a", "https://mission.example.org:8080/a"),
    ],
)
def test_spellings_of_one_page_have_one_canonical_address(spelt: str, meant: str) -> None:
    assert canonical(spelt, SOURCE) == meant


@pytest.mark.parametrize(
    "pair",
    [
        ("http://m.example/a", "http://m.example/a/"),
        ("http://m.example/A", "http://m.example/a"),
        ("http://m.example/a?id=1", "http://m.example/a?id=2"),
        ("http://m.example/a//b", "http://m.example/a/b"),
        ("http://m.example/", "http://www.m.example/"),
    ],
)
def test_pages_that_may_differ_keep_their_addresses_apart(pair: tuple[str, str]) -> None:
    assert canonical(pair[0], SOURCE) != canonical(pair[1], SOURCE)


@pytest.mark.parametrize("none", ["", "t1.htm", "mailto:a@b.example", "javascript:void(0)"])
def test_what_is_not_on_the_web_is_forbidden(none: str) -> None:
    with pytest.raises(ForbiddenAddress):
        canonical(none, SOURCE)


@pytest.mark.parametrize(
    "none",
    ["http://", "http:///a", "http://[::1", "http://h:99999/", "http://a b/", "http://h/\ud800",
     "http://h/" + "é" * 1000],
)  # fmt: skip
def test_what_cannot_be_an_address_is_broken_and_says_so_in_plain_text(none: str) -> None:
    with pytest.raises(Broken) as caught:
        canonical(none, SOURCE)
    assert "\x00" not in str(caught.value).encode().decode()
    assert len(str(caught.value)) < 2500


ODD = st.text(alphabet="abAZ/:.?&=;%#@[]é中 2_-~+*'\\\t\"<>|\x00\ud800utm_spm%2f", max_size=40)


@given(st.sampled_from(["http://m.example/", "https://www.old-mission.example", "http://"]), ODD)
def test_canonical_is_idempotent_and_fit_for_a_database(start: str, rest: str) -> None:
    try:
        address = canonical(start + rest, SOURCE)
    except ScrapeError as error:
        str(error).encode()
        return
    assert canonical(address, SOURCE) == address
    assert address.isascii()
    assert address.isprintable()


def test_the_host_is_named_as_the_network_knows_it() -> None:
    assert host_of("HTTP://Ministry.Example.:8080/a") == "ministry.example"
    assert host_of("http://[2001:DB8::1]:80/") == "2001:db8::1"
    with pytest.raises(Broken):
        host_of("http:///a")
