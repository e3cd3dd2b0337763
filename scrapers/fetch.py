"""From an address to a judged Capture: robots, redirects and judging, over network or archive.

`Fetcher` asks the web; scrapers.replay answers from WARC files through the same `visit`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from types import TracebackType

from requests.cookies import RequestsCookieJar

from scrapers.addresses import printable
from scrapers.archive import ArchiveWriter
from scrapers.browser import Browser, needs_browser
from scrapers.errors import Broken, ScrapeError
from scrapers.exchange import Exchange, Transport, redirect_target, request_url
from scrapers.judge import judge
from scrapers.network import Network
from scrapers.pace import Turn, local_turns
from scrapers.policy import FetchPolicy
from scrapers.robots import Robots
from scrapers.sources import Source
from scrapers.values import Capture, Known

__all__ = ["FetchPolicy", "Fetcher", "local_turns", "visit"]

_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


class Fetcher:
    """Fetches from the web; a context manager. Threads may share it.

    policy: manners and limits. turn: gives a host's turn around every single request (default:
    turns within this process). archive: where every exchange is kept; None keeps nothing.
    clock: what counts as now (aware, UTC; default: the real time).
    """

    def __init__(
        self,
        policy: FetchPolicy | None = None,
        *,
        turn: Turn | None = None,
        archive: ArchiveWriter | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._policy = policy or FetchPolicy()
        turn, clock = turn or local_turns(), clock or _real_time
        self._network = Network(self._policy, turn, archive, clock)
        self._robots = Robots(self._network, self._policy)
        self._browser = Browser(self._policy, self._robots, turn, archive, clock)

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._browser.close()
        self._network.close()

    def fetch(self, url: str, source: Source, known: Known | None = None) -> Capture:
        """Fetches one address of a source, in the source's and the host's pace.

        known: validators for a conditional request; the answer may then be a 304 with an empty
        body and no error. Never raises for what the web does: `error` says what it was, with
        source and address. Raises only what is our own trouble (OSError from the archive).
        Of a source that needs a browser (`fetch: browser`) an HTML page is what a browser makes of
        it; then nothing is conditional, for what fills the page may have changed though it has not.
        """
        if source.fetch == "browser":
            capture = visit(self._network, self._robots, self._policy, url, source)
            if not needs_browser(capture):
                return capture
            rendered = self._browser.render(capture, source)
            return replace(rendered, error=_located(judge(rendered), source, url))
        return visit(self._network, self._robots, self._policy, url, source, known)


def visit(
    transport: Transport,
    robots: Robots,
    policy: FetchPolicy,
    url: str,
    source: Source,
    known: Known | None = None,
) -> Capture:
    """Asks for an address, follows its redirects hop by hop as far as robots.txt allows, and
    judges what came. Contract as `Fetcher.fetch`."""
    last, error = Exchange(printable(url), transport.now()), None
    try:
        for hop in _hops(transport, robots, policy, url, source.delay, _conditions(known)):
            last = hop
    except ScrapeError as stopped:
        error = stopped.kept()
    capture = last.capture(url, error)
    return replace(capture, error=_located(judge(capture), source, url))


def _hops(
    transport: Transport,
    robots: Robots,
    policy: FetchPolicy,
    url: str,
    delay: float,
    conditions: Mapping[str, str],
) -> Iterator[Exchange]:
    """One exchange for each hop. Raises what forbids or ends the next one. Cookies last for the
    chain: some sites set one and redirect to the same address, once."""
    jar, seen = RequestsCookieJar(), set[tuple[str, ...]]()
    target: str | None = request_url(url)
    while target is not None:
        if len(seen) > policy.redirects:
            raise Broken(f"more than {policy.redirects} redirects, the last to {target[:300]}")
        step = (target, *sorted(f"{cookie.name}={cookie.value}" for cookie in jar))
        if step in seen:
            raise Broken(f"redirects in a circle, to {target[:300]}")
        seen.add(step)
        exchange = transport.exchange(target, conditions, robots.delay(target, delay), jar)
        yield exchange
        if exchange.status == 304 and not conditions:
            raise Broken("the server says 304, though nothing was known of the page")
        target = None if exchange.error else redirect_target(exchange)


def _conditions(known: Known | None) -> dict[str, str]:
    """The headers of a conditional request; a validator that fits no header is left out."""
    if known is None:
        return {}
    values = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in values.items() if value and _VALUE.fullmatch(value)}


def _located(error: ScrapeError | None, source: Source, url: str) -> ScrapeError | None:
    if error is not None:
        error.source, error.url = source.id, printable(url)
    return error


def _real_time() -> datetime:
    return datetime.now(timezone.utc)
