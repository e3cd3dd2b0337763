"""A statement's page shows all that is known of it, within bounds, and runs nothing of it."""

from __future__ import annotations

import html
import io
import re
import time
import zipfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from communique.evidence.bundle import bundle
from communique.pages.statement_wording import BEGINNING, MOST_ECHOES
from scrapers.facts import load_sources
from tests.communique.alert_rows import edit, post
from tests.communique.pages.conftest import DemoStore
from tests.communique.pages.hostile import TITLES, assert_only_text, store_hostile
from tests.communique.pages.house import OMAR
from tests.communique.pages.statement_rows import (
    PASSAGE,
    echo,
    edited,
    huge,
    match,
    repeated,
    rule,
)

LONGEST = 4.0  # seconds that any page here may take, on a machine that is busy


def at(client: TestClient, statement: int, path: str = "", **query: str | int) -> str:
    """A page of a statement, as a person reads it: without markup."""
    answer = client.get(f"/communique/statements/{statement}{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.text


def words(body: str) -> str:
    shown = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", "", body, flags=re.DOTALL)
    return " ".join(html.unescape(shown).split())


def one(demo: DemoStore, query: str) -> int:
    with demo.engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def test_the_page_tells_what_when_where_and_by_whom(client: TestClient, demo: DemoStore) -> None:
    statement = one(demo, "SELECT id FROM analyst.statements WHERE source = 'demo_mfa_en' LIMIT 1")
    body = at(client, statement)
    with demo.engine.connect() as connection:
        query = text("SELECT * FROM analyst.statements WHERE id = :id")
        facts = connection.execute(query, {"id": statement}).one()
    said = words(body)
    for expected in (
        facts.title,
        facts.publisher,
        "zone assumed",
        "Known to the day",
        f"{facts.first_seen_at:%Y-%m-%d %H:%M} UTC",
        facts.reader,
        f"the run collect:{facts.first_seen_at:%Y-%m-%d}:china",
    ):
        assert expected in said
    assert f'href="{facts.url}"' in body
    assert 'href="/communique/sources/demo_mfa_en"' in body
    assert f'href="/dags/collect/runs/{facts.first_seen_at:%Y-%m-%d}:china"' in body
    assert client.get(f"/communique/statements/{statement}", headers=OMAR).status_code == 200


def test_matched_words_and_repeated_passages_are_marked_where_they_stand(
    client: TestClient, demo: DemoStore
) -> None:
    earlier = post(demo.engine, url="https://one.example/1", text=f"They said: {PASSAGE}")
    later = post(
        demo.engine, url="https://one.example/2", source="embassy_two", text=f"We say: {PASSAGE}"
    )
    start = len("We say: ")
    end = start + len(PASSAGE.strip())
    echo(demo.engine, later, earlier, [(start, end)])
    match(demo.engine, later, rule(demo.engine, "clean"), [("text", start - 5, start + 15)])
    match(demo.engine, later, rule(demo.engine, "network", "info"), [("text", start + 8, end)])
    body = at(client, later.statement)
    text_ = body.split('id="text">', 1)[1].split("</div>", 1)[0]
    assert words(text_).replace("standard.1", "standard.") == f"We say: {PASSAGE.strip()}"
    assert '<mark class="rule-1 by-urgent" title="wide/clean (urgent)">say: </mark>' in text_
    assert (
        '<span class="echo" data-echo="1"><mark class="rule-1 rule-2 by-urgent" '
        'title="wide/clean (urgent), wide/network (info)">network</mark></span>'
    ) in text_
    assert text_.count('id="at-echo-1"') == 1
    notes = words(body.split('class="echoes"', 1)[1])
    assert "First known: Chinese Embassy One, 2026-03-01" in notes
    assert f'href="/communique/statements/{earlier.statement}"' in body
    assert 'id="show-rule-1" checked' in body


def test_an_earlier_wording_is_shown_and_what_an_edit_changed(
    client: TestClient, demo: DemoStore
) -> None:
    changed = one(demo, "SELECT statement_id FROM communique.changes WHERE kind = 'edited' LIMIT 1")
    now, before = words(at(client, changed)), words(at(client, changed, revision=1))
    assert "does not stand any more" in before
    assert "does not stand any more" not in now
    difference = at(client, changed, "/diff", earlier=1, later=2)
    assert "[taken out: firmly opposes]" in words(difference)
    assert "[added: is seriously concerned about]" in words(difference)
    assert "[taken out: is seriously" in words(at(client, changed, "/diff", earlier=2, later=1))
    fragment = client.get(
        f"/communique/statements/{changed}/diff?earlier=1&later=2", headers={"hx-request": "true"}
    )
    assert "<h1" not in fragment.text
    assert "<ins>" in fragment.text


def test_what_another_reader_read_is_told_apart_from_an_edit(
    client: TestClient, demo: DemoStore
) -> None:
    posted = post(demo.engine, url="https://one.example/reread")
    edited(demo.engine, posted, "The same title", "The same text, read otherwise.", "test/2")
    said = words(at(client, posted.statement))
    assert "read by another reader: the publisher may have edited nothing" in said
    assert "test/2" in said


def test_the_story_tells_who_posted_it_in_which_order(client: TestClient, demo: DemoStore) -> None:
    posted = post(demo.engine, url="https://one.example/story")
    repeated(demo.engine, posted, 5)
    last = one(demo, f"SELECT max(id) FROM communique.statements WHERE story_id = {posted.story}")
    said = words(at(client, last))
    assert "6 posts. This one is number 6 in the order of posting." in said
    assert "5 days after the first" in said
    assert "6 of 6 posts" in said


def test_thousands_of_posts_echoes_and_matches_stay_within_bounds(
    client: TestClient, demo: DemoStore
) -> None:
    posted = huge(demo.engine, 2_000_000)
    repeated(demo.engine, posted, 0)
    places = [(n * len(PASSAGE), n * len(PASSAGE) + 60 + n % 20) for n in range(2_000)]
    for number in range(2):
        other = post(demo.engine, url=f"https://one.example/many{number}", source="embassy_two")
        echo(demo.engine, posted, other, places)
    spans = [("text", at, at + 5) for at in range(0, 1_900_000, 40)]
    match(demo.engine, posted, rule(demo.engine, "clean"), spans)
    small = post(demo.engine, url="https://one.example/small")
    repeated(demo.engine, small, 5_000)
    began = time.perf_counter()
    body = at(client, posted.statement)
    assert time.perf_counter() - began < LONGEST
    assert len(body) < 10 * BEGINNING
    assert "characters are not shown" in words(body)
    assert body.count('<li id="echo-') <= MOST_ECHOES
    assert "further matches are not marked" in words(body)
    whole = at(client, posted.statement, all=1)
    assert len(whole) > 2_000_000
    began = time.perf_counter()
    story = at(client, small.statement)
    assert time.perf_counter() - began < LONGEST
    assert "5,001 posts" in words(story)
    assert len(story) < 400_000


def test_hostile_words_stay_words_on_every_page_of_a_statement(
    client: TestClient, demo: DemoStore, tmp_path: Path
) -> None:
    stored = store_hostile(demo.engine, tmp_path / "watchlists", demo.settings.clock())
    for name, statement in stored.statements.items():
        for path in ("", "/why"):
            body = at(client, statement, path)
            assert_only_text(body)
        if name == "template":
            assert "{{7*7}}" in words(at(client, statement))
            assert TITLES[name] in words(at(client, statement))
    posted = post(demo.engine, url="https://one.example/h", title=TITLES["image"])
    edit(demo.engine, posted, TITLES["svg"], f"<script>alert(1)</script> {TITLES['closing']}")
    assert_only_text(at(client, posted.statement))
    assert_only_text(at(client, posted.statement, "/diff", earlier=1, later=2))


def test_why_it_was_told_or_not_is_explained(client: TestClient, demo: DemoStore) -> None:
    told = one(demo, "SELECT min(statement_id) FROM analyst.alerts WHERE status = 'pending'")
    said = words(at(client, told, "/why"))
    assert "holds" in said
    assert "analyst@example.org" in said
    silent = post(demo.engine, url="https://one.example/s", text="They met.", title="A visit")
    assert "not judged yet" in words(at(client, silent.statement, "/why"))
    assert "No rule has been tried" in words(at(client, silent.statement))


def test_its_evidence_is_verified_and_packed_as_the_command_line_does(
    client: TestClient, demo: DemoStore
) -> None:
    statement = one(demo, "SELECT min(id) FROM analyst.statements WHERE source = 'demo_mfa_en'")
    assert "Wording 1 is proved." in words(at(client, statement, "/verify"))
    answer = client.get(f"/communique/statements/{statement}/evidence.zip")
    sources = {source.id: source for source in load_sources(demo.settings.sources)}
    assert answer.content == bundle(demo.engine, sources, statement)
    assert "attachment" in answer.headers["content-disposition"]
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert f"statement-{statement}/README.txt" in names


def test_evidence_that_does_not_hold_is_said_not_to(client: TestClient, demo: DemoStore) -> None:
    posted = post(demo.engine, url="https://one.example/unproved")
    assert "is not proved" in words(at(client, posted.statement, "/verify"))
    answer = client.get(f"/communique/statements/{posted.statement}/evidence.zip")
    assert answer.status_code == 409
    assert "does not hold" in answer.text


@pytest.mark.parametrize(
    "path", ["", "/why", "/verify", "/evidence.zip", "/diff?earlier=1&later=2"]
)
def test_what_is_no_statement_is_said_to_be_none(client: TestClient, path: str) -> None:
    assert client.get(f"/communique/statements/987654{path}").status_code == 404
    assert client.get(f"/communique/statements/{10**30}{path}").status_code == 422
    assert client.get(f"/communique/statements/0{path}").status_code == 422


def test_a_wording_that_is_not_there_is_said_not_to_be(client: TestClient) -> None:
    for query in ("?revision=77", "/diff?earlier=1&later=77"):
        answer = client.get(f"/communique/statements/1{query}")
        assert answer.status_code == 404
        assert "no wording 77" in answer.text
    assert client.get("/communique/statements/1?revision=x").status_code == 422


def test_a_text_keeps_its_paragraphs(client: TestClient, demo: DemoStore) -> None:
    posted = post(demo.engine, url="https://one.example/p", text="One.\n\nTwo\nlines.\n\n\n Three.")
    body = at(client, posted.statement)
    text_ = body.split('id="text">', 1)[1].split("</div>", 1)[0]
    assert [words(part) for part in re.findall(r"<p.*?</p>", text_, re.DOTALL)] == [
        "One.",
        "Two lines.",
        "Three.",
    ]
