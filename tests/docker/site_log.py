"""What a server's log of arrivals says of how politely it was asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Arrival:
    """One exchange. start: the kernel had the request; end: nobody had the whole answer yet
    (seconds of one clock); client: the address it came from."""

    start: float
    end: float
    host: str
    client: str
    path: str


@dataclass(frozen=True, slots=True)
class Manners:
    """overlaps: pairs of exchanges of one host at the same time; early: starts at a host that
    came too soon after the one before; taken: hosts that several clients asked; handed: how often
    one asked right after another one had; least: the shortest time from start to start."""

    requests: int
    hosts: int
    clients: int
    taken: int
    handed: int
    least: float
    overlaps: Sequence[str]
    early: Sequence[str]


def arrivals(log: Iterable[Sequence[object]]) -> list[Arrival]:
    """The log as the server of tests.docker.site hands it out, by start."""
    read = (Arrival(*row) for row in log)  # type: ignore[arg-type]
    return sorted(read, key=lambda each: each.start)


def manners(log: Iterable[Arrival], delay: float, jitter: float) -> Manners:
    """How hosts were asked. delay: from start to start, as promised; jitter: how much closer two
    starts may arrive than they went out, on a busy machine (seconds)."""
    hosts: defaultdict[str, list[Arrival]] = defaultdict(list)
    for each in log:
        hosts[each.host].append(each)
    pairs = [pair for row in hosts.values() for pair in pairwise(row)]
    return Manners(
        requests=sum(map(len, hosts.values())),
        hosts=len(hosts),
        clients=len({each.client for row in hosts.values() for each in row}),
        taken=sum(len({each.client for each in row}) > 1 for row in hosts.values()),
        handed=sum(one.client != other.client for one, other in pairs),
        least=min((other.start - one.start for one, other in pairs), default=0.0),
        overlaps=[_told(one, other) for one, other in pairs if other.start < one.end],
        early=[_told(one, other) for one, other in pairs if _soon(one, other, delay - jitter)],
    )


def _soon(one: Arrival, other: Arrival, delay: float) -> bool:
    return other.start - one.start < delay


def _told(one: Arrival, other: Arrival) -> str:
    return (
        f"{one.host}: {one.client} asked for {one.path} from {one.start:.3f} to {one.end:.3f}, "
        f"{other.client} for {other.path} at {other.start:.3f}"
    )
