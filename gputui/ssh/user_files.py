"""Files that OpenSSH reads too (its configuration, known_hosts): read whole, or refused with what to do about them."""

from __future__ import annotations

import errno
import os
import shlex
from pathlib import Path

from gputui.core.problem import Cause, Failed, Problem
from gputui.core.trusted_files import NotTrusted, open_trusted

LONGEST_FILE = 16 * 1024 * 1024
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_user_file(path: Path) -> bytes:
    """Return the content without a byte order mark; empty if there is no such file, or /dev/null in its place.

    Raises Failed (Cause.CONFIG), which names the file and what to do.
    """
    if os.path.realpath(path) == os.devnull:
        return b""  # how users disable a file
    try:
        with os.fdopen(open_trusted(path), "rb") as file:
            data = file.read(LONGEST_FILE + 1)
    except FileNotFoundError:
        return b""
    except NotTrusted as error:
        raise Failed(Problem(Cause.CONFIG, f"{path} is not used: {error.strerror}")) from None
    except OSError as error:
        raise Failed(_unreadable(path, error)) from None
    if len(data) > LONGEST_FILE:
        text = f"{path} is too large: more than {LONGEST_FILE >> 20} MiB"
        raise Failed(Problem(Cause.CONFIG, text, "is it the right file?"))
    if data.startswith(_UTF16):
        quoted = shlex.quote(str(path))
        remedy = f"convert it: iconv -f UTF-16 -t UTF-8 {quoted} > {quoted}.new, then mv {quoted}.new {quoted}"
        raise Failed(Problem(Cause.CONFIG, f"{path} is UTF-16 text, which OpenSSH does not read either", remedy))
    return data.removeprefix(_UTF8_MARK)


def _unreadable(path: Path, error: OSError) -> Problem:
    shown = shlex.quote(str(path))
    why, remedy = error.strerror, f"look at it: ls -ld {shown}"
    if error.errno == errno.ELOOP:
        why, remedy = "it is a link that leads back to itself", f"replace the link: ls -l {shown}"
    elif error.errno == errno.EACCES:
        remedy = f"you need read permission: ls -ld {shlex.quote(str(path.parent))} {shown}"
    elif error.errno == errno.ENOTDIR:
        why, remedy = f"{path.parent} is not a directory", f"make it one: ls -ld {shlex.quote(str(path.parent))}"
    elif error.errno in (errno.EISDIR, errno.EINVAL):
        why = "it is a directory" if _is_folder(path) else "it is not a regular file"
        remedy = f"move it away, or put a file in its place: ls -ld {shown}"
    return Problem(Cause.CONFIG, f"{path} cannot be read: {why}", remedy)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
