"""Docker's plugins compose and buildx, from Debian's packages, for an engine that came without."""

from __future__ import annotations

import hashlib
import lzma
import shutil
import subprocess
import tempfile
from pathlib import Path

import requests

from tests.docker.bases import mirror

RELEASE = "trixie"
INDEX = f"dists/{RELEASE}/main/binary-amd64/Packages.xz"
WITHIN = Path("usr/libexec/docker/cli-plugins")
FOLDER = Path("~/.docker/cli-plugins").expanduser()


def add_missing() -> None:
    """Puts the plugins that docker does not know into this user's folder. Raises HTTPError where
    the mirror does not have them, and ValueError where a package is not what its index says."""
    lacking = [
        name
        for name in ("compose", "buildx")
        if subprocess.run(["docker", name, "version"], capture_output=True, check=False).returncode
    ]
    if not lacking:
        return
    index = lzma.decompress(_get(f"{mirror()}/{INDEX}")).decode()
    for name in lacking:
        _add(f"docker-{name}", index)


def _add(package: str, index: str) -> None:
    _, _, entry = f"\n{index}".partition(f"\nPackage: {package}\n")
    fields = dict(line.split(": ", 1) for line in entry.split("\n\n")[0].splitlines()
                  if line.startswith(("Filename: ", "SHA256: ")))  # fmt: skip
    packed = _get(f"{mirror()}/{fields['Filename']}")
    if hashlib.sha256(packed).hexdigest() != fields["SHA256"]:
        raise ValueError(f"{fields['Filename']} is not what Debian's index says")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "package.deb")
        file.write_bytes(packed)
        subprocess.run(["dpkg-deb", "--extract", file, folder], check=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(folder) / WITHIN / package, FOLDER / package)
    print(f"  {package} from Debian {RELEASE}", flush=True)


def _get(address: str) -> bytes:
    answer = requests.get(address, timeout=300)
    answer.raise_for_status()
    return answer.content
