"""The world's web server without its faults: `python -m tests.killing.site HOSTS DAYS SEED`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from tests.world.calendar import World, make_world
from tests.world.hosting import Hosting
from tests.world.server import WebServer


def calm(hosts: int, days: int, seed: int) -> World:
    """A world in which only we fail."""
    world = make_world(hosts, days, seed)
    well = (replace(host, faults=(), layout_changes=None) for host in world.hosts)
    return replace(world, hosts=tuple(well))


def main() -> None:
    """Serves until it is killed."""
    hosts, days, seed = map(int, sys.argv[1:])
    asyncio.run(WebServer(Hosting(calm(hosts, days, seed))).run())


if __name__ == "__main__":
    main()
