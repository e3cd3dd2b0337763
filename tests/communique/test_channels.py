"""Channels besides mail: signed, never told twice unrecognisably, their secrets nowhere."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, text

from communique.alerting import judge
from communique.outbox import SendReport, send_pending
from communique.settings import Settings
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, post
from tests.communique.post_office import post_office

RULES = "rules: [{id: plan, name: The plan, severity: urgent, query: '\"clean network\"'}]"
SECRET = "t0psecret-path"


@dataclass
class Hook:
    """What was posted to it; how it answers, by turn, the last answer staying."""

    answers: list[int] = field(default_factory=lambda: [204])
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/{SECRET}"


@contextmanager
def listening() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            hook.posts.append((self.path, headers, body))
            status = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as made:
        yield made


def queue(engine: Engine, folder: Path, *recipients: str, statements: int = 1) -> None:
    (folder / "network.yaml").write_text(RULES)
    with engine.begin() as connection:
        for recipient in recipients:
            subscribe(connection, recipient, "network", NOW, known=["network"])
    known = rows(engine, "SELECT count(*) FROM communique.statements")[0][0]
    for number in range(known, statements):
        post(engine, url=f"https://one.example/{number}")
    judge(engine, load_watchlists(folder), NOW)


def send(
    engine: Engine, channels: str, minutes: int = 0, secret: str | None = "key", **settings: Any
) -> SendReport:
    chosen = Settings(
        mail_from="a@example.org", channels=channels, webhook_secret=secret, **settings
    )
    return send_pending(engine, chosen, lambda: NOW + timedelta(minutes=minutes))


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_webhook_gets_what_the_mail_says_signed_and_named(
    engine: Engine, hook: Hook, tmp_path: Path
) -> None:
    queue(engine, tmp_path, "channel:team", statements=2)
    assert send(engine, f"team=webhook+{hook.address}") == SendReport(sent=1)
    ((path, headers, body),) = hook.posts
    ((message_id, story),) = rows(
        engine, "SELECT message_id, min(story_id) FROM analyst.alerts GROUP BY 1"
    )
    stamp = headers["x-communique-timestamp"]
    signed = hmac.new(b"key", stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert path == f"/{SECRET}"
    assert stamp == str(int(NOW.timestamp()))
    assert headers["x-communique-signature"] == f"sha256={signed}"
    assert headers["idempotency-key"] == message_id
    told = json.loads(body)
    assert (told["version"], told["kind"], told["message_id"]) == (1, "alert", message_id)
    assert told["subject"].startswith("[urgent] 2 alerts")
    assert "clean network" in told["text"]
    first = told["alerts"][0]
    assert (
        first
        | {
            "kind": "new",
            "severity": "urgent",
            "title": "On the so-called network plan",
            "publisher": "Chinese Embassy One",
            "url": "https://one.example/0",
            "published_on": "2026-03-01",
            "words": ["clean network"],
            "story_id": story,
            "statement_ids": [first["statement_id"]],
        }
        == first
    )
    assert [rule["id"] for rule in first["rules"]] == ["plan"]


@pytest.mark.parametrize(
    ("answer", "status", "tries"),
    [
        (200, "sent", 1),
        (204, "sent", 1),
        (301, "pending", 1),
        (400, "failed", 1),
        (404, "failed", 1),
        (408, "pending", 1),
        (425, "pending", 1),
        (429, "pending", 1),
        (500, "pending", 1),
        (503, "pending", 1),
    ],
)
def test_only_what_can_never_be_taken_is_given_up_at_once(
    engine: Engine, hook: Hook, tmp_path: Path, answer: int, status: str, tries: int
) -> None:
    hook.answers = [answer]
    queue(engine, tmp_path, "channel:team")
    send(engine, f"team=webhook+{hook.address}")
    assert rows(engine, "SELECT status, tries FROM communique.mails") == [(status, tries)]
    assert len(hook.posts) == 1


def test_a_message_that_is_tried_again_is_recognisably_the_same(
    engine: Engine, hook: Hook, tmp_path: Path
) -> None:
    hook.answers = [503, 200]
    queue(engine, tmp_path, "channel:team")
    assert send(engine, f"team=webhook+{hook.address}").deferred == 1
    assert send(engine, f"team=webhook+{hook.address}", minutes=1) == SendReport(sent=1)
    first, second = hook.posts
    assert first[1]["idempotency-key"] == second[1]["idempotency-key"]
    assert json.loads(first[2]) == json.loads(second[2])


def test_a_channel_that_fails_stops_no_other_and_no_mail_and_mail_stops_no_channel(
    engine: Engine, hook: Hook, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *(f"channel:{n}" for n in "abcd"), "ana@example.org")
    with post_office() as office:
        dead = "webhook+http://127.0.0.1:9/x"
        channels = f"a={dead} b={dead} c={dead} d=webhook+{hook.address}"
        report = send(engine, channels, smtp_url=office.url)
        assert (report.sent, report.deferred, report.waiting) == (2, 3, 3)
        assert office.recipients == ["ana@example.org"]
    queue(engine, tmp_path, *(f"r{n}@example.org" for n in range(5)), statements=3)
    report = send(engine, channels, smtp_url="smtp://127.0.0.1:9")
    assert report.sent == 1
    assert send(engine, channels).problems[-1].startswith("Mails waiting to be sent: 6. COMM")


def test_a_channel_that_is_not_set_or_has_no_secret_waits_for_whoever_puts_it_right(
    engine: Engine, hook: Hook, tmp_path: Path
) -> None:
    queue(engine, tmp_path, "channel:team")
    for number, (channels, secret, named) in enumerate(
        [
            ("other=json://127.0.0.1", "key", "no channel 'team' in COMMUNIQUE_CHANNELS"),
            (f"team=webhook+{hook.address}", None, "COMMUNIQUE_WEBHOOK_SECRET"),
            (f"team=nosuch://{SECRET}", "key", "address of channel team"),
            (f"team=webhook+nosuch://{SECRET}", "key", "address of channel team"),
        ]
    ):
        (problem,) = send(engine, channels, number * 100, secret).problems
        assert named in problem
        assert SECRET not in problem
    assert rows(engine, "SELECT tries FROM communique.mails") == [(0,)]
    assert send(engine, f"team=webhook+{hook.address}", 999) == SendReport(sent=1)


def test_a_webhook_that_is_gone_for_good_is_disabled(
    engine: Engine, hook: Hook, tmp_path: Path
) -> None:
    hook.answers = [410]
    queue(engine, tmp_path, "channel:team", statements=0)
    for number in range(4):
        queue(engine, tmp_path, statements=number + 1)
        send(engine, f"team=webhook+{hook.address}", number)
    assert len(hook.posts) == 3
    written = "SELECT status, held_because FROM analyst.alerts ORDER BY delivery_id DESC LIMIT 1"
    assert rows(engine, written) == [("held", "address disabled")]


def test_apprise_carries_subject_and_text_to_what_it_reaches(
    engine: Engine, hook: Hook, tmp_path: Path
) -> None:
    queue(engine, tmp_path, "channel:team")
    address = hook.address.replace("http://", "json://")
    assert send(engine, f"team={address}") == SendReport(sent=1)
    told = json.loads(hook.posts[0][2])
    assert told["title"].startswith("[urgent] The plan: Chinese Embassy One")
    assert "»clean network«" in told["message"]


def test_a_channels_secrets_stand_in_no_row_no_log_and_no_answer(
    engine: Engine, hook: Hook, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hook.answers = [500]
    queue(engine, tmp_path, "channel:a", "channel:b", "channel:c")
    by_apprise = hook.address.replace("http://", "json://user:pa55word@")
    dead = f"webhook+http://user:pa55word@127.0.0.1:9/{SECRET}"
    report = send(engine, f"a={by_apprise} b=webhook+{hook.address} c={dead}")
    assert report.deferred == 3
    assert len(hook.posts) == 2
    store = rows(engine, "SELECT m::text FROM communique.mails m")
    store += rows(engine, "SELECT d::text FROM communique.deliveries d")
    for told in (str(report), caplog.text, str(store)):
        assert "pa55word" not in told
        assert SECRET not in told


def test_settings_that_are_wrong_or_printed_show_no_secret() -> None:
    with pytest.raises(ValidationError) as error:
        Settings(channels=f"team=json://host https://{SECRET}")
    assert "part 2 of it is no name=address" in str(error.value)
    assert SECRET not in str(error.value)
    printed = repr(Settings(channels=f"team=json://{SECRET}", webhook_secret=SECRET))
    assert SECRET not in printed
