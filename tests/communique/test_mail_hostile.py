"""Nothing that a page contains breaks a mail or makes it say what it does not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from communique.alerting import judge
from communique.mail.changes import Change
from communique.mail.clean import shown, web_address
from communique.mail.excerpts import Excerpt, Piece
from communique.mail.grouped import Grouped, brief_of, compose_grouped
from communique.mail.letter import Heard, Letter, letter
from communique.mail.message import compose, sender, subject
from communique.mail.notice import compose_confirmation, compose_notice
from communique.outbox import send_pending
from communique.posting import assemble
from communique.schema import Delivery
from communique.settings import Settings
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, post
from tests.communique.mail_reading import html_size, page, plain, strictly
from tests.communique.post_office import Office, post_office

RULES = """
rules:
  - {id: plan, name: The plan, severity: urgent, query: '"clean network"'}
  - {id: many, name: Many, severity: info, query: 'clean OR network OR x*'}
"""
ORIGIN = sender("Alerts <alerts@mail.example.org>")
HEADERS = {
    *("from", "to", "subject", "date", "message-id", "auto-submitted", "in-reply-to", "references"),
    *("x-auto-response-suppress", "list-id", "list-unsubscribe", "mime-version", "content-type"),
    *("list-unsubscribe-post", "content-transfer-encoding"),
}
# What none of the mail's parts may hold, wherever it came from.
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
HOSTILE = {
    "markup": '</title></td></table><script>alert(1)</script><img src="http://x.example/p.gif">'
    '<style>@import url(http://x.example/)</style><a href="http://x.example/">here</a> {{ 7*7 }}',
    "headers": "A\r\nBcc: victim@x.example\r\nSubject: other\r\n\r\nbody\r\n.\r\nMAIL FROM:<x>",
    "boundary": "--===============0000000000000000000==--\r\nContent-Type: text/html",
    "bidi": "\u202eexe.gpj\u202c \u2066x\u2069 \u200eclean\u200f \u061c",
    "right to left": "هذه الشبكة النظيفة ليست شبكة ولا نظيفة שלום",
    "controls": "a\x01b\x07c\x1b[31m\u2028d\u0085e\x7ff\x0bg",
    "zero width": "cl\u200bean\ufeff net\u2060work\u00ad \u180e\U000e0041",
    "encoded": "=?utf-8?q?Bcc:_x=40y.example?= =?utf-8?b?Cg==?= =?x?y?z?=",
    "half encoded": "=?utf-8?q?" + "=?" * 50 + "?=",
    "heaped": "Z" + "\u0336\u0489\u035f" * 300,
    "huge": "Über " * 200_000,
    "one word": "x" * 1_000_000,
    "one word of another script": "网" * 300_000,
    "quotes": "\"'<>&" * 20_000,
    "marks": "»clean« [-x-] {+y+} | " * 50,
    "astral": "𝕮𝖑𝖊𝖆𝖓 👩‍👩‍👧 \U0010ffff" * 60,
    "matches": "clean network x " * 20_000,
    "dots": "\n.\n..\nFrom me\n>From you\n" * 10,
    "empty": " \u200b \t ",
}
# `st.text` never gives these often enough by itself.
BREAKS = ("\r\n", "\n\n", "\t", "\x0b", "\x85", "\u2028", "\u3000", " ")
SIGNS = ("=?utf-8?q?", "?=", "=?", "<", ">", '"', ",", ";", "@", "--")
LETTERS = ("\u202e", "\ufeff", "网络", "é", "\U0001f600", "x" * 80, "\u0336" * 9)
NASTY = st.sampled_from((*BREAKS, *SIGNS, *LETTERS))
ANYTHING = st.lists(st.one_of(st.text(max_size=12), NASTY), max_size=14).map("".join)


@pytest.fixture
def office() -> Iterator[Office]:
    with post_office() as made:
        yield made


@pytest.fixture
def store(engine: Engine, tmp_path: Path) -> Engine:
    (tmp_path / "network.yaml").write_text(RULES)
    with engine.begin() as connection:
        subscribe(connection, "ana@example.org", "network", NOW, known=["network"])
    return engine


def send(engine: Engine, office: Office, folder: Path) -> list[EmailMessage]:
    """Judges, puts together and sends what waits; the new mails as the strict parser reads them."""
    setting = Settings(
        smtp_url=office.url,
        mail_from="Alerts <alerts@mail.example.org>",
        pages_url="https://p.example",
    )
    before = len(office.raw)
    assert judge(engine, load_watchlists(folder), NOW).problems == ()
    assert assemble(engine, setting, NOW).problems == ()
    assert send_pending(engine, setting, lambda: NOW).problems == ()
    return [strictly(raw) for raw in office.raw[before:]]


def check(mail: EmailMessage) -> None:
    """What holds for every mail, whatever it tells."""
    raw = mail.as_bytes()
    assert raw.isascii()
    assert len(raw) < 200_000
    assert html_size(mail) < 102_000
    assert max(map(len, raw.splitlines())) <= 998
    assert {name.lower() for name in mail.keys()} <= HEADERS  # noqa: SIM118
    assert len(set(mail.keys())) == len(mail.keys())
    assert str(mail["To"]) == "ana@example.org"
    assert len(str(mail["Subject"])) <= 180
    assert [part.get_content_type() for part in mail.walk()] == [
        *("multipart/alternative", "text/plain", "text/html")
    ]
    seen = page(mail)
    assert seen(["script", "img", "iframe", "form", "object", "link", "base", "svg", "input"]) == []
    assert len(seen("style")) == 1
    assert not re.search(r"url\(|@import|http-equiv|javascript:", str(seen("style")))
    for tag in seen():
        assert not {"src", "srcset", "background", "onclick", "onerror", "onload"} & set(tag.attrs)
    for link in seen("a"):
        assert re.match(r"https?://[^\s…]+$|mailto:alerts@", link["href"])
        if link["href"].startswith("http"):
            assert urlsplit(link["href"]).hostname in ("one.example", "p.example")
    for said in (str(mail["Subject"]), plain(mail).replace("\r\n", ""), seen.get_text()):
        assert not HIDDEN.search(said.replace("\n", "").replace("\r", ""))
        assert not re.search(r"[\u0300-\u036f\u0489]{6}", said)
    # None of our own parts was closed, repeated or hidden by a stranger.
    assert len(seen.select("td.foot")) == 1
    assert seen.select_one("table.card td.foot") is not None
    assert plain(mail).count("WHY YOU GET THIS") == 1


def hostile_post(engine: Engine, number: int, hostile: str) -> None:
    part = hostile[:10_000]
    post(
        engine,
        title=hostile,
        text=f"{part}. {part} clean network {part}. A clean network.",
        url=f"https://one.example/{number}/{hostile[:3000]}",
        date_text=hostile[:5000],
        on=None,
    )


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_statement_breaks_out_of_its_mail(
    store: Engine, office: Office, tmp_path: Path, hostile: str
) -> None:
    hostile_post(store, 1, hostile)
    with store.begin() as connection:
        renamed = text("UPDATE communique.sources SET publisher = :name")
        connection.execute(renamed, {"name": hostile})
    (mail,) = send(store, office, tmp_path)
    check(mail)
    assert str(mail["Subject"]).startswith("[urgent] The plan, Many: ")
    assert "clean network" in {mark.text.lower() for mark in page(mail)("mark")}


def test_no_statement_breaks_out_of_a_mail_with_others(
    store: Engine, office: Office, tmp_path: Path
) -> None:
    for number, hostile in enumerate(HOSTILE.values()):
        hostile_post(store, number, hostile)
    post(store, url="https://one.example/plain", title="A plain one", text="A clean network, once.")
    (mail,) = send(store, office, tmp_path)
    check(mail)
    number = len(HOSTILE) + 1
    assert str(mail["Subject"]).startswith(f"[urgent] {number} alerts: The plan, Many: ")
    assert str(mail["Subject"]).endswith(f", and {number - 1} more")
    assert "A plain one" in plain(mail)


@pytest.fixture
def known(store: Engine, tmp_path: Path) -> Letter:
    """A letter as it is read from the store."""
    post(store)
    judge(store, load_watchlists(tmp_path), NOW)
    with store.connect() as connection:
        return letter(connection, connection.execute(select(Delivery.id)).scalar_one())


def unchanged(value: str) -> str:
    """A text but for runs of blanks, of which HTML shows one."""
    return " ".join(value.split())


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(title=ANYTHING, publisher=ANYTHING, rule=ANYTHING, watchlist=ANYTHING, url=ANYTHING)
def test_whatever_a_header_is_made_of_a_strict_parser_reads_what_was_meant(
    known: Letter, title: str, publisher: str, rule: str, watchlist: str, url: str
) -> None:
    card = replace(known.rules[0], name=shown(rule, 100), watchlist=shown(watchlist, 100))
    told = replace(
        known,
        title=shown(title, 300) or "(no title)",
        publisher=shown(publisher, 120),
        rules=(card,),
        heard=(replace(known.heard[0], watchlist=shown(watchlist, 100)),),
        url=web_address(f"https://one.example/{url}"),
    )
    several = Grouped(
        recipient=known.recipient,
        stories=(told, replace(told, story_id=9_999)),
        briefs=(),
        unlisted=3,
        severities=(("urgent", 5),),
        threads=(told.story_id, 9_999),
        heard=told.heard,
    )
    alone = compose(told, ORIGIN, "<1@mail.example.org>", NOW)
    together = compose_grouped(several, ORIGIN, "<2@mail.example.org>", NOW)
    for mail, meant in ((alone, subject(told)), (together, None)):
        read = strictly(mail.as_bytes())
        check(read)
        assert str(read["Subject"]) == (meant or str(mail["Subject"]))
        assert str(read["From"]) == "Alerts <alerts@mail.example.org>"
        for body in ("plain", "html"):
            ours, theirs = mail.get_body((body,)), read.get_body((body,))
            assert ours is not None
            assert theirs is not None
            assert theirs.get_content().splitlines() == ours.get_content().splitlines()
    assert told.title in plain(alone) or len(told.title) > 60 or " " in told.title
    heading = page(alone).h1
    assert heading is not None
    assert unchanged(heading.get_text()) == unchanged(told.title)


def test_the_most_that_a_mail_can_hold_is_bounded(known: Letter) -> None:
    every_other = [
        (Piece("字"), Piece("字", mark)) for mark in ("old", "new") for _ in range(2_000)
    ]
    words = tuple(piece for pair in every_other for piece in pair)
    hits = tuple(p for _ in range(12) for p in (Piece("些字词句" * 60), Piece("清洁网络", "hit")))
    card = replace(known.rules[0], note="注" * 500, excerpts=(Excerpt("text", hits),) * 5)
    rules = tuple(f"rule {number} {'x' * 50}, version 1" for number in range(20))
    largest = replace(
        known,
        kind="wording",
        title="网" * 300,
        publisher="部" * 120,
        url="https://one.example/" + "&'" * 900,
        rules=tuple(replace(card, rule=f"rule{number}") for number in range(20)),
        changes=(Change("text", words, words),) * 8,
        heard=tuple(Heard(number, "表" * 100, rules) for number in range(10)),
    )
    several = Grouped(
        recipient=known.recipient,
        stories=(largest,) * 40,
        briefs=(brief_of(largest),) * 40,
        unlisted=920,
        severities=(("urgent", 1_000),),
        threads=tuple(range(1_000)),
        heard=largest.heard,
    )
    for mail in (
        compose(largest, ORIGIN, "<4@mail.example.org>", NOW),
        compose_grouped(several, ORIGIN, "<5@mail.example.org>", NOW),
    ):
        check(strictly(mail.as_bytes()))
    counted = re.search(r"(\d+) in full, (\d+) by title, (\d+) by number", page(mail).get_text())
    assert counted is not None
    assert sum(map(int, counted.groups())) == 1_000


@settings(max_examples=25, deadline=None, derandomize=True)
@given(words=st.lists(ANYTHING, min_size=1, max_size=4), title=ANYTHING)
def test_a_notice_and_a_question_hold_whatever_they_quote(words: list[str], title: str) -> None:
    told = ("ana@example.org", ORIGIN, "<3@mail.example.org>", NOW)
    notice = compose_notice({"subject": title or "x", "lines": words, "next": title}, *told)
    content = {"watchlist": title, "choices": {words[0]: words[-1]}, "url": words[0]}
    for mail in (notice, compose_confirmation(content, *told)):
        read = strictly(mail.as_bytes())
        assert {name.lower() for name in read.keys()} <= HEADERS  # noqa: SIM118
        assert str(read["Subject"]) == str(mail["Subject"])
        assert str(read["To"]) == "ana@example.org"
        assert not page(read)(["script", "img", "form"])


@given(st.text(alphabet=st.one_of(st.characters(), st.characters(categories=["Cs", "Cf", "Mn"]))))
def test_what_is_shown_is_one_line_without_anything_hidden(anything: str) -> None:
    said = shown(anything, 50)
    assert len(said) <= 50
    said.encode("utf-8")
    assert said == " ".join(said.split())
    for character in said:
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.category(character) != "Cf" or character in "\u200c\u200d"
    assert shown(said, 50) == said
