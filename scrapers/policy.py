"""How the fetcher behaves towards the web: who it says it is, how long it waits, what it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import version
from ipaddress import IPv4Network, IPv6Network

Networks = tuple[IPv4Network | IPv6Network, ...]

# The name that robots.txt files know us by.
ROBOT = "Communique"


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Limits and manners. Times in seconds, sizes in bytes.

    contact: an address where a webmaster reaches us, put into the User-Agent.
    connect_timeout: for each address of a host; read_timeout: longest silence of a server;
    total_timeout: from the request to the last byte. max_body: counted before and after
    decompression. allow: networks that may be reached although they are private.
    retries: further attempts after the first; backoff: urllib3's factor (the first retry comes at
    once, the next ones wait backoff x 2, 4, ...); longest_retry_after: what a server's Retry-After
    may ask for before we give up. longest_delay: what a robots.txt's Crawl-delay may ask for.
    """

    contact: str | None = None
    connect_timeout: float = 10
    read_timeout: float = 30
    total_timeout: float = 120
    max_body: int = 10_000_000
    allow: Networks = ()
    retries: int = 3
    backoff: float = 2.0
    longest_retry_after: float = 120
    longest_delay: float = 60
    redirects: int = 5

    @property
    def user_agent(self) -> str:
        """Honest: project, version, contact (the project's name where none is set). Printable
        ASCII whatever the contact holds."""
        contact = re.sub(r"[^\x20-\x7e]+", "?", self.contact or "").strip() or ROBOT
        return f"{ROBOT}/{version('communique')} (+{contact})"
