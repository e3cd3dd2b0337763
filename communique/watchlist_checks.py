"""Whether a watchlist's new file says what it is meant to say, and nothing else: the loader that
alerting uses has read both."""

from __future__ import annotations

from collections.abc import Mapping

from communique.rules import Rule
from communique.watchlists import Loaded


def require_as_wanted(was: Loaded, now: Loaded, rule: str, wanted: Rule | None) -> None:
    """Raises ValueError unless a file differs from what it was in the one rule of this id, and that
    is what is wanted (None: gone). was: as loaded before; of nothing, where the file is new."""
    known = {(one.rule, one.field, one.reason) for one in was.problems}
    for problem in now.problems:
        if (problem.rule, problem.field, problem.reason) not in known:
            raise ValueError(f"this cannot be saved: {problem.reason}; expected {problem.expected}")
    if not now.watchlists:
        raise ValueError("this cannot be saved: nothing of the file could be read")
    if was.watchlists and was.watchlists[0].title != now.watchlists[0].title:
        raise ValueError("this cannot be saved: it would change the title of the file")
    before, after = _by_id(was), _by_id(now)
    found = after.pop(rule, None)
    before.pop(rule, None)
    if before != after or list(before) != list(after):
        raise ValueError("this cannot be saved: it would change other rules of the file")
    if (found is None) != (wanted is None):
        raise ValueError(f"this cannot be saved: rule {rule} would not be as it is meant")
    if found and wanted and _said(found) != _said(wanted):
        raise ValueError(f"this cannot be saved: rule {rule} would not be read as it is meant")


def _by_id(loaded: Loaded) -> dict[str, Rule]:
    return {one.id: one for one in loaded.rules}


def _said(rule: Rule) -> Mapping[str, object]:
    """What a rule says; a line's end says no more than a blank."""
    texts = {name: _folded(getattr(rule, name)) for name in ("name", "query", "note")}
    masks = tuple(map(_folded, rule.not_inside))
    return texts | {"severity": rule.severity, "topic": rule.topic, "not_inside": masks}


def _folded(words: str | None) -> str:
    return " ".join((words or "").split())
