"""A mail server with every bad habit: `python -m tests.killing.office FILE SEED` prints its port.

It hangs up, defers (4xx), refuses some addresses for good (5xx), accepts and hangs up before it has
said so, or accepts and dies; then another process goes on at the same port. What it accepted is a
line of FILE, flushed before it answers. A file FILE.polite makes it behave.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

GONE = "gone"  # addresses that begin so are refused for good
# Shares of the mails that meet each habit; the rest is accepted.
HANG_UP, DEFER, HANG_UP_LATE, DEFER_LATE, TAKE_AND_HANG_UP, TAKE_AND_DIE = (
    0.04, 0.07, 0.04, 0.05, 0.03, 0.03,
)  # fmt: skip


class Office:
    """aiosmtpd's handler."""

    def __init__(self, file: Path, seed: int) -> None:
        self._file, self._chance = file, random.Random(seed)
        self._polite = file.with_suffix(".polite")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith(GONE):
            return "550 5.1.1 No such user"
        dice = self._dice()
        if dice < HANG_UP:
            server.transport.abort()
        elif dice < HANG_UP + DEFER:
            return "451 4.7.1 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802
        dice = self._dice()
        if dice < HANG_UP_LATE:
            server.transport.abort()
            return "451 gone"
        if dice < HANG_UP_LATE + DEFER_LATE:
            return "452 4.3.1 Insufficient storage"
        self._take(envelope)
        dice -= HANG_UP_LATE + DEFER_LATE
        if dice < TAKE_AND_HANG_UP:
            server.transport.abort()
        elif dice < TAKE_AND_HANG_UP + TAKE_AND_DIE:
            os._exit(1)
        return "250 OK"

    def _take(self, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        row = {
            "to": envelope.rcpt_tos[0],
            "id": str(mail["Message-ID"]),
            "subject": str(mail["Subject"]),
            "text": mail.get_body(("plain",)).get_content(),  # type: ignore[union-attr]
        }
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _dice(self) -> float:
        return 1.0 if self._polite.exists() else self._chance.random()


def main() -> None:
    """Serves until it is terminated, with one process after another."""
    file, seed = Path(sys.argv[1]), int(sys.argv[2])
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            child = os.fork()
            if not child:
                asyncio.run(_serve(Office(file, seed), listening))
            os.waitpid(child, 0)
            seed += 1


async def _serve(office: Office, listening: socket.socket) -> None:
    parent = os.getppid()
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: SMTP(office, loop=loop), sock=listening)
    while os.getppid() == parent:
        await asyncio.sleep(0.2)
    os._exit(0)


if __name__ == "__main__":
    main()
