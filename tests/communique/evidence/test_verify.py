"""Promise: nothing is believed without proof, and what the archive no longer proves is named."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from communique.evidence.members import Damage, Member, walk
from tests.communique.evidence.ministry import Ministry, article, feed


def failed(found: dict[str, Any]) -> set[int]:
    return {one["statement"] for one in found["failed"]}


def flip(path: Path, at: int) -> bytes:
    """Changes one bit of one byte; returns what was there."""
    before = path.read_bytes()
    path.write_bytes(before[:at] + bytes([before[at] ^ 4]) + before[at + 1 :])
    return before


def responses(path: Path) -> dict[str, Member]:
    """The responses of a file by the last part of their address."""
    found = (one for one in walk(str(path)) if isinstance(one, Member))
    return {
        one.fields["warc-target-uri"].rsplit("/", 1)[-1]: one
        for one in found
        if one.fields["warc-type"] == "response"
    }


def test_every_way_of_reading_is_proved_after_edits_too(ministry: Ministry) -> None:
    ministry.collect()
    assert set(ministry.statements) >= {"t1.shtml", "t3.shtml", "said", "masts.pdf", "cable.html"}
    ministry.web.pages["/press/t1.shtml"] = article(1, last="It was said otherwise later.")
    ministry.web.pages["/feed/"] = feed(ministry.web.url, "The committee met in private instead.")
    ministry.collect("2026-03-22T06:00:00Z")
    found = ministry.ask("verify", "--all")
    assert (found["wordings"], found["failed"], found["damaged"]) == (9, [], [])
    assert (found["other_versions"], found["not_read"]) == ({}, 0)
    readers = ministry.rows("SELECT DISTINCT split_part(reader, '/', 1) FROM analyst.revisions")
    assert {name for (name,) in readers} == {"china_mfa", "feed", "pdf", "generic"}
    shown = ministry.run("verify", str(ministry.statements["said"]))
    assert "wording 2 (committee" in shown
    assert "NOT PROVED" not in shown


def test_a_flipped_byte_names_the_statement_it_hits_and_no_other(ministry: Ministry) -> None:
    ministry.collect()
    path = ministry.files["ministry"]
    hit = responses(path)
    two, other = hit["t2.shtml"], hit["default.shtml"]
    places = {
        "in its bytes": two.offset + two.size // 2,
        "in its checksum": two.offset + two.size - 5,
        "where it begins": two.offset,
        "in what no checksum covers": two.offset + 5,
    }
    for where, at in places.items():
        whole = flip(path, at)
        assert ministry.unproved() == {ministry.statements["t2.shtml"]}, where
        path.write_bytes(whole)
    whole = flip(path, other.offset + other.size // 2)
    found = ministry.ask("verify", "--all", status=1)
    assert failed(found) == set()
    assert found["damaged"][0]["offset"] == other.offset
    ministry.ask("verify", str(ministry.statements["t2.shtml"]))
    path.write_bytes(whole)
    assert ministry.ask("verify", "--all")["failed"] == []


def test_a_dropped_file_names_all_that_rests_on_it_until_it_is_back(ministry: Ministry) -> None:
    ministry.collect()
    path = ministry.files["committee"]
    whole = path.read_bytes()
    path.unlink()
    found = ministry.ask("verify", "--all", status=1)
    wanted = {ministry.statements[name] for name in ("said", "masts.pdf", "cable.html")}
    assert failed(found) == wanted
    assert "not in the archive" in found["failed"][0]["problems"][0]
    shown = ministry.ask("show", str(ministry.statements["said"]), "--evidence", status=1)
    assert [one["holds"] for one in shown["evidence"]] == [False]
    path.write_bytes(whole)
    assert ministry.ask("verify", "--all")["failed"] == []


def test_a_store_that_says_otherwise_than_the_archive_is_named(ministry: Ministry) -> None:
    ministry.collect()
    names = ("t1.shtml", "t2.shtml", "t3.shtml", "t4.shtml", "said", "cable.html")
    one, two, three, four, said, cable = (ministry.statements[name] for name in names)
    ministry.do(f"UPDATE communique.revisions SET text = text || ' No.' WHERE statement_id = {one}")
    ministry.do(f"UPDATE communique.statements SET published_on = '2020-01-01' WHERE id = {two}")
    ministry.do(f"UPDATE communique.statements SET title = 'Another' WHERE id = {three}")
    ministry.do(
        "UPDATE communique.captures SET sha256 = repeat('0', 64) FROM communique.revisions r"
        f" WHERE r.capture_id = captures.id AND r.statement_id = {four}"
    )
    ministry.do(f"UPDATE communique.revisions SET reader = 'feed/1' WHERE statement_id = {said}")
    ministry.do(f"UPDATE communique.revisions SET reader = 'lost/1' WHERE statement_id = {cable}")
    found = ministry.ask("verify", "--all", status=1)
    assert failed(found) == {one, two, three, four}
    assert found["other_versions"] == {"feed/1, now feed/3": {"same": 1}}
    assert found["not_read"] == 1
    ministry.run("verify", status=2)
    ministry.run("verify", "999", status=1)


def test_a_hash_an_address_or_a_publisher_that_was_changed_in_the_store_is_named(
    ministry: Ministry,
) -> None:
    ministry.collect()
    names = ("t1.shtml", "t2.shtml", "said")
    one, two, said = (ministry.statements[name] for name in names)
    ministry.do(
        f"UPDATE communique.revisions SET sha256 = repeat('0', 64) WHERE statement_id = {one}"
    )
    elsewhere = "UPDATE communique.statements SET url = 'https://example.org/' WHERE id = "
    ministry.do(f"{elsewhere}{two}")
    ministry.do(f"UPDATE communique.statements SET source_id = 'ministry' WHERE id = {said}")
    assert ministry.unproved() == {one, two, said}


def test_a_wording_that_was_taken_out_of_the_store_is_named(ministry: Ministry) -> None:
    ministry.collect()
    ministry.web.pages["/press/t1.shtml"] = article(1, last="It was said otherwise later.")
    ministry.collect("2026-03-22T06:00:00Z")
    one, two = ministry.statements["t1.shtml"], ministry.statements["t2.shtml"]
    ministry.do(f"DELETE FROM communique.changes WHERE statement_id = {one}")
    for gone in (f"statement_id = {one} AND number = 1", f"statement_id = {two}"):
        chosen = f"(SELECT id FROM communique.revisions WHERE {gone})"
        for table in ("matches", "echoes", "fingerprints", "signature_bands", "passage_marks"):
            ministry.do(f"DELETE FROM communique.{table} WHERE revision_id IN {chosen}")
        ministry.do(f"DELETE FROM communique.revisions WHERE {gone}")
    assert ministry.unproved() == {one, two}
    shown = ministry.run("verify", str(two), status=1)
    assert "the store has lost this wording" in shown
    assert "wording 1" in ministry.run("verify", str(one), status=1)


def test_a_plain_file_is_walked_over_its_damage_too(ministry: Ministry) -> None:
    ministry.collect()
    path = ministry.files["ministry"]
    plain = path.with_suffix("")
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    ministry.do(
        f"UPDATE communique.captures SET warc = 'file://{plain}' WHERE source_id = 'ministry'"
    )
    assert ministry.ask("verify", "--all")["failed"] == []
    hit = responses(plain)["t2.shtml"]
    places = (
        hit.data.index(b"Content-Length") + 16,  # of the record
        hit.data.index(b"HTTP/1.1") + 40,
        hit.data.index(b"spokesperson"),
        hit.data.index(b"WARC-Record-ID") + 30,
    )
    for place in places:
        whole = flip(plain, hit.offset + place)
        assert ministry.unproved() == {ministry.statements["t2.shtml"]}
        plain.write_bytes(whole)


def test_damage_of_every_kind_ends_no_walk(ministry: Ministry) -> None:
    ministry.collect()
    path = ministry.files["ministry"]
    whole = path.read_bytes()
    records = sum(isinstance(one, Member) for one in walk(str(path)))
    for spoilt in (whole[:-7], whole[:300] + whole[310:], b"\0" * 20 + whole, b"", b"\n" * 9):
        path.write_bytes(spoilt)
        found = list(walk(str(path)))
        assert sum(isinstance(one, Member) for one in found) >= (records - 1 if spoilt[20:] else 0)
        assert any(isinstance(one, Damage) for one in found) == bool(spoilt.strip())
