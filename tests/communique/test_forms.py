"""A form that makes no sense is refused, with all that is wrong, before anything is asked."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from communique.forms import (
    BackfillForm,
    FormRefused,
    RereadForm,
    backfill_form,
    reread_form,
)

KNOWN = ("north_ministry", "north_embassy", "south_ministry")
TODAY = date(2026, 3, 2)


def test_a_backfill_is_what_was_filled_in() -> None:
    given = {"sources": ["north_ministry", "north_ministry"], "since": "2020-01-01", "until": None}
    form = BackfillForm(("north_ministry",), date(2020, 1, 1), None, restart=False)
    assert backfill_form(given, KNOWN, TODAY) == form


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ["sources: choose at least one", "since: say back to which day"]),
        ({"sources": ["north_minstry"], "since": "2020-01-01"},
         ["'north_minstry' is no enabled source; did you mean north_ministry"]),
        ({"sources": ["x\x00' OR 1=1"], "since": "2020-01-01"}, ["is no enabled source"]),
        ({"sources": "north_ministry", "since": "2020-01-01"}, ["is no list of ids"]),
        ({"sources": ["north_ministry"], "since": "2027-01-01", "until": "2026-01-01"},
         ["since: 2027-01-01 lies ahead", "until: 2026-01-01 lies before since"]),
        ({"sources": ["north_ministry"], "since": "yesterday"},
         ["since: 'yesterday' is no day such as"]),
    ],
)  # fmt: skip
def test_a_backfill_that_makes_no_sense_is_refused(given: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(FormRefused) as refused:
        backfill_form(given, KNOWN, TODAY)
    lines = str(refused.value).splitlines()
    assert len(lines) == len(said)
    for line, words in zip(lines, said, strict=True):
        assert words in line


def test_a_reread_of_nothing_in_particular_is_one_of_everything() -> None:
    given = {"sources": [], "reader": " ", "since": ""}
    assert reread_form(given, KNOWN) == RereadForm(None, None, None)
    with pytest.raises(FormRefused, match="is no enabled source"):
        reread_form({"sources": ["elsewhere"]}, KNOWN)
