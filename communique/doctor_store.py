"""Whether the store is there, and what this version expects."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from communique.database import known_migrations, last_migration
from communique.doctor_parts import NotKnown, Patient, Said, broken, look, ok, size

OLDEST = 150000
# Of the connections that the server has, the share from which on somebody soon gets none.
CROWDED = 0.85

_SERVER = text("""
    SELECT current_setting('server_version') AS version,
           CAST(current_setting('server_version_num') AS integer) AS number,
           current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS standby,
           current_setting('default_transaction_read_only') = 'on' AS read_only,
           pg_database_size(current_database()) AS bytes,
           (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
           CAST(current_setting('max_connections') AS integer)
               - CAST(current_setting('superuser_reserved_connections') AS integer) AS most
""")
UPGRADE = "Run: communique db upgrade"


def database_itself(patient: Patient) -> Said:
    """Whether the server answers, is one that will do, and has every migration."""
    engine = patient.engine
    if engine is None:
        raise NotKnown("there is no store")
    where = engine.url.set(drivername="postgresql").render_as_string(hide_password=True)
    try:
        with engine.connect() as connection:
            unfit = _unfit(connection, where)
        if unfit and unfit.state == "broken":
            return unfit
        behind = _behind(last_migration(engine), where)
    except OperationalError as error:
        advice = "Is the server up (in docker: make up), and COMMUNIQUE_DATABASE_URL right?"
        return broken(f"it does not answer at {where}: {error.orig}", advice)
    except ProgrammingError as error:
        advice = "Give this login the role communique_app, as docs/operator.md says."
        return broken(f"this login may not read the store at {where}: {error.orig}", advice)
    return behind or unfit or _well(patient, where)


def _behind(there: str | None, where: str) -> Said | None:
    known = known_migrations()
    if there == known[0]:
        return None
    if there is None:
        return broken(f"nothing was ever migrated at {where}", UPGRADE)
    if there in known:
        return broken(f"{where} lacks {known.index(there)} of {len(known)} migrations", UPGRADE)
    found = f"{where} was migrated to {there}, which this version does not know"
    return broken(found, "A newer version was here: install that one, or restore a backup.")


def _unfit(connection: Connection, where: str) -> Said | None:
    server = connection.execute(_SERVER).one()
    if server.number < OLDEST:
        advice = "PostgreSQL 15 or newer is needed."
        return broken(f"{where} is PostgreSQL {server.version}", advice)
    if server.standby or server.read_only:
        what = "a standby" if server.standby else "set to read only"
        return broken(f"{where} is {what}: nothing can be stored", "Name the primary server.")
    if server.encoding != "UTF8":
        found = f"{where} is encoded in {server.encoding}: most statements cannot be stored"
        return broken(found, "Make the database anew with ENCODING 'UTF8'.")
    if server.used > CROWDED * server.most:
        found = f"{server.used} of {server.most} connections to {where} are taken"
        return look(found, "Raise max_connections, or see in pg_stat_activity who holds them.")
    return None


def _well(patient: Patient, where: str) -> Said:
    with patient.store() as connection:
        server = connection.execute(_SERVER).one()
    return ok(
        f"PostgreSQL {server.version.split()[0]} at {where}, migrated to {known_migrations()[0]}, "
        f"{size(server.bytes)}, {server.used} of {server.most} connections taken"
    )
