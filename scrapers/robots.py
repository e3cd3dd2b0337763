"""What robots.txt allows (RFC 9309), asked once per scheme, host and port.

- 404 and other client errors, and more than five redirects: no rules. 429 is not among them: a
  server that is too busy for its rules is too busy for us.
- server errors and silence: nothing of that host is fetched in this run, and the pages say so;
  where it is a guard that answers with a server error (521, 503), they are blocked.
- an HTML page in its place: no rules. Several ministries redirect robots.txt to their home page or,
  like www.fmprc.gov.cn in 2020, to error.htm with status 200.
- Crawl-delay, where longer than the source's own delay, up to a minute.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego
from requests.cookies import RequestsCookieJar

from scrapers.errors import Blocked, Broken, Disallowed, ForbiddenAddress, NotInArchive, ScrapeError
from scrapers.exchange import Exchange, Transport, redirect_target
from scrapers.judge import is_challenge
from scrapers.policy import ROBOT, FetchPolicy

# RFC 9309 has crawlers read at least 500 KiB; what is beyond is no rule for anyone.
_LONGEST = 512_000


@dataclass(frozen=True, slots=True)
class _Rules:
    """parsed: None for a host without rules. error: why nothing of the host may be fetched."""

    parsed: Protego | None = None
    error: ScrapeError | None = None


class Robots:
    """The rules of all hosts that one fetcher meets. Threads may share it."""

    def __init__(self, transport: Transport, policy: FetchPolicy) -> None:
        self._transport = transport
        self._policy = policy
        self._rules: dict[str, _Rules] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def delay(self, url: str, delay: float) -> float:
        """Seconds from start to start at the host of an address: the source's, or what the host
        asks for where that is more. Raises Disallowed where the rules forbid the address, and
        Broken, ForbiddenAddress or Blocked where they could not be read."""
        rules = self._rules_of(url, delay)
        if rules.error is not None:
            # A fresh error each time: its address is filled in by whoever asked.
            raise type(rules.error)(rules.error.reason)
        if rules.parsed is None:
            return delay
        if not rules.parsed.can_fetch(url, ROBOT):
            raise Disallowed(f"robots.txt does not allow {url[:300]}")
        asked = rules.parsed.crawl_delay(ROBOT) or 0
        return max(delay, min(asked, self._policy.longest_delay))

    def _rules_of(self, url: str, delay: float) -> _Rules:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._guard:
            lock = self._locks.setdefault(origin, threading.Lock())
        with lock:
            if origin not in self._rules:
                self._rules[origin] = self._read(f"{origin}/robots.txt", delay)
            return self._rules[origin]

    def _read(self, url: str, delay: float) -> _Rules:
        jar = RequestsCookieJar()
        for _ in range(self._policy.redirects + 1):
            exchange = self._transport.exchange(url, {}, delay, jar)
            try:
                target = redirect_target(exchange)
            except ScrapeError as error:
                return _Rules(error=_unreadable(error))
            if target is None:
                return _interpret(exchange)
            url = target
        return _Rules()


def _interpret(exchange: Exchange) -> _Rules:
    error, status = exchange.error, exchange.status or 0
    if isinstance(error, NotInArchive):
        return _Rules()
    if error is not None:
        return _Rules(error=_unreadable(error))
    if status >= 500 or status == 429:
        guarded = is_challenge(exchange.capture(exchange.url))
        kind = Blocked if guarded else Broken
        return _Rules(error=_unreadable(kind(f"the server says {status}")))
    if not 200 <= status < 300 or _is_page(exchange.body):
        return _Rules()
    return _Rules(Protego.parse(exchange.body[:_LONGEST].decode("utf-8-sig", "replace")))


def _unreadable(error: ScrapeError) -> ScrapeError:
    if isinstance(error, ForbiddenAddress):
        return error
    kind = type(error) if isinstance(error, Broken | Blocked) else Broken
    return kind(f"robots.txt could not be read: {error.reason}")


def _is_page(body: bytes) -> bool:
    """Rules under a wrong label are still rules; a page is a page by its look."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
