"""What an analyst reads: it explains itself, and no stranger's text can break out of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path

import pytest
from rich.cells import cell_len
from sqlalchemy import Engine, text

from communique.alerting import judge
from communique.mail import dates
from communique.mail.changes import Change, changes
from communique.mail.clean import shown
from communique.mail.letter import letter
from communique.mail.message import POLICY, compose, sender
from communique.mail.render import marked
from communique.outbox import send_pending
from communique.passages import Wording, matched_passages
from communique.posting import assemble
from communique.settings import Settings
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, edit, post
from tests.communique.mail_reading import page, plain, words
from tests.communique.post_office import Office, post_office

RULES = """
rules:
  - id: plan
    name: The plan
    severity: urgent
    query: '"clean network" OR 清洁网络'
    note: By its name only. <Look> at who is named as a partner.
  - {id: firm, name: The firm, severity: notice, query: acme}
  - {id: host, name: The host, severity: info, query: 'country:CN AND acme'}
"""
MARCH_2 = date(2026, 3, 2)
NIGHT = datetime(2026, 3, 1, 23, 5, tzinfo=timezone.utc)
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

Told = Callable[[], EmailMessage]


@pytest.fixture
def office() -> Iterator[Office]:
    with post_office() as made:
        yield made


@pytest.fixture
def told(engine: Engine, office: Office, tmp_path: Path) -> Told:
    """Judges and sends whatever waits, and returns the last mail that arrived."""
    (tmp_path / "network.yaml").write_text(RULES)
    with engine.begin() as connection:
        subscribe(connection, "ana@example.org", "network", NOW, known=["network"])
    settings = Settings(smtp_url=office.url, mail_from="Alerts <alerts@mail.example.org>")

    def run() -> EmailMessage:
        assert judge(engine, load_watchlists(tmp_path), NOW).problems == ()
        assert assemble(engine, settings, NOW).problems == ()
        assert send_pending(engine, settings, lambda: NOW).problems == ()
        return office.arrived[-1]

    return run


def test_a_mail_says_what_where_when_why_and_how_it_is_known(engine: Engine, told: Told) -> None:
    posted = post(
        engine,
        text="They speak of a Clean-Network. Acme builds it.",
        at=datetime(2026, 3, 1, 15, 12, tzinfo=timezone.utc),
        precision="minute",
    )
    post(engine, source="mission_two", url="https://two.example/a?b=1&c=2", story=posted.story)
    mail = told()
    for said in words(mail):
        for fact in (
            "On the so-called network plan",
            "Chinese Embassy One",
            "embassy_one",
            "China, in North Macedonia",
            "1 March 2026, 23:12 (Asia/Shanghai, zone assumed)",
            "2 March 2026, 06:10 UTC",
            "https://one.example/eng/1.htm",
            "The plan",
            "urgent",
            "<Look> at who is named",
            "Chinese Mission Two",
            "https://two.example/a?b=1&c=2",
            "<urn:uuid:5c7f6f0e-7a36-4f0b-9d0e-0f6a3d6f2b11>",
            "ana@example.org is subscribed to the watchlist network",
            "version 1",
        ):
            assert fact in said
    assert "They speak of a »Clean-Network«." in plain(mail)
    assert [mark.text for mark in page(mail)("mark")] == ["Clean-Network", "Acme", "Acme"]
    link = page(mail).find("a", string=re.compile("two.example"))
    assert link is not None
    assert link["href"] == "https://two.example/a?b=1&c=2"


def test_the_headers_tell_severity_and_thread_and_how_to_leave(engine: Engine, told: Told) -> None:
    posted = post(engine, text="A clean network. Acme.")
    mail = told()
    leave = str(mail["List-Unsubscribe"])
    assert re.fullmatch(
        r"<mailto:alerts@mail\.example\.org\?subject=unsubscribe%20[\w.-]{40,}>", leave
    )
    assert {name: str(mail[name]) for name in mail.keys() if name[:4] not in ("Mess", "Cont")} == {  # noqa: SIM118
        "From": "Alerts <alerts@mail.example.org>",
        "To": "ana@example.org",
        "Subject": "[urgent] The plan, The firm, The host: Chinese Embassy One: "
        "On the so-called network plan",
        "Date": "Mon, 02 Mar 2026 06:10:00 +0000",
        "In-Reply-To": f"<story-{posted.story}@mail.example.org>",
        "References": f"<story-{posted.story}@mail.example.org>",
        "List-Id": "<network.communique.mail.example.org>",
        "List-Unsubscribe": leave,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
    }
    assert re.fullmatch(r"<[0-9a-f]{32}@mail\.example\.org>", str(mail["Message-ID"]))
    assert mail.get_content_type() == "multipart/alternative"


def test_a_subject_of_any_length_begins_with_its_severity() -> None:
    for length in range(60):
        mail = EmailMessage(policy=POLICY)
        title = f"{'ab ' * (length // 3)}{'x' * (length % 3)}"
        mail["Subject"] = f"[urgent] The plan: Publisher: {title}"
        assert mail.as_bytes().startswith(b"Subject: [urgent] ")


def test_an_address_for_machines_is_never_encoded_however_long_the_domain(
    engine: Engine, told: Told
) -> None:
    posted = post(engine)
    told()
    with engine.connect() as connection:
        known = letter(connection, 1)
    domain = f"{'a' * 60}.{'b' * 60}.example"
    raw = compose(known, sender(f"alerts@{domain}"), f"<1@{domain}>", NOW).as_bytes().decode()
    for line in (
        f"Message-ID: <1@{domain}>",
        f"References: <story-{posted.story}@{domain}>",
        f"In-Reply-To: <story-{posted.story}@{domain}>",
        f"List-Unsubscribe: <mailto:alerts@{domain}?subject=unsubscribe%201>",
    ):
        assert f"\r\n{line}\r\n" in raw


def test_a_late_statement_and_an_edited_and_a_withdrawn_one_say_so(
    engine: Engine, told: Told
) -> None:
    posted = post(engine, on=date(2026, 2, 1))
    mail = told()
    assert str(mail["Subject"]).startswith("[urgent] Late: The plan: ")
    assert all("Late: first seen 29 days after its date." in said for said in words(mail))
    post(engine, source="mission_two", url="https://two.example/", story=posted.story)
    edit(
        engine,
        posted,
        "On the network plan",
        "We regret the plan. A clean network shuts us out. Talks go on.",
    )
    mail = told()
    assert str(mail["Subject"]).startswith("[urgent] Edited: The plan: ")
    said, seen = plain(mail), page(mail)
    assert "Before: A clean network shuts [-nobody-] out." in said
    assert "After:  A clean network shuts {+us+} out." in said
    assert "[-so-called -]" in said or "[-so-called-]" in said
    assert "nobody" in [taken.text.strip() for taken in seen("del")]
    assert [put.text.strip() for put in seen("ins")] == ["us"]
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE communique.statements SET withdrawn_at = :now WHERE id = :id"),
            {"now": NOW + timedelta(days=3), "id": posted.statement},
        )
    mail = told()
    assert str(mail["Subject"]).startswith("[urgent] Withdrawn: The plan: ")
    for said in words(mail):
        assert "5 March 2026, 06:10 UTC" in said
        assert "It still stands elsewhere: Chinese Mission Two" in said


def test_a_page_that_another_source_lists_too_does_not_stand_elsewhere(
    engine: Engine, told: Told
) -> None:
    posted = post(engine)
    post(engine, source="mission_two", story=posted.story)
    told()
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE communique.statements SET withdrawn_at = :now WHERE id = :id"),
            {"now": NOW + timedelta(days=3), "id": posted.statement},
        )
    mail = told()
    assert "Withdrawn" in str(mail["Subject"])
    assert not any("stands elsewhere" in said for said in words(mail))


def test_a_passage_taken_out_shows_what_stood_there_and_that_the_rule_holds_no_longer(
    engine: Engine, told: Told
) -> None:
    posted = post(engine)
    told()
    edit(engine, posted, "On the so-called network plan", "We regret the plan. Talks go on.")
    for said in words(told()):
        assert "A clean network shuts nobody out." in said.replace("[-", "").replace("-]", "")
        assert "no longer holds" in said
        assert "nothing" in said


def test_what_was_said_before_stands_in_the_mail_with_who_said_it_first(
    engine: Engine, told: Told
) -> None:
    claim = (
        "Whoever closes a harbour to honest ships for fear of their flags will sooner or later "
        "find that the fish are sold in another town and that nobody comes to mend the lamps."
    )
    earlier = {"seen": NOW - timedelta(days=9), "on": date(2026, 2, 20), "title": "On harbours"}
    first = "https://two.example/harbours"
    post(engine, text=f"Nothing new. {claim}", source="mission_two", url=first, **earlier)
    post(engine, text=f"They plan a clean network. {claim} We thank the hosts.")
    mail = told()
    for said in words(mail):
        assert "First said by Chinese Mission Two on 20 February 2026: On harbours" in said
        assert claim.rstrip(".") in said.replace(" | ", " ")
    link = page(mail).find("a", string="On harbours")
    assert link is not None
    assert link["href"] == first
    assert first in plain(mail)


def test_of_many_matches_some_are_shown_and_the_rest_counted(engine: Engine, told: Told) -> None:
    post(engine, text="A clean network is a claim. " * 8)
    mail = told()
    assert len(page(mail)("mark")) == 5
    assert all("… and 3 more" in said for said in words(mail))


@pytest.mark.parametrize(("number", "more"), [(30, "10 more rules"), (21, "1 more rule")])
def test_of_many_rules_some_are_shown_and_the_rest_counted(
    engine: Engine, told: Told, tmp_path: Path, number: int, more: str
) -> None:
    many = [f"  - {{id: r{n}, name: R{n}, severity: info, query: plan}}" for n in range(number)]
    (tmp_path / "network.yaml").write_text("\n".join(["rules:", *many]))
    post(engine)
    mail = told()
    assert len(page(mail).select("div.rule")) == 20
    assert all(f"… and {more} " in f"{' '.join(said.split())} " for said in words(mail))


def test_a_long_sentence_is_shown_around_its_matches_only(engine: Engine, told: Told) -> None:
    filler = "word " * 100
    post(engine, text=f"{filler}clean network {filler}clean network {filler}")
    (excerpt,) = page(told()).select("p.excerpt")
    assert len(excerpt.text) < 800
    assert excerpt.text.count("…") >= 3
    assert [mark.text for mark in excerpt("mark")] == ["clean network"] * 2


def test_the_plain_text_is_wrapped_and_no_line_breaks_a_transport(
    engine: Engine, told: Told
) -> None:
    chinese = "所谓清洁网络" + "毫无根据，TikTok" * 40
    post(engine, text=f"{chinese}。 A clean network {'of nations ' * 20}.", date_text=None)
    mail = told()
    said = plain(mail)
    prose = [line for line in said.splitlines() if " unsubscribe" not in line.replace("%20", " ")]
    prose = [line for line in prose if not line.strip().startswith("mailto:")]
    assert max(map(cell_len, prose)) <= 74
    assert said.count("TikTok") >= 10
    assert not re.search("^  [|] ，", said, re.MULTILINE)
    assert max(map(len, mail.as_bytes().splitlines())) <= 998


HOSTILE = {
    "markup": '</title></p><script>alert(1)</script><img src="http://x.example/p.gif"> {{ 7*7 }}',
    "headers": "A\r\nBcc: victim@x.example\r\n\r\nbody",
    "bidi": "\u202eexe.gpj\u202c \u2066x\u2069 \u200eclean\u200f",
    "controls": "a\x01b\x07c\x1b[31m\u2028d\u0085e",
    "encoded": "=?utf-8?q?Bcc:_x=40y.example?= =?utf-8?b?Cg==?=",
    "huge": "Über " * 250_000,
    "one word": "x" * 1_000_000,
    "astral": "𝕮𝖑𝖊𝖆𝖓 👩‍👩‍👧 " * 60,
    "empty": " \u200b ",
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_title_or_text_breaks_out_of_a_mail(engine: Engine, told: Told, hostile: str) -> None:
    post(
        engine,
        title=hostile,
        text=f"{hostile}. {hostile} clean network {hostile}",
        url=f"https://one.example/{hostile[:3000]}",
        date_text=hostile,
        on=None,
    )
    mail = told()
    raw = mail.as_bytes()
    assert str(mail["Subject"]).startswith("[urgent] The plan: Chinese Embassy One: ")
    assert len(str(mail["Subject"])) <= 180
    assert mail["Bcc"] is None
    assert len(raw) < 120_000
    assert max(map(len, raw.splitlines())) <= 998
    seen = page(mail)
    assert seen(["script", "img", "iframe", "form", "object", "link", "base"]) == []
    assert {tag.name for tag in seen() if {"src", "srcset", "background"} & set(tag.attrs)} == set()
    assert all(a["href"].startswith(("https://one.example/", "mailto:alerts")) for a in seen("a"))
    assert not re.search(r"url\(|@import|http-equiv", str(seen))
    for said in (str(mail["Subject"]), plain(mail).replace("\r\n", "\n"), seen.get_text()):
        assert not BIDI.search(said)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", said)
    assert "clean network" in [mark.text for mark in seen("mark")]
    assert "49" not in words(mail)[1]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "ftp://x.example/"])
def test_only_a_web_address_becomes_a_link(engine: Engine, told: Told, url: str) -> None:
    post(engine, url=url)
    mail = told()
    assert [a["href"].partition(":")[0] for a in page(mail)("a")] == ["mailto"]
    assert url in plain(mail)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (("day", MARCH_2, None, "Europe/Berlin", False, "2.3."), "2 March 2026 (Europe/Berlin)"),
        (("unknown", None, None, "UTC", True, None), "date unknown: the page gives none"),
        (("unknown", None, None, "UTC", True, "31 June"), "date unknown: the page says “31 June”"),
        (
            ("inferred", MARCH_2, None, "UTC", True, None),
            "2 March 2026 (inferred as the page gives none)",
        ),
        (("inferred", MARCH_2, None, "UTC", True, "2/3"), "2 March 2026 (inferred from “2/3”)"),
        (("minute", MARCH_2, NIGHT, "+05:30", False, "x"), "2 March 2026, 04:35 (+05:30)"),
        (("minute", MARCH_2, NIGHT, "Mars/Base", False, "x"), "1 March 2026, 23:05 UTC"),
    ],
)
def test_a_date_is_true_or_marked(known: tuple[object, ...], said: str) -> None:
    assert dates.published(*known) == said  # type: ignore[arg-type]


def test_an_edit_is_shown_word_by_word_and_in_chinese_character_by_character() -> None:
    before = Wording("题", "首句。我们反对清洁网络。末句。")
    after = Wording("题", "首句改。我们坚决反对清洁网络。末句。")
    spans = [{"field": "text", "start": 9, "end": 13}], [{"field": "text", "start": 10, "end": 14}]
    passages = [matched_passages(w, s) for w, s in zip((before, after), spans, strict=True)]
    (change,) = changes(before, after, *passages)
    assert marked(change.before) == "首句。我们反对清洁网络。"
    assert marked(change.after) == "首句{+改+}。我们{+坚决+}反对清洁网络。"


def edited(before: str, after: str, word: str) -> tuple[Change, ...]:
    """The changes between two texts in which `word` was matched wherever it stands."""
    wordings = Wording("Title", before), Wording("Title", after)
    passages = [
        matched_passages(
            wording,
            [
                {"field": "text", "start": found.start(), "end": found.end()}
                for found in re.finditer(word, wording.text)
            ],
        )
        for wording in wordings
    ]
    started = time.process_time()
    found = changes(*wordings, *passages)
    assert time.process_time() - started < 2
    return found


def test_one_edit_among_thousands_of_equal_sentences_is_shown_alone_and_at_once() -> None:
    same = "The network is clean. " * 2_000
    (change,) = edited(f"{same}It is good. {same}", f"{same}It is bad. {same}", "It is")
    assert marked(change.before) == "It is [-good-]."
    assert marked(change.after) == "It is {+bad+}."
    assert change.note == ""


def test_an_edit_too_long_to_compare_is_shown_plainly_from_its_match_and_says_so() -> None:
    before = "".join(f"Old {n}. " for n in range(1_000))
    after = "".join(f"New {n}. " for n in range(1_000))
    (change,) = edited(f"Same. {before}Same.", f"Same. {after}Same.", "(Old|New) 700")
    assert marked(change.before).startswith("[-Old 700. Old 701.")
    assert marked(change.after).startswith("{+New 700. New 701.")
    assert "too long" in change.note.lower()


REPETITION = {
    "sentences every other one new": (
        "".join(f"Net. A{n}. " for n in range(2_000)),
        "".join(f"Net. B{n}. " for n in range(2_000)),
    ),
    "just within what is compared": (
        "".join(f"Net. A{n}. " for n in range(199)),
        "Net. " * 398,
    ),
    "two words in turn": ("net a " * 300, "net b net b a " * 120),
    "one long sentence": ("net " * 100_000, "net b " * 100_000),
    "one character": ("网" * 100_000, "网络" * 100_000),
    "many edited long sentences": (
        "".join(f"{'net a ' * 290}x{n}! Stop x{n}! " for n in range(150)),
        "".join(f"{'net b net a a ' * 115}x{n}! Stop x{n}! " for n in range(150)),
    ),
}


@pytest.mark.parametrize(("before", "after"), REPETITION.values(), ids=REPETITION.keys())
def test_no_repetition_holds_up_a_mail(before: str, after: str) -> None:
    assert edited(before, after, r"^[Nn]et|^网|Net\.|[AB]\d|[ab] x")


def test_an_edit_too_tangled_to_compare_says_so_in_the_mail(engine: Engine, told: Told) -> None:
    posted = post(engine)
    told()
    edit(engine, posted, "On the plan", "".join(f"A clean network {n}. " for n in range(500)))
    mail = told()
    assert all("too long to compare" in said.lower() for said in words(mail))


def test_shown_text_is_one_clean_line_that_says_where_it_was_cut() -> None:
    assert shown(" a\n\tb\u202ec\x00 ", 10) == "a bc"
    assert shown("abcdefghij", 10) == "abcdefghij"
    assert shown("abcdefghijk", 10) == "abcdefghi…"
    assert shown("\ud800", 10) == "\ufffd"
    assert shown("می‌خواهم", 10) == "می‌خواهم"


def test_a_sender_may_have_a_name_and_an_international_domain() -> None:
    made = sender("Wächter <a@bücher.example>")
    assert (made.name, made.address) == ("Wächter", "a@xn--bcher-kva.example")
