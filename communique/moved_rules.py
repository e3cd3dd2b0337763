"""Rules that went from one watchlist to another: subscribers of the one hear of them no longer."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from communique.selections import EVERY

_LEFT_BEHIND = text("""
    WITH newest AS (
        SELECT DISTINCT ON (watchlist, rule) watchlist, rule, retired_at FROM communique.rules
        ORDER BY watchlist, rule, version DESC
    )
    SELECT old.watchlist, new.watchlist AS into, old.retired_at AS moved_at,
           array_agg(DISTINCT old.rule) AS rules, array_agg(DISTINCT s.recipient) AS recipients
    FROM communique.rules old
    JOIN communique.rules new ON new.rule = old.rule AND new.watchlist <> old.watchlist
        AND new.created_at = old.retired_at
    JOIN newest here ON here.watchlist = old.watchlist AND here.rule = old.rule
        AND here.retired_at IS NOT NULL
    JOIN newest there ON there.watchlist = new.watchlist AND there.rule = new.rule
        AND there.retired_at IS NULL
    JOIN communique.subscriptions s ON s.watchlist IN (old.watchlist, :every)
        AND (s.rules = '{}' OR s.rules && ARRAY[old.rule, old.watchlist || '/' || old.rule])
        AND s.ended_at IS NULL AND s.created_at < old.retired_at
    WHERE NOT EXISTS (
        SELECT FROM communique.subscriptions other
        WHERE other.recipient = s.recipient AND other.ended_at IS NULL
            AND other.watchlist IN (new.watchlist, :every) AND (other.rules = '{}'
                OR other.rules && ARRAY[new.rule, new.watchlist || '/' || new.rule]))
    GROUP BY 1, 2, 3 ORDER BY 3, 1, 2
""")
NAMED = 5  # subscribers


@dataclass(frozen=True, slots=True)
class Move:
    """Rules that moved, and whom they left behind. key: names the move; said: what happened; next:
    what to do."""

    key: str
    said: str
    next: str


def left_behind(connection: Connection) -> tuple[Move, ...]:
    """The moves of rules that earlier subscribers had chosen and hear no longer: neither in the
    watchlist that these are in now nor in every one; one for each pair of watchlists."""
    moves = list[Move]()
    for row in connection.execute(_LEFT_BEHIND, {"every": EVERY}):
        several, others = len(row.rules) > 1, len(row.recipients) - NAMED
        who = ", ".join(row.recipients[:NAMED]) + (f" and {others} more" if others > 0 else "")
        said = (
            f"Rule{'s' * several} {', '.join(row.rules)} {'have' if several else 'has'} moved from "
            f"watchlist {row.watchlist} to {row.into}, of which these hear nothing yet: {who}."
        )
        key = f"moved:{row.watchlist}:{row.into}:{row.moved_at.isoformat()}"
        moves.append(Move(key, said, f"communique subscribe ADDRESS --watchlist {row.into}"))
    return tuple(moves)
