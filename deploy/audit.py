"""Known holes in what uv.lock names: python deploy/audit.py [--osv-url ADDRESS]

Asks an advisory service by pip-audit (OSV; where that does not answer, the package index's own
advisories), for everything that is installed anywhere: the image, extras and the tools of tests.
What is found must be mended, or answered in deploy/audit.toml with a reason that holds until a
day.

Exit status 0: asked, and nothing is left unanswered. 1: something is. 3: nobody could be asked;
then nothing is known, and nobody may take that for clean. Whether somebody answers is tried on a
release with a well-known hole: a service that has not heard of it knows nothing. pip-audit itself
says "no known vulnerabilities" where an index has no advisories at all.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = shutil.which("uv") or str(ROOT / ".uv/bin/uv")  # where `make setup` puts it
ANSWERS = ROOT / "deploy/audit.toml"
HOLE = "jinja2==2.4.1"  # CVE-2014-1402 and others
EXPORT = (
    *(UV, "export", "--locked", "--all-extras", "--all-groups", "--no-emit-project", "--quiet"),
    *("--no-annotate", "--no-header", "--format", "requirements.txt"),
)
LONGEST = 600  # seconds
CLEAN, FOUND, UNKNOWN = 0, 1, 3


class NotAsked(Exception):
    """No service could say anything; the message says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A known hole. ids: all names that it has. fixed: the releases without it."""

    package: str
    version: str
    ids: frozenset[str]
    fixed: tuple[str, ...]

    def __str__(self) -> str:
        mended = ", ".join(self.fixed) or "no release yet"
        return f"{self.package} {self.version}: {', '.join(sorted(self.ids))} (mended in {mended})"


@dataclass(frozen=True, slots=True)
class Answer:
    """Why a hole does no harm here. until: the day on which that is looked at again."""

    id: str
    package: str
    reason: str
    until: date


def main() -> int:
    """Asks, and prints what is left; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--osv-url", help="another OSV service, such as a mirror")
    parser.add_argument("--requirements", type=Path, help="this file in place of uv.lock")
    parser.add_argument("--answers", type=Path, default=ANSWERS)
    asked = parser.parse_args()
    answers = answers_of(asked.answers)
    lines = (asked.requirements.read_text() if asked.requirements else _locked()).splitlines()
    services = [("osv", "--osv-url", asked.osv_url)] if asked.osv_url else [("osv",), ("pypi",)]
    refusals = []
    for service in services:
        try:
            found = ask(lines, service)
        except NotAsked as error:
            refusals.append(f"{service[0]}: {error}")
        else:
            return _told(found, answers, datetime.now(timezone.utc).date(), service[0])
    print("NOT AUDITED: no advisory service could be asked, so nothing is known.", *refusals,
          "Where one can be reached: make audit. A mirror: make audit OSV=https://host/v1/query",
          sep="\n", file=sys.stderr)  # fmt: skip
    return UNKNOWN


def ask(lines: Sequence[str], service: Sequence[str]) -> list[Finding]:
    """What a service knows of these requirements. Raises NotAsked where it does not answer, does
    not know the release with a hole, or leaves one of ours out."""
    if not _findings(_report([HOLE], service)):
        raise NotAsked(f"it does not know of the holes in {HOLE}")
    report = _report(lines, service)
    if skipped := [str(one["name"]) for one in report if "skip_reason" in one]:
        raise NotAsked(f"it said nothing of {', '.join(skipped[:10])}")
    return _findings(report)


def answers_of(file: Path) -> list[Answer]:
    """The answers that were given. Raises ValueError for one without a reason or a day."""
    answers = []
    for one in tomllib.loads(file.read_text(encoding="utf-8")).get("answer", []):
        if not (isinstance(one.get("until"), date) and str(one.get("reason", "")).strip()):
            raise ValueError(f"{file}: {one.get('id')} wants a reason, and until = YYYY-MM-DD")
        answers.append(Answer(one["id"], one["package"].lower(), one["reason"], one["until"]))
    return answers


def unanswered(
    found: Sequence[Finding], answers: Sequence[Answer], today: date
) -> Iterator[Finding]:
    """The findings to which no answer holds today."""
    for finding in found:
        if not any(
            answer.id in finding.ids and answer.package == finding.package and today < answer.until
            for answer in answers
        ):
            yield finding


def _told(found: Sequence[Finding], answers: Sequence[Answer], today: date, service: str) -> int:
    left = list(unanswered(found, answers, today))
    known = {name for finding in found for name in finding.ids}
    for answer in answers:
        if answer.id not in known:
            print(f"No longer found, its answer can go: {answer.id} ({answer.package})")
    for finding in left:
        print(f"FOUND {finding}")
    print(f"{service} was asked: {len(found)} known, {len(left)} of them unanswered.")
    return FOUND if left else CLEAN


def _locked() -> str:
    done = subprocess.run(  # noqa: S603
        EXPORT, cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout


def _report(lines: Sequence[str], service: Sequence[str]) -> list[Mapping[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("\n".join(lines) + "\n")
        command = [
            *(sys.executable, "-m", "pip_audit", "--requirement", str(file), "--no-deps"),
            *("--disable-pip", "--format", "json", "--desc", "off", "--progress-spinner", "off"),
            *("--vulnerability-service", *service),
        ]
        try:
            done = subprocess.run(  # noqa: S603
                command, capture_output=True, text=True, timeout=LONGEST, check=False
            )
            report: list[Mapping[str, object]] = json.loads(done.stdout)["dependencies"]
        except subprocess.TimeoutExpired:
            raise NotAsked(f"no answer within {LONGEST} s") from None
        except (ValueError, KeyError):
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise NotAsked(last[:300]) from None
    return report


def _findings(report: Sequence[Mapping[str, object]]) -> list[Finding]:
    return [
        Finding(
            str(one["name"]).lower(),
            str(one["version"]),
            frozenset((hole["id"], *hole["aliases"])),
            tuple(hole["fix_versions"]),
        )
        for one in report
        for hole in one.get("vulns", ())  # type: ignore[attr-defined]
    ]


if __name__ == "__main__":
    raise SystemExit(main())
