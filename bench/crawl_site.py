"""The web that crawls are measured on: a server of many hosts, 127.1.x.y on one port.

`python -m bench.crawl_site PAGES` prints its port and serves until it is ended. Every host has a
listing (/) that names PAGES statements, laid out as half of our sources are. /log on 127.0.0.1
answers with the moments (seconds) at which each host was asked, and forgets them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict

FURNITURE = "".join(f'<li><a href="/menu/{n}">Section {n} of the menu</a></li>' for n in range(250))


def address(number: int) -> str:
    """The host's loopback address."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def main() -> None:
    """Serves until ended."""
    asyncio.run(_serve(int(sys.argv[1])))


async def _serve(pages: int) -> None:
    asked: defaultdict[str, list[float]] = defaultdict(list)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        try:
            while line := await reader.readline():
                started = time.monotonic()
                while await reader.readline() not in (b"\r\n", b""):
                    pass
                path = line.split()[1].decode()
                if path == "/log":
                    body = json.dumps(asked).encode()
                    asked.clear()
                else:
                    asked[host].append(started)
                    body = _page(host, path, pages)
                writer.write(_answer(body))
                await writer.drain()
        except ConnectionError:
            pass  # the other side had enough
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "0.0.0.0", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _answer(body: bytes | None) -> bytes:
    status = "404 Not Found" if body is None else "200 OK"
    body = body or b"none"
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _page(host: str, path: str, pages: int) -> bytes | None:
    if path == "/robots.txt":
        return None
    if path == "/":
        links = "".join(
            f'<li><a href="/202611/t20261102_{n}.html">Statement {n} of the host {host}</a>'
            f" <span>2026-11-{n % 20 + 1:02d}</span></li>"
            for n in range(pages)
        )
        return (
            f"<html><head><title>News</title></head><body><ul>{links}</ul></body></html>".encode()
        )
    text = "".join(
        f"<p>Paragraph {n} of {path} at {host}: the ministry answers a question on networks, says "
        "what was agreed, who was there, and when the next round will take place.</p>"
        for n in range(20)
    )
    return (
        f"<html><head><title>{path} of {host}</title></head><body><ul>{FURNITURE}</ul>"
        f"<div class='title'>{path} of {host}</div><div class='date'>2026-11-02 10:30</div>"
        f"<div class='trs_editor_view'>{text}</div><ul>{FURNITURE}</ul></body></html>"
    ).encode()


if __name__ == "__main__":
    main()
