"""How a faulty page answers, byte for byte."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from tests.guards import GUARDS

HTML = {"Content-Type": "text/html; charset=utf-8"}
MENU = "".join(f'<li><a href="/section-{n}/">Section {n}</a></li>' for n in range(8))


@dataclass(frozen=True)
class Reply:
    """One answer. drip, head_drip: seconds between bytes of the body, of the head; send: so many
    bytes of the body, then the connection ends; length: what Content-Length says; end: how the
    connection ends instead of with an answer (`reset` or `silence`); raw: sent as it is."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    drip: float = 0
    head_drip: float = 0
    send: int | None = None
    length: int | None = None
    chunked: bool = False
    end: str | None = None
    raw: bytes | None = None


@dataclass(frozen=True)
class Ask:
    """A request. count: how often this was asked for in this run before; url: where it came to;
    healthy: what would be answered if nothing were wrong."""

    url: str
    path: str
    count: int
    healthy: Reply


Make = Callable[[Ask], Reply]


def faulty(name: str, ask: Ask) -> Reply:
    """The answer to a request at a place with this fault."""
    if name.startswith("guard: "):
        guard = GUARDS[name.removeprefix("guard: ")]
        return Reply(guard.status, {**HTML, **guard.headers}, guard.html.encode())
    return REPLIES[name](ask)


def html(title: str, body: str, status: int = 200, head: str = "") -> Reply:
    """A small page in UTF-8."""
    page = (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    )
    return Reply(status, HTML, page.encode())


def sent_to(target: str) -> Make:
    return lambda ask: Reply(302, {"Location": target})


def says(status: int, **headers: str) -> Make:
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return lambda ask: replace(
        html(f"{status}", f"<h1>{status}</h1>", status), headers={**HTML, **named}
    )


def once(status: int, **headers: str) -> Make:
    """Healthy at the second asking."""
    return lambda ask: ask.healthy if ask.count else says(status, **headers)(ask)


@cache
def _zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    piece = bytes(1_000_000)
    return b"".join(packer.compress(piece) for _ in range(megabytes)) + packer.flush()


@cache
def _nested() -> bytes:
    return gzip.compress(_zeros(200), 9)


@cache
def _deflated(megabytes: int) -> bytes:
    return zlib.compress(bytes(1_000_000) * megabytes, 9)


def prepare() -> None:
    """Makes what takes long to make, so that no answer waits for it."""
    _nested()
    _deflated(100)


def _welcome(ask: Ask) -> Reply:
    """A home page, at the end of a redirect away from where one wanted to go."""
    if ask.path in ("/", "/404.html", "/sso/login"):
        body = f"<h1>Welcome</h1><ul>{MENU}</ul><p>{'This is the house of the ministry. ' * 30}</p>"
        return html("The ministry", body)
    return Reply(302, {"Location": "/"})


def _detour(target: str) -> Make:
    def make(ask: Ask) -> Reply:
        return _welcome(ask) if ask.path == target else Reply(302, {"Location": target})

    return make


def _padded(ask: Ask) -> Reply:
    """The true page, with nine million bytes of comments behind it."""
    padding = b"<!-- " + b"nothing to see here " * 450_000 + b"-->"
    return replace(ask.healthy, body=ask.healthy.body.replace(b"</body>", padding + b"</body>"))


def _packed(encoding: str, pack: Callable[[bytes], bytes]) -> Make:
    def make(ask: Ask) -> Reply:
        if ask.healthy.status != 200:
            return ask.healthy
        headers = {**ask.healthy.headers, "Content-Encoding": encoding}
        return replace(ask.healthy, headers=headers, body=pack(ask.healthy.body))

    return make


def _bare_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def _encoded(body: bytes, encoding: str) -> Make:
    return lambda ask: Reply(200, {**HTML, "Content-Encoding": encoding}, body)


def _bomb(pack: Callable[[int], bytes], encoding: str, megabytes: int) -> Make:
    return lambda ask: Reply(200, {**HTML, "Content-Encoding": encoding}, pack(megabytes))


FOUR = html("Page not found - The ministry", f"<ul>{MENU}</ul><p>Try the search.</p>")
MOVED = html("", "", head='<meta http-equiv="refresh" content="2;url=/">')
SHELL = html("Portal", '<div id="root"></div><script src="/main.8f2c.js"></script>')
TROUBLE = html("Scheduled maintenance", "<h1>Scheduled maintenance</h1><p>Back on Monday.</p>")
TEXT = b"<html><body>" + b"<p>The same sentence again and again.</p>" * 100

REPLIES: Mapping[str, Make] = {
    "404": says(404),
    "410": says(410),
    "401": says(401),
    "403": says(403),
    "451": says(451),
    "login": _detour("/sso/login"),
    "429": says(429),
    "429, come back in an hour": says(429, retry_after="3600"),
    "soft 404": lambda ask: FOUR,
    "soft 404, sent on": lambda ask: MOVED,
    "home": _welcome,
    "error page": _detour("/404.html"),
    "500": says(500),
    "502": says(502),
    "503": says(503),
    "503, come back in an hour": says(503, retry_after="3600"),
    "503, come back in a second": once(503, retry_after="1"),
    "500 once": once(500),
    "maintenance": lambda ask: TROUBLE,
    "slow drip": lambda ask: Reply(200, HTML, TEXT, drip=0.25),
    "slow head": lambda ask: Reply(200, HTML, TEXT, head_drip=0.25),
    "silence": lambda ask: Reply(end="silence"),
    "reset": lambda ask: Reply(end="reset"),
    "reset in the middle": lambda ask: Reply(200, HTML, TEXT, send=1000, end="reset"),
    "no HTTP": lambda ask: Reply(raw=b"220 mail.example ESMTP ready\r\n"),
    "redirects in a circle": lambda ask: Reply(
        302, {"Location": "/round/a" if ask.path == "/round/b" else "/round/b"}
    ),
    "redirects without end": lambda ask: Reply(
        302, {"Location": f"/round/{len(ask.path)}{ask.path}"}
    ),
    "redirect to loopback": sent_to("http://127.0.0.1:{port}/admin"),
    "redirect to localhost": sent_to("http://localhost:{port}/admin"),
    "redirect to a private network": sent_to("http://10.0.0.7/"),
    "redirect to a cloud's facts": sent_to("http://169.254.169.254/latest/meta-data/"),
    "redirect to a file": sent_to("file:///etc/passwd"),
    "redirect to nowhere": says(302),
    "ten megabytes": lambda ask: Reply(200, HTML, b"<html><body>" + b"<p>words</p>" * 900_000),
    "gzip bomb": _bomb(_zeros, "gzip", 200),
    "deflate bomb": _bomb(_deflated, "deflate", 100),
    "gzip bomb in a bomb": _bomb(lambda _: _nested(), "gzip, gzip", 0),
    "brotli that was not asked for": _encoded(b"\x0b\x02\x80words\x03", "br"),
    "gzip that is none": _encoded(TEXT, "gzip"),
    "gzip, cut": _encoded(gzip.compress(TEXT * 20)[:300], "gzip"),
    "cut short": lambda ask: Reply(200, HTML, TEXT, send=2000),
    "chunks cut short": lambda ask: Reply(200, HTML, TEXT, send=2000, chunked=True),
    "empty": lambda ask: Reply(200, HTML, b""),
    "picture": lambda ask: Reply(200, {"Content-Type": "image/png"}, b"\x89PNG\r\n\x1a\n" * 9),
    "tangle": lambda ask: Reply(200, HTML, b"<div>" * 300_000),
    "304 out of the blue": lambda ask: Reply(304),
    "script": lambda ask: SHELL,
    "nine megabytes": _padded,
    "bare deflate": _packed("deflate", _bare_deflate),
    "gzip": _packed("gzip", gzip.compress),
    "chunks": lambda ask: replace(ask.healthy, chunked=ask.healthy.status == 200),
    "disallow": lambda ask: Reply(
        200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /\n"
    ),
    "page": _welcome,
}
