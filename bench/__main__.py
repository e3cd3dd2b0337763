"""`python -m bench`: every benchmark, one after the other."""

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
    reading,
    rules,
    stories,
    translations,
)

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
    backtest,
):
    print(f"\n# {part.__name__}", flush=True)
    part.main()
