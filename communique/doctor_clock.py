"""Whether this machine knows what time it is, here and elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from communique.doctor_airflow import heartbeat_page
from communique.doctor_archive import newest_files
from communique.doctor_parts import NotKnown, Patient, Said, broken, look, named, ok
from communique.mail.dates import time_zone
from scrapers.errors import ScrapeError
from scrapers.warc import read_records

# Seconds by which clocks may differ: sessions of Airflow's break first, then dates.
ODD, WRONG = 10, 60
# The web's own clocks, as sources told them with their pages: few are exact, most are.
WEB_WRONG = 300
WEB_ASKED, WEB_LEAST, WEB_PAGES = 7, 3, 3
WEB_WITHIN = timedelta(days=2)

_NOW = text("SELECT clock_timestamp()")
_ZONES = text("""
    SELECT z AS zone, at, CAST(extract(epoch FROM (at AT TIME ZONE z) - (at AT TIME ZONE 'UTC'))
                               AS integer) AS seconds
    FROM unnest(CAST(:zones AS text[])) z
    CROSS JOIN unnest(CAST(:moments AS timestamptz[])) at
    WHERE EXISTS (SELECT FROM pg_timezone_names n WHERE n.name = z)
""")
_SUBSCRIBED = text("SELECT DISTINCT zone FROM communique.subscriptions WHERE ended_at IS NULL")


def clock(patient: Patient) -> Said:
    """How far this machine's clock is from the store's, Airflow's, and the web's."""
    told = list(_differences(patient))
    if not told:
        raise NotKnown("nobody to compare with: no store, no Airflow, nothing collected lately")
    said = "; ".join(f"{who} {_said(seconds)}" for who, seconds, _ in told)
    advice = "Set the clock: timedatectl set-ntp true, or chrony, here and there."
    if any(abs(seconds) > most for _, seconds, most in told):
        return broken(f"clocks differ: {said}", advice)
    if any(abs(seconds) > ODD and most == WRONG for _, seconds, most in told):
        return look(f"clocks differ: {said}", advice)
    return ok(said)


def _said(seconds: float) -> str:
    if abs(seconds) < 2:
        return "agrees within 2 s"
    return f"is {abs(seconds):,.0f} s {'ahead' if seconds > 0 else 'behind'}"


def _differences(patient: Patient) -> Iterator[tuple[str, float, float]]:
    """Who has another time, by how many seconds, and how many are too many."""
    files: list[str] = []
    try:
        with patient.store() as connection:
            yield "the database's clock", _database(connection), WRONG
            if not patient.settings.replay:  # what archives say is long past
                files = newest_files(connection, WEB_ASKED, patient, WEB_WITHIN)
    except NotKnown:
        pass  # `database` tells why
    if (there := heartbeat_page(patient.settings)) is not None and there.date:
        yield "Airflow's clock", (there.date - there.asked_at).total_seconds(), WRONG
    web = [seconds for file in files for seconds in _web(file)]
    if len(web) >= WEB_LEAST:
        yield f"the web's clock (of {len(web)} sources, the middle one)", median(web), WEB_WRONG


def _database(connection: Connection) -> float:
    before = time.time()
    there: datetime = connection.execute(_NOW).scalar_one()
    return there.timestamp() - (before + time.time()) / 2


def _web(file: str) -> Sequence[float]:
    """How far a source's clock was from ours when the first pages of a file were fetched; one
    number, or none."""
    try:
        for response in islice(read_records(file), WEB_PAGES):
            # What has an age may have lain in a cache.
            if "date" in response.headers and "age" not in response.headers:
                at = parsedate_to_datetime(response.headers["date"])
                return [(at - response.fetched_at).total_seconds()]
    except (ScrapeError, OSError, ValueError, TypeError):
        return []  # the file is not there, or the date is none
    return []


def zones(patient: Patient) -> Said:
    """Whether every time zone that is named is known, and to the store as to us."""
    names = {source.time_zone for source in patient.sources()} | {"UTC"}
    try:
        with patient.store() as connection:
            names |= set(connection.execute(_SUBSCRIBED).scalars())
            theirs = _offsets_there(connection, sorted(names), _moments(patient.now))
    except NotKnown:
        theirs = None
    unknown = sorted(name for name in names if time_zone(name) is None)
    if unknown:
        advice = "Install the package tzdata of this system, or of Python."
        return broken(f"time zones that are not known here: {named(unknown)}", advice)
    if theirs is not None:
        ours = {(n, at): _offset(n, at) for n in names for at in _moments(patient.now)}
        if other := sorted({name for name, at in ours if theirs.get((name, at)) != ours[name, at]}):
            found = f"this machine and the database differ about the time in {named(other)}"
            advice = "Bring tzdata up to date, here and where the database runs."
            return look(found, advice)
    return ok(f"{len(names)} are known{_release()}" + (", to the database too" if theirs else ""))


def _release() -> str:
    try:
        return f" (tzdata {version('tzdata')})"
    except PackageNotFoundError:
        return ""


def _moments(now: datetime) -> list[datetime]:
    """The middle of each month of the year to come: between them clocks change."""
    return [now.replace(microsecond=0) + timedelta(days=30 * month) for month in range(12)]


def _offset(name: str, at: datetime) -> int:
    offset = at.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
    return int(offset.total_seconds())


def _offsets_there(
    connection: Connection, names: Sequence[str], moments: Sequence[datetime]
) -> dict[tuple[str, datetime], int]:
    rows = connection.execute(_ZONES, {"zones": list(names), "moments": list(moments)})
    return {(row.zone, row.at.astimezone(timezone.utc)): row.seconds for row in rows}
