"""Rules that went from one watchlist to another: subscribers of the one hear of them no longer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from communique.selections import EVERY

_LEFT_BEHIND = text("""
    SELECT old.watchlist, new.watchlist AS into, array_agg(DISTINCT old.rule) AS rules,
           array_agg(DISTINCT s.recipient) AS recipients
    FROM communique.rules old
    JOIN communique.rules new ON new.rule = old.rule AND new.watchlist <> old.watchlist
        AND new.created_at = :now AND new.retired_at IS NULL
    JOIN communique.subscriptions s ON s.watchlist = old.watchlist AND s.ended_at IS NULL
    WHERE old.retired_at = :now AND NOT EXISTS (
        SELECT FROM communique.subscriptions other
        WHERE other.recipient = s.recipient AND other.ended_at IS NULL
            AND other.watchlist IN (new.watchlist, :every))
    GROUP BY 1, 2 ORDER BY 1, 2
""")
NAMED = 5  # subscribers


def left_behind(connection: Connection, now: datetime) -> list[str]:
    """What to do for subscribers of a watchlist whose rules have moved, where they hear neither of
    the watchlist that these are in now nor of every one; a line for each pair of watchlists.

    now: aware; of the sync in which the rules moved, so that it is told once.
    """
    lines = []
    for row in connection.execute(_LEFT_BEHIND, {"now": now, "every": EVERY}):
        several, others = len(row.rules) > 1, len(row.recipients) - NAMED
        who = ", ".join(row.recipients[:NAMED]) + (f" and {others} more" if others > 0 else "")
        lines.append(
            f"Rule{'s' * several} {', '.join(row.rules)} {'have' if several else 'has'} moved from "
            f"watchlist {row.watchlist} to {row.into}, of which these hear nothing yet: {who}. "
            f"Next: communique subscribe ADDRESS --watchlist {row.into}"
        )
    return lines
