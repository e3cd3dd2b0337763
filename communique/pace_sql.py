"""What communique.pace asks PostgreSQL: a host's lock, and when it was last asked."""

from __future__ import annotations

_KEY = "hashtextextended(%(name)s, 0)"
# In one statement: the lock where it is free, and the new start where the host is due. What the
# row says is read under its own lock, so it is the latest that any process has written.
TAKE = f"""
    WITH taken AS MATERIALIZED (SELECT pg_try_advisory_lock({_KEY}) AS got),
    noted AS (
        INSERT INTO communique.hosts AS h (name, last_started_at)
        SELECT %(host)s, clock_timestamp() FROM taken WHERE got
        ON CONFLICT (name) DO UPDATE SET last_started_at = clock_timestamp()
        WHERE h.last_started_at = %(waited_out)s
           OR coalesce(h.resting_until <= clock_timestamp(), true)
          AND h.last_started_at <= clock_timestamp()
              - make_interval(secs => greatest(%(delay)s, least(%(delay)s * h.slowdown, 300)))
        RETURNING slowdown
    )
    SELECT got, slowdown FROM taken LEFT JOIN noted ON true
"""  # noqa: S608 (a constant of ours)
LEFT = """
    SELECT extract(epoch FROM last_started_at - clock_timestamp())::float8
           + greatest(%(delay)s, least(%(delay)s * slowdown, 300)), last_started_at, slowdown,
           coalesce(extract(epoch FROM resting_until - clock_timestamp())::float8, 0)
    FROM communique.hosts WHERE name = %(host)s
"""
LOCK = f"SELECT pg_try_advisory_lock({_KEY})"
UNLOCK = f"SELECT pg_advisory_unlock({_KEY})"
CORRECT = """
    UPDATE communique.hosts SET slowdown = %(slowdown)s,
           last_started_at = last_started_at + make_interval(secs => %(late)s),
           resting_until = CASE WHEN %(rest)s > 0
                                THEN clock_timestamp() + make_interval(secs => %(rest)s) END
    WHERE name = %(host)s
"""
