"""As root: whose server it is, and how that account reaches its files through closed folders."""

from __future__ import annotations

import errno
import logging
import os
import pwd
import stat
import struct
import subprocess
import time
from contextlib import suppress
from pathlib import Path

ACL = "system.posix_acl_access"  # layout: linux/posix_acl_xattr.h, version 2, little-endian
USER_OBJ, USER, GROUP_OBJ, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
NOBODY = 0xFFFFFFFF

ACCOUNT = "communique"

log = logging.getLogger(__name__)


class EmbeddedServerError(RuntimeError):
    """The embedded PostgreSQL cannot be used; the message says why and what to do."""


def account_for(folder: Path) -> int:
    """As root: the user id that the server shall run as. The owner of what is there already, so
    that root leaves nothing behind that its owner cannot use; else the account `communique`."""
    if folder.exists() and (owner := folder.stat().st_uid):
        return owner
    if (owner := folder.parent.stat().st_uid) and name_of(owner) != str(owner):
        return owner  # initdb works for no user id that has no name
    for _ in range(25):  # another process may be adding it, or hold the lock on the user table
        with suppress(KeyError):
            return pwd.getpwnam(ACCOUNT).pw_uid
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        try:
            made = subprocess.run([*command, ACCOUNT], capture_output=True, text=True)  # noqa: S603
            said = made.stderr.strip()
        except FileNotFoundError:
            said = "useradd is not installed"
        time.sleep(0.2)
    raise EmbeddedServerError(
        f"PostgreSQL does not run as root, and the account {ACCOUNT} could not be made ({said}): "
        "make it by hand, or work as another user, or set COMMUNIQUE_DATABASE_URL"
    )


def name_of(uid: int) -> str:
    """The user's name, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def let_pass(uid: int, path: Path) -> None:
    """Gives `uid` the right to cross (not to list) each folder above `path` that is closed to it.

    Done through an access control list, which opens the folder to that user alone; a file system
    without them gets search permission for all, with a warning. Needs root."""
    for folder in reversed(path.resolve().parents):
        found = folder.stat()
        if found.st_mode & stat.S_IXOTH or (found.st_uid == uid and found.st_mode & stat.S_IXUSR):
            continue
        try:
            _add_search(folder, uid, found.st_mode)
        except (OSError, AttributeError) as error:
            if getattr(error, "errno", errno.ENOTSUP) != errno.ENOTSUP:
                raise
            log.warning("%s has no access control lists: opened with chmod o+x", folder)
            folder.chmod(found.st_mode | stat.S_IXOTH)


def let_read(uid: int, folder: Path) -> None:
    """Makes a folder of public programs readable for `uid`, where a strict umask closed it."""
    for path in (folder, *folder.rglob("*")):
        mode = path.lstat().st_mode
        wanted = mode | 0o444 | (0o111 if mode & stat.S_IXUSR else 0)
        if not stat.S_ISLNK(mode) and path.lstat().st_uid != uid and wanted != mode:
            path.chmod(wanted)


def _add_search(folder: Path, uid: int, mode: int) -> None:
    """Adds `user:uid:--x` to the folder's list, and search to the mask that bounds it."""
    try:
        raw = os.getxattr(folder, ACL)
        entries = {(tag, who): may for tag, may, who in struct.iter_unpack("<HHI", raw[4:])}
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        entries = {
            (USER_OBJ, NOBODY): mode >> 6 & 7,
            (GROUP_OBJ, NOBODY): mode >> 3 & 7,
            (OTHER, NOBODY): mode & 7,
        }
    entries[USER, uid] = entries.get((USER, uid), 0) | 1
    entries[MASK, NOBODY] = entries.get((MASK, NOBODY), entries[GROUP_OBJ, NOBODY]) | 1
    packed = (struct.pack("<HHI", tag, may, who) for (tag, who), may in sorted(entries.items()))
    os.setxattr(folder, ACL, struct.pack("<I", 2) + b"".join(packed))
