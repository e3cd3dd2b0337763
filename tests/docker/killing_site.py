"""Who publishes while services are killed: the world's hosts, by name, and one real ministry.

    python -m tests.docker.killing_site HOSTS START PORT [WARC]

The world's hosts have addresses of loopback; a container has one of its own, so there they go by
names, `w1-0-4.example` for 127.1.0.4. WARC: the ministry's pages as they were captured, under links
of this server. START: the world's day 0.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from scrapers.archive import read_records
from tests.killing.site import calm
from tests.world import calendar
from tests.world.calendar import World
from tests.world.hosting import Hosting
from tests.world.replies import Reply, html
from tests.world.server import CONTROL, WebServer

DAYS, SEED = 24, 6
DAY = Path("/var/tmp/communique-day")  # of the container, which keeps it when it starts anew
MINISTRY = "127.3.0.1"
_MINISTRY_HOST = re.compile(rb"https?://www\.fmprc\.gov\.cn")
# By the ministry's folders: pages of the listing that were captured; its script tells of more.
CAPTURED = {"/mfa_eng/": 4, "/web/": 12}
_COUNT = re.compile(rb"(countPage\s*=\s*)\d+")
_ADDRESS = re.compile(r"127\.([123])\.(\d+)\.(\d+)(?=:)")
_NAME = re.compile(r"w([123])-(\d+)-(\d+)\.example(?=:)")


def the_world(hosts: int, start: date) -> World:
    """The same world for everybody who names the same start."""
    calendar.START = start
    return calm(hosts, DAYS, SEED)


def by_name(words: str) -> str:
    """With every address of a host, where a port follows, made its name."""
    return _ADDRESS.sub(r"w\1-\2-\3.example", words)


def by_address(words: str) -> str:
    """The way back."""
    return _NAME.sub(r"127.\1.\2.\3", words)


def names(world: World) -> Sequence[str]:
    """By which names all hosts are reached."""
    every = [*world.by_address(), MINISTRY]
    return [by_name(f"{address}:").rstrip(":") for address in every]


@dataclass
class Site(Hosting):
    """The world's hosts, and the ministry's pages by their paths."""

    ministry: dict[str, Reply] = field(default_factory=dict)

    def set(self, day: int, attempt: int) -> None:
        """Remembers the day, so that it goes on with it when the engine was cut off."""
        super().set(day, attempt)
        DAY.write_text(str(day))

    def answer(self, address: str, path: str, headers: dict[str, str]) -> Reply:
        """The reply of the host at this address."""
        if address != MINISTRY:
            return super().answer(address, path, headers)
        reply = self.ministry.get(path.split("?")[0], html("404", "<h1>404</h1>", 404))
        return replace(reply, body=reply.body.replace(b"{port}", str(self.port).encode()))


def captured(warc: Path) -> dict[str, Reply]:
    """The ministry's pages by their paths, each as it was captured last."""
    pages = {}
    for record in read_records(str(warc)):
        kept = {k: _here(v.encode()) for k, v in record.headers.items()
                if k in ("content-type", "location")}  # fmt: skip
        path = urlsplit(record.place.url).path
        count = next((n for prefix, n in CAPTURED.items() if path.startswith(prefix)), 1)
        body = _COUNT.sub(rb"\g<1>%d" % count, _here(record.body))
        headers = {name.title(): value.decode() for name, value in kept.items()}
        pages[path] = Reply(record.status, headers, body)
    return pages


def _here(words: bytes) -> bytes:
    return _MINISTRY_HOST.sub(b"http://" + MINISTRY.encode() + b":{port}", words)


class NamedServer(WebServer):
    """Knows hosts by address and by name, and answers in the way in which it was asked."""

    def asked(self, address: str, headers: dict[str, str]) -> str:
        host = headers.get("host", "")
        if host.startswith("control:"):
            return CONTROL
        return by_address(host).split(":")[0] if _NAME.match(host) else address

    async def _send(
        self, reply: Reply, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        own = writer.get_extra_info("sockname")[0]
        if own != address:
            headers = {name: by_name(value) for name, value in reply.headers.items()}
            # Every encoding of the world leaves ASCII as it is.
            body = by_name(reply.body.decode("latin-1")).encode("latin-1")
            reply = replace(reply, headers=headers, body=body)
        return await super()._send(reply, address, reader, writer)


def main() -> None:
    """Serves until it is killed; prints its port."""
    hosts, start, port, *warc = sys.argv[1:]
    world = the_world(int(hosts), date.fromisoformat(start))
    site = Site(world, ministry=captured(Path(warc[0])) if warc else {})
    if DAY.exists():
        site.set(int(DAY.read_text()), 0)
    server = NamedServer(site)
    server.know(MINISTRY, world.hosts[0])
    asyncio.run(server.run(int(port)))


if __name__ == "__main__":
    main()
