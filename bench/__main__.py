"""`python -m bench`: every benchmark, one after the other."""

import logging

from bench import (
    alerting,
    backtest,
    charsets,
    crawling,
    datelines,
    digests,
    echoes,
    large,
    line,
    metrics,
    pages,
    reading,
    rules,
    stories,
    translations,
)

# What a part that brings Airflow along would have migrations say between the figures.
logging.getLogger("alembic").setLevel(logging.WARNING)

for part in (
    reading,
    charsets,
    datelines,
    rules,
    stories,
    translations,
    echoes,
    line,
    alerting,
    digests,
    crawling,
    large,
    metrics,
    pages,
    backtest,
):
    print(f"\n# {part.__name__}", flush=True)
    part.main()
