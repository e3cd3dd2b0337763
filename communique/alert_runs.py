"""An alert run, as the command and the DAG make it: judge, tell the maintainers what is wrong with
the rules, and prove by a canary that a mail would arrive. Sending comes after (`outbox`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine

from communique.alerting import AlertReport, judge_by
from communique.canary import queue_canary
from communique.moved_rules import left_behind
from communique.notices import tell_maintainers, tell_of_rules
from communique.rulebook import open_rulebook
from communique.settings import Settings
from communique.watchlists import Loaded


def alert_run(engine: Engine, loaded: Loaded, settings: Settings, now: datetime) -> AlertReport:
    """Judges all that waits and queues what is news. now: aware, UTC. Safe to run twice, or two at
    once. What failed is in the report's problems; raises only where the store itself fails."""
    with engine.begin() as connection:
        rulebook = open_rulebook(connection, loaded, now)
    judged = judge_by(engine, rulebook, now)
    tell_of_rules(engine, settings, rulebook.problems, now)
    moved = _tell_of_moves(engine, settings, now)
    silent = queue_canary(engine, rulebook, settings, now)
    return replace(judged, problems=(*judged.problems, *moved, *silent))


def _tell_of_moves(engine: Engine, settings: Settings, now: datetime) -> tuple[str, ...]:
    """Tells the maintainers, once, who misses rules that went to another watchlist. While there is
    no maintainer to tell, it is a problem of every run."""
    with engine.begin() as connection:
        moves = left_behind(connection)
        for move in moves:
            subject, lines = "Rules have moved to another watchlist", (move.said,)
            tell_maintainers(connection, settings, move.key, subject, lines, move.next, now)
    return () if settings.maintainers else tuple(f"{m.said} Next: {m.next}" for m in moves)
