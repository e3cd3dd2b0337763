"""Promise: every reader reads the layouts that it names, old and new, and nobody changes what is
read without seeing it.

An example is a folder tests/fixtures/readers/<reader>/<case>/ with one page, listing.html,
listing.json, feed.xml, sitemap.xml (read as listings), article.html or article.json, with page.yaml
(its `listing` holds the listing's facts) and with expected.json. Where expected.json is missing it
is written and the test fails, asking for review.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from scrapers.readers import Page, reader, readers
from scrapers.sources import ListingFacts, Source
from scrapers.values import Article, Entry, Listing, Precision, Published

EXAMPLES = Path(__file__).parents[2] / "fixtures" / "readers"
CASES = sorted(path.parent for path in EXAMPLES.glob("*/*/page.yaml"))
LISTINGS = frozenset(("listing", "feed", "sitemap"))


def test_every_reader_has_examples_of_what_it_reads() -> None:
    for name, used in readers().items():
        kinds = {path.stem for path in (EXAMPLES / name).glob("*/*.*")}
        if used.reads != "articles":
            assert kinds & LISTINGS, f"no example of a listing for reader {name}"
        if used.reads != "listings":
            assert "article" in kinds, f"no example of an article for reader {name}"


def test_every_example_is_of_a_reader() -> None:
    assert {case.parent.name for case in CASES} == set(readers())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_page_reads_as_it_did_when_it_was_reviewed(case: Path) -> None:
    found = json.dumps(_read(case), ensure_ascii=False, indent=1, default=str) + "\n"
    expected = case / "expected.json"
    if not expected.exists():
        expected.write_text(found)
        pytest.fail(f"{expected} was missing and has been written: review it")
    assert json.loads(found) == json.loads(expected.read_text())


def _read(case: Path) -> dict[str, Any]:
    kind = next(path for path in case.iterdir() if path.stem in {"article", *LISTINGS})
    page = _page(yaml.safe_load((case / "page.yaml").read_text()), kind.read_text())
    used = reader(case.parent.name)
    result: Article | Listing = (used.article if kind.stem == "article" else used.listing)(page)
    found = asdict(result)
    if found.get("older") is None:  # only sitemaps speak of what is older
        found.pop("older", None)
    return found


def _page(facts: dict[str, Any], html: str) -> Page:
    source = Source.model_validate(
        {"id": "example", "desk": "media", "publisher": "An example", "kind": "news"}
        | facts["source"]
    )
    fetched_at = facts["fetched_at"]
    assert isinstance(fetched_at, datetime)
    listing = ListingFacts.model_validate(facts["listing"]) if "listing" in facts else None
    return Page(
        facts["url"], html, source, fetched_at, _entry(facts), listing, html.encode("utf-8")
    )


def _entry(facts: dict[str, Any]) -> Entry | None:
    given = facts.get("entry")
    if given is None:
        return None
    published = dict(given["published"])
    assert isinstance(published["on"], date)
    made = Published(**(published | {"precision": Precision(published["precision"])}))
    return Entry(facts["url"], given["title"], made)
