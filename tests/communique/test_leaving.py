"""From a mail that arrived to silence: what its headers offer ends what it was for."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Engine, text

from communique.alerting import judge
from communique.mail_in import act, unsubscribe_by_token
from communique.outbox import send_pending
from communique.settings import Settings
from communique.subscriptions import list_subscriptions, subscribe
from communique.watchlists import load_watchlists
from tests.communique.alert_rows import NOW, post
from tests.communique.post_office import Office, post_office

RULES = "rules: [{id: %s, name: The plan, severity: urgent, query: '\"clean network\"'}]"


def told(engine: Engine, folder: Path, office: Office, url: str) -> EmailMessage:
    """The mail that tells Ana of another statement; she is subscribed twice."""
    post(engine, url=url)
    judge(engine, load_watchlists(folder), NOW)
    settings = Settings(
        smtp_url=office.url, mail_from="alerts@example.org", pages_url="https://pages.example.org"
    )
    send_pending(engine, settings, lambda: NOW)
    return office.arrived[-1]


def offers(mail: EmailMessage) -> tuple[str, str]:
    """The page and the mail address that its header offers."""
    assert str(mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    page, mailto = (each.strip(" <>") for each in str(mail["List-Unsubscribe"]).split(","))
    return page, mailto


def test_what_a_mail_offers_ends_all_that_it_was_for_and_nobody_elses(
    engine: Engine, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(RULES % name)
    with engine.begin() as store:
        for name in ("one", "two"):
            subscribe(store, "ana@example.org", name, NOW, known=("one", "two"))
    with post_office() as office:
        mail = told(engine, tmp_path, office, "https://one.example/1")
        with engine.begin() as store:
            bo = subscribe(store, "bo@example.org", "two", NOW, known=("one", "two"))
            page, mailto = offers(mail)
            (subject,) = parse_qs(urlsplit(mailto).query)["subject"]
            answer = f"From: mailer@example.net\nSubject: {subject}\n\n".encode()
            assert len(act(store, answer, NOW).subscriptions) == 2
            assert list_subscriptions(store) == (bo,)
            assert len(unsubscribe_by_token(store, page.rpartition("/")[2], NOW)) == 2
        told(engine, tmp_path, office, "https://one.example/2")
        assert office.recipients == ["ana@example.org", "bo@example.org"]
    with engine.connect() as store:
        query = "SELECT DISTINCT status FROM communique.deliveries WHERE recipient LIKE 'bo@%'"
        assert store.execute(text(query)).scalars().all() == ["sent"]
