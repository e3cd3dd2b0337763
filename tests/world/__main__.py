"""`python -m tests.world --hosts 300 --days 30 --seed 1`: exit status 1 where anything is wrong."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.world.calendar import make_world
from tests.world.compare import compare
from tests.world.run import serving, watch


def main() -> int:
    """Runs the world and prints what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.world", description=__doc__)
    parser.add_argument("--hosts", type=int, default=300)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="keep the store and the archive here")
    chosen = parser.parse_args()
    logging.disable(logging.ERROR)
    began = time.monotonic()
    world = make_world(chosen.hosts, chosen.days, chosen.seed)
    with (
        tempfile.TemporaryDirectory(prefix="communique-world-") as folder,
        serving(chosen.hosts, chosen.days, chosen.seed) as port,
    ):
        settings, seen = watch(world, port, chosen.home or Path(folder), print)
        report = compare(world, settings, seen)
    print(report.text(time.monotonic() - began))
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
