"""What is promised of the image, looked up in it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.docker.compose import PROJECT, Deployment, Failed

NAME = f"{PROJECT}:local"
LARGEST = 600_000_000  # bytes
COMPILERS = "gcc cc g++ c++ clang make ld as rustc cargo"


def look(made: Deployment) -> Iterator[str]:
    """What was found, a line each. Raises Failed where a promise does not hold."""
    (told,) = json.loads(made.run("docker", "image", "inspect", NAME).stdout)
    size = told["Size"]
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
    history = made.run("docker", "history", "--no-trunc", "--format", "{{.CreatedBy}}", NAME).stdout
    kept = history + json.dumps(told["Config"])
    for file in (made.folder / "secrets").iterdir():
        if (value := file.read_text()) and value in kept:
            raise Failed(f"secrets/{file.name} stands in the image's history")
    found = made.run(
        *("docker", "run", "--rm", "--user", "0", "--entrypoint", "find", NAME),
        *("/opt", "/var/lib/communique", "-path", "*secrets/*_password"),
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
