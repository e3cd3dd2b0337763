"""Fixtures for all tests, and the rule that no test is skipped in silence.

A test may be skipped for three reasons: real input that it reads, named in the reason as
`../shared/...`, is not there; it needs Chromium (marked `chromium`), and this machine has none; it
makes network namespaces (marked `namespaces`), and this machine lets us make none.
Any other skip is a failure; with COMMUNIQUE_STRICT=1, as in CI, these are too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
from xdist.scheduler import LoadScopeScheduling

from scrapers.browser import NAMES

pytest_plugins = ["tests.database_fixtures"]

ROOT = Path(__file__).parents[1]
TOGETHER = ("browser", "e2e")
NO_BROWSER = "Chromium is not here: apt-get install chromium"
NO_PROMETHEUS = "Prometheus is not here: apt-get install prometheus"
NO_NAMESPACES = "network namespaces need root, leave to make them, and iproute2"
SHARED = re.compile(r"\.\./shared(?:/[\w.-]+)*")

AnyReport = TypeVar("AnyReport", pytest.TestReport, pytest.CollectReport)


def pytest_configure(config: pytest.Config) -> None:
    """Test folders of this run's own: pytest closes its common one at the start of every other
    run, in the middle of ours, and the PostgreSQL of root's tests could not reach its data."""
    if config.option.basetemp is None:
        folder = tempfile.TemporaryDirectory(prefix="communique-tests-", ignore_cleanup_errors=True)
        config.option.basetemp = f"{folder.name}/t"
        config.add_cleanup(folder.cleanup)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Tests that share what takes long to make run in one process."""
    return Together(config, log)


class Together(LoadScopeScheduling):
    """Those of a file go together, and those of one Airflow."""

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.partition("::")[0])
        return str(file.parent if file.parent.name in TOGETHER else file)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("chromium") and not any(map(shutil.which, NAMES)):
        pytest.skip(NO_BROWSER)
    if item.get_closest_marker("namespaces") and not _makes_namespaces():
        pytest.skip(NO_NAMESPACES)


@cache
def _makes_namespaces() -> bool:
    if not all(map(shutil.which, ("ip", "unshare", "nsenter", "setpriv"))):
        return False
    tried = ["unshare", "--net", "ip", "link", "add", "bridge", "type", "bridge"]
    return not subprocess.run(tried, capture_output=True, check=False).returncode


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _judged((yield))


def _judged(report: AnyReport) -> AnyReport:
    if report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not _may_be_skipped(reason):
            report.outcome = "failed"
            report.longrepr = f"skipped, but everything here must run ({reason})"
    return report


def _may_be_skipped(reason: str) -> bool:
    named = SHARED.findall(reason)
    if reason.endswith((NO_BROWSER, NO_PROMETHEUS, NO_NAMESPACES)):
        return os.environ.get("COMMUNIQUE_STRICT") != "1"
    missing = bool(named) and not all((ROOT / name.rstrip(".")).exists() for name in named)
    return missing and os.environ.get("COMMUNIQUE_STRICT") != "1"
