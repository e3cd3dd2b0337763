"""A query narrowed down by facts, as one query that anybody can ask again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from communique.rules.parse import parse
from communique.rules.query import Or

_PLAIN = re.compile(r"\w(?:[\w-]*\w)?\Z", re.ASCII)
_OPERATORS = frozenset({"and", "or", "not"})


def narrowed(query: str, facts: Mapping[str, Sequence[str]]) -> str:
    """What `query` finds where all `facts` hold besides, of each field one of its values. query:
    may be empty, or say only what must not be there, where there are facts. The result is empty
    where both are. Raises RuleError for a query that cannot be used by itself."""
    wanted = [asked_fact(field, values) for field, values in facts.items() if values]
    if not query.strip():
        return " AND ".join(wanted)
    root = parse(query, alone=not wanted).root
    if not wanted:
        return query.strip()
    own = f"({query.strip()})" if isinstance(root, Or) else query.strip()
    return " AND ".join([own, *wanted])


def asked_fact(field: str, values: Sequence[str]) -> str:
    """How a query asks for one of these values of a field; wildcards in them are wildcards. That
    the values make sense is for `parse` to say."""
    written = list(dict.fromkeys(map(_written, values)))
    return f"{field}:{written[0]}" if len(written) == 1 else f"{field}:({' OR '.join(written)})"


def _written(value: str) -> str:
    if _PLAIN.match(value) and value.casefold() not in _OPERATORS:
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
