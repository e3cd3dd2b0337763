"""Bills of material as CycloneDX: python deploy/sbom.py FOLDER [--image NAME]

FOLDER/lock.cdx.json: what uv.lock names, whatever of it is installed where. With --image also
FOLDER/image.cdx.json: what lies in the image (Python's distributions, Debian's packages, and the
scripts that the pages ship). The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).parents[1]
UV = shutil.which("uv") or str(ROOT / ".uv/bin/uv")  # where `make setup` puts it
VENDORED = ROOT / "communique/pages/static/vendor"
EPOCH = datetime(2024, 1, 1, tzinfo=timezone.utc)  # as in the image: no bytes by the hour
EXPORT = (
    *(UV, "export", "--locked", "--all-extras", "--no-dev", "--quiet"),
    *("--preview-features", "sbom-export", "--format", "cyclonedx1.5"),
)
# What an image holds, one a line: kind, name, version, Debian's architecture.
LISTED = r"""
dpkg-query --show --showformat='deb\t${source:Package}/${Package}\t${Version}\t${Architecture}\n'
python - <<'END'
from importlib.metadata import distributions
for one in distributions():
    print("pypi", one.metadata["Name"], one.version, "", sep="\t")
END
python -c 'import platform; print("generic", "cpython", platform.python_version(), "", sep="\t")'
"""


def main() -> int:
    """Writes the bills. Raises CalledProcessError where uv or docker fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--image")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    locked = json.loads(_run(*EXPORT))
    for changing in ("serialNumber", "timestamp"):
        locked.pop(changing, None)
        locked["metadata"].pop(changing, None)
    bills = {"lock": json.dumps(locked, indent=1, sort_keys=True)}
    if asked.image:
        bills["image"] = bill(asked.image, components(listed(asked.image)))
    for name, text in bills.items():
        (asked.folder / f"{name}.cdx.json").write_text(text + "\n", encoding="utf-8")
        print(f"{asked.folder}/{name}.cdx.json: {len(json.loads(text)['components'])} components")
    return 0


def listed(image: str) -> list[str]:
    """What lies in an image, as LISTED prints it."""
    run = ("docker", "run", "--rm", "--network=none", "--entrypoint", "sh", image, "-c", LISTED)
    return _run(*run).splitlines()


def components(lines: Iterable[str]) -> list[Component]:
    """The components of these lines and of the vendored scripts, sorted, each once."""
    found = {}
    for line in lines:
        kind, name, version, architecture = line.split("\t")
        namespace, qualifiers = None, None
        if kind == "deb":
            source, name = name.split("/", 1)
            namespace, qualifiers = "debian", {"arch": architecture, "upstream": source}
        found[kind, name] = _component(PackageURL(kind, namespace, name, version, qualifiers))
    for file in sorted(VENDORED.glob("*.js")):
        told = re.search(r'version:"([\d.]+)"', file.read_text(encoding="utf-8"))
        if told is None:
            raise ValueError(f"{file} does not say its version")
        name = {"htmx.min": "htmx.org"}.get(file.stem, file.stem)
        found["npm", name] = _component(PackageURL("npm", None, name, told[1]))
    return [found[key] for key in sorted(found)]


def bill(name: str, held: Iterable[Component]) -> str:
    """The bill of an image of this name that holds these."""
    whole = Component(name=name, type=ComponentType.CONTAINER, bom_ref="image")
    made = Bom(components=held)
    made.register_dependency(whole, made.components)
    made.metadata.component, made.metadata.timestamp = whole, EPOCH
    said = "\n".join(sorted(str(one.purl) for one in made.components))
    made.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, said)
    return JsonV1Dot6(made).output_as_string(indent=1)


def _component(purl: PackageURL) -> Component:
    return Component(
        name=purl.name, version=purl.version, purl=purl, type=ComponentType.LIBRARY,
        bom_ref=purl.to_string(),
    )  # fmt: skip


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
