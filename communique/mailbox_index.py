"""What a browser is shown of a mailbox: its index and its mails, and nothing that they ask for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# A stranger wrote the mails: opening one runs no script and loads nothing.
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
INDEX = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mailbox</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8884;
         vertical-align: top; white-space: nowrap }
td:nth-child(3) { white-space: normal; overflow-wrap: anywhere }
</style></head><body>
<h1>Mailbox</h1>
<table><thead><tr><th>Date</th><th>To</th><th>Subject</th><th>Raw</th></tr></thead>
<tbody>
ROWS
</tbody></table>
</body></html>
"""


@contextmanager
def pages(folder: Path, port: int, host: str) -> Iterator[str]:
    """Shows a browser this mailbox until the block ends; yields the address, "http://HOST:PORT".
    port 0: any free one. Raises OSError where the port is taken."""
    with ThreadingHTTPServer((host, port), partial(_Pages, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{host}:{server.server_address[1]}"
        finally:
            server.shutdown()


def _is_here(host: str) -> bool:
    """Whether a Host header names an address, or a name that nobody on the web can have."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        ip_address(name)
    except ValueError:
        return bool(host) and "." not in host
    return True


class _Pages(SimpleHTTPRequestHandler):
    """The files of the folder; the index also before there is any mail."""

    extensions_map = {".html": "text/html; charset=utf-8", ".eml": "text/plain"}  # noqa: RUF012

    timeout = 30  # seconds that a browser may say nothing

    def parse_request(self) -> bool:
        """As the library's, but refuses who asks for a name on the web: a page could have its own
        name lead here, and read the mails through the browser of whoever looks at it."""
        if not super().parse_request():
            return False
        if _is_here(self.headers.get("Host", "")):
            return True
        said = "Ask for it by this machine's address, or as localhost."
        self.send_error(HTTPStatus.MISDIRECTED_REQUEST, explain=said)
        return False

    def do_GET(self) -> None:
        """Answers a file; no folder is listed."""
        if self.path == "/" and not Path(self.directory, "index.html").exists():
            empty = INDEX.replace("ROWS", "").encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(empty)))
            self.end_headers()
            self.wfile.write(empty)
            return
        super().do_GET()

    def end_headers(self) -> None:
        """Every answer is harmless, whoever wrote the mail."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name there)
        """Says nothing: a health check comes every half minute."""
