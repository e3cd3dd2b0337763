"""A real S3 server on this machine: SeaweedFS, with users, signed requests and a bucket.

with ObjectStore(folder) as store:
    ... os.environ | store.environment() ... f"s3://{BUCKET}/folder" ...
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import s3fs

BUCKET = "proofs"
# One may write, one may only read.
WRITER, READER = ("writer-key", "writer-secret"), ("reader-key", "reader-secret")
_ADMIN = ("admin-key", "admin-secret")
_PORTS = ("master", "volume", "filer", "s3")
_PATIENCE = 60.0


class ObjectStore:
    """The server. address: this machine's, that it answers at."""

    def __init__(self, folder: Path, address: str = "127.0.0.1") -> None:
        self._folder, self._address = folder, address
        names = [f"{name}.port{kind}" for name in _PORTS for kind in ("", ".grpc")]
        self._ports = dict(zip(names, _free(len(names)), strict=True))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self._address}:{self._ports['s3.port']}"

    def __enter__(self) -> ObjectStore:
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "identities.json"
        config.write_text(json.dumps(_identities()), encoding="utf-8")
        told = [f"-{name}={port}" for name, port in self._ports.items()]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [Path(sys.executable).with_name("weed"), "server", f"-ip={self._address}",
                 f"-dir={self._folder}", "-filer", "-s3", f"-s3.config={config}", *told,
                 "-s3.autoCreateBucket=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
                 "-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=50",
                 # else it takes nothing where 1 % of a disk is left, however large that disk
                 "-volume.minFreeSpace=16MiB"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder,
            )  # fmt: skip
        self._await()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)  # its data are this run's alone
            self._process.wait()
        for port in self._ports.values():
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # where it has them, always
                left.unlink(missing_ok=True)

    def environment(
        self, who: tuple[str, str] | None = WRITER, *, url: str | None = None
    ) -> dict[str, str]:
        """The variables by which S3 clients find the server and say who they are; those of the
        machine, and of whoever runs the tests, are left out."""
        found = {
            "AWS_ENDPOINT_URL_S3": url or self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }
        if who is not None:
            found |= {"AWS_ACCESS_KEY_ID": who[0], "AWS_SECRET_ACCESS_KEY": who[1]}
        return found

    def files(self) -> Any:
        """What the store holds, as its administrator sees it (s3fs)."""
        return s3fs.S3FileSystem(
            key=_ADMIN[0],
            secret=_ADMIN[1],
            endpoint_url=self.url,
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    def _await(self) -> None:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                with socket.create_connection((self._address, self._ports["s3.port"]), timeout=1):
                    files = self.files()
                if not files.exists(BUCKET):
                    files.mkdir(BUCKET)
                files.pipe_file(f"{BUCKET}/.ready", b"yes")
                return
            except OSError as error:
                if time.monotonic() > until or (self._process and self._process.poll() is not None):
                    log = (self._folder / "log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"the S3 server does not start: {error}\n{log}") from error
                time.sleep(0.1)


def _identities() -> Mapping[str, Any]:
    def who(name: str, keys: tuple[str, str], *actions: str) -> dict[str, Any]:
        credentials = [{"accessKey": keys[0], "secretKey": keys[1]}]
        return {"name": name, "credentials": credentials, "actions": list(actions)}

    return {
        "identities": [
            who("admin", _ADMIN, "Admin"),
            who("writer", WRITER, "Read", "Write", "List"),
            who("reader", READER, "Read", "List"),
        ]
    }


def _free(number: int) -> list[int]:
    """Ports that nobody listens on; taken together, so that they differ."""
    with ExitStack() as held:
        taken = [held.enter_context(socket.socket()) for _ in range(number)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]
