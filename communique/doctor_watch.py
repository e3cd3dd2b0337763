"""Whether sources are watched, and rules in force as they are written."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

from communique import canary
from communique.doctor_parts import Patient, Said, ago, broken, look, named, ok
from communique.health import NOT_RUN, TROUBLED, TURN_WITHIN, WORST_FIRST
from communique.rule_versions import in_force
from communique.rulebook import unserved
from communique.rules import compile_rules
from communique.standing import Standing, standings_in
from communique.watchlists import Loaded, load_watchlists
from scrapers.browser import NAMES
from scrapers.errors import SourceFactsError
from scrapers.sources import Source

FACTS = "Mend the file it names; communique sources list shows when it can be read."


def sources(patient: Patient) -> Said:
    """Whether the facts can be read, and how many sources stand in which state."""
    try:
        watched = patient.facts()
    except SourceFactsError as error:
        return broken(str(error), FACTS)
    if not watched:
        return broken(f"no source in {patient.settings.sources}", "Set COMMUNIQUE_SOURCES.")
    with patient.store() as connection:
        stand = standings_in(connection, watched, patient.now)
    counts = Counter(one.state for one in stand)
    counts[NOT_RUN] += len(watched) - len(stand)  # those that the store has not heard of
    told = ", ".join(f"{counts[s]} {s.replace('_', ' ')}" for s in WORST_FIRST if counts[s])
    said = f"{len(watched)} are watched: {told}"
    ill = [one.source for one in stand if one.state in TROUBLED]
    ran = len(watched) - counts[NOT_RUN]
    advice = "communique coverage says why; communique coverage --source ID says all of one."
    if 2 * len(ill) > ran:
        return broken(f"{said}: {named(ill)}", f"{advice} So many at once: is it our network?")
    if ill:
        return look(f"{said}: {named(ill)}", advice)
    if blind := _without_browser(watched):
        found = f"{said}; of these need a browser, which is not here: {named(blind)}"
        return look(found, "apt-get install chromium, and the extra `browser` (docs/operator.md).")
    return ok(said)


def _without_browser(watched: Sequence[Source]) -> list[str]:
    if any(map(shutil.which, NAMES)):
        return []
    return [source.id for source in watched if source.fetch == "browser"]


def collects(patient: Patient) -> Said:
    """Whether every desk was collected within a day and a half, and no turn hangs."""
    watched = patient.sources()
    with patient.store() as connection:
        stand = standings_in(connection, watched, patient.now)
    desks = defaultdict[str, list[Standing]](list)
    for one in stand:
        desks[one.desk].append(one)
    late, waiting = list[str](), list[str]()
    newest = dict[str, datetime]()
    for desk, theirs in sorted(desks.items()):
        turns = [one.last_run for one in theirs if one.last_run]
        if turns:
            newest[desk] = max(turns)
        if turns and patient.now - newest[desk] <= TURN_WITHIN:
            continue
        never = not turns and all(one.state == NOT_RUN for one in theirs)
        (waiting if never else late).append(desk)
    if late:
        said = [f"{desk} ({_since(newest.get(desk), patient.now)})" for desk in late]
        return broken(
            f"desks that were not collected for a day and a half: {named(said, 6)}",
            f"Is collect_{late[0]} paused, or its run stuck? By hand: communique collect --desk "
            f"{late[0]}",
        )
    left = [one.source for one in stand if _is_overdue(one, patient.now)]
    if left or waiting or not stand:
        return _some_left(left, waiting or ["all"])
    oldest = min(newest.values())
    return ok(f"every desk was collected within {ago(oldest, patient.now)}")


def _is_overdue(one: Standing, now: datetime) -> bool:
    return one.last_run is not None and now - one.last_run > TURN_WITHIN


def _some_left(left: list[str], waiting: list[str]) -> Said:
    if left:
        found = f"sources that had no turn for a day and a half, though others had: {named(left)}"
        return look(found, "communique coverage --source ID says what became of its turns.")
    found = f"not collected yet: {named(waiting, 6)}"
    return look(found, "Unpause the DAGs collect_..., or by hand: communique collect")


def _since(then: datetime | None, now: datetime) -> str:
    return f"last {ago(then, now)} ago" if then else "never"


def watchlists(patient: Patient) -> Said:
    """Whether every rule can be read, is in the store as it stands in its file, and serves those
    who subscribe to it."""
    folder = patient.settings.watchlists
    loaded = load_watchlists(folder)
    if loaded.problems:
        said = "; ".join(map(str, loaded.problems[:3]))
        more = f" (of {len(loaded.problems)} problems)" if len(loaded.problems) > 3 else ""
        return broken(f"{said}{more}", "Run: communique watchlists check")
    if not loaded.rules:
        return broken(f"no rule in {folder}: nothing is told", "Set COMMUNIQUE_WATCHLISTS.")
    if patient.settings.canary and not compile_rules(loaded.rules).match(canary.TEXT):
        found = "no rule finds the canary's text on Huawei, 5G and the Clean Network"
        return broken(found, "What was last changed? communique watchlists history")
    return _as_stored(patient, loaded)


def _as_stored(patient: Patient, loaded: Loaded) -> Said:
    written = {(rule.watchlist, rule.id): rule for rule in loaded.rules}
    with patient.store() as connection:
        stored = {key: one.rule for key, one in in_force(connection).items()}
        lost = unserved(connection, written)
    if lost:
        return broken(lost[0], "communique subscriptions shows who subscribes to what.")
    many = f"rules: {len(written)}, of watchlists: {len(loaded.watchlists)}"
    other = [
        f"{watchlist}/{rule}"
        for watchlist, rule in sorted(written.keys() | stored.keys())
        if written.get((watchlist, rule)) != stored.get((watchlist, rule))
    ]
    if other and stored:
        return look(
            f"{many}; not in force as their files have them: {named(other)}",
            "The next alert run takes them up (communique alert). If it stays so, the workers read "
            f"other files than {patient.settings.watchlists}: set COMMUNIQUE_WATCHLISTS alike.",
        )
    return ok(f"{many}; {'in force' if stored else 'in force from the first alert run on'}")
