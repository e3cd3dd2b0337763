"""Promise: what a reader made of a page anew is never told as an edit, and a doubtful reading is
shown to the maintainer; from the web server to the mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from communique.embedded import server
from communique.mailbox import mailbox
from scrapers.readers import reader
from tests.command import answer, communique
from tests.servers import Reply, Server

WATCHLIST = """
title: Networks
rules: [{id: plan, name: The plan, severity: urgent, query: '"clean network"'}]
"""
FACTS = """
- id: mission
  publisher: A mission
  kind: mission
  languages: [en]
  time_zone: Asia/Shanghai
  reader: china_mission
  delay: 0
  listings: [{url}/eng/default.htm]
"""
TITLE = "The mission answers a question"
PROSE = [
    f"In part {n} of its answer the mission said that operators choose their suppliers, that rules "
    "must hold for all of them alike, and that talks would go on in the coming weeks."
    for n in range(1, 6)
]
FAMILY = '<div class="title">{title}</div><div id="News_Body_Txt_A">{text}</div>{rest}'
NEWER = '<h1>{title}</h1><main class="story-v9">{text}</main>{rest}'


def story(layout: str, words: str, *, more: str = "") -> Reply:
    paragraphs = "".join(f"<p>{each}</p>" for each in (words, *PROSE))
    if more:
        paragraphs, more = f"<p>{words}</p>", f"<div>{paragraphs}<p>{more}</p></div>"
    body = layout.format(title=TITLE, text=paragraphs, rest=more)
    html = f"<!DOCTYPE html><html lang=en><head><title>{TITLE}</title></head><body>{body}</body>"
    return Reply(headers={"Content-Type": "text/html; charset=utf-8"}, body=html)


@dataclass
class Post:
    """A mission on loopback, who collects it, who reads of it."""

    web: Server
    settings: dict[str, str]
    store: Engine
    mails: Path

    def day(self, day: int, *, status: int = 0) -> dict[str, Any]:
        """One day's collect, alert and mail; returns the coverage of the day."""
        settings = self.settings | {"now": f"2026-03-{day:02}T06:00:00Z"}
        (covered,) = answer("collect", settings=settings, status=status)
        communique("alert", settings=settings)
        return dict(covered)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.store.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    @property
    def subjects(self) -> int:
        return len(list(self.mails.glob("*.eml")))


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    for name in ("sources", "watchlists"):
        (tmp_path / name).mkdir()
    (tmp_path / "watchlists" / "networks.yaml").write_text(WATCHLIST)
    with (
        Server() as web,
        server(tmp_path / "home") as url,
        mailbox(tmp_path / "mails") as smtp,
    ):
        (tmp_path / "sources" / "china.yaml").write_text(FACTS.format(url=web.url))
        settings = {
            "home": str(tmp_path / "home"),
            "sources": str(tmp_path / "sources"),
            "watchlists": str(tmp_path / "watchlists"),
            "trusted_domains": "example.org",
            "allow_addresses": "127.0.0.0/8",
            "smtp_url": smtp,
        }
        link = f'<li><a href="./t1700001.htm">{TITLE}</a> (2026-03-01)</li>'
        listing = f'<html><body><div class="newsLst_mod"><ul>{link}</ul></div></body></html>'
        web.pages["/eng/default.htm"] = Reply(headers={"Content-Type": "text/html"}, body=listing)
        communique("subscribe", "ana@example.org", "--watchlist", "networks", settings=settings)
        engine = create_engine(url)
        yield Post(web, settings, engine, tmp_path / "mails")
        engine.dispose()


ALERTS = "SELECT kind, status, held_because FROM analyst.alerts ORDER BY delivery_id"
PAGE = "/eng/t1700001.htm"


def test_a_statement_survives_a_new_layout_and_the_mended_readers_wording_is_no_edit(
    post: Post,
) -> None:
    post.web.pages[PAGE] = story(NEWER, "A clean network shuts nobody out.")
    first = post.day(2)
    assert (first["state"], first["counts"]["new"], first["suspect"]) == ("ok", 1, 1)
    stood_in = (reader("generic").id, False)
    assert post.rows("SELECT reader, reread FROM analyst.revisions") == [stood_in]
    ((why,),) = post.rows("SELECT suspect FROM analyst.revisions")
    assert "the generic reader was used instead" in why
    shown = communique("show", "1", settings=post.settings).stdout
    assert why in " ".join(shown.split())
    assert post.rows("SELECT suspect FROM analyst.coverage") == [(1,)]

    # The reader is mended: its layout is the page's again, and it reads the passage otherwise.
    post.web.pages[PAGE] = story(FAMILY, "A clean network shuts nobody out, it said.")
    second = post.day(3)
    assert (second["counts"]["revised"], second["suspect"]) == (1, 0)
    held = ("wording", "held", "read by another reader: no edit of the publisher's")
    assert post.rows(ALERTS) == [("new", "sent", None), held]
    assert post.subjects == 1

    post.web.pages[PAGE] = story(FAMILY, "A clean network shuts many out.")
    post.day(4)
    assert post.rows(ALERTS)[2:] == [("wording", "sent", None)]
    assert post.subjects == 2
    assert post.rows("SELECT number, reread FROM analyst.revisions ORDER BY number") == [
        (1, False),
        (2, True),
        (3, False),
    ]


def test_a_doubtful_reading_of_a_known_statement_is_an_error_and_no_edit(post: Post) -> None:
    post.web.pages[PAGE] = story(FAMILY, "A clean network shuts nobody out.")
    assert post.day(2)["suspect"] == 0
    post.web.pages[PAGE] = story(FAMILY, "Talks on a clean network go on.", more="It is late.")
    second = post.day(3, status=1)
    assert (second["counts"]["unreadable"], second["suspect"]) == (1, 1)
    assert "the earlier wording stands" in second["error"]
    # It is as doubtful the next time, and no more of an edit.
    post.web.pages[PAGE] = story(FAMILY, "Talks on a clean network go on!", more="It is late.")
    assert post.day(5, status=1)["counts"]["unreadable"] == 1
    post.web.pages[PAGE] = story(NEWER, "A clean network shuts nobody out.")
    assert post.day(8, status=1)["counts"]["unreadable"] == 1
    assert post.rows("SELECT count(*) FROM analyst.revisions") == [(1,)]
    assert post.rows(ALERTS) == [("new", "sent", None)]
    post.web.pages[PAGE] = story(FAMILY, "A clean network shuts nobody out.")
    assert post.day(15)["counts"]["unchanged"] == 1
