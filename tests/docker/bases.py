"""Stand-ins for the images that docker-compose.yml and the Dockerfile name, for a machine that can
pull none: Debian, by debootstrap, with Debian's Python, PostgreSQL and Redis.

They trust the certificates that this machine trusts, and find packages as its pip and uv do: both
are part of the stand-ins and of no image made otherwise.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
CARRIED = re.compile(
    r"(SSL_CERT_FILE|REQUESTS_CA_BUNDLE|PIP_(CERT|INDEX_URL|EXTRA_INDEX_URL)"
    r"|UV_(DEFAULT_)?INDEX(_URL)?|https?_proxy|no_proxy)$",
    re.IGNORECASE,
)
# Of a root folder that no service needs.
SPARED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info",
          "var/lib/apt/lists", "var/cache/apt", "var/cache/debconf", "var/log")  # fmt: skip


@dataclass(frozen=True)
class Base:
    """An image: its name, Debian's release and packages, what is changed of the folder, and what
    docker is told of it."""

    name: str
    release: str
    packages: tuple[str, ...]
    change: Callable[[Path], None]
    told: tuple[str, ...] = ()


@cache
def mirror() -> str:
    """Where this machine's apt has its Debian from; DEBIAN_MIRROR: another. Raises LookupError
    where apt is told of none."""
    if named := os.environ.get("DEBIAN_MIRROR"):
        return named
    lists = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    for file in filter(Path.is_file, lists):
        for line in file.read_text(encoding="utf-8").splitlines():
            found = re.match(r"(?:URIs:|deb\s)[^#]*?(https?://\S+/debian)/?(?:\s|$)", line)
            if found:
                return found[1]
    raise LookupError("apt is told of no Debian mirror: name one in DEBIAN_MIRROR")


def make_missing() -> None:
    """Makes the images that are not there. Raises CalledProcessError where that fails."""
    for base in BASES:
        known = subprocess.run(
            ["docker", "image", "inspect", base.name], capture_output=True, check=False
        )
        if known.returncode:
            _make(base)


def _make(base: Base) -> None:
    print(f"  {base.name} from Debian {base.release}", flush=True)
    with tempfile.TemporaryDirectory(prefix="communique-base-") as folder:
        root = Path(folder, "root")
        _bootstrap(base, root)
        for path in SPARED:
            shutil.rmtree(root / path, ignore_errors=True)
        (root / "var/log").mkdir()
        base.change(root)
        changes = [part for line in base.told for part in ("--change", line)]
        with subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE) as packed:
            subprocess.run(
                ["docker", "import", *changes, "-", base.name], stdin=packed.stdout, check=True
            )


def _bootstrap(base: Base, root: Path) -> None:
    # A release that debootstrap does not know yet is made as Debian's unstable is.
    known = Path("/usr/share/debootstrap/scripts", base.release).exists()
    script = [] if known else ["/usr/share/debootstrap/scripts/sid"]
    packages = ",".join(("ca-certificates", *base.packages))
    told = ["debootstrap", "--variant=minbase", f"--include={packages}", base.release]
    subprocess.run([*told, root, mirror(), *script], check=True, stdout=subprocess.DEVNULL)


def _trusting(root: Path) -> None:
    shutil.copy(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
    for file in (Path("/etc/pip.conf"), Path("/etc/uv/uv.toml"),
                 Path("~/.config/uv/uv.toml").expanduser()):  # fmt: skip
        if file.exists():
            target = root / "etc" / ("pip.conf" if file.name == "pip.conf" else "uv/uv.toml")
            target.parent.mkdir(exist_ok=True)
            shutil.copy(file, target)


def _postgres(root: Path) -> None:
    shutil.copy(Path(__file__).with_name("postgres.sh"), root / "usr/local/bin/entrypoint")
    for name in ("pg_isready", "psql", "pg_dump", "pg_restore"):
        link, program = root / "usr/local/bin" / name, _newest(root) / name
        link.symlink_to(f"/{program.relative_to(root)}")
    shutil.rmtree(root / "var/lib/postgresql", ignore_errors=True)
    (root / "var/lib/postgresql").mkdir()


def _newest(root: Path) -> Path:
    return max(root.glob("usr/lib/postgresql/*/bin"))


def _redis(root: Path) -> None:
    (root / "data").mkdir()
    os.chown(root / "data", 999, 999)


BASES = (
    Base(
        "python:3.11-slim-bookworm",
        "bookworm",
        ("python3", "python3-venv"),
        _trusting,
        tuple(f"ENV {name}={value}" for name, value in os.environ.items() if CARRIED.match(name)),
    ),
    Base(
        "postgres:18",
        "forky",
        ("postgresql-18",),
        _postgres,
        (
            'ENTRYPOINT ["/usr/local/bin/entrypoint"]',
            'CMD ["postgres"]',
            "ENV PGDATA=/var/lib/postgresql/18/docker",
            "VOLUME /var/lib/postgresql",
        ),
    ),
    Base("redis:8", "forky", ("redis-server",), _redis, ("VOLUME /data",)),
)

if __name__ == "__main__":
    make_missing()
