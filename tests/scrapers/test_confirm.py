"""What a check confirms changes its listing in the file, and nothing else that a person wrote."""

from __future__ import annotations

from datetime import date

import pytest

from scrapers.confirm import confirmed

DAY = date(2026, 3, 2)
SEEN = "confidence: seen, seen_on: 2026-03-02"
URL = "https://one.example/l/"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- https://one.example/l/", f"- {{url: https://one.example/l/, {SEEN}}}"),
        (
            "- &l https://one.example/l/\n  - *l",
            f"- {{url: &l https://one.example/l/, {SEEN}}}\n  - *l",
        ),
        (
            "- url: https://one.example/l/\n    paging:\n      parameter: page # of it\n\n  # two",
            "- url: https://one.example/l/\n    paging:\n      parameter: page # of it\n"
            "    confidence: seen\n    seen_on: 2026-03-02\n\n  # two",
        ),
        (
            "- url: https://one.example/l/ # ü𠀀\r\n  # two\r\n",
            "- url: https://one.example/l/ # ü𠀀\r\n    confidence: seen\r\n"
            "    seen_on: 2026-03-02\r\n  # two\r\n",
        ),
    ],
    ids=["address", "anchor", "nested block", "line ends"],
)  # fmt: skip
def test_only_the_confirmed_listing_changes(before: str, after: str) -> None:
    head, rest = "- id: one\n  listings:\n  ", "\n- id: two\n"
    assert confirmed(f"{head}{before}{rest}", "one", [URL], DAY) == f"{head}{after}{rest}"


@pytest.mark.parametrize("url", ["https://one.example/{year}/", "https://one.example/a,b"])
def test_an_address_that_means_something_else_in_braces_is_quoted(url: str) -> None:
    text = f"- id: one\n  listings:\n    - {url}\n"
    wanted = f'- id: one\n  listings:\n    - {{url: "{url}", {SEEN}}}\n'
    assert confirmed(text, "one", [url], DAY) == wanted
