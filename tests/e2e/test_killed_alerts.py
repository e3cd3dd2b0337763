"""A few days in which processes are killed at random moments and the mail server misbehaves: what
people are told is what they would have been told. `make killing` is the long one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_whoever_dies_every_mail_arrives_and_no_alert_twice() -> None:
    command = [sys.executable, "-m", "tests.killing", "--days=3", "--kills=24", "--hosts=8"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every mail arrived, and no alert twice." in done.stdout
