"""What is promised of the image, looked up in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.docker.compose import PROJECT, Deployment, Failed

NAME = f"{PROJECT}:local"
LARGEST = 600_000_000  # bytes
# Files by which a process gains rights, and what anybody may write: files, and folders in which
# anybody may replace another's.
LOOSE = """
find / -xdev -type f -perm /6000
find / -xdev -type f -perm -0002
find / -xdev -type d -perm -0002 ! -perm -1000
find /opt /usr /etc -xdev -writable ! -type l ! -path '/etc/communique*'
"""
# Names under which secrets are given, in the environment or as files.
SECRET = re.compile(r"(PASSWORD|PASSWD|SECRET|TOKEN|_KEY|DATABASE_URL|SMTP_URL)=.", re.IGNORECASE)
COMPILERS = "gcc cc g++ c++ clang make ld as rustc cargo"


def look(made: Deployment) -> Iterator[str]:
    """What was found, a line each. Raises Failed where a promise does not hold."""
    (told,) = json.loads(made.run("docker", "image", "inspect", NAME).stdout)
    size = _size(made)
    yield f"{size / 1e6:.0f} MB, user {told['Config']['User']}"
    if size >= LARGEST:
        raise Failed(f"the image has {size} bytes, {LARGEST} are allowed")
    if told["Config"]["User"].split(":")[0] in ("", "0", "root"):
        raise Failed("the image runs as root")
    within = made.run(
        *("docker", "run", "--rm", "--entrypoint", "sh", NAME, "-c"),
        f"for name in {COMPILERS}; do command -v $name; done; true",
    ).stdout.split()
    if within:
        raise Failed(f"the image has a compiler: {within}")
    yield "no compiler"
    yield from _rights(made)
    history = made.run("docker", "history", "--no-trunc", "--format", "{{.CreatedBy}}", NAME).stdout
    kept = history + json.dumps(told["Config"])
    if named := [one for one in told["Config"]["Env"] if SECRET.search(one)]:
        raise Failed(f"the image's environment holds secrets: {named}")
    if SECRET.search(history):
        raise Failed(f"a step of the image is given a secret:\n{history}")
    for file in (made.folder / "secrets").iterdir():
        if (value := file.read_text()) and value in kept:
            raise Failed(f"secrets/{file.name} stands in the image's history")
    found = made.run(
        *("docker", "run", "--rm", "--user", "0", "--entrypoint", "find", NAME),
        *("/opt", "/etc", "/root", "/home", "/var/lib/communique", "("),
        *("-path", "*secrets/*_password", "-o", "-name", ".env", "-o", "-name", ".git"),
        *("-o", "-name", "id_rsa", "-o", "-name", "id_ed25519", "-o"),
        *("-name", ".netrc", "-o", "-name", ".pypirc", ")"),
    ).stdout
    if found:
        raise Failed(f"the image holds secrets: {found}")
    yield "no secret in its history or files"
    largest = made.run(
        *("docker", "run", "--rm", "--entrypoint", "sh", NAME, "-c"),
        "du -sm /opt/communique/lib/python3*/site-packages/* | sort -rn | head -8",
    ).stdout
    yield "largest (MB): " + ", ".join(
        f"{line.split('/')[-1]} {line.split()[0]}" for line in largest.splitlines()
    )


def _size(made: Deployment) -> int:
    """Bytes of all files, each once. Engines differ about an image's own size: some add what they
    keep packed, some know nothing else."""
    every = ("/", "-xdev", "-type", "f", "-printf", "%i %s\\n")
    listed = made.run("docker", "run", "--rm", "--user", "0", "--entrypoint", "find", NAME, *every)
    sizes = dict(line.split() for line in listed.stdout.splitlines())
    return sum(map(int, sizes.values()))


def _rights(made: Deployment) -> Iterator[str]:
    found = made.run(
        *("docker", "run", "--rm", "--entrypoint", "sh", NAME, "-c", f"({LOOSE}) 2>/dev/null; true")
    ).stdout.split()
    if found:
        raise Failed(f"files of the image give rights, or anybody may write them: {found[:20]}")
    yield "no file gives rights, none but data may be written"
