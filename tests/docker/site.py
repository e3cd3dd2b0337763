"""The server of a made-up web: one process, many host names, and a log of every arrival.

`python -m tests.docker.site PLAN` reads the plan's numbers from a JSON file and serves on port 80
of all addresses; `--names FILE`: what the hosts are called here, where it is not as in the plan.
The host `log.test` hands out the log: for every exchange the moments (time.monotonic, seconds) at
which the kernel had the request and at which the last byte of the answer was given to it, the
host's name, the client's address and the path.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import struct
import time
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.docker.site_pages import answer
from tests.docker.site_plan import Plan

LOG = "log.test"
# Where struct tcp_info has tcpi_last_data_recv: milliseconds since data arrived.
_LAST_DATA = struct.Struct("52xI")


class Site:
    """Serves a plan. names: of the plan's hosts, by what they are called here. slowest: seconds
    that the slowest page takes; each has a time of its own."""

    def __init__(self, plan: Plan, names: dict[str, str], slowest: float) -> None:
        self._plan = plan
        self._names = names
        self._slowest = slowest
        self._log: list[tuple[float, float, str, str, str]] = []

    async def run(self, port: int) -> None:
        """Serves until it is ended; says so on standard output when it can be asked."""
        server = await asyncio.start_server(self._talk, "0.0.0.0", port, backlog=1000)
        print("serving", flush=True)
        await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._exchange(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # clients hang up
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        connection = writer.get_extra_info("socket")
        arrived, path = _arrived(connection), lines[0].split(" ")[1]
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
        called = headers.get("host", "").partition(":")[0]
        if called == LOG:
            writer.write(_packed(200, "application/json", json.dumps(self._log).encode()))
            await writer.drain()
            return
        found = answer(self._plan, self._names.get(called, called), path, called)
        await asyncio.sleep(self._slowest * (zlib.crc32(path.encode()) % 100) / 100)
        packed = _packed(*found)
        writer.write(packed[:-1])
        await writer.drain()
        client = writer.get_extra_info("peername")[0]
        # Nobody has the whole answer before its last byte is sent.
        self._log.append((arrived, time.monotonic(), called, client, path))
        writer.write(packed[-1:])
        await writer.drain()


def _packed(status: int, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} So\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _arrived(connection: Any) -> float:
    """When the kernel had the data that was just read: a busy process reads it later."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return time.monotonic() - float(_LAST_DATA.unpack_from(info)[0]) / 1000


def main() -> None:
    """Reads the arguments and serves."""
    parser = argparse.ArgumentParser(prog="python -m tests.docker.site", description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--names", type=Path)
    parser.add_argument("--port", type=int, default=80)
    parser.add_argument("--slowest", type=float, default=0.3)
    given = parser.parse_args()
    numbers = json.loads(given.plan.read_text())
    plan = Plan(**numbers | {"now": datetime.fromisoformat(numbers["now"])})
    names = json.loads(given.names.read_text()) if given.names else {}
    asyncio.run(Site(plan, names, given.slowest).run(given.port))


if __name__ == "__main__":
    main()
