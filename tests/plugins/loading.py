"""Loads the plugins folder as Airflow's processes do, in a process of its own, asks the pages
something, and prints as JSON what came. Run by test_plugin.py with the environment that a test
wants."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from airflow import plugins_manager
from airflow.sdk._shared.plugins_manager import _load_plugins_from_plugin_directory
from airflow.sdk.plugins_manager import AirflowPlugin


def main(folder: str, ask: str) -> dict[str, Any]:
    assert AirflowPlugin
    started = time.process_time()
    loaded, errors = _load_plugins_from_plugin_directory(folder)
    seconds = time.process_time() - started
    ours = [name for name in sys.modules if name.partition(".")[0] in ("communique", "scrapers")]
    info = plugins_manager.get_plugin_info(["name", "external_views", "fastapi_apps"])
    again = next(plugin for plugin in info if plugin["name"] == "communique")
    return {
        "names": [plugin.name for plugin in loaded],
        "errors": errors,
        "seconds": seconds,
        "imported": ours,
        "views": again["external_views"],
        "apps": again["fastapi_apps"],
        "answer": asked(ask) if ask else None,
    }


def asked(what: str) -> Any:
    import communique_pages  # as the loader has put it

    if what == "settings":
        try:
            return communique_pages.settings().database_url
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    from starlette.testclient import TestClient

    if what == "broken":
        import communique.pages

        communique.pages.make_app = None  # type: ignore[assignment]
    client = TestClient(communique_pages.CommuniquePages.fastapi_apps[0]["app"])
    answer = client.get("/statements/12?q=1")
    return {"status": answer.status_code, "body": answer.text}


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(main(sys.argv[1], sys.argv[2])))
