"""How soon the analysts' pages answer: `python -m bench.pages 10000 1000000`.

Each page is asked for by HTTP of a server of its own, on a store of so many statements (bench.many)
in which everything else stands too (bench.pages_store): 23,000 turns of sources, an echo in every
fifth statement, a hundred thousand matches and twice as many deliveries at a million. The limits:
a median of 300 ms, and no answer after more than a second.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests
import uvicorn
from sqlalchemy import Engine, text

from bench.many import NOW
from bench.many_store import filled
from bench.pages_store import tell
from communique.pages import Embedding, Visitor, make_app
from communique.settings import Settings
from communique.stack_env import HOST, free_port

SIZES = (10_000, 100_000)
ROUNDS = 5
MEDIAN, WORST = 300.0, 1_000.0  # milliseconds
PATHS = (
    "/today",
    "/statements",
    "/statements?q=huawei",
    "/statements?q=huawei&order=best",
    "/statements?q=%22clean+network%22",
    "/statements?q=%E5%8D%8E%E4%B8%BA",
    "/statements?q=huawei&country=DE",
    "/statements?q=network+AND+NOT+huawei&language=en",
    "/statements?topic=huawei&since=2025-06-01",
    "/trends",
    "/trends?q=huawei",
    "/trends?q=huawei&by=publisher",
    "/trends?q=%22clean+network%22",
    "/trends?rule=5g-huawei%2Fhuawei",
    "/trends.svg?q=huawei",
    "/trends.csv?rule=5g-huawei%2Fhuawei",
    "/watchlists",
    "/watchlists/5g-huawei/huawei",
    "/watchlists/5g-huawei/huawei/edit",
    "/watchlists/new?q=huawei",
    "/subscriptions",
    "/sources",
    "/sources/cn_mfa_en",
    "/api/statements?q=huawei",
    "/api/sources",
    "/api/coverage",
    "/api/rules",
    "/api/alerts",
)
# Statements of which each page is asked for: at both ends, in the middle, and the most told of.
SOME = """
    (SELECT id FROM communique.statements ORDER BY id LIMIT 2)
    UNION ALL (SELECT id FROM communique.statements ORDER BY id DESC LIMIT 3)
    UNION ALL (SELECT story_id FROM communique.statements WHERE id % 9973 = 0 LIMIT 5)
    UNION ALL (SELECT story_id FROM communique.statements GROUP BY story_id
               ORDER BY count(*) DESC, story_id LIMIT 2)
    UNION ALL (SELECT id FROM communique.statements WHERE 'huawei' = ANY(topics) LIMIT 3)
"""
A_RUN = "SELECT key FROM communique.runs WHERE key LIKE 'collect_china:%' ORDER BY id LIMIT 1"


def main() -> None:
    """Prints each page's median and worst time, beside the limits."""
    sizes = sorted(int(word) for word in sys.argv[1:] if word.isdigit()) or list(SIZES)
    for total in sizes:
        settings = Settings()
        with filled(settings.home / "bench", total) as store:
            tell(store.engine, settings)
            address = store.engine.url.render_as_string(hide_password=False)
            with _served(settings.model_copy(update={"database_url": address, "now": NOW})) as url:
                _measure(url, [*PATHS, *_further(store.engine)], total)


def _further(engine: Engine) -> Iterator[str]:
    with engine.connect() as connection:
        for (statement,) in connection.execute(text(SOME)):
            yield f"/statements/{statement}"
            yield f"/api/statements/{statement}"
        dag, _, run = connection.execute(text(A_RUN)).scalar_one().partition(":")
        yield f"/runs/{dag}/{run}"


@contextmanager
def _served(settings: Settings) -> Iterator[str]:
    """The pages, alone in a thread of this process; their address."""
    embedding = Embedding(
        visitor=lambda: Visitor("ana", may_edit=True),
        settings=lambda: settings,
        sign_in=lambda request: "/",
        run_page=lambda key, source: None,
        source_of=lambda dag, run, task, index: None,
        frame=lambda path: path,
    )
    app, port = make_app(embedding), free_port()
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://{HOST}:{port}"
    server.should_exit = True
    thread.join()
    app.state.store.close()


def _measure(url: str, paths: list[str], total: int) -> None:
    """Every page once before anything counts, then in rounds: none is asked twice running."""
    spent: dict[str, list[float]] = {path: [] for path in paths}
    first: dict[str, float] = {}
    refused: dict[str, int] = {}
    with requests.Session() as session:
        for number in range(ROUNDS + 1):
            for path in paths:
                started = time.perf_counter()
                answer = session.get(url + path, timeout=120)
                taken = (time.perf_counter() - started) * 1e3
                if not answer.ok:
                    refused[path] = answer.status_code
                if number:
                    spent[path].append(taken)
                else:
                    first[path] = taken
    print(f"{total:,} statements: ms  median  worst  first")
    for path in sorted(paths, key=lambda path: -max(spent[path])):
        taken, told = spent[path], f"  refused: {refused[path]}" if path in refused else ""
        middle, worst = statistics.median(taken), max(taken)
        over = "  OVER THE LIMIT" if middle > MEDIAN or worst > WORST else ""
        print(f"  {middle:18.0f}{worst:7.0f}{first[path]:7.0f}  {path}{over}{told}")
    every = [one for taken in spent.values() for one in taken]
    print(
        f"  all pages: median {statistics.median(every):.0f} ms ({MEDIAN:.0f}), worst "
        f"{max(every):.0f} ms ({WORST:.0f}), worst first {max(first.values()):.0f} ms; "
        f"{len(refused)} of {len(paths)} refused",
        flush=True,
    )


if __name__ == "__main__":
    main()
