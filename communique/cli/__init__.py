"""`communique`: the command line. Exit status: 0 all well, 1 something failed and is named,
2 wrong usage."""

from __future__ import annotations

import gc


def main() -> None:
    """Runs the command line; a user's mistake prints what to do, never a traceback."""
    # What is imported stays: looking through it for what can go is a tenth of a command's start.
    gc.disable()
    from communique.cli import app

    gc.freeze()
    gc.enable()
    app.main()
