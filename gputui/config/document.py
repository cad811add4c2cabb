"""Reads TOML files carefully: an error is a value with file, line, column and key."""

from __future__ import annotations

import codecs
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gputui.config.toml_mistakes import mistake_in
from gputui.config.toml_positions import line_of
from gputui.core.problem import Cause, Problem
from gputui.core.text import clean
from gputui.core.trusted_files import NotTrusted, command, open_trusted

LARGEST = 1024 * 1024
MISSING = "there is no such file"
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class ConfigError:
    """One error in a file of the user's. It never contains a value of the file, which may be a secret."""

    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    key: str = ""
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part not in ("", None))
        allowed = f" (allowed: {', '.join(self.allowed)})" if self.allowed else ""
        return clean(": ".join(part for part in (where, self.key, self.message) if part) + allowed)

    @property
    def problem(self) -> Problem:
        """The same as a problem, for where a profile's failures are shown."""
        return Problem(Cause.CONFIG, str(self))


def profile_problem(errors: Sequence[ConfigError]) -> Problem:
    """All errors of one profile as one problem: briefly, as a banner has little room."""
    first, *others = errors
    same = [replace(error, file="") if error.file == first.file else error for error in others]
    brief = (replace(one, key=one.key.rpartition(".")[2], allowed=()) for one in (first, *same))
    remedy = "gputui config check says all" if others or first.allowed else ""
    return Problem(Cause.CONFIG, " · ".join(map(str, brief)), remedy)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: its table, and its text for finding lines.

    `loose` says why others may read it, with the command that changes that; it is empty for the user's own 0600 file.
    """

    path: Path
    table: Mapping[str, Any] = field(repr=False, default_factory=dict)
    text: str = field(repr=False, default="")
    loose: str = ""

    def error(self, keys: tuple[str, ...], message: str, allowed: tuple[str, ...] = ()) -> ConfigError:
        """An error at the line of the key at the path `keys`, or of the nearest table around it."""
        shown = ".".join(key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"' for key in keys)
        return ConfigError(message, str(self.path), line_of(self.text, keys), None, shown, allowed)


def read(path: Path, *, trusted: bool = True) -> Document | ConfigError:
    """Read a TOML file; a missing one is an error too. `trusted` is False for files of the package."""
    try:
        data, loose = read_private(path, LARGEST) if trusted else (path.read_bytes(), "")
    except FileNotFoundError:
        return ConfigError(MISSING, str(path))
    except NotTrusted as error:
        return ConfigError(f"is not used: {error.strerror}", str(path))
    except OSError as error:
        return ConfigError(f"cannot be read: {error.strerror or error}", str(path))
    except ValueError as error:
        return ConfigError(str(error), str(path))
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line_start = data.rfind(b"\n", 0, error.start) + 1
        line = data.count(b"\n", 0, error.start) + 1
        return ConfigError("is not UTF-8 text", str(path), line, error.start - line_start + 1)
    try:
        return Document(path, tomllib.loads(text), text, loose)
    except tomllib.TOMLDecodeError as error:
        return _syntax_error(path, text, str(error))
    except RecursionError:
        return ConfigError("nests too deeply", str(path))


def read_private(path: Path, largest: int) -> tuple[bytes, str]:
    """The bytes of a file that nobody else can write, and why others can read it ("" if they cannot).

    Raises OSError, NotTrusted among them, and ValueError with the reason if it is larger than `largest`.
    """
    with os.fdopen(open_trusted(path), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        data = file.read(largest + 1)
    if len(data) > largest:
        raise ValueError(f"is too large (over {largest // 1024} KiB)")
    loose = f"others may read {path} (mode {mode & 0o777:04o}): {command('chmod', '600', path)}" if mode & 0o077 else ""
    return data, loose


def _syntax_error(path: Path, text: str, complaint: str) -> ConfigError:
    position = _POSITION.search(complaint)
    message = _POSITION.sub("", complaint)
    if position and position[1]:
        number = int(position[1])
        hint = mistake_in(text.split("\n")[number - 1] if number <= text.count("\n") + 1 else "")
        return ConfigError(hint or message, str(path), number, int(position[2]))
    lines = text.splitlines() or [""]
    return ConfigError(f"{message}, at the end of the file", str(path), len(lines), len(lines[-1]) + 1)
