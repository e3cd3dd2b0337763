"""A small real HTTP server on loopback, scripted by path, that writes down who came when.

with Server() as server:
    server.pages["/a"] = Reply(body="<html>...")
    server.pages["/b"] = [Reply(503), Reply(body="...")]     # in turn; the last one stays
    server.pages["/c"] = lambda arrival: Reply(body=arrival.headers["user-agent"])
    ... server.url + "/a" ... server.arrivals
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One answer. delay: seconds before it starts; drip: seconds between the bytes of the body,
    head_drip: of the head; send: only so many bytes of the body, then the connection closes;
    reset: it closes by a TCP reset; length: what Content-Length says (None: the truth; chunked
    answers have none)."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | str = b""
    chunked: bool = False
    delay: float = 0
    drip: float = 0
    head_drip: float = 0
    send: int | None = None
    reset: bool = False
    length: int | None = None

    @property
    def bytes(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


@dataclass(frozen=True)
class Arrival:
    """One request. at: seconds of time.monotonic when its head had come; path with its query;
    headers: lower-case names; client: the port it came from (one per connection)."""

    at: float
    path: str
    headers: Mapping[str, str]
    client: int


Script = Reply | Sequence[Reply] | Callable[[Arrival], Reply]


class Server:
    """Serves `pages` on 127.0.0.1 (or another loopback address) and an ephemeral port."""

    def __init__(self, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, Script] = {}
        self.arrivals: list[Arrival] = []
        self.connections = 0  # those that asked for nothing included
        self._turns: dict[str, int] = {}
        self._lock = threading.Lock()
        self._http = _Listener((address, 0), type("Handler", (_Handler,), {"owner": self}))
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.port: int = self._http.server_address[1]
        self.url = f"{'https' if tls else 'http'}://{address}:{self.port}"

    def __enter__(self) -> Server:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, in their order."""
        return [arrival.path for arrival in self.arrivals]

    def answer(self, arrival: Arrival) -> Reply:
        with self._lock:
            self.arrivals.append(arrival)
            script = self.pages.get(arrival.path, Reply(404, body="no such page"))
            if isinstance(script, Reply):
                return script
            if callable(script):
                return script(arrival)
            turn = self._turns.get(arrival.path, 0)
            self._turns[arrival.path] = turn + 1
            return script[min(turn, len(script) - 1)]


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the play."""


class _Handler(BaseHTTPRequestHandler):
    owner: Server
    protocol_version = "HTTP/1.1"
    wbufsize = 0
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.owner.connections += 1

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        arrival = Arrival(time.monotonic(), self.path, headers, self.client_address[1])
        reply = self.owner.answer(arrival)
        time.sleep(reply.delay)
        with contextlib.suppress(OSError):
            self._send(self._head(reply), reply.head_drip)
            self._send(self._body(reply), reply.drip)
        if reply.reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        if reply.send is not None or reply.reset:
            self.close_connection = True

    def _head(self, reply: Reply) -> bytes:
        lines = [f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('Odd',))[0]}"]
        length = len(reply.bytes) if reply.length is None else reply.length
        extra = {"Transfer-Encoding": "chunked"} if reply.chunked else {"Content-Length": length}
        if reply.status == 304:
            extra = {}
        lines += [f"{name}: {value}" for name, value in {**reply.headers, **extra}.items()]
        return "\r\n".join([*lines, "", ""]).encode("utf-8")

    def _body(self, reply: Reply) -> bytes:
        body = reply.bytes
        if reply.chunked:
            parts = [body[i : i + 1000] for i in range(0, len(body), 1000)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        return body[: reply.send]

    def _send(self, data: bytes, pause: float) -> None:
        if not pause:
            self.connection.sendall(data)
            return
        for byte in data:
            self.connection.sendall(bytes([byte]))
            time.sleep(pause)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet: the arrivals say it all."""
