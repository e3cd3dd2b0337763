"""What the browser looks at: a real Airflow with its pages, over the demonstration's two days and,
where it is here, the real captures of a ministry."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import yaml
from sqlalchemy import text

from communique.demo import archive
from communique.settings import PACKAGE
from communique.stack_demo import LONGEST, SOURCES, Demo, collect_day, demonstration
from communique.stack_runs import Run, start_run, wait_for_answers, wait_for_runs

ANA, OMAR = "ana", "omar"  # who may edit, and who may only look
USERS = {"admin": "admin", ANA: "user", OMAR: "viewer"}
CORPUS = Path(__file__).parents[2] / "../shared/corpus/mfa-spokesperson.warc.gz"
REAL = ("cn_mfa_en", "cn_mfa_zh")
CAPTURED = datetime(2020, 7, 5, tzinfo=timezone.utc)
FAILING = "demo_us_embassy_de"

# A statement with matches, more than one wording and others of its story comes first.
_RICHEST = text("""
    SELECT s.id FROM analyst.statements s
    ORDER BY EXISTS (SELECT FROM analyst.matches m WHERE m.statement_id = s.id AND m.stands) DESC,
             s.revisions DESC,
             (SELECT count(*) FROM analyst.statements o WHERE o.story_id = s.story_id) DESC,
             length(s.text) DESC, s.id
    LIMIT 1
""")
_REAL = text("""
    SELECT s.id FROM analyst.statements s WHERE s.source = :source
    ORDER BY (SELECT count(*) FROM analyst.matches m WHERE m.statement_id = s.id AND m.stands) DESC,
             s.id LIMIT 1
""")
_EVIDENCE = text("""
    SELECT r.capture_id FROM analyst.revisions r WHERE r.statement_id = :statement
    ORDER BY r.number DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class World:
    """demo: the running stack. runs: the DAG run of each desk on the last day, by DAG id, and that
    of the real captures where they are here. statement: one with all that a page can show; real:
    one of real text, or the same; evidence: its capture."""

    demo: Demo
    runs: Mapping[str, Run]
    statement: int
    real: int
    evidence: int

    @property
    def url(self) -> str:
        """Where Airflow is."""
        return self.demo.airflow.url


@contextmanager
def world(home: Path, *, real: bool = True) -> Iterator[World]:
    """The world, under `home`; without `real` only what the project ships."""
    real = real and CORPUS.exists()
    sources = home / "sources"
    shutil.copytree(SOURCES, sources, dirs_exist_ok=True)
    if real:
        (sources / "elsewhere.yaml").write_text(_real_facts(), encoding="utf-8")
    with demonstration(
        home,
        ui=True,
        users=USERS,
        sources=sources,
        archives=[CORPUS.resolve()] if real else (),
    ) as demo:
        yield _looked_at(demo, _collected(demo, real=real))


def _real_facts() -> str:
    """The facts of the real sources, as the project ships them."""
    shipped = PACKAGE.parent / "scrapers" / "sources" / "china.yaml"
    facts = yaml.safe_load(shipped.read_text(encoding="utf-8"))
    picked = [facts["defaults"] | each for each in facts["sources"] if each["id"] in REAL]
    return yaml.safe_dump(picked, allow_unicode=True)


def _collected(demo: Demo, *, real: bool) -> dict[str, Run]:
    runs: dict[str, Run] = {}
    if real:
        run = start_run(demo.airflow, "collect_elsewhere", CAPTURED)
        wait_for_runs(demo.airflow, [run], print, LONGEST)
        wait_for_answers(demo.airflow, "alert", [run], print, LONGEST)
        runs[run[0]] = run
    for day in archive.days():
        runs |= {run[0]: run for run in collect_day(demo, day).collected}
    return runs


def _looked_at(demo: Demo, runs: Mapping[str, Run]) -> World:
    with demo.engine.connect() as connection:
        richest = connection.execute(_RICHEST).scalar_one()
        real = connection.execute(_REAL, {"source": REAL[0]}).scalar_one_or_none() or richest
        evidence = connection.execute(_EVIDENCE, {"statement": real}).scalar_one()
    return World(demo, runs, richest, real, evidence)
