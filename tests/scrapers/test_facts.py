"""Source facts are easy to write and hard to get wrong unnoticed."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scrapers.errors import SourceFactsError
from scrapers.facts import find, load_sources
from scrapers.sources import DESKS

PROJECT_SOURCES = Path(__file__).parents[2] / "scrapers" / "sources"
EMBASSY = """
- id: aa_embassy_bb
  publisher: Embassy of Aa in Bb
  kind: embassy
  languages: en
  listings: [https://bb.embassy.example/news/]
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path) -> list[str]:
    """The problems that the loader names, without the headline."""
    with pytest.raises(SourceFactsError) as caught:
        load_sources(folder)
    return [line.strip() for line in caught.value.reason.splitlines()[1:]]


def test_the_projects_own_sources_load_and_can_be_told_apart() -> None:
    sources = load_sources(PROJECT_SOURCES)
    assert [source.id for source in sources] == sorted({source.id for source in sources})
    assert {source.desk for source in sources} == set(DESKS)
    assert all(source.listings for source in sources if source.enabled)


def test_pages_of_the_foreign_ministry_belong_to_its_old_host() -> None:
    sources = load_sources(PROJECT_SOURCES)
    for name in ("cn_mfa_en", "cn_mfa_zh"):
        source = find(sources, name)
        assert urlsplit(source.listings[0].url).netloc == "www.fmprc.gov.cn"
        assert "www.mfa.gov.cn" in source.aliases


def test_a_newcomer_adds_an_embassy_in_six_lines(tmp_path: Path) -> None:
    (source,) = load_sources(write(tmp_path, europe=EMBASSY))
    assert (source.desk, source.languages, source.reader) == ("europe", ("en",), "generic")
    assert source.listings[0].url == "https://bb.embassy.example/news/"
    assert source.listings[0].confidence == "inferred"


def test_defaults_hold_for_sources_that_do_not_say_otherwise(tmp_path: Path) -> None:
    listed = EMBASSY.replace("\n", "\n  ")
    text = f"defaults: {{country: NO, kind: ministry, delay: 5}}\nsources:{listed}\n"
    (source,) = load_sources(write(tmp_path, europe=text))
    assert (source.country, source.kind, source.delay) == ("NO", "embassy", 5.0)  # Norway, not no


def test_all_problems_of_all_files_are_told_at_once_with_their_place(tmp_path: Path) -> None:
    china = """\
- id: aa_one
  publisher: One
  kind: embasy
  host_country: Bb
  languages: [en]
  time_zone: Europe/Skopye
  langauges: [zh]
  listings:
    - url: ftp://one.example/
      at_least: none
- id: aa_two
  kind: news
  languages: [en]
  reader: genric
  articles: '/(news'
  aliases: [two.example, https://two.example/]
  listings:
    - https://two.example/a
    - {url: http://TWO.example/a, type: rss}
"""
    media = """\
- id: aa_three
  publisher: Three
  kind: news
  publisher: Tree
  languages: [en]
- five
"""
    assert refusal(write(tmp_path, china=china, media=media)) == [
        "china.yaml:3: aa_one: kind: found 'embasy', expected embassy, consulate, mission, "
        "ministry, legislature, alliance, regulator or news",
        "china.yaml:4: aa_one: host_country: found 'Bb', expected the country it sits in, in two "
        "capital letters, such as MK",
        "china.yaml:6: aa_one: time_zone: found 'Europe/Skopye', expected Europe/Skopje",
        "china.yaml:7: aa_one: langauges: unknown field, expected languages",
        "china.yaml:9: aa_one: url: found 'ftp://one.example/', expected an address that begins "
        "with http:// or https://",
        "china.yaml:10: aa_one: at_least: found 'none', expected a whole number of entries, "
        "1 or more",
        "china.yaml:11: aa_two: publisher: missing, expected the name of who publishes, "
        "at least 2 letters",
        "china.yaml:14: aa_two: reader: found 'genric', expected generic",
        "china.yaml:15: aa_two: articles: missing ), unterminated subpattern at position 1, "
        "expected a regular expression that the addresses of its statements match",
        "china.yaml:16: aa_two: aliases: found 'https://two.example/', expected former hosts, "
        "such as mk.china-embassy.org, or host/path",
        "china.yaml:19: aa_two: url: http://TWO.example/a is also listing 1 of this source, "
        "expected it once",
        "media.yaml:1: aa_three: listings: missing, expected addresses, or mappings of url, "
        "type, language, confidence, at_least (or enabled: false)",
        "media.yaml:4: publisher: set before in line 2, expected once",
        "media.yaml:6: expected a source: id, publisher, ...",
    ]


ONE = """\
- id: aa_one
  publisher: One
  kind: ministry
  languages: [en]
  listings:
    - {url: https://one.example/news/}
"""


@pytest.mark.parametrize(
    ("more", "line", "problem"),
    [
        ("series: '/news/[0-9]+'", 7, "series: found no group, expected a regular expression with "
         "one group: the running number in its addresses"),
        ("series: '/(news|item)/([0-9]+)'", 7, "series: found 2 groups, expected a regular "
         "expression with one group: the running number in its addresses"),
        ("series: '/news/([0-9]+'", 7, "series: missing ), unterminated subpattern at position 6, "
         "expected a regular expression with one group: the running number in its addresses"),
        ("cadence: 0", 7, "cadence: found '0', expected days within which it is sure to publish, "
         "such as 7"),
        ("fetch: firefox", 7, "fetch: found 'firefox', expected http or browser"),
        ("enabled: false", 7, "note: missing, expected words that say why it is disabled"),
        ("enabled: false\n  note: ' '", 7, "note: missing, expected words that say why it is "
         "disabled"),
    ],
)  # fmt: skip
def test_each_field_of_a_source_says_what_it_wants(
    tmp_path: Path, more: str, line: int, problem: str
) -> None:
    told = refusal(write(tmp_path, europe=f"{ONE}  {more}\n"))
    assert told == [f"europe.yaml:{line}: aa_one: {problem}"]


PLACES = "expected only {year}, {year} and {month}, or {year}, {month} and {day} as placeholders"


@pytest.mark.parametrize(
    ("listing", "problem"),
    [
        ("{url: 'https://one.example/{n}/'}", "url: found 'https://one.example/{n}/', " + PLACES),
        ("{url: 'https://one.example/{day}'}", "url: found 'https://one.example/{day}', " + PLACES),
        ("{url: 'https://one.example/{year'}", "url: found 'https://one.example/{year', " + PLACES),
        ("{url: https://one.example/, seen_on: 2026-11-22}",
         "seen_on: this listing is not confirmed, expected confidence: seen"),
        ("{url: https://one.example/, confidence: seen, seen_on: yesterday}",
         "seen_on: found 'yesterday', expected the day it was last confirmed, such as 2026-11-22"),
        ("{url: https://one.example/, fields: {url: link}}",
         "fields: found with type html, expected type: json"),
        ("{url: https://one.example/, type: rss, paging: {parameter: page}}",
         "paging: found with type rss, expected type: json"),
        ("{url: https://one.example/, type: json}",
         "fields: missing: reader generic does not know this API, expected a mapping of items, "
         "url, title, date, body: where the answer says what"),
        ("{url: https://one.example/, type: json, fields: {items: results}}",
         "url: missing, expected the path of the address, such as link, or https://host{link}"),
        ("{url: https://one.example/, type: json, fields: {url: link, titel: a}}",
         "titel: unknown field, expected title"),
        ("{url: https://one.example/, type: json, fields: {url: link}, paging: {parameter: p, "
         "step: 0}}", "step: found '0', expected how much it grows by page, 1 or more"),
        ("{url: https://one.example/, type: xml}",
         "type: found 'xml', expected html, rss, atom, sitemap or json"),
    ],
)  # fmt: skip
def test_each_field_of_a_listing_says_what_it_wants(
    tmp_path: Path, listing: str, problem: str
) -> None:
    text = ONE.replace("{url: https://one.example/news/}", listing)
    assert refusal(write(tmp_path, europe=text)) == [f"europe.yaml:6: aa_one: {problem}"]


def test_a_listing_may_be_an_api_or_one_for_each_day(tmp_path: Path) -> None:
    text = (
        ONE
        + """\
    - {url: 'https://one.example/{year}/{month}/{day}.html', confidence: seen, seen_on: 2026-11-22}
    - url: https://one.example/api?per_page=50
      type: json
      fields: {items: data, url: 'https://one.example{link}', date: published}
      paging: {parameter: page, first: 0}
  series: '/news/([0-9]+)$'
"""
    )
    (source,) = load_sources(write(tmp_path, europe=text))
    by_day, api = source.listings[1:]
    assert (str(by_day.seen_on), by_day.confidence) == ("2026-11-22", "seen")
    assert api.fields is not None
    assert api.paging is not None
    assert (api.fields.url, api.paging.first, api.paging.step) == (
        "https://one.example{link}",
        0,
        1,
    )


def test_an_id_used_twice_is_named_at_both_places(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, china=EMBASSY, europe="# Europe\n" + EMBASSY)) == [
        "china.yaml:2: aa_embassy_bb: id: used again at europe.yaml:3, expected one place",
        "europe.yaml:3: aa_embassy_bb: id: used again at china.yaml:2, expected one place",
    ]


def test_a_file_that_no_desk_reads_is_refused_not_ignored(tmp_path: Path) -> None:
    (tmp_path / "elsewere.yml").write_text(EMBASSY)
    assert refusal(write(tmp_path, media=EMBASSY.replace("aa_", "bb_"))) == [
        "elsewere.yml:1: no desk has a file of this name, expected elsewhere.yaml"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"- id: [aa", "not YAML: "),
        (b"\xff\xfe- id: aa_1", "not to be read as UTF-8 text: "),
        (b"- &a [*a]", "not YAML: found unconstructable recursive node"),
        (b"- {? [a] : b}", "not YAML: found unhashable key"),
        (b"id: aa_1", "expected a list of sources"),
    ],
)
def test_what_is_not_a_list_of_sources_is_named(tmp_path: Path, text: bytes, problem: str) -> None:
    (tmp_path / "china.yaml").write_bytes(text)
    (told,) = refusal(tmp_path)
    assert told.startswith("china.yaml:1: ")
    assert problem in told


def test_a_folder_without_sources_is_no_folder_of_sources(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(SourceFactsError, match="there is no"):
            load_sources(folder)


def test_an_unknown_id_comes_with_the_nearest_known_ones() -> None:
    sources = load_sources(PROJECT_SOURCES)
    assert find(sources, "cn_embassy_mk").host_country == "MK"
    with pytest.raises(SourceFactsError, match="did you mean cn_embassy_mk"):
        find(sources, "cn_embasy_mk")
    with pytest.raises(SourceFactsError, match=r"did you mean .*cn_mission_eu"):
        find(sources, "eu")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("languages: en", "languages: [english]", "found 'english', expected language codes"),
        ("of Aa in Bb", "of Aa: in Bb", "': ' need quotation marks"),
        ("  kind", "\tkind", "indent with blanks"),
        ("news/]", "{year}/]", "an address with braces"),
        ("  kind:", "    kind:", "fields begin in one column"),
        ("kind: embassy", "kind: embassy\n  time_zone: prague", "expected Europe/Prague"),
        ("kind: embassy", "kind: embassy\n  time_zone: Nowhere", "expected an IANA time zone"),
    ],
)
def test_a_slip_is_told_once_with_what_to_write_instead(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    (problem,) = refusal(write(tmp_path, europe=EMBASSY.replace(old, new)))
    assert told in problem
