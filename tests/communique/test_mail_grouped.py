"""Several alerts in one mail: the gravest first, each story once, and every one accounted for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from communique.alerting import judge
from communique.mail.grouped import compose_grouped, grouped
from communique.mail.message import sender
from communique.outbox import send_pending
from communique.posting import assemble
from communique.schema import Change, Mail
from communique.settings import Settings
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, Posted, edit, post
from tests.communique.mail_reading import html_size, page, plain, words
from tests.communique.post_office import Office, post_office

NETWORK = """
rules:
  - {id: plan, name: The plan, severity: urgent, query: '"clean network"', note: By its name.}
  - {id: firm, name: The firm, severity: notice, query: acme}
"""
FIRMS = """
rules:
  - {id: firm, name: Acme elsewhere, severity: info, query: acme}
  - {id: mast, name: Masts, severity: info, query: mast}
"""
Told = Callable[[], EmailMessage]


@pytest.fixture
def office() -> Iterator[Office]:
    with post_office() as made:
        yield made


@pytest.fixture
def told(engine: Engine, office: Office, tmp_path: Path) -> Told:
    """Judges, puts together and sends whatever waits, and returns the one mail that arrived."""
    for name, rules in (("network", NETWORK), ("firms", FIRMS)):
        (tmp_path / f"{name}.yaml").write_text(rules)
    settings = Settings(
        smtp_url=office.url,
        mail_from="Alerts <alerts@mail.example.org>",
        pages_url="https://pages.example.org/",
    )

    def run() -> EmailMessage:
        before = len(office.arrived)
        assert judge(engine, load_watchlists(tmp_path), NOW).problems == ()
        assert assemble(engine, settings, NOW).problems == ()
        assert send_pending(engine, settings, lambda: NOW).problems == ()
        (mail,) = office.arrived[before:]
        return mail

    return run


def hears(engine: Engine, *watchlists: str, **choices: int) -> None:
    with engine.begin() as connection:
        for watchlist in watchlists:
            subscribe(connection, "ana@example.org", watchlist, NOW, known=["network", "firms"])
        for name, value in choices.items():
            changed = f"UPDATE communique.subscriptions SET {name} = :value"
            connection.execute(text(changed), {"value": value})


def some(engine: Engine, number: int, title: str, words: str, **more: object) -> Posted:
    url = f"https://one.example/{number}"
    return post(engine, title=title, text=words, url=url, **more)


def test_one_mail_lists_the_gravest_first_and_tells_each_in_full(
    engine: Engine, told: Told
) -> None:
    hears(engine, "network")
    low = some(engine, 1, "Masts by the sea", "Acme has put up masts by the sea.")
    some(engine, 2, "A word on trust", "They ask for a clean network.", on=date(2026, 1, 20))
    high = some(engine, 3, "What was meant", "Nobody had meant the clean network at all.")
    mail = told()
    assert str(mail["Subject"]) == (
        "[urgent] 3 alerts: Late: The plan: Chinese Embassy One: A word on trust, and 2 more"
    )
    order = ["A word on trust", "What was meant", "Masts by the sea"]
    for said in words(mail):
        assert re.search(".*".join(2 * order), said)
        for fact in (
            "2 urgent, 1 notice",
            "1 March 2026 (Asia/Shanghai, zone assumed)",
            "2 March 2026, 06:10 UTC",
            "Late: first seen 41 days after its date.",
            "The plan",
            "By its name.",
            "network",
            "https://one.example/1",
            "revision 1, SHA-256 ",
            "rule plan, version 1",
            "ana@example.org is subscribed to the watchlist network",
        ):
            assert fact.lower() in said.lower()
    assert "»clean network«" in plain(mail)
    assert [mark.text for mark in page(mail)("mark")] == ["clean network"] * 2 + ["Acme"]
    opening = page(mail).find_all("a", string="Open in Communiqué")
    assert opening[2]["href"] == f"https://pages.example.org/statements/{low.statement}"
    threads = str(mail["References"]).split()
    assert len(threads) == 3
    assert f"<story-{high.story}@mail.example.org>" in threads
    assert str(mail["In-Reply-To"]) == threads[0]
    assert str(mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert str(mail["List-Unsubscribe"]).startswith("<https://pages.example.org/unsubscribe/")


def test_a_story_that_two_subscriptions_tell_of_stands_once_and_names_both(
    engine: Engine, told: Told
) -> None:
    hears(engine, "network", "firms")
    one = some(engine, 1, "A word on trust", "They ask for a clean network. Acme agrees.")
    some(engine, 2, "A word on trust", "Acme and a mast.", source="mission_two", story=one.story)
    mail = told()
    assert str(mail["Subject"]).startswith("[urgent] The plan, The firm, ")
    for said in words(mail):
        assert said.count("subscribed to the watchlist") == 2
        assert said.count("The plan") == 1
        assert said.count("Acme elsewhere") == 1
    assert "End these subscriptions" in words(mail)[1]


def test_what_only_a_repost_says_is_told_with_its_story_and_named_as_the_reposts(
    engine: Engine, told: Told
) -> None:
    hears(engine, "network", "firms")
    one = some(engine, 1, "A word on trust", "They ask for a clean network.")
    some(engine, 2, "A word on trust", "They put up a mast.", source="mission_two", story=one.story)
    some(engine, 3, "Something else", "Acme has opened a house.")
    mail = told()
    assert str(mail["Subject"]).startswith("[urgent] 2 alerts: The plan, Masts: ")
    assert len(page(mail).select("td.storyhead")) == 2
    for said in words(mail):
        assert "in the version of Chinese Mission Two" in said
        assert said.lower().count("also posted by") == 1
    assert "They put up a »mast«." in plain(mail)


def test_what_is_beyond_a_days_measure_is_told_by_title_and_counted(
    engine: Engine, told: Told
) -> None:
    hears(engine, "network", most_a_day=2)
    for number in range(9):
        some(engine, number, f"Piece {number}", f"Acme says {number} and {number * 7}.")
    some(engine, 10, "The gravest", "A clean network.")
    mail = told()
    assert str(mail["Subject"]) == (
        "[urgent] 10 alerts: The plan: Chinese Embassy One: The gravest, and 9 more"
    )
    assert len(page(mail).select("td.storyhead")) == 2
    for said in words(mail):
        assert "2 in full, 8 by title" in said
        assert "8 more" in said or "8 MORE" in said
        assert all(f"Piece {number}" in said for number in range(9))
    links = {link["href"] for link in page(mail)("a") if link.text.startswith("Piece ")}
    assert links == {f"https://one.example/{number}" for number in range(1, 9)}


def test_no_number_of_alerts_makes_a_mail_too_large_or_hides_one(
    engine: Engine, office: Office, told: Told
) -> None:
    hears(engine, "network", most_a_day=500)
    for number in range(120):
        some(
            engine,
            number,
            f"Statement {number} {'网络' * 60}",
            f"Acme {number}: {'a clean network of nations, ' * 30} and {number * 31}. " * 4,
        )
    mail = told()
    assert html_size(mail) < 102_000
    assert len(office.raw[-1]) < 200_000
    full, by_title = len(page(mail).select("td.storyhead")), 0
    for said in words(mail):
        found = re.search(r"(\d+) in full, (\d+) by title, (\d+) by number", said)
        assert found is not None
        assert sum(map(int, found.groups())) == 120
        assert full == int(found[1]) >= 5
        by_title = int(found[2])
        assert str(mail["Message-ID"]) in said
    assert by_title >= 20
    with engine.connect() as connection:
        mine = text(
            "SELECT count(DISTINCT statement_id) FROM analyst.alerts WHERE message_id = :id"
        )
        assert connection.execute(mine, {"id": str(mail["Message-ID"])}).scalar() == 120


def test_an_edit_and_a_withdrawal_stand_among_new_statements_as_what_they_are(
    engine: Engine, told: Told
) -> None:
    hears(engine, "network")
    edited = some(engine, 1, "A word on trust", "We spoke of a clean network in May.")
    gone = some(engine, 2, "What was meant", "Nobody had meant the clean network at all.")
    told()
    edit(engine, edited, "A word on trust", "We spoke of a clean network in June.")
    with engine.begin() as connection:
        withdrawn = text("UPDATE communique.statements SET withdrawn_at = :at WHERE id = :id")
        connection.execute(withdrawn, {"at": NOW, "id": gone.statement})
    post(engine, source="mission_two", url="https://two.example/", story=gone.story)
    some(engine, 3, "Masts by the sea", "Acme has put up masts by the sea.")
    mail = told()
    assert "Before: We spoke of a clean network in [-May-]." in plain(mail)
    assert "After:  We spoke of a clean network in {+June+}." in plain(mail)
    assert [cut.text for cut in page(mail)("del")] == ["May"]
    for said in words(mail):
        assert "It still stands elsewhere: Chinese Mission Two" in said
        assert "wording changed" in said.lower()
        assert "withdrawn" in said.lower()


def test_a_wording_that_stands_again_is_shown_against_the_one_that_it_replaced(
    engine: Engine, told: Told
) -> None:
    hears(engine, "network")
    first = some(engine, 1, "A word on trust", "We spoke of a clean network in May.")
    told()
    edit(engine, first, "A word on trust", "We spoke of a clean network in June.")
    told()
    restored_at = NOW + timedelta(hours=9)
    with engine.begin() as connection:
        numbers = {"statement": first.statement, "at": restored_at}
        second = text("SELECT max(id) FROM communique.revisions WHERE statement_id = :statement")
        change = Change(
            statement_id=first.statement,
            kind="restored",
            at=restored_at,
            revision_id=first.revision,
            earlier_revision_id=connection.execute(second, numbers).scalar_one(),
        )
        values = {name: getattr(change, name) for name in ("statement_id", "kind", "at")}
        values |= {name: getattr(change, name) for name in ("revision_id", "earlier_revision_id")}
        connection.execute(Change.__table__.insert().values(values))
        connection.execute(
            text("""UPDATE communique.statements SET revision_number = 1,
                text = 'We spoke of a clean network in May.' WHERE id = :statement"""),
            numbers,
        )
    mail = told()
    assert str(mail["Subject"]).startswith("[urgent] Restored: The plan: ")
    assert "Before: We spoke of a clean network in [-June-]." in plain(mail)
    assert "After:  We spoke of a clean network in {+May+}." in plain(mail)
    for said in words(mail):
        assert "wording restored" in said.lower()
        assert "2 March 2026, 15:10 UTC (when this wording was found again)" in said


def test_a_mail_written_anew_says_the_same(engine: Engine, told: Told) -> None:
    hears(engine, "network", "firms")
    for number in range(5):
        some(engine, number, f"Piece {number}", f"Acme says {number} of a clean network.")
    mail = told()
    with engine.connect() as connection:
        number = connection.execute(select(Mail.id)).scalar_one()
        again = compose_grouped(
            grouped(connection, number),
            sender("Alerts <alerts@mail.example.org>"),
            str(mail["Message-ID"]),
            NOW,
        )
    for header in ("Subject", "References", "Message-ID", "Date", "To"):
        assert str(again[header]) == str(mail[header])
    before, after = plain(mail).replace("\r\n", "\n"), plain(again)
    told_before, told_after = (each.partition("WHY YOU GET THIS")[0] for each in (before, after))
    assert re.sub(r"Open .*\n", "", told_before) == told_after
