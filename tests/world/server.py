"""The world's web server: one process, one port, an address of loopback for each host.

`python -m tests.world.server HOSTS DAYS SEED` prints its port. The address CONTROL sets the day
(`/set/DAY/ATTEMPT`) and hands out the log of arrivals (`/log`), each with the moment at which the
kernel had the request's last byte: a busy process reads it later, and that is not the client's
doing. Any other address of loopback is one that nobody may ask: it answers, and tells.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
import time
from typing import Any

from tests.world.calendar import Host, make_world
from tests.world.hosting import Hosting
from tests.world.pages import server_date
from tests.world.replies import Reply, prepare

CONTROL = "127.4.0.1"
# Where struct tcp_info has tcpi_last_data_recv: milliseconds since data arrived.
_LAST_DATA = struct.Struct("52xI")
_LINGER = struct.pack("ii", 1, 0)


class WebServer:
    """Serves a Hosting. arrivals: address, moment (time.monotonic), day, attempt, path."""

    def __init__(self, hosting: Hosting) -> None:
        self.hosting = hosting
        self.arrivals: list[tuple[str, float, int, int, str]] = []
        self.port = 0
        self._hosts = hosting.world.by_address()

    def know(self, address: str, host: Host) -> None:
        """Answers at this address too, with the clock of this host."""
        self._hosts[address] = host

    async def run(self, port: int = 0) -> None:
        server = await asyncio.start_server(self._talk, "0.0.0.0", port, backlog=1000)
        self.port = server.sockets[0].getsockname()[1]
        self.hosting.port = self.port
        print(self.port, flush=True)
        await server.serve_forever()

    def asked(self, address: str, headers: dict[str, str]) -> str:
        """The address of the host that is asked: the one at which it was reached."""
        return address

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # clients that hang up are part of the play
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False where the connection ends with it."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        connection = writer.get_extra_info("socket")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:])}
        address = self.asked(connection.getsockname()[0], headers)
        path = head[0].split(" ")[1]
        if address == CONTROL:
            return await self._control(path, writer)
        day, attempt = self.hosting.day, self.hosting.attempt
        self.arrivals.append((address, _arrived(connection), day, attempt, path))
        if address not in self._hosts:
            return False
        reply = self.hosting.answer(address, path, headers)
        return await self._send(reply, address, reader, writer)

    async def _send(
        self, reply: Reply, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if reply.end == "silence":
            await reader.read(1)  # until the client has had enough
            return False
        if reply.end == "reset" and reply.send is None:
            return _reset(writer)
        if reply.raw is not None:
            writer.write(reply.raw)
            return False
        port = str(self.port).encode()
        body = reply.body.replace(b"{port}", port) if len(reply.body) < 1_000_000 else reply.body
        date = server_date(self._hosts[address], self.hosting.day)
        await _write(writer, _head(reply, body, date).replace(b"{port}", port), reply.head_drip)
        if reply.chunked:
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        await _write(writer, body[: reply.send], reply.drip)
        if reply.end == "reset":
            await asyncio.sleep(0.05)  # or the client would lose what it has not read yet
            return _reset(writer)
        return reply.send is None

    async def _control(self, path: str, writer: asyncio.StreamWriter) -> bool:
        words = path.split("/")
        if words[1] == "set":
            self.hosting.set(int(words[2]), int(words[3]))
        body = json.dumps(self.arrivals if words[1] == "log" else "done").encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        return True


def _head(reply: Reply, body: bytes, date: str) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {'OK' if reply.status == 200 else 'So'}", f"Date: {date}"]
    if reply.chunked:
        lines.append("Transfer-Encoding: chunked")
    elif reply.status != 304:
        length = len(body) if reply.length is None else reply.length
        lines.append(f"Content-Length: {length}")
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def _write(writer: asyncio.StreamWriter, data: bytes, pause: float) -> None:
    if not pause:
        writer.write(data)
        await writer.drain()
        return
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(pause)


def _reset(writer: asyncio.StreamWriter) -> bool:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    writer.transport.abort()
    return False


def _arrived(connection: Any) -> float:
    """When the kernel had the data that was just read."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return time.monotonic() - _LAST_DATA.unpack_from(info)[0] / 1000


if __name__ == "__main__":
    hosts, days, seed = map(int, sys.argv[1:4])
    prepare()
    asyncio.run(WebServer(Hosting(make_world(hosts, days, seed))).run())
