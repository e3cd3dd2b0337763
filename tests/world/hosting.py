"""Which page of the world answers a request: the day's healthy one, or the fault's."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from tests.world import pages
from tests.world.calendar import Host, World
from tests.world.replies import REPLIES, Ask, Reply, faulty, html

_STATIC = ("/", "/404.html", "/sso/login")
_NUMBERED = re.compile(r"(?:index|default)_(\d+)\.s?html?$|/page/(\d+)/$|[?]page=(\d+)$")


@dataclass
class Hosting:
    """Answers for all hosts, at this port. day and attempt are set from outside before each run."""

    world: World
    day: int = 0
    attempt: int = 0
    port: int = 0
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._hosts = self.world.by_address()
        self._items = {
            host.number: {item.path: item for item in host.items} for host in self.world.hosts
        }

    def set(self, day: int, attempt: int) -> None:
        self.day, self.attempt = day, attempt
        self.asked.clear()

    def answer(self, address: str, path: str, headers: dict[str, str]) -> Reply:
        """The reply of the host at this address."""
        host = self._hosts[address]
        healthy = self._healthy(host, address, path)
        port = str(self.port).encode()
        healthy = replace(healthy, body=healthy.body.replace(b"{port}", port))
        count = self.asked[address, path]
        self.asked[address, path] += 1
        ask = Ask(f"http://{address}{path}", path, count, healthy)
        if path in _STATIC:
            return faulty("home", ask)
        if path.startswith("/round/"):
            circle = path in ("/round/a", "/round/b")
            return faulty(f"redirects {'in a circle' if circle else 'without end'}", ask)
        name = self._fault(host, path)
        if name is None:
            return _conditional(healthy, headers)
        if name not in REPLIES and not name.startswith("guard: "):
            return self._listing(host, path, name) or healthy
        return faulty(name, ask)

    def _fault(self, host: Host, path: str) -> str | None:
        """The name of the fault that this path of the host suffers from now."""
        fault = host.fault(self.day)
        if fault is None or (fault.cured and self.attempt):
            return None
        item = self._items[host.number].get(path)
        hit = {
            "host": True,
            "robots": path == "/robots.txt",
            "listing": self._number(host, path) is not None,
            "pages": item is not None and item.number % 2 == 0,
        }[fault.place]
        return fault.name if hit else None

    def _healthy(self, host: Host, address: str, path: str) -> Reply:
        if path == "/robots.txt":
            return pages.robots(host)
        listing = self._listing(host, path, None)
        if listing is not None:
            return listing
        if path.startswith("/old/"):
            return Reply(301, {"Location": f"http://{host.address}:{{port}}{path[4:]}"})
        if f"{path}/" in self._items[host.number]:
            return Reply(301, {"Location": f"{path}/"})
        item = self._items[host.number].get(path.split("?")[0])
        if item is None or item.appears > self.day:
            return html("404", "<h1>404</h1>", 404)
        if item.stands(self.day):
            return pages.statement(host, self.day, item)
        gone = Ask(f"http://{address}{path}", path, 0, Reply())
        return faulty(item.withdrawn_as, gone)

    def _listing(self, host: Host, path: str, fault: str | None) -> Reply | None:
        number = self._number(host, path)
        if number is None:
            return None
        return pages.page_of_listing(host, self.day, number, fault)

    def _number(self, host: Host, path: str) -> int | None:
        """Which page of the host's listing (from 0) a path is; None: it is none."""
        first = pages.LISTINGS[host.family]
        if path == first:
            return 0
        found = _NUMBERED.search(path)
        folder = first.rpartition("/")[0]
        if found is None or not path.startswith(folder):
            return None
        if found[1]:
            return int(found[1])
        return int(found[2] or found[3]) - 1


def _conditional(reply: Reply, headers: dict[str, str]) -> Reply:
    """304 where the client knows this very wording."""
    tag, changed = reply.headers.get("ETag"), reply.headers.get("Last-Modified")
    if tag and headers.get("if-none-match") == tag:
        return replace(reply, status=304, body=b"")
    if changed and headers.get("if-modified-since") == changed:
        return replace(reply, status=304, body=b"")
    return reply
