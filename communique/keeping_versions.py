"""Whether a backup's databases can be used by this version: it must know all their migrations."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from communique import __version__
from communique.settings import project_folder

# The tables that say how far a database was migrated, and the package with the migrations; of what
# is not named here, or not installed, nothing is known.
PACKAGES = {
    "public.alembic_version": "airflow.migrations.versions",
    "public.alembic_version_fab": "airflow.providers.fab.migrations.versions",
}
OURS = "communique.alembic_version"
# What a version's image packs before it migrates is an earlier one's: their migrations say who can
# use it.
EARLIER = "before "
_REVISION = re.compile(r"^revision\s*(?::\s*str\s*)?=\s*[\"']([0-9a-z_]+)[\"']", re.MULTILINE)


def is_newer(version: str) -> bool:
    """Whether a version such as 0.2.0 is later than this one; what was packed before an upgrade
    to a later one is not."""
    return not version.startswith(EARLIER) and _numbers(version) > _numbers(__version__)


def knows(table: str, revision: str) -> bool:
    """Whether this version has the migration that a table of migrations (schema.table) stands at;
    what cannot be looked up is taken as known."""
    folder = _folder(table)
    return folder is None or any(
        revision in _REVISION.findall(file.read_text(encoding="utf-8"))
        for file in folder.glob("*.py")
    )


def _folder(table: str) -> Path | None:
    if table == OURS:
        return project_folder("sql") / "migrations" / "versions"
    try:
        spec = find_spec(PACKAGES[table]) if table in PACKAGES else None
    except ModuleNotFoundError:
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
