"""From the outbox to the mail server: none lost, none twice, whoever dies and whatever refuses."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from communique.alerting import judge
from communique.outbox import SendReport, send_pending
from communique.outbox_rate import take_turn
from communique.recipients import enable
from communique.settings import Settings
from communique.stories.corrections import split
from communique.subscriptions import subscribe, unsubscribe
from communique.watchlists import load_watchlists
from tests.certificates import for_loopback
from tests.communique.alert_rows import NOW, post
from tests.communique.post_office import Office, content, post_office

RULES = "rules: [{id: plan, name: The plan, severity: urgent, query: '\"clean network\"'}]"


@pytest.fixture
def office() -> Iterator[Office]:
    with post_office() as made:
        yield made


def queue(engine: Engine, folder: Path, *recipients: str, statements: int = 1) -> None:
    """Queues one alert per recipient and statement, through the judge."""
    (folder / "network.yaml").write_text(RULES)
    with engine.begin() as connection:
        for email in recipients:
            subscribe(connection, email, "network", NOW, known=["network"])
    with engine.connect() as connection:
        known = connection.execute(text("SELECT count(*) FROM communique.statements")).scalar_one()
    for number in range(known, statements):
        post(engine, url=f"https://one.example/{number}")
    judge(engine, load_watchlists(folder), NOW)


def people(number: int) -> list[str]:
    return [f"reader{n}@example.org" for n in range(number)]


def send(engine: Engine, url: str | None, **passed: float) -> SendReport:
    """Sends what is due, so much time after it was queued."""
    settings = Settings(
        smtp_url=url, mail_from="Alerts <alerts@example.org>", maintainers="mina@example.org"
    )
    return send_pending(engine, settings, lambda: NOW + timedelta(**passed))


def full(offered: list[str]) -> Callable[[str], str]:
    """A mood that takes nothing, and writes down what it was offered."""

    def answer(message_id: str) -> str:
        offered.append(message_id)
        return "452 disk full"

    return answer


def rows(engine: Engine, query: str) -> Sequence[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def statuses(engine: Engine) -> dict[object, object]:
    return dict(rows(engine, "SELECT recipient, status FROM communique.deliveries"))


def test_what_is_queued_arrives_once_and_is_written_down(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(3))
    assert send(engine, office.url, minutes=2) == SendReport(sent=3)
    assert send(engine, office.url, minutes=3) == SendReport()
    assert office.recipients == people(3)
    written = "SELECT message_id, sent_at, tries FROM communique.deliveries ORDER BY id"
    sent_at = NOW + timedelta(minutes=2)
    assert rows(engine, written) == [(str(m["Message-ID"]), sent_at, 1) for m in office.arrived]


def test_two_senders_at_once_send_no_mail_twice(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(30), statements=3)
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda _: send(engine, office.url), range(3)))
    assert sum(report.sent for report in reports) == 30
    assert len({mail["Message-ID"] for mail in office.arrived}) == len(office.arrived) == 30
    told = "SELECT mail_id, count(*) FROM communique.deliveries WHERE status = 'sent' GROUP BY 1"
    assert {number for _, number in rows(engine, told)} == {3}


def test_a_sender_killed_before_it_knows_that_a_mail_was_taken_repeats_it_recognisably(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(4), statements=2)
    process = in_a_process_of_its_own(engine, office.url)
    office.data = lambda _: process.kill()  # and the office takes the mail
    assert process.wait(30) == -signal.SIGKILL
    office.data = lambda _: None
    queue(engine, tmp_path, statements=2)
    assert send(engine, office.url, minutes=1) == SendReport(sent=4)
    ids = [mail["Message-ID"] for mail in office.arrived]
    assert ids[0] == ids[1]
    assert {str(mail["Subject"]).split(":")[0] for mail in office.arrived} == {"[urgent] 2 alerts"}
    assert len(set(ids)) == len(ids) - 1 == 4
    assert set(office.recipients) == set(people(4))


def test_a_sender_killed_between_two_mails_repeats_none(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(4))
    process = in_a_process_of_its_own(engine, office.url)
    office.mail = lambda _: process.kill() if len(office.arrived) == 2 else None
    assert process.wait(30) == -signal.SIGKILL
    office.mail = lambda _: None
    assert send(engine, office.url, minutes=1) == SendReport(sent=2)
    assert office.recipients == people(4)


def in_a_process_of_its_own(engine: Engine, url: str) -> subprocess.Popen[bytes]:
    program = (
        "import sys; from sqlalchemy import create_engine\n"
        "from communique.outbox import send_pending\n"
        "from communique.settings import Settings\n"
        "send_pending(create_engine(sys.argv[1]), Settings())"
    )
    environment = os.environ | {
        "COMMUNIQUE_SMTP_URL": url,
        "COMMUNIQUE_MAIL_FROM": "alerts@example.org",
        "COMMUNIQUE_NOW": NOW.isoformat(),
    }
    database = engine.url.render_as_string(hide_password=False)
    return subprocess.Popen([sys.executable, "-c", program, database], env=environment)


def test_a_refused_recipient_fails_alone_and_for_good(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(3))
    office.rcpt = lambda address: "550 no such user" if "reader1" in address else None
    report = send(engine, office.url)
    assert (report.sent, report.failed, report.deferred) == (2, 1, 0)
    (problem,) = report.problems
    assert "reader1@example.org" in problem
    assert "550 no such user" in problem
    assert statuses(engine)["reader1@example.org"] == "failed"
    assert send(engine, office.url, days=9) == SendReport()


def test_a_mail_refused_for_now_is_tried_again_later_and_given_up_after_ten_tries(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(2))
    office.rcpt = lambda address: "451 busy" if "reader1" in address else None
    assert send(engine, office.url).deferred == 1
    waiting = send(engine, office.url, seconds=59)
    assert (waiting.deferred, waiting.waiting) == (0, 1)
    minutes, waits = 1, []
    while (report := send(engine, office.url, minutes=minutes)).deferred:
        due = "SELECT max(next_try_at) FROM communique.deliveries"
        next_try = rows(engine, due)[0][0]
        assert isinstance(next_try, datetime)
        waits.append(round((next_try - NOW).total_seconds() / 60) - minutes)
        minutes += waits[-1]
    assert waits == [5, 15, 60, 120, 240, 480, 720, 1440]
    assert report.failed == 1
    kept = "SELECT tries, last_error LIKE '%451 busy%' FROM communique.deliveries WHERE tries > 1"
    assert rows(engine, kept) == [(10, True)]


def test_a_mail_that_was_refused_for_now_arrives_under_the_same_message_id(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(1))
    offered: list[str] = []
    office.data = full(offered)
    assert send(engine, office.url).deferred == 1
    office.data = lambda _: None
    assert send(engine, office.url, minutes=1) == SendReport(sent=1)
    assert offered == [office.arrived[0]["Message-ID"]]


def test_a_mail_of_several_alerts_is_the_same_mail_however_often_it_is_tried(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(1), statements=3)
    offered: list[str] = []
    office.data = full(offered)
    assert send(engine, office.url).deferred == 1
    queue(engine, tmp_path, statements=5)  # of which two are new
    office.data = lambda _: None
    assert send(engine, office.url, minutes=1) == SendReport(sent=2)
    first, second = office.arrived
    assert offered == [first["Message-ID"]]
    assert [str(mail["Subject"]).split()[1] for mail in (first, second)] == ["3", "2"]
    told = "SELECT message_id, count(*) FROM analyst.alerts GROUP BY 1, mail_id ORDER BY mail_id"
    assert rows(engine, told) == [(first["Message-ID"], 3), (second["Message-ID"], 2)]


def test_an_address_that_refuses_three_times_in_a_row_is_left_alone_and_the_maintainer_told(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    office.rcpt = lambda address: "550 5.1.1 no such user" if "reader1" in address else None
    queue(engine, tmp_path, *people(2), statements=0)
    for number in range(5):
        queue(engine, tmp_path, statements=number + 1)
        report = send(engine, office.url, hours=number)
    assert report == SendReport(sent=1)
    written = "SELECT status, held_because FROM analyst.alerts WHERE recipient LIKE 'reader1%' "
    assert (
        rows(engine, f"{written} ORDER BY delivery_id")
        == [("failed", None)] * 3 + [("held", "address disabled")] * 2
    )
    (notice,) = [mail for mail in office.arrived if mail["To"] == "mina@example.org"]
    assert str(notice["Subject"]) == "Address disabled: reader1@example.org"
    body = notice.get_body(("plain",))
    assert body is not None
    said = " ".join(body.get_content().split())
    assert "5.1.1 no such user" in said
    assert "communique subscriptions enable reader1@example.org" in said
    office.rcpt = lambda _: None
    with engine.begin() as connection:
        assert enable(connection, "reader1@example.org")
    queue(engine, tmp_path, statements=6)
    assert send(engine, office.url, hours=9) == SendReport(sent=2)


def refuse(_: str) -> str:
    return "550 no"


def test_refusals_with_a_success_between_them_disable_nobody(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(1), statements=0)
    for number, answer in enumerate(("550 no", "550 no", None, "550 no", "550 no")):
        office.rcpt = {"550 no": refuse, None: content}[answer]
        queue(engine, tmp_path, statements=number + 1)
        send(engine, office.url, hours=number)
    assert rows(engine, "SELECT refused, disabled_at FROM communique.recipients") == [(2, None)]


def test_what_a_mail_says_being_refused_is_no_fault_of_its_recipient(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(1))
    office.data = lambda _: "554 5.7.1 looks like spam"
    assert send(engine, office.url).failed == 1
    assert rows(engine, "SELECT * FROM communique.recipients") == []


def test_no_minute_has_more_mails_than_the_rate_however_many_send(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(25))
    began = time.monotonic()

    def clock() -> datetime:  # a minute in half a second
        return NOW + timedelta(seconds=(time.monotonic() - began) * 120)

    settings = Settings(smtp_url=office.url, mail_rate=10)
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: send_pending(engine, settings, clock), range(2)))
    assert sum(report.sent for report in reports) == 25
    times = [row[0] for row in rows(engine, "SELECT sent_at FROM communique.mails ORDER BY 1")]
    assert len(times) == 25
    for first, eleventh in zip(times, times[10:], strict=False):
        assert isinstance(first, datetime)
        assert isinstance(eleventh, datetime)
        assert eleventh - first >= timedelta(minutes=1)


def test_whoever_waited_for_another_sender_counts_and_dates_its_mails_from_then(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(1))
    settings = Settings(smtp_url=office.url, mail_rate=10)
    clock = partial(next, (NOW + timedelta(minutes=minute) for minute in count()))
    with ThreadPoolExecutor(1) as pool, engine.connect() as another:
        take_turn(another, 10)
        sending = pool.submit(send_pending, engine, settings, clock)
        asks = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while not rows(engine, asks):
            time.sleep(0.01)
        released = clock()
        another.rollback()
        assert sending.result().sent == 1
    ((sent_at,),) = rows(engine, "SELECT sent_at FROM communique.mails")
    assert isinstance(sent_at, datetime)
    assert sent_at > released


def test_where_the_clock_stands_still_the_rest_of_a_minutes_mails_waits_for_the_next_run(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(5))
    settings = Settings(smtp_url=office.url, mail_rate=3)
    assert send_pending(engine, settings, lambda: NOW) == SendReport(sent=3, waiting=2)
    later = NOW + timedelta(minutes=1)
    assert send_pending(engine, settings, lambda: later) == SendReport(sent=2)


def test_a_mail_that_waits_for_the_server_loses_the_alerts_of_a_subscription_that_ends(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    (tmp_path / "firm.yaml").write_text(RULES.replace("plan", "firm").replace("urgent", "info"))
    with engine.begin() as connection:
        subscribe(connection, "reader0@example.org", "firm", NOW, known=["firm"])
    queue(engine, tmp_path, *people(2))
    refuse_sender(office)
    assert send(engine, office.url).waiting == 2
    office.mail = lambda _: None
    with engine.begin() as connection:
        unsubscribe(connection, "reader0@example.org", "network", NOW)
        unsubscribe(connection, "reader1@example.org", "network", NOW)
    assert send(engine, office.url, minutes=2) == SendReport(sent=1)
    (mail,) = office.arrived
    assert str(mail["Subject"]).startswith("[info] The firm: ")
    held = "SELECT recipient, status, held_because FROM communique.mails ORDER BY recipient"
    assert rows(engine, held) == [
        ("reader0@example.org", "sent", None),
        ("reader1@example.org", "held", "subscription ended"),
    ]


def test_a_server_that_is_away_loses_nothing_and_is_not_asked_for_every_mail(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(20))
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    report = send(engine, f"smtp://127.0.0.1:{port}")
    assert (report.sent, report.failed, report.deferred, report.waiting) == (0, 0, 20, 20)
    assert len(report.problems) < 6
    tried = "SELECT count(*) FROM communique.deliveries WHERE last_error IS NOT NULL"
    assert rows(engine, tried) == [(3,)]
    assert send(engine, office.url, minutes=1) == SendReport(sent=20)


def refuse_sender(office: Office) -> None:
    office.mail = lambda _: "550 5.7.1 sender not allowed"


def ask_for_login(office: Office) -> None:
    office.mail = lambda _: "530 5.7.0 authentication required"


def ask_for_login_late(office: Office) -> None:
    office.rcpt = lambda _: "530 5.7.0 authentication required"


def refuse_sender_late(office: Office) -> None:
    said = "553 5.7.1 <alerts@example.org>: Sender address rejected: not owned by user ana"
    office.rcpt = lambda _: said


def know_no_such_sender(office: Office) -> None:
    said = "550 5.1.8 <alerts@example.org>: Sender address rejected: Domain not found"
    office.rcpt = lambda _: said


def pass_nothing_on(office: Office) -> None:
    office.rcpt = lambda address: f"554 5.7.1 <{address}>: Relay access denied"


def close(office: Office) -> None:
    office.mail = office.rcpt = lambda _: "421 closing down"


@pytest.mark.parametrize(
    "mood",
    [
        None,
        refuse_sender,
        ask_for_login,
        ask_for_login_late,
        refuse_sender_late,
        know_no_such_sender,
        pass_nothing_on,
        close,
    ],
)
def test_no_outage_and_no_wrong_setting_is_long_enough_to_lose_a_mail(
    engine: Engine, office: Office, tmp_path: Path, mood: Callable[[Office], None] | None
) -> None:
    queue(engine, tmp_path, *people(5))
    url = office.url
    if mood is None:
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            url = f"smtp://127.0.0.1:{nobody.getsockname()[1]}"
    else:
        mood(office)
    for hours in range(0, 100, 19):
        report = send(engine, url, hours=hours)
        assert (report.sent, report.failed, report.waiting) == (0, 0, 5)
        assert report.problems
    assert rows(engine, "SELECT max(tries) FROM communique.deliveries") == [(0,)]
    assert rows(engine, "SELECT * FROM communique.recipients") == []
    furthest = rows(engine, "SELECT max(next_try_at) FROM communique.deliveries")[0][0]
    assert furthest == NOW + timedelta(hours=96)
    office.mail = office.rcpt = lambda _: None
    assert send(engine, office.url, hours=100) == SendReport(sent=5)
    assert office.recipients == people(5)


@pytest.mark.parametrize("url", ["smtp://a..b.example", "smtp://ana:s3cr%C3%BCt@127.0.0.1:{port}"])
def test_a_host_or_password_that_cannot_be_sent_at_all_is_no_mails_fault(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    queue(engine, tmp_path, *people(1))
    context, certificate = for_loopback(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with post_office(context) as office:
        report = send(engine, url.format(port=office.port).replace("smtp:", "smtp+starttls:"))
    assert (report.deferred, report.waiting) == (1, 1)
    assert "COMMUNIQUE_SMTP_URL" in report.problems[0]
    assert "s3cr" not in str(report.problems)
    assert rows(engine, "SELECT tries FROM communique.deliveries") == [(0,)]


def test_a_server_that_hangs_up_before_it_has_the_mail_costs_it_no_try(
    engine: Engine, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(1))
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        answered = pool.submit(greet_and_hang_up, listening)
        report = send(engine, f"smtp://127.0.0.1:{listening.getsockname()[1]}")
        assert answered.result(10).startswith(b"mail FROM:")
    assert (report.deferred, report.waiting) == (1, 1)
    assert rows(engine, "SELECT tries FROM communique.deliveries") == [(0,)]


def greet_and_hang_up(listening: socket.socket) -> bytes:
    """A server that says hello and hangs up at the first mail; returns what it heard last."""
    caller, _ = listening.accept()
    with caller:
        caller.settimeout(10)
        caller.sendall(b"220 here\r\n")
        caller.recv(1000)
        caller.sendall(b"250 here\r\n")
        return caller.recv(1000)


def test_while_a_mail_waits_after_a_failure_every_run_says_so(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(2))
    refuse_sender(office)
    assert send(engine, office.url).waiting == 2
    office.mail = lambda _: None
    report = send(engine, office.url, seconds=30)
    assert (report.sent, report.deferred, report.waiting) == (0, 0, 2)
    (problem,) = report.problems
    assert "550 5.7.1 sender not allowed" in problem
    assert send(engine, office.url, minutes=1) == SendReport(sent=2)
    assert send(engine, office.url, minutes=1) == SendReport()


def test_a_server_that_hangs_up_after_some_mails_gets_the_rest_on_a_new_connection(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(7))
    asked: list[str] = []
    office.mail = lambda address: (
        "421 enough for one connection" if asked.append(address) or len(asked) % 3 == 0 else None
    )
    assert send(engine, office.url) == SendReport(sent=7)
    assert office.recipients == people(7)


def test_a_mail_that_cannot_be_written_stops_no_other(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(3))
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE communique.deliveries SET recipient = E'x@y.example\\nBcc: z@y.example' "
                "WHERE recipient LIKE 'reader1%'"
            )
        )
    report = send(engine, office.url)
    assert (report.sent, report.deferred) == (2, 1)
    assert office.recipients == ["reader0@example.org", "reader2@example.org"]


def test_what_is_queued_for_a_subscription_that_ended_is_held_back(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(2))
    with engine.begin() as connection:
        assert unsubscribe(connection, "reader0@example.org", "network", NOW)
    assert send(engine, office.url) == SendReport(sent=1)
    held = "SELECT recipient, held_because FROM analyst.alerts WHERE status = 'held'"
    assert rows(engine, held) == [("reader0@example.org", "subscription ended")]


@pytest.mark.parametrize(
    ("url", "mail_from", "named"),
    [
        (None, "a@example.org", "COMMUNIQUE_SMTP_URL is not set"),
        ("smtp:///mail.example", "a@example.org", "COMMUNIQUE_SMTP_URL must be"),
        ("smtp://user:s3cret@host:port", "a@example.org", "COMMUNIQUE_SMTP_URL is malformed"),
        ("smtp://127.0.0.1:25", "nobody", "COMMUNIQUE_MAIL_FROM is 'nobody'"),
        ("smtp://127.0.0.1:25", "", "which is no mail address (it is empty)"),
        ("smtp://127.0.0.1:25", "a@b.example\nBcc: c@d.example", "COMMUNIQUE_MAIL_FROM"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_the_mails_wait(
    engine: Engine, tmp_path: Path, url: str | None, mail_from: str, named: str
) -> None:
    queue(engine, tmp_path, *people(2))
    report = send_pending(engine, Settings(smtp_url=url, mail_from=mail_from), lambda: NOW)
    (problem,) = report.problems
    assert "2" in problem
    assert named in problem
    assert "s3cret" not in problem
    assert set(statuses(engine).values()) == {"pending"}


def test_a_limit_is_kept(engine: Engine, office: Office, tmp_path: Path) -> None:
    queue(engine, tmp_path, *people(3))
    settings = Settings(smtp_url=office.url)
    assert send_pending(engine, settings, lambda: NOW, limit=2) == SendReport(sent=2, waiting=1)


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_an_encrypted_connection_is_verified_and_only_then_told_the_password(
    engine: Engine,
    tmp_path: Path,
    scheme: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue(engine, tmp_path, *people(1))
    context, certificate = for_loopback(tmp_path)
    with post_office(context, from_the_start=scheme == "smtps") as office:
        url = f"{scheme}://ana:p%40ss%2Fw%3Ard@127.0.0.1:{office.port}"
        report = send(engine, url)
        assert (report.sent, report.deferred, office.logins) == (0, 1, [])
        assert "certificate" in report.problems[0].lower()
        assert "p@ss" not in str(report.problems)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert send(engine, url, minutes=1) == SendReport(sent=1)
        assert office.logins == [(b"ana", b"p@ss/w:rd")]


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_wrong_password_counts_against_no_mail_and_no_recipient(
    engine: Engine, tmp_path: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(engine, tmp_path, *people(5))
    context, certificate = for_loopback(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with post_office(context, from_the_start=scheme == "smtps") as office:
        office.password = b"right"
        report = send(engine, f"{scheme}://ana:wr0ng@127.0.0.1:{office.port}")
        assert (report.sent, report.failed, report.waiting) == (0, 0, 5)
        assert "535" in report.problems[0]
        assert "wr0ng" not in str(report.problems)
        assert rows(engine, "SELECT max(tries) FROM communique.mails") == [(0,)]
        url = f"{scheme}://ana:right@127.0.0.1:{office.port}"
        assert send(engine, url, minutes=2) == SendReport(sent=5)


def test_a_server_without_encryption_gets_neither_mail_nor_password_where_it_was_asked_for(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, *people(1))
    report = send(engine, f"smtp+starttls://ana:secret@127.0.0.1:{office.port}")
    assert (report.sent, report.deferred, office.logins) == (0, 1, [])


def test_a_mail_that_a_split_brings_is_no_repetition_of_the_earlier_one(
    engine: Engine, office: Office, tmp_path: Path
) -> None:
    queue(engine, tmp_path, "ana@example.org")
    send(engine, office.url)
    first = rows(engine, "SELECT id, story_id FROM communique.statements")[0]
    again = post(engine, source="two", url="https://two.example/", story=int(str(first[1])))
    queue(engine, tmp_path, "ben@example.org", "cat@example.org", statements=0)
    send(engine, office.url, minutes=1)
    with engine.begin() as connection:
        split(connection, [int(str(first[0]))], again.statement, NOW)
    queue(engine, tmp_path, statements=0)
    send(engine, office.url, minutes=2)
    assert [str(mail["To"]) for mail in office.arrived].count("ana@example.org") == 2
    assert len({mail["Message-ID"] for mail in office.arrived}) == 4
