"""Promise: whether the facts of a source hold is one command away, and confirming them changes
nothing else in the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from scrapers.confirm import confirmed
from scrapers.facts import load_sources
from tests.command import answer, communique
from tests.servers import Reply, Server

ARTICLE = """<!DOCTYPE html><html lang="en"><head><title>{title}</title></head><body>
<div class="title">{title}</div><div class="date">2026-03-{day:02} 10:15</div>
<div class="trs_editor_view"><p>{text}</p><p>The embassy thanked all who had come.</p></div>
</body></html>"""
FACTS = """# The desk's own words.
defaults:
  kind: embassy
  country: CN
  reader: china_mission
  delay: 0
  articles: '/t\\d+_\\d+\\.html?$'

sources:
  - id: mission   # since last year
    publisher: A mission
    host_country: SI
    languages: [en]
    time_zone: Europe/Ljubljana
    listings:
      - {{url: {web}/eng/news/, language: en}}  # the usual one
      - {web}/eng/gone/
      - url: {web}/eng/speeches/
        confidence: inferred
        # nobody knows since when
"""
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def web() -> Iterator[Server]:
    with Server() as web:
        items = ""
        for day in range(1, 7):
            title = f"Remarks No. {day} of the ambassador on trade and networks"
            path = f"./202603/t202603{day:02}_{day}.htm"
            items += f'<li><a href="{path}">{title}</a> <span>2026-03-{day:02}</span></li>'
            text = "The ambassador spoke of networks that are open to everybody. " * 6
            page = Reply(headers=HTML, body=ARTICLE.format(title=title, day=day, text=text))
            for section in ("news", "speeches"):
                web.pages[f"/eng/{section}/202603/t202603{day:02}_{day}.htm"] = page
        head = '<link rel="alternate" type="application/rss+xml" href="/rss.xml">'
        listing = (
            f"<html lang=en><head><title>News</title>{head}</head><body><ul>{items}</ul></body>"
        )
        web.pages["/eng/news/"] = web.pages["/eng/speeches/"] = Reply(headers=HTML, body=listing)
        rules = "User-agent: *\nCrawl-delay: 0\nDisallow: /eng/speeches/\nSitemap: /map.xml\n"
        web.pages["/robots.txt"] = Reply(headers={"Content-Type": "text/plain"}, body=rules)
        yield web


@pytest.fixture
def settings(tmp_path: Path, web: Server) -> dict[str, str]:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "china.yaml").write_text(FACTS.format(web=web.url))
    return {
        "home": str(tmp_path / "home"),
        "sources": str(sources),
        "allow_addresses": "127.0.0.0/8",
        "now": "2026-03-20T06:00:00Z",
    }


def test_a_check_says_what_each_listing_brings_and_writes_only_what_it_saw(
    settings: dict[str, str], web: Server
) -> None:
    file = Path(settings["sources"]) / "china.yaml"
    (found,) = answer("sources", "check", "mission", settings=settings, status=1)
    news, gone, speeches = found["listings"]
    assert (news["works"], news["entries"], news["newest"]) == (True, 6, "2026-03-06")
    read = news["statements"]
    assert [one["title"][:13] for one in read] == ["Remarks No. 6", "Remarks No. 5"]
    assert [one["reader"].split("/")[0] for one in read] == ["china_mission"] * 2
    assert [one["suspect"] for one in read] == [None, None]
    assert news["feeds"] == [f"{web.url}/rss.xml"]
    assert "404" in gone["error"]
    assert "robots.txt does not allow" in speeches["error"]
    assert found["robots"][0]["forbidden"] == [f"{web.url}/eng/speeches/"]
    assert file.read_text() == FACTS.format(web=web.url), "nothing is written unasked"

    said = communique("sources", "check", "mission", "--confirm", settings=settings, status=1)
    assert "2 of 3 listings do not work" in said.stderr
    seen = "language: en, confidence: seen, seen_on: 2026-03-20}  # the usual one"
    expected = FACTS.format(web=web.url).replace("language: en}  # the usual one", seen)
    assert file.read_text() == expected
    standing = communique("coverage", "--json", settings=settings, status=0).stdout
    assert "no turn yet" in standing, "a check is no run"


def test_what_a_page_says_gives_a_terminal_no_commands(
    settings: dict[str, str], web: Server
) -> None:
    path = "/eng/news/202603/t20260306_6.htm"
    page = web.pages[path]
    evil = "Remarks \x1b]0;owned\x07\x1b[2J\u202eevil of the ambassador on trade and networks"
    web.pages[path] = Reply(headers=HTML, body=str(page.body).replace("Remarks No. 6", evil))
    said = communique("sources", "check", "mission", settings=settings, status=1).stdout
    assert "owned" in said
    assert not {"\x1b", "\x07", "\u202e"} & set(said)


def test_a_draft_of_a_page_can_be_pasted_and_works(settings: dict[str, str], web: Server) -> None:
    file = Path(settings["sources"]) / "china.yaml"
    made = communique(
        "sources", "new", f"{web.url}/eng/news/", "--desk", "china", settings=settings
    )
    assert "reader" not in made.stdout, "the file's defaults say it"
    assert "Already watched on this host: mission" in made.stderr
    (drafted,) = yaml.safe_load(made.stdout)
    file.write_text(file.read_text() + made.stdout)
    assert drafted["id"] in {source.id for source in load_sources(file.parent)}
    answer("sources", "check", drafted["id"], settings=settings)


def test_a_check_points_at_what_a_person_should_look_at(
    settings: dict[str, str], web: Server
) -> None:
    for day in range(1, 7):  # the site's name in place of a title, the day of a change
        page = ARTICLE.format(title="The Embassy", day=day + 9, text="The ambassador spoke. " * 30)
        web.pages[f"/eng/news/202603/t202603{day:02}_{day}.htm"] = Reply(headers=HTML, body=page)
    file = Path(settings["sources"]) / "china.yaml"
    file.write_text(FACTS.format(web=web.url).replace("Europe/Ljubljana", "Asia/Shanghai"))
    (found,) = answer("sources", "check", "mission", settings=settings, status=1)
    look = "\n".join(found["look"])
    assert "time_zone Asia/Shanghai is not one of SI: Europe/Ljubljana?" in look
    assert "2 statements have the title 'The Embassy'" in look
    assert "the listing calls it 'Remarks No. 6" in look
    assert "dates it 2026-03-06, the page was read as of 2026-03-15" in look


def test_a_check_shows_where_links_lead_that_are_no_statements(
    settings: dict[str, str], web: Server
) -> None:
    file = Path(settings["sources"]) / "china.yaml"
    file.write_text(FACTS.format(web=web.url).replace("/t\\d+_", "/article_"))
    said = communique("sources", "check", "mission", settings=settings, status=1).stderr
    assert "`articles` is '/article_" in said
    assert "/eng/news/202603/t20260301_1.htm" in said


def test_where_families_read_a_page_alike_a_draft_has_the_desks(
    settings: dict[str, str], web: Server
) -> None:
    file = Path(settings["sources"]) / "china.yaml"
    facts = FACTS.format(web=web.url).replace("  reader: china_mission\n", "")
    file.write_text(facts.replace("  - id: mission", "  - reader: china_mission\n    id: mission"))
    made = communique(
        "sources", "new", f"{web.url}/eng/news/", "--desk", "china", settings=settings
    )
    assert "reader: china_mission" in made.stdout


def test_a_draft_takes_no_family_that_reads_other_titles_than_the_listing_has(
    settings: dict[str, str], web: Server
) -> None:
    for day in range(1, 7):
        page = ARTICLE.format(title="The Embassy", day=day, text="The ambassador spoke. " * 30)
        web.pages[f"/eng/news/202603/t202603{day:02}_{day}.htm"] = Reply(headers=HTML, body=page)
    made = communique(
        "sources", "new", f"{web.url}/eng/news/", "--desk", "china", settings=settings
    )
    assert "reader: generic" in made.stdout
    assert "no family reads it" in made.stderr


def test_a_draft_of_what_cannot_be_read_says_why(settings: dict[str, str], web: Server) -> None:
    said = communique(
        "sources", "new", f"{web.url}/none", "--desk", "china", settings=settings, status=1
    )
    assert "404" in said.stderr
    said = communique("sources", "new", "embassy", "--desk", "china", settings=settings, status=2)
    assert "is no address" in said.stderr


def test_every_way_of_writing_a_listing_can_be_confirmed_and_nothing_else_changes() -> None:
    text = """
- id: one   # words
  listings: [http://a.example/1, http://a.example/2]
- id: two
  listings:
    - url: http://b.example/  # here
    - url: http://b.example/old
      confidence: inferred   # why
      at_least: 10
      # of the next

- id: three
  listings:
    - {url: "http://c.example/a, b", confidence: seen, seen_on: 2020-01-01}
"""
    day = date(2026, 3, 20)
    for name, url in (
        ("one", "http://a.example/2"),
        ("two", "http://b.example/"),
        ("two", "http://b.example/old"),
        ("three", "http://c.example/a, b"),
    ):
        text = confirmed(text, name, [url], day)
        assert confirmed(text, name, [url], day) == text, "twice is once"
    assert (
        text.splitlines()[1:]
        == """
- id: one   # words
  listings: [http://a.example/1, {url: http://a.example/2, confidence: seen, seen_on: 2026-03-20}]
- id: two
  listings:
    - url: http://b.example/  # here
      confidence: seen
      seen_on: 2026-03-20
    - url: http://b.example/old
      confidence: seen   # why
      at_least: 10
      seen_on: 2026-03-20
      # of the next

- id: three
  listings:
    - {url: "http://c.example/a, b", confidence: seen, seen_on: 2026-03-20}
""".splitlines()[1:]
    )
