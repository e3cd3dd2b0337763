"""How every trial of the services goes: a deployment is made, tried, and taken down."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.docker import bases, plugins
from tests.docker.compose import Deployment, Failed, deployment


def trial(
    work: Callable[[Deployment], Sequence[str] | None],
    make: Callable[[Path], Deployment] = deployment,
) -> int:
    """0 where all went as promised, else 1.

    work: what is tried of the deployment that `make` puts into a folder of its own; it returns what
    is not as promised, or raises Failed, and then what the services said is printed. In the end
    they are removed with all that they stored, unless the command line says --keep.
    """
    folder = Path(tempfile.mkdtemp(prefix="communique-trial-"))
    made = make(folder)
    try:
        plugins.add_missing()
        bases.make_missing()
        problems = work(made) or ()
    except Failed as error:
        problems = (str(error),)
        print(made.compose("ps", "--all", check=False))
        print(made.compose("logs", "--no-color", "--tail", "60", check=False)[-40_000:])
    finally:
        if "--keep" not in sys.argv:
            made.compose("down", "--volumes", "--timeout", "20", check=False)
            shutil.rmtree(folder)
    for problem in problems:
        print(f"FAILED: {problem}")
    if not problems:
        print("All as promised.")
    return 1 if problems else 0
