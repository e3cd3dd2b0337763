"""What settling derives from a statement, worked out without a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.many import Made, Maker

DERIVED: dict[str, str] = {}


def derive(made: Sequence[Made], maker: Maker) -> dict[str, list[Sequence[Any]]]:
    """The derived rows of these statements, by table, in the order of DERIVED's columns."""
    del made, maker
    return {}
