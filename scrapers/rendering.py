"""One page in the browser: what it may ask for, how long it may take, and what becomes of it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

from requests.cookies import RequestsCookieJar

from scrapers.addresses import host_of
from scrapers.errors import ScrapeError, TooLarge
from scrapers.exchange import Exchange, redirect_target, request_url
from scrapers.network import Network
from scrapers.policy import FetchPolicy
from scrapers.robots import Robots
from scrapers.sources import Source
from scrapers.values import Capture

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Route

WANTED = frozenset(("document", "script", "xhr", "fetch"))

# Without meaning once a body is decoded and whole.
NOT_HANDED_ON = frozenset(
    ("content-encoding", "content-length", "transfer-encoding", "set-cookie", "connection")
)
# Ours to say, or the connection's.
_NOT_SENT = frozenset(("user-agent", "accept-encoding", "cookie", "host", "connection"))
_TAKE = "(root, most) => root.outerHTML.length > most ? null : root.outerHTML"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one page. seconds: from its handing over until it counts as filled, whatever it
    still does; quiet: so long after its last request it counts as filled; answers: seconds for the
    browser to tell what it has; opens: for it to open a page or to close one, or it is ended;
    requests: for scripts and data; documents: that a script may lead on to."""

    seconds: float = 90
    quiet: float = 1.5
    answers: float = 10
    opens: float = 60
    requests: int = 40
    documents: int = 3


@dataclass(frozen=True, slots=True)
class Means:
    """What a page's requests are fetched by. robots: of the page's own host; others: of further
    hosts, with less patience."""

    policy: FetchPolicy
    network: Network
    robots: Robots
    others: Robots
    limits: Limits


@dataclass(slots=True)
class Rendering:
    """capture: the page as it was fetched. served: the document that the browser shows; trouble:
    what went wrong on our side, which ends the page; asked, documents: how many requests so far;
    last: when the last one ended."""

    capture: Capture
    source: Source
    means: Means
    served: Capture | None = None
    trouble: Exception | None = None
    asked: int = 0
    documents: int = 0
    started: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)
    jar: RequestsCookieJar = field(default_factory=RequestsCookieJar)

    def begin(self, page: Page) -> None:
        """Takes over all that the page will ask for."""
        page.context.route("**/*", lambda route: self._answer(route, page))

    def shown(self, page: Page) -> bytes:
        """The page's elements once it is quiet or its time is up, in UTF-8. Raises TooLarge, and
        Playwright's errors: a TimeoutError where a script never lets the browser answer."""
        limits, most = self.means.limits, self.means.policy.max_body
        address = urldefrag(self.capture.final_url).url
        self.started = time.monotonic()
        page.goto(address, wait_until="commit", timeout=limits.seconds * 1000)
        self.last = time.monotonic()
        while self.trouble is None and time.monotonic() < min(self._end, self.last + limits.quiet):
            page.wait_for_timeout(50)
        html: Any = page.locator("html").evaluate(_TAKE, most, timeout=limits.answers * 1000)
        if not isinstance(html, str) or len(html.encode("utf-8", "replace")) > most:
            raise TooLarge(f"more than {most:,} bytes once it was filled")
        return f"<!DOCTYPE html>\n{html}".encode("utf-8", "replace")

    @property
    def _end(self) -> float:
        return self.started + self.means.limits.seconds

    def _answer(self, route: Route, page: Page) -> None:
        """Hands the browser what it asks for, or refuses it. Raises nothing: it is called from
        Playwright's own loop, which would fail somewhere else."""
        from playwright.sync_api import Error

        with suppress(Error):  # a page that is left or closed meanwhile wants no answer
            found = self._found(route.request, page)
            if found is None:
                _refuse(route)
                return
            kept = found.headers.items()
            headers = {name: value for name, value in kept if name not in NOT_HANDED_ON}
            route.fulfill(status=found.status or 200, headers=headers, body=found.body)

    def _found(self, request: Request, page: Page) -> Capture | Exchange | None:
        wanted = request.resource_type in WANTED and request.method == "GET"
        late = self.served is not None and time.monotonic() > self._end
        if not wanted or late or self.trouble is not None:
            return None
        try:
            if not request.is_navigation_request():
                return self._part(request)
            return self._document(request.url) if _is_of(request, page) else None
        except Exception as error:  # ours: the archive's, or a run that is being stopped
            self.trouble = error
            return None

    def _document(self, url: str) -> Capture | None:
        """The page itself, or one that a script leads on to."""
        if self.served is None:
            self.served = self.capture
            return self.served
        self.documents += 1
        if self.documents > self.means.limits.documents:
            return None
        found = self._fetched(url, {})
        if found is None or found.status != 200:
            return None
        self.served = found.capture(self.capture.url)
        return self.served

    def _part(self, request: Request) -> Exchange | None:
        """A script or data that the page asks for."""
        self.asked += 1
        if self.asked > self.means.limits.requests:
            return None
        headers = {
            name: value
            for name, value in request.headers.items()
            if name not in _NOT_SENT and not name.startswith(("sec-", "if-"))
        }
        return self._fetched(request.url, headers)

    def _fetched(self, url: str, headers: dict[str, str]) -> Exchange | None:
        """Fetched as any page is; its redirects are followed here, where each is looked at. None
        for what is forbidden or fails."""
        target: str | None = url
        try:
            for _ in range(self.means.policy.redirects + 1):
                address = request_url(target or "")
                delay = self._robots(address).delay(address, self.source.delay)
                exchange = self.means.network.exchange(address, headers, delay, self.jar)
                if exchange.error is not None:
                    return None
                target = redirect_target(exchange)
                if target is None:
                    return exchange
        except ScrapeError:
            return None
        finally:
            self.last = time.monotonic()
        return None

    def _robots(self, address: str) -> Robots:
        own = host_of(address) == host_of(self.capture.final_url)
        return self.means.robots if own else self.means.others


def _refuse(route: Route) -> None:
    if route.request.is_navigation_request():
        route.fulfill(status=204)  # the browser stays where it is and shows no page of its own
    else:
        route.abort()


def _is_of(request: Request, page: Page) -> bool:
    """Whether a navigation is the page's own, not that of a frame in it or of another window."""
    from playwright.sync_api import Error

    try:
        return request.frame == page.main_frame
    except Error:  # another window's, that has no frame yet
        return False
