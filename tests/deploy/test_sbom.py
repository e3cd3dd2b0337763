"""Promise: what is shipped can be looked up, whole and in the standard's form."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).parents[2]
LISTED = [
    "deb\topenssl/libssl3\t3.0.17-1~deb12u2\tamd64",
    "pypi\tApache_Airflow\t3.3.2\t",
    "pypi\tApache_Airflow\t3.3.2\t",
    "generic\tcpython\t3.11.2\t",
]


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sbom", ROOT / "deploy/sbom.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["sbom"] = module
    spec.loader.exec_module(module)
    return module


def test_an_image_s_bill_names_each_thing_once_by_an_address_that_advisories_use(
    sbom: ModuleType,
) -> None:
    text = sbom.bill("ours:1", sbom.components(LISTED))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    named = [one["purl"] for one in json.loads(text)["components"]]
    assert "pkg:pypi/apache-airflow@3.3.2" in named
    assert "pkg:deb/debian/libssl3@3.0.17-1~deb12u2?arch=amd64&upstream=openssl" in named
    assert any(one.startswith("pkg:npm/htmx.org@") for one in named)
    assert len(named) == len(set(named)) == 4
    assert text == sbom.bill("ours:1", sbom.components(reversed(LISTED)))


def test_the_lock_s_bill_names_what_uv_lock_names(
    sbom: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["sbom.py", str(tmp_path)])
    assert sbom.main() == 0
    told = (tmp_path / "lock.cdx.json").read_text()
    named = {one["name"] for one in json.loads(told)["components"]}
    assert {"apache-airflow", "requests", "redis", "s3fs"} <= named
    assert not {"pytest", "ruff", "scrapy"} & named
    assert sbom.main() == 0
    assert (tmp_path / "lock.cdx.json").read_text() == told
