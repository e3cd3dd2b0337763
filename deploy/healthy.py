"""Whether a service does its work, for docker's health checks. Started several times a minute, so
it imports little.

    healthy.py ADDRESS [COMPONENT]   answers with 200; and Airflow calls this component healthy
    healthy.py worker                this host's Celery worker answers over the broker
    healthy.py tidy FILE             what tidies noted there that nothing failed, within a day
"""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

BROKER = Path("/run/secrets/broker_url")
LATE = 30 * 3600  # seconds: a day, and what the work itself may take


def main() -> int:
    """0 where it does, else 1, with what was said instead."""
    what, *components = sys.argv[1:]
    if what == "tidy":
        wrong = tidied(Path(components[0]))
    else:
        wrong = worker() if what == "worker" else page(what, components)
    if wrong:
        print(wrong)
    return 1 if wrong else 0


def page(address: str, components: list[str]) -> str:
    """What is wrong with a page and what it says of these components; empty: nothing."""
    # Docker hands the proxies that its client knows to every container; what is asked is in here.
    direct = build_opener(ProxyHandler({}))
    try:
        with direct.open(address, timeout=8) as answer:
            told = json.load(answer) if components else {}
    except (OSError, ValueError) as error:
        return f"{address}: {error}"
    states = {name: (told.get(name) or {}).get("status") for name in components}
    wrong = {name: state for name, state in states.items() if state != "healthy"}
    return f"{address}: {wrong}" if wrong else ""


def tidied(note: Path) -> str:
    """What failed when deploy/tidy.py was last at work, or that it hangs; empty: nothing."""
    try:
        said, age = note.read_text(encoding="utf-8"), time.time() - note.stat().st_mtime
    except OSError as error:
        return f"not begun: {error}"
    return said or (f"nothing was done for {age / 3600:.0f} h" if age > LATE else "")


def worker() -> str:
    """What is wrong with this host's worker; empty: nothing. Celery alone is imported: through
    Airflow the same question costs ten times as much."""
    from celery import Celery

    name = f"celery@{socket.gethostname()}"
    app = Celery(broker=BROKER.read_text(encoding="ascii").strip())
    try:
        answers = app.control.inspect(destination=[name], timeout=5).ping()
    except Exception as error:
        return f"the broker does not answer: {error}"
    return "" if name in (answers or {}) else f"{name} does not answer"


if __name__ == "__main__":
    raise SystemExit(main())
