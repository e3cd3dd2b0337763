"""Pages that a script fills, for sources that say `fetch: browser`: Playwright with the system's
Chromium, an optional extra that is started when the first such page is met.

The browser has no way to the network. It is handed the page that was fetched like any other; what
the page then asks for, as far as it is scripts and data, is fetched by our own means and handed to
it: robots.txt, the host's pace, forbidden addresses, limits and the archive hold for all of it.
Pictures, styles, fonts, frames, and requests that would change something are refused. What the page
has become is archived beside what it was. A challenge is never rendered: we are no human.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from scrapers.archive import ArchiveWriter
from scrapers.errors import Broken, NeedsScript, ScrapeError, TimedOut
from scrapers.look import is_html
from scrapers.network import Network
from scrapers.pace import Turn
from scrapers.pdf_lines import is_pdf
from scrapers.policy import FetchPolicy
from scrapers.processes import children_of, command_of, end
from scrapers.rendering import NOT_HANDED_ON, Limits, Means, Rendering
from scrapers.robots import Robots
from scrapers.sources import Source
from scrapers.values import Capture
from scrapers.warc import RENDERED_TYPE

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Whatever it tries by itself, past the handing over of answers, finds nobody there.
_NOWHERE = "http://127.0.0.1:9"
_FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--js-flags=--max-old-space-size=512",
)
# Nothing else: whatever takes the browser over finds no password in its environment.
_INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH", "XDG_RUNTIME_DIR")
_NOT_KEPT = NOT_HANDED_ON | {"etag", "last-modified"}
# Which of our processes is the driver is told by what is new when it has started.
_STARTING = threading.Lock()
# A part of a page gets one try and so many seconds: a slow one must not use up the page's time.
_PATIENCE = 20.0


def needs_browser(capture: Capture) -> bool:
    """Whether a page of a source that needs a browser is one that it could fill: feeds, APIs and
    PDFs need none, and errors, challenges and missing pages stay what they are."""
    if capture.error is not None:
        return isinstance(capture.error, NeedsScript)
    return bool(capture.body) and not is_pdf(capture.body) and is_html(capture)


class Browser:
    """A browser that starts with the first page it is given. Threads may share it: it works in a
    thread of its own, which Playwright needs. Arguments as Fetcher's; robots: the fetcher's own;
    limits: on each page."""

    def __init__(
        self,
        policy: FetchPolicy,
        robots: Robots,
        turn: Turn,
        archive: ArchiveWriter | None,
        clock: Callable[[], datetime],
        limits: Limits | None = None,
    ) -> None:
        self._policy, self._robots = policy, robots
        self._turn, self._archive, self._clock = turn, archive, clock
        self._limits = limits or Limits()
        self._means: Means | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="browser")
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None
        self._driver: int | None = None

    def render(self, capture: Capture, source: Source) -> Capture:
        """The page as a browser makes it: `capture` with another body, which is archived as a
        record of its own. Its error says why that did not work; a browser that is not installed is
        one. Raises only what is our own trouble."""
        return self._thread.submit(self._render, capture, source).result()

    def close(self) -> None:
        """Ends the browser, if it was started."""
        if self._playwright is not None:
            self._thread.submit(self._stop).result()
        self._thread.shutdown()
        if self._means is not None:
            self._means.network.close()

    def _render(self, capture: Capture, source: Source) -> Capture:
        capture = replace(capture, error=None)
        self._means = self._means or self._made()
        rendering = Rendering(capture, source, self._means)
        try:
            html = self._filled(self._started(), rendering)
        except ScrapeError as error:
            if rendering.trouble is None:
                return replace(capture, error=error.kept())
        if rendering.trouble is not None:
            raise rendering.trouble
        return self._kept(rendering.served or capture, capture.url, html)

    def _made(self) -> Means:
        most = min(self._policy.total_timeout, _PATIENCE)
        hasty = replace(self._policy, retries=0, total_timeout=most)
        network = Network(hasty, self._turn, self._archive, self._clock)
        return Means(self._policy, network, self._robots, Robots(network, hasty), self._limits)

    def _kept(self, shown: Capture, url: str, html: bytes) -> Capture:
        """The capture of what was shown for `url`, archived."""
        warc, record_id = shown.warc, shown.record_id
        if self._archive is not None:
            warc, record_id = self._archive.write_rendered(
                shown.final_url, shown.fetched_at, html, shown.record_id
            )
        kept = {name: value for name, value in shown.headers.items() if name not in _NOT_KEPT}
        headers = kept | {"content-type": RENDERED_TYPE}
        return replace(shown, url=url, headers=headers, body=html, warc=warc, record_id=record_id)

    def _filled(self, chromium: Chromium, rendering: Rendering) -> bytes:
        """What the page has become. Raises TimedOut where a script never lets the browser answer,
        TooLarge, and Broken where the browser dies of the page."""
        from playwright.sync_api import Error
        from playwright.sync_api import TimeoutError as Late

        try:
            with self._answering():
                context = chromium.new_context(
                    user_agent=self._policy.user_agent,
                    service_workers="block",
                    accept_downloads=False,
                )
                page = context.new_page()
                context.on("page", lambda other: other.close() if other != page else None)
                rendering.begin(page)
            try:
                return rendering.shown(page)
            finally:
                with self._answering():
                    context.close()
        except Late as error:
            raise TimedOut("a script keeps the page busy without an end") from error
        except Error as error:
            raise Broken(f"the browser failed on the page: {_first_line(error)}") from error

    def _started(self) -> Chromium:
        if self._chromium is not None and self._chromium.is_connected():
            return self._chromium
        try:
            from playwright.sync_api import Error, sync_playwright
        except ImportError as error:
            raise Broken(
                "the source needs a browser, and Playwright is not installed: "
                "install the extra communique[browser]"
            ) from error
        path = next(filter(None, map(shutil.which, NAMES)), None)
        if path is None:
            raise Broken(
                f"the source needs a browser, and none is on PATH ({', '.join(NAMES)}): "
                "install Chromium, on Debian by apt-get install chromium"
            )
        try:
            if self._playwright is None:
                self._playwright, self._driver = _start(sync_playwright().start)
            self._chromium = self._playwright.chromium.launch(
                executable_path=path,
                args=list(_FLAGS),
                env={name: os.environ[name] for name in _INHERITED if name in os.environ},
                proxy={"server": _NOWHERE, "bypass": "<-loopback>"},
                chromium_sandbox=os.geteuid() != 0,  # as root it starts without its sandbox only
            )
        except Error as error:
            raise Broken(f"the browser {path} does not start: {_first_line(error)}") from error
        return self._chromium

    def _stop(self) -> None:
        from playwright.sync_api import Error

        with self._answering():
            try:
                if self._chromium is not None:
                    self._chromium.close()
            except Error:
                self._chromium = None  # it had died before
            finally:
                if self._playwright is not None:
                    self._playwright.stop()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """For what Playwright waits for without an end: a browser that does not answer meanwhile is
        ended, which ends the waiting with Playwright's Error, and the next page gets a new one."""
        late = threading.Event()

        def give_up() -> None:
            late.set()
            for one in children_of(self._driver) if self._driver is not None else ():
                end(one)

        timer = threading.Timer(self._limits.opens, give_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            if late.is_set():
                self._chromium = None


def _start(playwright: Callable[[], Playwright]) -> tuple[Playwright, int | None]:
    """Playwright, and the process that drives the browser; None where the system does not tell."""
    with _STARTING:
        before = children_of(os.getpid())
        started = playwright()
        new = children_of(os.getpid()) - before
    return started, next((one for one in new if "playwright" in command_of(one)), None)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
