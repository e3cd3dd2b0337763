"""A mail server on this machine that keeps what it receives as files, for the demo and the tests.

    python -m communique.mailbox FOLDER --port 2525 [--pages 8025]

Each mail becomes <number>-<slug>.eml, its HTML part <number>-<slug>.html, and index.html lists
them; with --pages a browser reads them. It speaks to this machine only, unless --host says
otherwise, and delivers nothing further.
"""

from __future__ import annotations

import argparse
import html
import re
import signal
import socket
import threading
from collections.abc import Awaitable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from communique.mail.clean import shown
from communique.mailbox_index import INDEX, pages

HOST = "127.0.0.1"
# Whoever wrote the mail, opening its copy runs no script and loads nothing.
HARMLESS = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
)


@contextmanager
def mailbox(folder: Path, port: int = 0, host: str = HOST) -> Iterator[str]:
    """Receives mail into `folder` (made if missing) until the block ends; yields its address,
    "smtp://127.0.0.1:PORT". port 0: any free one. host: the address to listen at. Raises OSError
    where the port is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server((host, port)) as listening:
        server = _Server(_Keeper(folder), listening)
        server.start()
        try:
            yield f"smtp://{host}:{server.port}"
        finally:
            server.stop()


class _Server(Controller):
    """aiosmtpd's threaded server on a socket that is already bound, so that port 0 works."""

    def __init__(self, handler: _Keeper, listening: socket.socket) -> None:
        host, port = listening.getsockname()
        super().__init__(handler, hostname=host, port=port)
        self.listening = listening

    def _create_server(self) -> Awaitable[Any]:
        return self.loop.create_server(self._factory_invoker, sock=self.listening)


@dataclass(
    frozen=True
)  # no slots: aiosmtpd looks at every member, and Python 3.11.2 trips over one
class _Keeper:
    """Files what arrives. rows: of the index, by file, so that each mail is read once for it."""

    folder: Path
    rows: dict[Path, str] = field(default_factory=dict)

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name for it)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Files one mail. What cannot be filed is refused for now, so the sender tries again."""
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            name = _file(self.folder, raw)
            _list(self.folder, self.rows)
        except OSError as error:
            return f"452 4.3.1 the mailbox cannot be written: {shown(str(error), 200)}"
        return f"250 2.0.0 kept as {name}.eml"


def _file(folder: Path, raw: bytes) -> str:
    mail = _headers(raw)
    slug = re.sub(r"[^a-z0-9]+", "-", _header(mail, "subject").lower()).strip("-")[:50].strip("-")
    name = f"{max(map(_number, _kept(folder)), default=0) + 1:03d}-{slug or 'mail'}"
    page = _page(message_from_bytes(raw, policy=default))
    if page is not None:
        (folder / f"{name}.html").write_text(page, encoding="utf-8", errors="replace")
    # Whole or not at all: whoever hands it in again, as we died on it, is then the first.
    draft = folder / f".{name}.tmp"
    try:
        draft.write_bytes(raw)
        draft.replace(folder / f"{name}.eml")
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return name


def _page(mail: EmailMessage) -> str | None:
    """The mail's HTML part, made harmless; None if it has none."""
    part = mail.get_body(("html",))
    if part is None:
        return None
    body = part.get_payload(decode=True)
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
    page, heads = re.subn(r"(?i)<head(\s[^>]*)?>", rf"\g<0>{HARMLESS}", text, count=1)
    return page if heads else HARMLESS + page


def _list(folder: Path, known: dict[Path, str]) -> None:
    """Writes index.html anew, whole or not at all."""
    newest_first = sorted(_kept(folder), key=_number, reverse=True)
    for path in newest_first:
        if path not in known:
            known[path] = _row(path)
    rows = "\n".join(known[path] for path in newest_first)
    draft = folder / ".index.html.tmp"
    draft.write_text(INDEX.replace("ROWS", rows), encoding="utf-8", errors="replace")
    draft.replace(folder / "index.html")


def _row(path: Path) -> str:
    mail = _headers(path.read_bytes())
    page = path.with_suffix(".html")
    seen = page if page.exists() else path
    date, to, subject = (html.escape(_header(mail, name)) for name in ("date", "to", "subject"))
    title = f'<a href="{html.escape(seen.name)}">{subject or "(no subject)"}</a>'
    raw = f'<a href="{html.escape(path.name)}">eml</a>'
    return f"<tr><td>{date}</td><td>{to}</td><td>{title}</td><td>{raw}</td></tr>"


def _kept(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.eml") if path.name.split("-")[0].isdigit()]


def _number(path: Path) -> int:
    return int(path.name.split("-")[0])


def _headers(raw: bytes) -> EmailMessage:
    return BytesParser(policy=default).parsebytes(raw, headersonly=True)


def _header(mail: EmailMessage, name: str) -> str:
    return shown(str(mail.get(name, "")), 300)


def main() -> None:
    """Runs a mailbox until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m communique.mailbox", description=__doc__)
    parser.add_argument("folder", type=Path, help="where mails are kept")
    parser.add_argument("--port", type=int, default=2525, help="0: any free one")
    parser.add_argument("--host", default=HOST, help="the address to listen at")
    parser.add_argument("--pages", type=int, help="a port for a browser; 0: any free one")
    options = parser.parse_args()
    done = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: done.set())
    try:
        with mailbox(options.folder, options.port, options.host) as address, ExitStack() as stack:
            print(f"{address} keeps mail in {options.folder}", flush=True)
            if options.pages is not None:
                shown_at = stack.enter_context(pages(options.folder, options.pages, options.host))
                print(f"{shown_at} shows it", flush=True)
            done.wait()
    except OSError as error:
        ports = f"port {options.port}"
        ports += "" if options.pages is None else f" or {options.pages}"
        parser.error(f"{ports} cannot be used: {error}. Choose another with --port or --pages.")


if __name__ == "__main__":
    main()
