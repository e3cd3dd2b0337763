"""The local mailbox: what it receives can be opened, and opens nothing else."""

from __future__ import annotations

import signal
import smtplib
import subprocess
import sys
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from bs4 import BeautifulSoup

from communique.mailbox import mailbox
from communique.mailbox_index import pages


def deliver(address: str, subject: str, html: str | None = None, text: str = "Text") -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@x.example", "b@x.example", subject
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    parts = urlsplit(address)
    with smtplib.SMTP(parts.hostname or "", parts.port or 0) as client:
        client.send_message(mail)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_mail_is_kept_as_it_came_with_its_page_and_listed(tmp_path: Path) -> None:
    with mailbox(tmp_path / "box") as address:
        deliver(address, "[urgent] Grüße: a plan", "<html><head></head><p>Seen</p></html>")
        deliver(address, "No page")
    assert names(tmp_path / "box") == [
        "001-urgent-gr-e-a-plan.eml",
        "001-urgent-gr-e-a-plan.html",
        "002-no-page.eml",
        "index.html",
    ]
    raw = (tmp_path / "box" / "001-urgent-gr-e-a-plan.eml").read_bytes()
    assert message_from_bytes(raw, policy=default)["Subject"] == "[urgent] Grüße: a plan"
    assert "<p>Seen</p>" in (tmp_path / "box" / "001-urgent-gr-e-a-plan.html").read_text()
    index = BeautifulSoup((tmp_path / "box" / "index.html").read_text(), "lxml")
    assert [a.text for a in index("a")] == ["No page", "eml", "[urgent] Grüße: a plan", "eml"]


def test_numbers_go_on_where_an_earlier_mailbox_stopped(tmp_path: Path) -> None:
    for subject in ("One", "Two"):
        with mailbox(tmp_path) as address:
            deliver(address, subject)
    assert names(tmp_path) == ["001-one.eml", "002-two.eml", "index.html"]


def test_nothing_in_a_mail_runs_or_leaves_the_folder(tmp_path: Path) -> None:
    with mailbox(tmp_path) as address:
        deliver(address, "../../<script>alert(1)</script>", "<script>alert(1)</script>")
    assert names(tmp_path) == [
        "001-script-alert-1-script.eml",
        "001-script-alert-1-script.html",
        "index.html",
    ]
    index = BeautifulSoup((tmp_path / "index.html").read_text(), "lxml")
    assert index("script") == []
    page = (tmp_path / "001-script-alert-1-script.html").read_text()
    assert page.index("default-src 'none'") < page.index("<script>")


def test_it_runs_by_itself_until_it_is_told_to_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "communique.mailbox", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        deliver(process.stdout.readline().split()[0], "Hello")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert names(tmp_path) == ["001-hello.eml", "index.html"]


def test_a_mail_that_cannot_be_kept_whole_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "communique.mailbox", str(tmp_path), "--port", "0"]
    limited = ["bash", "-c", 'ulimit -f 8; exec "$@"', "bash", *command]  # 8 kB a file
    with subprocess.Popen(limited, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            deliver(address, "x" * 60, text="Too much to keep. " * 1000)
        assert refused.value.smtp_code == 452
        deliver(address, "Small")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert names(tmp_path) == ["001-small.eml", "index.html"]


def test_a_browser_reads_the_mails_and_runs_none_of_them(tmp_path: Path) -> None:
    with pages(tmp_path, 0, "127.0.0.1") as shown, requests.Session() as browser:
        empty = browser.get(f"{shown}/", timeout=5)
        assert (empty.status_code, "Mailbox" in empty.text) == (200, True)
        with mailbox(tmp_path) as address:
            deliver(address, "Seen", "<html><head></head><p>Grüße</p><script>1</script></html>")
        index = BeautifulSoup(browser.get(f"{shown}/", timeout=5).text, "lxml")
        links = [str(link["href"]) for link in index("a")]
        assert links == ["001-seen.html", "001-seen.eml"]
        for link in links:
            answer = browser.get(f"{shown}/{link}", timeout=5)
            assert answer.status_code == 200
            assert answer.headers["Content-Security-Policy"].startswith(
                "sandbox; default-src 'none'"
            )
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Grüße" in browser.get(f"{shown}/001-seen.html", timeout=5).content.decode()
        assert browser.get(f"{shown}/../{tmp_path.name}", timeout=5).status_code == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421), ("evil.example:80", 421), ("127.0.0.1.evil.example", 421),
    ],
)  # fmt: skip
def test_no_page_of_the_web_reads_it_by_a_name_that_leads_here(
    tmp_path: Path, host: str, status: int
) -> None:
    with pages(tmp_path, 0, "127.0.0.1") as address:
        answer = requests.get(address, headers={"Host": host}, timeout=10)
        assert answer.status_code == status
        assert requests.get(address, timeout=10).status_code == 200
