"""The metrics over HTTP, for Prometheus: `/metrics`, and nothing else to be seen."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from communique.metrics import StoreMetrics

# Seconds for which a connection may be silent.
SILENCE = 30
_PLAIN = [("Content-Type", "text/plain; charset=utf-8")]


@contextmanager
def serving(metrics: StoreMetrics, host: str, port: int) -> Iterator[int]:
    """Answers on host and port (0: any that is free, which is told) until the block ends. Raises
    OSError where that cannot be had."""
    registry = CollectorRegistry()
    registry.register(metrics)
    kind = _Server6 if ":" in host else _Server
    server = make_server(host, port, _app(make_wsgi_app(registry)), kind, _Handler)
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _app(metrics: Callable[..., Any]) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            found: Iterable[bytes] = metrics(environ, start)
            return found
        if path == "/healthy":  # that it answers, whether or not the store does
            start("200 OK", _PLAIN)
            return [b"ok\n"]
        start("404 Not Found", _PLAIN)
        return [b"metrics are at /metrics\n"]

    return answer


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = SILENCE

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet: a scrape a minute is no news."""
