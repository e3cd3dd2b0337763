"""What stands before every route: bounds that no request may exceed, headers on every answer, and
an answer to every error. The pages share the process, and its threads, with Airflow's API server;
however many ask at once, and however slowly, it goes on."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

LARGEST = 1_000_000  # bytes that anybody sends: a watchlist is far smaller
LONGEST_ADDRESS = 16_000  # bytes of a path and its query
SLOWEST = 20.0  # seconds in which all of them must be here
PLACES, STRANGERS_PLACES = 12, 3  # requests that are worked on at once; Airflow has 40 threads
WAIT = 10.0  # seconds that a request waits for its place

Told = Callable[[Request, int, str], Awaitable[Response]]


class Refusal(Exception):
    """A request that is not even looked at."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status, self.said = status, said


class Guard:
    """The outermost layer. told: makes an answer of a status and words. headers: of every answer
    that does not say otherwise itself. strangers: beginnings of the paths that need no session;
    their requests take places of their own, so that nobody keeps analysts out."""

    def __init__(
        self, app: ASGIApp, told: Told, headers: Mapping[str, str], strangers: Iterable[str]
    ) -> None:
        self._app, self._told = app, told
        self._headers, self._strangers = dict(headers), tuple(strangers)
        self._places = asyncio.Semaphore(PLACES)
        self._strangers_places = asyncio.Semaphore(STRANGERS_PLACES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or what else a server has to say."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answering = _Answering(send, self._headers, silent=scope["method"] == "HEAD")
        asked = {**scope, "method": "GET"} if answering.silent else scope
        try:
            _require_sane(scope)
            taken = await _taken(Headers(scope=scope), receive)
            await self._in_its_place(asked, taken, answering)
        except Refusal as refusal:
            await self._answer(asked, answering, refusal.status, refusal.said)
        except Exception as error:
            log.error("%s %r failed", scope["method"], scope["path"], exc_info=error)
            if answering.begun:
                raise  # the connection breaks off: what was sent must not look whole
            said = "This is a fault of ours; the API server's log says which."
            await self._answer(asked, answering, 500, said)

    async def _in_its_place(self, scope: Scope, receive: Receive, answering: _Answering) -> None:
        below = scope["path"].removeprefix(scope.get("root_path", ""))
        stranger = below.startswith(self._strangers)
        places = self._strangers_places if stranger else self._places
        try:
            await asyncio.wait_for(places.acquire(), WAIT)
        except TimeoutError:
            raise Refusal(503, "Too many ask at once. Try again in a moment.") from None
        answering.place = places  # given back with the answer's first byte: the rest is waiting
        try:
            await self._app(scope, receive, answering)
        finally:
            answering.leave()

    async def _answer(self, scope: Scope, send: Send, status: int, said: str) -> None:
        request = Request(scope)
        try:
            answer = await self._told(request, status, said)
        except Exception as error:
            log.error("no page could be made of an error", exc_info=error)
            answer = PlainTextResponse(said, status)
        if status == 503:
            answer.headers["Retry-After"] = "5"
        await answer(scope, _nothing, send)


class _Answering:
    """Where an answer goes out: with our headers, without its body where only the head was asked
    for. begun: whether anything went out. place: what is to be given back."""

    def __init__(self, send: Send, headers: Mapping[str, str], *, silent: bool) -> None:
        self._send, self._headers, self.silent = send, headers, silent
        self.begun = False
        self.place: asyncio.Semaphore | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            self.leave()
            kept = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                kept.setdefault(name, value)
        elif self.silent:
            more = message.get("more_body", False)
            message = {"type": "http.response.body", "body": b"", "more_body": more}
        await self._send(message)

    def leave(self) -> None:
        """Gives the place back, once."""
        place, self.place = self.place, None
        if place is not None:
            place.release()


def _require_sane(scope: Scope) -> None:
    query: bytes = scope.get("query_string", b"")
    if len(scope.get("raw_path") or b"") + len(query) > LONGEST_ADDRESS:
        raise Refusal(414, "This address is too long.")
    if "\0" in scope["path"] or b"%00" in query or b"\0" in query:
        raise Refusal(400, "This address holds a NUL character, which no text of ours has.")


async def _taken(headers: Headers, receive: Receive) -> Receive:
    """The whole body, so that no route waits for who sends it."""
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > LARGEST:
        raise Refusal(413, f"No more than {LARGEST:,} bytes are taken.")
    if length == "0" and "transfer-encoding" not in headers:
        return receive
    parts, size, until = [], 0, time.monotonic() + SLOWEST
    more = True
    while more:
        try:
            message = await asyncio.wait_for(receive(), max(0.0, until - time.monotonic()))
        except TimeoutError:
            raise Refusal(408, "What was sent did not arrive in time.") from None
        if message["type"] != "http.request":
            return _repeated(message, receive)
        parts.append(message.get("body", b""))
        size, more = size + len(parts[-1]), message.get("more_body", False)
        if size > LARGEST:
            raise Refusal(413, f"No more than {LARGEST:,} bytes are taken.")
    return _repeated({"type": "http.request", "body": b"".join(parts), "more_body": False}, receive)


def _repeated(message: Message, receive: Receive) -> Receive:
    waiting = [message]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
