"""Airflow, with what our tasks need imported before: `preloaded.py celery worker`, as `airflow`.

Each task is a process forked from this one. Without, each imports the same again and has SQLAlchemy
look at every table of Airflow's: a second of processor time, and memory that none would share.
"""

from __future__ import annotations

import sys
from importlib import import_module

from airflow.__main__ import main
from sqlalchemy.orm import configure_mappers

NEEDED = ("alert_runs", "connections", "jobs", "outbox")

if __name__ == "__main__":
    for name in NEEDED:
        import_module(f"communique.{name}")
    import_module("scrapers.readers").readers()
    configure_mappers()
    sys.argv[0] = "airflow"
    main()
