"""The alert step beside its limit: `python -m bench.alerting`.

10,000 wordings that nobody has judged, 1,000 rules and fifty subscriptions of all kinds: a minute
at most on one core, our process and the PostgreSQL server together. What each part takes is told
beside what trying the rules alone takes, which nothing can be quicker than.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, insert, text

from bench.line import Spent, _loaded, _spent
from bench.many import NOW
from bench.many_store import filled
from communique.alerting import judge
from communique.rules import Document, compile_rules
from communique.schema import Subscription
from communique.watchlists import Loaded

WORDINGS, LIMIT = 10_000, 60.0
SUBSCRIPTIONS = 50
WAYS = (
    {},
    {"watchlist": "*"},
    {"severity": "urgent"},
    {"countries": ["CN", "DE"]},
    {"how": "daily"},
)


def main() -> None:
    """Prints the table."""
    loaded = _loaded()
    with (
        tempfile.TemporaryDirectory() as folder,
        filled(Path(folder), WORDINGS, settled=True) as store,
    ):
        alone = _rules_alone(store.engine, loaded)
        _prepare(store.engine, loaded)
        first = _spent(store.engine, WORDINGS, lambda: judge(store.engine, loaded, NOW))
        _tell("judged for the first time", first, alone)
        with store.engine.begin() as connection:
            connection.execute(text("UPDATE communique.revisions SET judged_at = NULL"))
        again = _spent(store.engine, WORDINGS, lambda: judge(store.engine, loaded, NOW))
        _tell("judged again, nothing new", again, alone)
        _count(store.engine)


def _tell(name: str, spent: Spent, alone: float) -> None:
    taken = spent.ours + spent.servers
    print(
        f"  {name:<28}{taken:6.1f} s of one core, {taken / LIMIT:5.2f} x the limit;"
        f" {taken / alone:4.1f} x trying the rules alone"
        f" ({spent.ours:.1f} ours + {spent.servers:.1f} PostgreSQL)",
        flush=True,
    )


def _prepare(engine: Engine, loaded: Loaded) -> None:
    rows = [
        {"recipient": f"reader{number}@example.org", "watchlist": loaded.watchlists[0].name}
        | {"how": "instant", "severity": "info", "countries": []}
        | {"created_at": NOW, "confirmed_at": NOW}
        | WAYS[number % len(WAYS)]
        for number in range(SUBSCRIPTIONS)
    ]
    with engine.begin() as connection:
        connection.execute(insert(Subscription), rows)
        connection.execute(text("UPDATE communique.revisions SET judged_at = NULL"))
        connection.execute(text("ANALYZE"))


def _rules_alone(engine: Engine, loaded: Loaded) -> float:
    """Seconds to normalise all wordings and to try the rules on them, and nothing else."""
    matcher = compile_rules(loaded.rules)
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT title, text, language FROM communique.statements ORDER BY id")
        ).all()
    documents = [Document(title, body, language) for title, body, language in rows]
    taken = _seconds(lambda: [matcher.match(each) for each in documents])
    print(f"  trying {len(loaded.rules)} rules alone    {taken:6.1f} s")
    return taken


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _count(engine: Engine) -> None:
    with engine.connect() as connection:
        matches, told, held = connection.execute(
            text(
                "SELECT (SELECT count(*) FROM communique.matches), "
                "count(*) FILTER (WHERE status = 'pending'), "
                "count(*) FILTER (WHERE status = 'held') FROM communique.deliveries"
            )
        ).one()
    print(f"  {matches} matches, {told} alerts to be sent, {held} held back")


if __name__ == "__main__":
    main()
