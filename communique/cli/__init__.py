"""`communique`: the command line. Exit status: 0 all well, 1 something failed and is named,
2 wrong usage."""

from communique.cli.app import main

__all__ = ["main"]
