"""Whether everybody may do in the store what he must, and analysts nothing else."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, text

from communique.analysts import GROUP, WATCH, longest, may_watch
from communique.doctor_parts import Patient, Said, ago, broken, look, named, ok

# A watch looks every few seconds; one that has not for so long hangs.
STILL = timedelta(minutes=10)

_LACKING = text("""
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'communique' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND NOT (has_table_privilege(c.oid, 'SELECT') AND (c.relname = 'alembic_version' OR (
          has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
          AND has_table_privilege(c.oid, 'DELETE'))))
    ORDER BY 1
""")
_LOGINS = text("""
    SELECT r.rolname AS name,
           r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
           OR EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                      WHERE m.member = r.oid AND g.rolname <> :group) AS more,
           EXISTS (SELECT FROM unnest(r.rolconfig) AS setting
                   WHERE starts_with(setting, 'statement_timeout=')) AS bounded
    FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid AND g.rolname = :group
    JOIN pg_roles r ON r.oid = m.member
    WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT m.admin_option
      AND NOT pg_has_role(r.oid, (SELECT nspowner FROM pg_namespace WHERE nspname = 'communique'),
                          'MEMBER')
    ORDER BY 1
""")
# What a role may see or change that is no view of ours, and of these what it may change. What a
# superuser may, everybody knows.
_REACHED = text("""
    SELECT DISTINCT r.rolname || ': ' || n.nspname || '.' || c.relname AS name,
           n.nspname IN ('communique', 'analyst') AS ours
    FROM pg_roles r, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rolname = ANY(:roles) AND NOT r.rolsuper AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname !~ '^pg_(toast|temp)' AND has_schema_privilege(r.oid, n.oid, 'USAGE')
      AND (has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE, TRIGGER')
           OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE, REFERENCES')
           OR n.nspname <> 'analyst' AND has_any_column_privilege(r.oid, c.oid, 'SELECT'))
    ORDER BY 2 DESC, 1
""")
_UNREADABLE = text("""
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'analyst' AND c.relkind IN ('v', 'm')
      AND NOT (has_schema_privilege(:group, n.oid, 'USAGE')
               AND has_table_privilege(:group, c.oid, 'SELECT'))
    ORDER BY 1
""")
_LOOSE = text("""
    SELECT name FROM pg_roles r, LATERAL (VALUES
        ('tables of their own', EXISTS (
            SELECT FROM pg_namespace n WHERE n.nspname IN ('public', 'analyst', 'communique')
            AND has_schema_privilege(r.oid, n.oid, 'CREATE'))),
        ('schemas', has_database_privilege(r.oid, current_database(), 'CREATE')),
        ('temporary tables', has_database_privilege(r.oid, current_database(), 'TEMPORARY')),
        ('large objects', has_function_privilege(r.oid, 'lo_create(oid)', 'EXECUTE')),
        ('advisory locks', has_function_privilege(r.oid, 'pg_advisory_lock(bigint)', 'EXECUTE')),
        ('code in PL/pgSQL', has_language_privilege(r.oid, 'plpgsql', 'USAGE')),
        ('messages in the write-ahead log', EXISTS (
            SELECT FROM pg_proc WHERE proname = 'pg_logical_emit_message'
            AND has_function_privilege(r.oid, pg_proc.oid, 'EXECUTE')))
    ) AS what (name, may)
    WHERE r.rolname = :group AND may
""")
_WATCHES = text("""
    SELECT max(state_change) AS at, clock_timestamp() AS now,
           -- Of another's session that is all that a services' login is told.
           bool_or(NOT pg_has_role(usesysid, 'USAGE') AND state_change IS NULL) AS hidden
    FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name
""")


def roles(patient: Patient) -> Said:
    """Whether this login may work, and analysts may read the views and nothing else."""
    with patient.store() as connection:
        if lacking := list(connection.execute(_LACKING).scalars()):
            found = f"this login may not read and write {named(lacking)}"
            return broken(found, "Give it the role communique_app, as docs/operator.md says.")
        if not connection.execute(_IS_GROUP, {"group": GROUP}).scalar_one():
            return broken(f"there is no role {GROUP}", "Run: communique db upgrade")
        logins = connection.execute(_LOGINS, {"group": GROUP}).all()
        if more := [login.name for login in logins if login.more]:
            found = f"logins of analysts that may do more than analysts: {named(more)}"
            return broken(found, "Take their other roles and rights away: REVOKE, ALTER ROLE.")
        return _analysts_may(connection, [GROUP, *(login.name for login in logins)])


_IS_GROUP = text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :group)")


def _analysts_may(connection: Connection, names: list[str]) -> Said:
    reached = connection.execute(_REACHED, {"roles": names}).all()
    if ours := [row.name for row in reached if row.ours]:
        found = f"analysts may read or change what they should not: {named(ours)}"
        return broken(found, "REVOKE it; what they may is in sql/roles.sql.")
    if unreadable := list(connection.execute(_UNREADABLE, {"group": GROUP}).scalars()):
        found = f"analysts may not read the views {named(unreadable)}"
        return broken(found, "Run: communique db upgrade")
    if reached:
        found = (
            f"analysts see what is not ours in this database: {named([r.name for r in reached])}"
        )
        return look(found, "Give the store a database of its own, or REVOKE it.")
    loose = list(connection.execute(_LOOSE, {"group": GROUP}).scalars())
    if loose and len(names) > 1:
        return look(
            f"analysts may make or use {', '.join(loose)}, as everybody in this database",
            "As a superuser, once: psql --file sql/roles.sql (in docker: see docs/operations.md). "
            "Where there is none, docs/operator.md says what that means.",
        )
    return ok("this login may work, analysts may read the views and nothing else")


def logins(patient: Patient) -> Said:
    """Whether analysts' logins are held to their time-out."""
    with patient.store() as connection:
        found = connection.execute(_LOGINS, {"group": GROUP}).all()
        if not found:
            return ok("no analyst has a login")
        many = f"logins of analysts: {len(found)}"
        if unbounded := [login.name for login in found if not login.bounded]:
            said = f"{many}; without a time-out: {named(unbounded)}"
            return broken(said, f"Run: communique db analyst {unbounded[0]}")
        watch = connection.execute(_WATCHES, {"name": WATCH}).one()
        late = watch.at is not None and watch.now - watch.at > STILL
        if late or (watch.at is None and not watch.hidden):
            since = f" for {ago(watch.at, watch.now)}" if watch.at else ""
            allowed = "" if may_watch(connection) else (
                " Its login needs: GRANT pg_read_all_stats, pg_signal_backend TO it."
            )  # fmt: skip
            return broken(
                f"{many}; nobody holds them to their time-out{since}",
                f"Run `communique db watch` as a service (in docker: watch).{allowed}",
            )
        seconds = longest(connection)
    limit = f"{seconds} s for a statement" if seconds else "no limit is set"
    return ok(f"{many}, held to their time-out ({limit})")
