"""A small world, all its days in a minute: nothing lost, doubled, invented or mistold, and little
memory held. `make world` is the large one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_nothing_is_lost_doubled_invented_or_mistold() -> None:
    # In a process of its own: what else has run in this one would count as memory held.
    command = [sys.executable, "-m", "tests.world", "--hosts=60", "--days=5", "--seed=2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing lost, doubled, invented or mistold." in done.stdout
