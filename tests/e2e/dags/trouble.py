"""DAGs that are in trouble, cared for as all of ours are. Not shipped: for test_all_dags.py."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta

from airflow.sdk import dag, task
from communique_airflow import SourceFailed
from communique_care import CARE, late_after, run_failed


@dag(schedule=None, default_args=CARE | {"retries": 0}, on_failure_callback=run_failed)
def failing() -> None:
    @task
    def fail() -> None:
        raise RuntimeError("the disk is full")

    @task
    def source() -> None:
        raise SourceFailed("a ministry is not readable")

    fail()
    fail.override(task_id="fail_alike")()
    source()


@dag(schedule=None, default_args=CARE | {"retries": 0}, on_failure_callback=run_failed)
def killed() -> None:
    @task
    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    die()


@dag(schedule=None, default_args=CARE, deadline=late_after(timedelta(seconds=1)))
def slow() -> None:
    @task
    def sleep() -> None:
        time.sleep(15)

    sleep()


failing()
killed()
slow()
