"""Promise: a mended reader changes nothing silently, and what it changes is nobody's edit."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import pytest

from communique.evidence.claims import Wanted
from communique.reread_runs import difference, write
from communique.rereading import Reread, apply, reread
from communique.settings import Settings
from scrapers.facts import load_sources
from scrapers.values import Statement
from tests.communique.evidence.ministry import Ministry


def as_read_before(ministry: Ministry, name: str, text: str, version: str = "china_mfa/1") -> None:
    """The store as it would be had an older version of the reader read this page so."""
    number = ministry.statements[name]
    (title,) = ministry.rows(f"SELECT title FROM communique.statements WHERE id = {number}")[0]
    folded = "\n".join(" ".join(part.split()) for part in (title, text))
    digest = hashlib.sha256(folded.encode()).hexdigest()
    ministry.do(
        f"UPDATE communique.revisions SET text = '{text}', sha256 = '{digest}',"
        f" reader = '{version}', judged_at = now(), settled_at = now()"
        f" WHERE statement_id = {number}"
    )
    ministry.do(
        f"UPDATE communique.statements SET text = '{text}', reader = '{version}',"
        f" last_seen_at = first_seen_at, withdrawn_at = last_seen_at WHERE id = {number}"
    )


def test_a_reread_shows_first_and_then_writes_a_wording_that_is_no_edit(ministry: Ministry) -> None:
    ministry.collect()
    as_read_before(ministry, "t1.shtml", "Half of what was said.")
    as_read_before(ministry, "t2.shtml", "Half of that, too.", "china_mfa/2")
    number = ministry.statements["t1.shtml"]
    ministry.do(f"DELETE FROM communique.changes WHERE statement_id = {number}")
    seen = "SELECT last_seen_at, withdrawn_at, first_seen_at FROM analyst.statements WHERE id ="
    before = ministry.rows(f"{seen} {number}")
    shown = ministry.ask("reread", "--source", "ministry")["sources"]["ministry"]
    assert shown["results"] == {"equal": 2, "differs": 1, "same version": 1}
    assert shown["differs_in"] == {"text": 1}
    (example,) = (one for one in shown["examples"] if one["result"] == "differs")
    assert example["statement"] == number
    assert any(part["op"] == "insert" for part in example["diff"])
    revisions = f"SELECT number, reader FROM communique.revisions WHERE statement_id = {number}"
    assert len(ministry.rows(revisions)) == 1
    assert "--apply" in ministry.run("reread", "--reader", "china_mfa", "--since", "2026-01-01")
    done = ministry.ask("reread", "--apply")
    assert (done["reworded"], done["dated"]) == (1, 0)
    assert sorted(ministry.rows(revisions)) == [(1, "china_mfa/1"), (2, "china_mfa/2")]
    assert ministry.rows(f"{seen} {number}") == before
    current = f"SELECT text, revision, reader FROM analyst.statements WHERE id = {number}"
    ((words, revision, reader),) = ministry.rows(current)
    assert words.startswith("Number 1.")
    assert (revision, reader) == (2, "china_mfa/2")
    reread_ = f"SELECT reread FROM analyst.revisions WHERE statement_id = {number} AND number = 2"
    assert ministry.rows(reread_) == [(True,)]
    assert ministry.rows(f"SELECT * FROM communique.changes WHERE statement_id = {number}") == []
    again = ministry.ask("reread", "--apply")
    assert (again["reworded"], again["dated"]) == (0, 0)
    found = ministry.ask("verify", str(number))
    assert [one["reading"] for one in found["proofs"]] == ["differs", "same"]


def test_a_date_is_mended_and_a_page_that_nobody_can_read_any_more_stays(
    ministry: Ministry,
) -> None:
    ministry.collect()
    one, two, three = (ministry.statements[f"t{n}.shtml"] for n in (1, 2, 3))
    older = "UPDATE communique.revisions SET reader = 'china_mfa/1' WHERE statement_id"
    ministry.do(f"{older} IN ({one}, {two})")
    ministry.do(f"UPDATE communique.statements SET published_on = '2026-01-01' WHERE id = {one}")
    ministry.do(
        "UPDATE communique.captures c SET record_id = e.record_id, sha256 = e.sha256,"
        " size = e.size FROM communique.captures e, communique.revisions r"
        f" WHERE r.capture_id = c.id AND r.statement_id = {three} AND e.listing IS NOT NULL"
        " AND e.source_id = 'ministry'"
    )
    done = ministry.ask("reread", "--source", "ministry", "--apply", status=1)
    results = done["sources"]["ministry"]["results"]
    assert results["differs"] == 1
    assert results["equal"] == 2
    assert results.get("unread", 0) + results.get("no evidence", 0) == 1
    assert (done["reworded"], done["dated"]) == (0, 1)
    dated = f"SELECT published_on::text, revisions FROM analyst.statements WHERE id = {one}"
    assert ministry.rows(dated) == [("2026-03-02", 1)]


def test_whoever_is_killed_leaves_each_statement_old_or_new(ministry: Ministry) -> None:
    ministry.collect()
    for name in ("t1.shtml", "t2.shtml", "t4.shtml"):
        as_read_before(ministry, name, f"Half of {name}.")
    sources = {one.id: one for one in load_sources(ministry.sources)}
    found = [
        one
        for one in reread(ministry.store, Wanted(), sources, processes=1)
        if one.result == "differs"
    ]
    assert len(found) == 3
    left = [2]

    def killed(_: Statement) -> list[str]:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return []

    with pytest.raises(KeyboardInterrupt):
        apply(ministry.store, found, killed, found[0].claim.seen_at)
    assert ministry.rows("SELECT count(*) FROM communique.revisions WHERE number > 1") == [(0,)]
    mended = "SELECT count(*) FROM communique.statements WHERE revision_number = 2"
    assert ministry.rows(mended) == [(0,)]
    assert apply(ministry.store, found, lambda _: [], found[0].claim.seen_at) == (3, 0)
    assert apply(ministry.store, found, lambda _: [], found[0].claim.seen_at) == (0, 0)
    assert ministry.rows(mended) == [(3,)]


def test_nothing_is_written_but_what_was_approved_of(ministry: Ministry) -> None:
    ministry.collect()
    for name in ("t1.shtml", "t2.shtml"):
        as_read_before(ministry, name, f"Half of {name}.")
    sources = {one.id: one for one in load_sources(ministry.sources)}

    def again() -> list[Reread]:
        return list(reread(ministry.store, Wanted(), sources, processes=1))

    approved = difference(again())
    as_read_before(ministry, "t4.shtml", "Read otherwise since, half of it.")
    found = again()
    assert difference(found).mark != approved.mark
    assert [one.claim.statement for one in found if approved.holds(one)] == sorted(
        ministry.statements[name] for name in ("t1.shtml", "t2.shtml")
    )
    line = SimpleNamespace(engine=ministry.store, topics=lambda _: [], settings=Settings())
    assert write(line, found, approved) == (2, 0)  # type: ignore[arg-type]
    assert len(ministry.rows("SELECT * FROM communique.revisions WHERE number = 2")) == 2
