"""Where the archive's files lie: a disk, or a store of objects behind an fsspec address (s3://...).

Who may enter, and where the store answers, is never part of an address: addresses are kept with
every capture. For S3 the environment says it as all of its clients have it: AWS_ENDPOINT_URL_S3,
AWS_DEFAULT_REGION, AWS_SHARED_CREDENTIALS_FILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from fsspec.asyn import AsyncFileSystem, sync
from fsspec.core import url_to_fs
from fsspec.utils import get_protocol

# Seconds that a store is waited for until an object is in it: whoever waits holds a host's turn.
# S3's client has time-outs of its own, but none while it waits to be told to send (Expect:
# 100-continue).
PATIENCE = 120.0
# What others wrote since is to be seen. With these, and five tries of s3fs itself, a store that
# never answers who reads is left after four minutes.
_OPTIONS: dict[str, Any] = {
    "use_listings_cache": False,
    "config_kwargs": {"retries": {"mode": "standard", "total_max_attempts": 3}},
}
# What fsspec knows besides disks and stores of objects, and could be led to.
_NO_ARCHIVES = frozenset(
    re.findall(
        r"\w+",
        "http https ftp ftps sftp ssh smb github git gist gitlab jupyter jlab data reference zip "
        "tar libarchive dask databricks webhdfs cached blockcache filecache simplecache dir",
    )
)
_LIBRARIES = ("botocore", "aiobotocore", "aiohttp", "s3fs", "fsspec")

_CREDENTIALS = (
    "Credentials come from AWS_SHARED_CREDENTIALS_FILE, or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, or the machine's role"
)
_RIGHTS = (
    "Credentials need s3:GetObject and s3:PutObject there, and s3:ListBucket of the bucket (else "
    "what is missing looks like what is forbidden)"
)
_ENDPOINT = (
    "Is AWS_ENDPOINT_URL_S3 right (https or http, host, port; unset: Amazon's), and the store up?"
)
_CLOCK = "Set this machine's clock, by NTP: a store believes no request dated minutes off"
_BUCKET = "There is no such bucket: make it, or mend COMMUNIQUE_ARCHIVE_URL"
# By the store's own code, else by the name of the error's type.
_ADVICE = {
    "NoSuchBucket": _BUCKET,
    "InvalidBucketName": "That is no name of a bucket: mend COMMUNIQUE_ARCHIVE_URL",
    "InvalidAccessKeyId": _CREDENTIALS,
    "SignatureDoesNotMatch": _CREDENTIALS,
    "ExpiredToken": _CREDENTIALS,
    "InvalidToken": _CREDENTIALS,
    "TokenRefreshRequired": _CREDENTIALS,
    "NoCredentialsError": _CREDENTIALS,
    "PartialCredentialsError": _CREDENTIALS,
    "ProfileNotFound": _CREDENTIALS,
    "ConfigParseError": _CREDENTIALS,
    "CredentialRetrievalError": _CREDENTIALS,
    "AccessDenied": _RIGHTS,
    "AllAccessDisabled": _RIGHTS,
    "403": f"{_RIGHTS}. {_CREDENTIALS}",
    "RequestTimeTooSkewed": _CLOCK,
    "RequestExpired": _CLOCK,
    "PermanentRedirect": "The bucket is in another region: set AWS_DEFAULT_REGION",
    "AuthorizationHeaderMalformed": "The bucket is in another region: set AWS_DEFAULT_REGION",
    "404": f"{_ENDPOINT} {_BUCKET}",
    "EndpointConnectionError": _ENDPOINT,
    "ConnectTimeoutError": _ENDPOINT,
    "ReadTimeoutError": _ENDPOINT,
    "ConnectionClosedError": _ENDPOINT,
    "FSTimeoutError": f"The store takes requests and does not answer. {_ENDPOINT}",
    "HTTPClientError": f"{_ENDPOINT} It may name no user",
    "SSLError": f"{_ENDPOINT} A private authority's certificate: AWS_CA_BUNDLE",
    "ResponseParserError": _ENDPOINT,
    "SlowDown": "The store asks for fewer requests: the next run tries again",
}
_USER = re.compile(r"//[^/@\s]*@")


class StorageError(OSError):
    """The store refuses, or does not answer; says what to do. code: the store's own word for it."""

    def __init__(self, address: str, code: str, said: str) -> None:
        advice = _ADVICE.get(code, "The next run tries again; the store's own log may say more")
        end = "" if advice.endswith("?") else "."
        super().__init__(f"the archive at {address} cannot be used ({code}: {said}). {advice}{end}")
        self.code = code


def located(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it. Raises ImportError where what speaks to
    such a store is not installed, FileNotFoundError for what is no place of an archive: addresses
    are read from the store, and whoever can write there must reach no host through us."""
    if "::" in address or get_protocol(address) in _NO_ARCHIVES:
        raise FileNotFoundError(f"{address[:200]} is no address of an archive, as s3://... is")
    fs, path = url_to_fs(address, **(_OPTIONS if get_protocol(address) in ("s3", "s3a") else {}))
    return fs, str(path)


def is_local(fs: Any) -> bool:
    """Whether it is this machine's own disk."""
    return "file" in ((fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol)


@contextmanager
def opened(address: str) -> Iterator[BinaryIO]:
    """A file of the archive, to be read from any place in it. Raises FileNotFoundError where it is
    not there, StorageError where the store refuses, now or while it is read."""
    with _told(address):
        fs, path = located(address)
        with fs.open(path, "rb") as stream:
            yield cast(BinaryIO, stream)


def size_of(address: str) -> int:
    """Bytes of a file. Raises as `opened`."""
    with _told(address):
        fs, path = located(address)
        return int(fs.size(path) or 0)


def put(fs: Any, path: str, data: bytes) -> None:
    """Stores an object, whole or not at all: a store of objects takes none of a request that broke
    off. Raises StorageError, where the bucket is missing or it takes longer than PATIENCE too."""
    address = str(fs.unstrip_protocol(path))
    try:
        with _told(address):
            if isinstance(fs, AsyncFileSystem):
                sync(fs.loop, _within, PATIENCE, fs, path, data)
            else:
                fs.pipe_file(path, data)
    except FileNotFoundError as error:
        raise StorageError(address, _code(error) or "404", _said(error)) from error


async def _within(seconds: float, fs: AsyncFileSystem, path: str, data: bytes) -> None:
    await asyncio.wait_for(fs._pipe_file(path, data), seconds)


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Says what a store's error means. A local disk's errors, and those of whoever reads, stay."""
    try:
        yield
    except (StorageError, FileNotFoundError) as error:
        if isinstance(error, StorageError) or _code(error) != "NoSuchBucket":
            raise
        raise StorageError(address, "NoSuchBucket", _said(error)) from error
    except Exception as error:
        code = _code(error)
        if code is None:
            raise
        raise StorageError(address, code, _said(error)) from error


def _code(error: BaseException) -> str | None:
    """The store's own code for an error, or the error's kind; None where no store said it."""
    found: str | None = None
    at: BaseException | None = error
    while at is not None:
        answer = getattr(at, "response", None)
        if isinstance(answer, dict) and answer.get("Error", {}).get("Code"):
            return str(answer["Error"]["Code"])
        if found is None and type(at).__module__.split(".")[0] in _LIBRARIES:
            found = type(at).__name__
        at = at.__cause__
    return found


def _said(error: BaseException) -> str:
    said = " ".join(str(error).split())
    return _USER.sub("//...@", said)[:300].rstrip(".") or "no word of why"
