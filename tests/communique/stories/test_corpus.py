"""Stories of real statements: the labelled texts, and the Chinese Foreign Ministry's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import combinations

from sqlalchemy import Engine, text

from communique.settling import settle
from communique.stories import group
from scrapers.charset import decode
from scrapers.readers import Page, reader
from scrapers.sources import Source
from scrapers.warc import read_records
from tests.command import shared
from tests.communique.alert_rows import NOW, post

MINISTRY = Source(
    id="ministry",
    desk="china",
    publisher="A ministry",
    kind="ministry",
    languages=("zh",),
    time_zone="Asia/Shanghai",
    reader="china_mfa",
)
TEAMS = (
    *("t1755049", "t1759151", "t1759560", "t1763023", "t1766275", "t1767861", "t1768525"),
    *("t1770236", "t1771106", "t1774044", "t1775502", "t1782072", "t1782530", "t1783883"),
    "t1784757",
)
"""Notices that a team of doctors travels: to Congo, to São Tomé ..."""

Told = Mapping[str, tuple[int, str | None]]


def told(engine: Engine, texts: Iterable[tuple[str, str, str]]) -> Told:
    """Name of each text to its story, and to what it is part of."""
    names = {}
    for number, (name, title, words) in enumerate(texts):
        url = f"https://{number}.example/"
        names[post(engine, title=title, text=words, url=url).statement] = name
    settle(engine, NOW, steps=(group,))
    query = text("SELECT id, story_id, part_of FROM communique.statements")
    with engine.connect() as connection:
        return {
            names[row.id]: (row.story_id, names.get(row.part_of))
            for row in connection.execute(query)
        }


def test_labelled_duplicates_are_found_and_nothing_else(engine: Engine) -> None:
    lines = shared("corpus/texts.jsonl").read_text(encoding="utf-8").splitlines()
    rows = {row["id"]: row for row in map(json.loads, lines)}
    found = told(engine, ((n, row["title"] or "", row["text"]) for n, row in rows.items()))

    def home(name: str) -> int:
        story, whole = found[name]
        return story if whole is None else home(whole)

    wanted = {
        pair
        for pair in combinations(rows, 2)
        if rows[pair[0]]["dup_group"] and rows[pair[0]]["dup_group"] == rows[pair[1]]["dup_group"]
    }
    merged = {pair for pair in combinations(rows, 2) if found[pair[0]][0] == found[pair[1]][0]}
    linked = {pair for pair in wanted if home(pair[0]) == home(pair[1])}
    assert merged <= wanted
    # A digest of the day that abridges the article.
    assert wanted - linked == {("gn-032", "gn-033")}
    # A flash of two sentences, and the reports that hold it whole.
    assert {pair for pair in linked - merged if "hk-004" not in pair} == set()


def test_a_ministry_s_remark_is_part_of_its_conference_and_its_notices_stay_apart(
    engine: Engine,
) -> None:
    wanted = {*TEAMS, "t1721307", "t1721482", "t1793459"}
    pages = []
    used = reader("china_mfa")
    for record in read_records(str(shared("corpus/mfa-spokesperson.warc.gz"))):
        name = record.place.url.rpartition("/")[2].removesuffix(".shtml")
        if name in wanted:
            html = decode(record.body, record.headers.get("content-type"))
            pages.append((name, Page(record.place.url, html, MINISTRY, NOW)))
    read = [(name, used.article(page)) for name, page in pages]
    found = told(engine, ((name, article.title, article.text) for name, article in read))
    assert len(found) == len({story for story, _ in found.values()}) == len(wanted)
    assert {n: whole for n, (_, whole) in found.items() if whole} == {"t1721307": "t1721482"}
