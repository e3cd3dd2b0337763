"""What is known of real publishers is in the project's sources, whole, and says how sure it is."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from scrapers.addresses import canonical
from scrapers.facts import find, load_sources
from scrapers.sources import DESKS, Source
from tests.command import shared

FOLDER = Path(__file__).parents[2] / "scrapers" / "sources"
SOURCES = load_sources(FOLDER)
MISSIONS = [s for s in SOURCES if s.country == "CN" and s.host_country]


def records() -> list[dict[str, Any]]:
    lines = shared("source-facts.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def without_scheme(url: str) -> str:
    return url.partition("://")[2].lower()


def test_every_known_publisher_is_a_source() -> None:
    assert {record["id"] for record in records()} <= {source.id for source in SOURCES}
    for record in records():
        source = find(SOURCES, record["id"])
        assert source.country == record["sender_country"], source.id
        if record["host_country"]:
            assert source.host_country == record["host_country"], source.id


def test_who_cannot_be_watched_is_disabled_and_says_why() -> None:
    without = {record["id"] for record in records() if not record["listings"]}
    assert {source.id for source in SOURCES if not source.enabled} == without
    for source in SOURCES:
        if not source.enabled:
            assert source.note
            assert not source.listings


def test_a_listing_that_nobody_saw_is_not_marked_as_seen() -> None:
    for record in records():
        facts = {without_scheme(known["url"]): known for known in record["listings"]}
        for listing in find(SOURCES, record["id"]).listings:
            known = facts.get(without_scheme(listing.url))
            if known is not None:
                guessed = known["confidence"] == "inferred" or "not seen" in known["basis"]
                assert not (guessed and listing.confidence == "seen"), listing.url


def test_every_known_statement_matches_what_its_source_calls_a_statement() -> None:
    known = [(r["id"], r["article_example"]) for r in records() if r["article_example"]]
    assert len(known) > 80
    for name, example in known:
        source = find(SOURCES, name)
        assert source.articles is not None, name
        assert re.search(source.articles, example), (name, example)


def respelt(url: str, alias: str) -> str:
    """The same path on a former host, or under the path where another site mirrors it."""
    return f"http://{alias}{urlsplit(url).path}"


def test_a_statement_is_one_address_under_every_host_that_its_source_ever_had() -> None:
    tried = 0
    for record in records():
        source, example = find(SOURCES, record["id"]), record["article_example"]
        if not example or not source.listings:
            continue
        hosts = {urlsplit(source.listings[0].url).hostname, *source.aliases}
        if urlsplit(example).hostname not in hosts:  # another edition's
            continue
        here = canonical(example, source)
        for alias in source.aliases:
            tried += 1
            assert canonical(respelt(example, alias), source) == here, alias
            if "/" in alias:  # as the mirrors really spell it
                assert canonical(respelt(example, f"{alias}/"), source) == here, alias
    assert tried > 100


@pytest.mark.parametrize(
    "spelt",
    [
        "http://ee.china-embassy.org/eng/dssghd/t1720000.htm",
        "https://ee.chineseembassy.org/eng/dssghd/t1720000.htm",
        "http://www.chinaembassy.ee/eng/dssghd/t1720000.htm",
        "http://chinaembassy.ee/eng/dssghd/t1720000.htm",
        "https://www.mfa.gov.cn/ce/ceee//eng/dssghd/t1720000.htm",
        "https://www.fmprc.gov.cn/ce/ceee/eng/dssghd/t1720000.htm",
        "http://ee.china-embassy.gov.cn/eng/dssghd/t1720000.htm?from=timeline#top",
    ],
)
def test_an_embassys_old_hosts_and_its_mirrors_are_the_embassy(spelt: str) -> None:
    meant = "https://ee.china-embassy.gov.cn/eng/dssghd/t1720000.htm"
    assert canonical(spelt, find(SOURCES, "cn_embassy_ee")) == meant


def test_no_two_sources_claim_the_same_former_host() -> None:
    claims = defaultdict(list)
    for source in SOURCES:
        for alias in source.aliases:
            claims[alias.lower().removeprefix("www.")].append(source.id)
    shared_by_design = ["cn_mfa_en", "cn_mfa_es", "cn_mfa_ru", "cn_mfa_zh"]  # told apart by path
    assert {tuple(ids) for ids in claims.values() if len(ids) > 1} == {tuple(shared_by_design)}


def test_the_main_host_of_a_mission_is_the_one_it_has_now() -> None:
    for source in MISSIONS:
        if source.listings:
            first = source.listings[0]
            assert first.valid_until is None, source.id
            assert (urlsplit(first.url).hostname or "").endswith(".gov.cn"), source.id


def test_missions_keep_the_time_of_their_post() -> None:
    assert len(MISSIONS) >= 189, "no post is lost"
    assert not [source.id for source in MISSIONS if source.time_zone in ("UTC", "Asia/Shanghai")]
    assert find(SOURCES, "cn_cg_sanfrancisco").time_zone == "America/Los_Angeles"
    assert find(SOURCES, "us_embassy_jp").time_zone == "Asia/Tokyo"


def test_an_enabled_source_has_a_listing_that_still_stands() -> None:
    for source in SOURCES:
        if source.enabled:
            assert any(listing.valid_until is None for listing in source.listings), source.id


@pytest.mark.parametrize("desk", DESKS)
def test_the_files_are_in_the_order_of_their_ids(desk: str) -> None:
    loaded = yaml.safe_load((FOLDER / f"{desk}.yaml").read_text(encoding="utf-8"))
    ids = [source["id"] for source in loaded["sources"]]
    assert ids == sorted(ids)


def test_all_sources_load_in_less_than_three_tenths_of_a_second() -> None:
    def seconds() -> float:
        begun = time.process_time()
        load_sources(FOLDER)
        return time.process_time() - begun

    assert min(seconds() for _ in range(3)) < 0.3


def test_an_api_says_where_its_answers_say_what() -> None:
    listings = [listing for source in SOURCES for listing in source.listings]
    assert all(listing.fields for listing in listings if listing.type == "json")
    by_day: list[Source] = [s for s in SOURCES if any("{" in x.url for x in s.listings)]
    assert {source.id for source in by_day} == {"cn_mofcom", "news_c114_zh"}
