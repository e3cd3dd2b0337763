"""No request reaches a private network: what a page links to must not open the house's doors.

The check is made on the resolved address that is then connected to, in one step, so a name that
resolves differently the second time (DNS rebinding) gains nothing. Redirects and robots.txt pass
through the same connections.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.response import HTTPResponse
from urllib3.util.connection import create_connection
from urllib3.util.ssl_ import create_urllib3_context

from scrapers.errors import ForbiddenAddress
from scrapers.policy import Networks

# RFC 6052: the last 32 bits are the IPv4 address that the gateway connects to. An IPv6-only
# network reaches the whole IPv4 web through it.
_NAT64 = IPv6Network("64:ff9b::/96")
# RFC 8215 (NAT64 within someone's own network) and RFC 3879 (site-local, deprecated), which
# older Pythons take for public.
_LOCAL = (IPv6Network("64:ff9b:1::/48"), IPv6Network("fec0::/10"))
_MOST_ADDRESSES = 4
# The certificates take two thirds of a megabyte each time they are loaded, and some milliseconds.
_LOADING = threading.Lock()


def why_forbidden(address: IPv4Address | IPv6Address, allow: Networks) -> str | None:
    """Why an address must not be connected to; None when it may. Looks through IPv4-mapped,
    NAT64, 6to4 and Teredo addresses at the IPv4 address inside."""
    if any(address in network for network in allow if network.version == address.version):
        return None
    inner, only_inner = _inside(address)
    if inner is not None and ((reason := why_forbidden(inner, allow)) or only_inner):
        return reason
    kinds = {
        "loopback": address.is_loopback,
        "unspecified": address.is_unspecified,
        "link-local": address.is_link_local,
        "multicast": address.is_multicast,
        "private": address.is_private or any(address in each for each in _LOCAL),
        "reserved": address.is_reserved,
        "not globally reachable": not address.is_global,
    }
    return next((kind for kind, holds in kinds.items() if holds), None)


def _inside(address: IPv4Address | IPv6Address) -> tuple[IPv4Address | None, bool]:
    """The IPv4 address inside an IPv6 one, and whether it alone decides."""
    if isinstance(address, IPv4Address):
        return None, False
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF), True
    if address.ipv4_mapped:
        return address.ipv4_mapped, True
    return address.sixtofour or (address.teredo or (None, None))[1], False


class GuardedAdapter(HTTPAdapter):
    """requests' adapter whose connections go to permitted addresses only, and whose answers'
    headers arrive within `total` seconds (a read time-out alone lets a server drip for hours)."""

    def __init__(self, allow: Networks, total: float, hosts: int = 512) -> None:
        self._pools = _guarded_pools(allow, total)
        super().__init__(pool_connections=hosts, pool_maxsize=2)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: bool | str, cert: Any = None
    ) -> tuple[Any, Any]:
        """As requests' own, with the certificates that the whole process shares."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        bundle = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH
        return host, {"ssl_context": _trusting(bundle)} if host["scheme"] == "https" else {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leaves the pool as it is: its context has the certificates and asks for one."""


def _trusting(bundle: str) -> ssl.SSLContext:
    """The process's one TLS context that trusts the certificates in a file or folder. Raises
    OSError where there is none."""
    with _LOADING:
        return _loaded(bundle)


@lru_cache(maxsize=4)
def _loaded(bundle: str) -> ssl.SSLContext:
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    if Path(bundle).is_dir():
        context.load_verify_locations(capath=bundle)
    else:
        context.load_verify_locations(cafile=bundle)
    return context


@lru_cache(maxsize=8)
def _guarded_pools(allow: Networks, total: float) -> dict[str, type[HTTPConnectionPool]]:
    # Made once for each set of bounds: classes are large, and stay until they are looked for.
    bounds = {"allow": allow, "total": total}
    plain = type("Plain", (_Guarded,), bounds)
    secure = type("Secure", (_Guarded, HTTPSConnection), bounds)
    return {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


class _Guarded(HTTPConnection):
    allow: Networks = ()
    total: float = 120
    peer: str | None = None
    asked_at: float | None = None  # when the last request had gone out (time.monotonic)

    def _new_conn(self) -> socket.socket:
        """As urllib3's own, but resolves, checks and connects in one go. TLS is laid over the
        socket afterwards, with the host's name."""
        host = self.host.strip("[]")
        try:
            found = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(self.host, self, reason) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        return self._connect(_permitted(host, addresses, self.allow)[:_MOST_ADDRESSES])

    def _connect(self, addresses: list[str]) -> socket.socket:
        failure: OSError | None = None
        for address in addresses:
            try:
                connected = create_connection(
                    (address, self.port),
                    self.timeout,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except OSError as error:
                failure = error
            else:
                self.peer = address
                return connected
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, str(failure)) from failure
        raise NewConnectionError(self, str(failure)) from failure

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        self.asked_at = time.monotonic()
        with _cut_off(self.sock, self.total):
            return super().getresponse()


def _permitted(host: str, addresses: list[str], allow: Networks) -> list[str]:
    """The addresses of a host that may be connected to. Raises ForbiddenAddress if none may."""
    reasons = {each: why_forbidden(ip_address(each.split("%")[0]), allow) for each in addresses}
    permitted = [address for address, reason in reasons.items() if reason is None]
    if not permitted:
        found = ", ".join(f"{address} ({reason})" for address, reason in reasons.items())
        raise ForbiddenAddress(f"{host} is {found or 'no address'}: not to be fetched")
    return permitted


@contextmanager
def _cut_off(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Shuts the socket down after so many seconds and then raises TimeoutError."""
    late = threading.Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            # Not SSLSocket.shutdown, which drops the TLS state under the reading thread.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if late.is_set():
            raise TimeoutError(f"no complete answer within {seconds:g} s") from None
        raise
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError(f"no complete answer within {seconds:g} s")
