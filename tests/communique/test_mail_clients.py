"""Every mail stays within what common mail programs show: Gmail, Outlook, Apple Mail, a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from rich.cells import cell_len
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from communique.mail.health import compose_health, health_letter
from communique.mail.message import sender
from communique.mail.notice import compose_confirmation, compose_notice
from tests.communique.alert_rows import NOW
from tests.communique.mail_reading import html_size, page, plain, words
from tests.gallery.mails import SHOWN, gallery

# What Gmail, Outlook or both take out, or what loads something.
REFUSED = {
    *("script", "link", "base", "iframe", "object", "embed", "form", "input", "button", "img"),
    *("svg", "video", "audio", "canvas", "picture", "source", "template", "math"),
}
UNSUPPORTED = re.compile(
    r"position|float|flex|grid|url\(|var\(|calc\(|@import|@font-face|expression|-moz-|javascript|vw|vh"
)
# A mail program's window on a phone, and the widest that every preview pane shows, in pixels.
WIDEST = 640
# Gmail hides what follows, and leaves out style blocks longer than this, in bytes.
CLIPPED, STYLES = 102_000, 8_192
STYLED = ("card", "head", "part", "storyhead", "foot", "pill", "rule", "link", "quiet", "late")

ORIGIN = sender("Communiqué <alerts@desk.example>")
HEALTH = {
    "at": NOW.isoformat(),
    "last_told": (NOW - timedelta(days=1)).isoformat(),
    "states": {"a": "failing", "b": "ok"},
    "sections": [
        {
            "state": "failing",
            "number": 1,
            "more": 0,
            "groups": [],
            "entries": [
                {
                    "source": "a",
                    "publisher": "Embassy of A",
                    "was": "ok",
                    "since": NOW.isoformat(),
                    "said": "no listing names an article",
                    "address": "https://a.example/news",
                    "command": "communique show a",
                }
            ],
        }
    ],
    "gaps": [],
    "doubts": [],
}


def others() -> dict[str, EmailMessage]:
    """The mails that tell of no statement."""
    told = ("ana@desk.example", ORIGIN, "<1@desk.example>", NOW)
    lines = ["watchlists/a.yaml, line 3: a bracket is not closed.", "The last good one holds."]
    asked = {
        "watchlist": "5g-huawei",
        "how": "daily",
        "url": "https://communique.desk.example/confirm/abc",
        "mailto": "mailto:alerts@desk.example?subject=confirm%20abc",
        "command": "communique confirm abc",
        "until": (NOW + timedelta(days=7)).isoformat(),
    }
    notice = {"subject": "Watchlists: 1 to be put right", "lines": lines, "next": "Mend it."}
    health = health_letter(HEALTH, "ana@desk.example")
    return {
        "notice": compose_notice(notice, *told),
        "confirmation": compose_confirmation(asked, *told),
        "health": compose_health(health, *told[1:]),
    }


@pytest.fixture(scope="module")
def mails(migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, EmailMessage]:
    """Every kind of mail. The store is a copy of the session's, made here for the module."""
    template = make_url(migrated)
    admin = create_engine(template.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE test_gallery TEMPLATE {template.database}"))
    engine = create_engine(template.set(database="test_gallery"))
    made = gallery(engine, Path(tmp_path_factory.mktemp("gallery")))
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE test_gallery WITH (FORCE)"))
    admin.dispose()
    return {name: made[name] for name in SHOWN} | others()


KINDS = (*SHOWN, "notice", "confirmation", "health")


@pytest.fixture(params=KINDS)
def mail(request: pytest.FixtureRequest, mails: Mapping[str, EmailMessage]) -> EmailMessage:
    return mails[request.param]


def styled(seen: BeautifulSoup) -> Iterator[tuple[Tag, dict[str, str]]]:
    """Each element with its inlined declarations."""
    for tag in seen.find_all(style=True):
        pairs = (each.partition(":") for each in str(tag["style"]).split(";") if each.strip())
        yield tag, {name.strip(): value.strip() for name, _, value in pairs}


def test_nothing_is_loaded_from_anywhere(mail: EmailMessage) -> None:
    seen = page(mail)
    assert [tag.name for tag in seen() if tag.name in REFUSED] == []
    for tag in seen():
        assert not {"src", "srcset", "background", "poster", "data"} & set(tag.attrs)
        assert not [name for name in tag.attrs if name.startswith("on")]
        if "href" in tag.attrs:
            assert tag.name == "a"
            assert re.match(r"https://|mailto:", str(tag["href"]))
    assert [part.get_content_type() for part in mail.walk()] == [
        *("multipart/alternative", "text/plain", "text/html")
    ]


def test_a_program_that_drops_style_blocks_still_shows_the_mail_as_meant(
    mail: EmailMessage,
) -> None:
    seen = page(mail)
    (block,) = seen("style")
    assert block.parent is not None
    assert block.parent.name == "head"
    assert len(block.text) < STYLES
    assert re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", block.text).strip() == ""
    for name in STYLED:
        assert all(tag.has_attr("style") for tag in seen.select(f".{name}"))
    for tag in seen.select("h1, h2, p, mark, del, ins"):
        assert tag.has_attr("style")


def test_nothing_needs_what_mail_programs_do_not_have(mail: EmailMessage) -> None:
    for tag, declared in styled(page(mail)):
        inlined = ";".join(f"{name}:{value}" for name, value in declared.items())
        assert not UNSUPPORTED.search(inlined), (tag.name, inlined)
        assert declared.get("display", "inline-block") in ("inline-block", "none")
        assert not [value for value in declared.values() if re.search(r"(^| )-\d", value)]
    for table in page(mail)("table"):
        assert table.get("cellpadding") == table.get("cellspacing") == "0"


def test_it_fits_a_phone_and_a_preview_pane(mail: EmailMessage) -> None:
    seen = page(mail)
    assert seen.select_one('meta[name=viewport][content*="width=device-width"]') is not None
    for tag, declared in styled(seen):
        width = declared.get("width", "0px")
        assert width.endswith("px")
        assert int(width[:-2]) <= 120
        assert declared.get("max-width", f"{WIDEST}px") == f"{WIDEST}px"
        assert "nowrap" not in declared.get("white-space", "") or len(tag.text) < 30
    for tag in seen.find_all(width=True):
        assert tag["width"] == "100%"
    card = seen.select_one("table.card")
    assert card is not None
    assert "max-width: 640px" in str(card["style"])


def test_it_says_that_it_knows_the_dark_and_names_both_colours_of_everything(
    mail: EmailMessage,
) -> None:
    seen = page(mail)
    assert seen.select_one('meta[name=color-scheme][content="light dark"]') is not None
    dark = seen("style")[0].text.partition("prefers-color-scheme: dark")[2]
    assert dark
    for tag, declared in styled(seen):
        if not {"background", "color"} & set(declared) or tag.name == "body":
            continue
        names = [f".{name}" for name in tag.get("class") or ()] + [tag.name]
        assert any(re.search(rf"{re.escape(name)}\b[^{{}}]*\{{", dark) for name in names), tag.name


def test_it_is_small_enough_to_be_shown_whole(mail: EmailMessage) -> None:
    assert html_size(mail) < CLIPPED
    assert len(mail.as_bytes()) < 200_000


def test_the_plain_text_says_as_much_and_reads_well_by_itself(mail: EmailMessage) -> None:
    said, seen = plain(mail), page(mail)
    lines = said.splitlines()
    assert not [line for line in lines if line != line.rstrip()]
    assert "\n\n\n" not in said.replace("\r\n", "\n")
    for line in lines:
        alone = len(line.split()) <= 3  # an address or a command, which stay whole
        assert cell_len(line) <= 72 or alone or "communique " in line, line
    assert "<" not in said.replace("<urn:uuid:", "") or "@" in said
    heading = seen.h1
    assert heading is not None
    for word in heading.get_text().lower().split():
        assert word in words(mail)[0].lower()
    for link in seen("a"):
        mentioned = str(link["href"])
        assert mentioned in said or mentioned.startswith("mailto:")
