"""The command line as a user types it: a process of its own, settings in the environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[2] / "shared"


def communique(
    *words: str, settings: Mapping[str, str], status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Runs `communique words...` with these COMMUNIQUE_ settings and no others; fails the test
    where the exit status is another, or a traceback was shown."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COMMUNIQUE_")}
    environment = kept | {f"COMMUNIQUE_{k.upper()}": v for k, v in settings.items()}
    command = [sys.executable, "-c", "from communique.cli import main; main()", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == status, f"{done.returncode}: {done.stdout}\n{done.stderr}"
    return done


def answer(*words: str, settings: Mapping[str, str], status: int = 0) -> Any:
    """The JSON that a command prints."""
    return json.loads(communique(*words, "--json", settings=settings, status=status).stdout)


def shared(name: str) -> Path:
    """A file of real input; skips the test by name where it is not there."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"../shared/{name} is not here")
    return path
