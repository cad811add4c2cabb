"""Reads an OpenSSH configuration for one host: the first value of each keyword counts, over all included files."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gputui.core.problem import Failed
from gputui.ssh.user_files import read_user_file
from gputui.ssh.userconfig.criteria import Circumstances, asks_for_a_second_pass, matches, matches_host
from gputui.ssh.userconfig.lines import ConfigLine, config_lines
from gputui.ssh.userconfig.tokens import all_tokens, connection_hash, with_tokens, with_variables

_DEEPEST, _MOST_FILES = 16, 256
_WORDS = frozenset({"hostname", "user", "port", "identitiesonly", "identityagent", "tag", "hostkeyalias"})
YES, NO = ("yes", "true"), ("no", "false")
_ROUTES = frozenset({"proxyjump", "proxycommand"})


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it is written, and the line that sets it; no line if it was decided before the file was read."""

    text: str
    line: ConfigLine | None = None


@dataclass(slots=True)
class ConfigReader:
    """The values for one host while its configuration is read. Keywords that gputui has no use for are passed over.

    `login` is the local user. `values` may hold some that were decided before; `identities` are key files, in order.
    """

    host: str
    login: str
    home: Path
    environ: Mapping[str, str]
    values: dict[str, Value]
    identities: dict[str, Value] = field(default_factory=dict)
    wants_final: bool = False
    final: bool = False
    _files: int = 0

    def text(self, keyword: str, default: str = "") -> str:
        """The value of a keyword; the default if nothing sets it."""
        value = self.values.get(keyword)
        return value.text if value is not None else default

    def read(self, path: Path) -> None:
        """Read the file with all that it includes, a second time if a `Match final` asks for it. Raises Failed."""
        self._take(path, read_user_file(path), ())
        if self.wants_final:
            self.final, self._files = True, 0
            self._take(path, read_user_file(path), ())

    def tokens(self) -> dict[str, str]:
        """What the percent tokens stand for, by the values read so far."""
        tokens = {
            **all_tokens(self.host, self.login, self.home),
            "h": self.hostname(),
            "p": self.text("port", "22"),
            "r": self.text("user", self.login),
            "k": self.text("hostkeyalias", self.host),
            "j": self.text("proxyjump"),
        }
        return {**tokens, "C": connection_hash(tokens)}

    def hostname(self) -> str:
        """The name or address to connect to. Raises Failed."""
        value = self.values.get("hostname")
        if value is None or value.line is None:
            return self.host
        return with_tokens(value.line, value.text, {"h": self.host})

    def _take(self, path: Path, data: bytes, within: tuple[Path, ...]) -> None:
        active = True
        for line in config_lines(path, data):
            if line.keyword == "host":
                active = matches_host(line, self.host)
            elif line.keyword == "match":
                self.wants_final |= asks_for_a_second_pass(line)
                active = matches(line, self._circumstances())
            elif active:
                self._apply(line, (*within, path))

    def _apply(self, line: ConfigLine, within: tuple[Path, ...]) -> None:
        keyword = line.keyword
        if keyword == "include":
            self._include(line, within)
        elif keyword == "identityfile":
            name = line.word()
            self.identities.setdefault(name, Value(name, line))
        elif keyword in _ROUTES:
            # As in OpenSSH: whichever comes first prevents the other.
            if not _ROUTES & self.values.keys():
                self.values[keyword] = Value(line.rest if keyword == "proxycommand" else line.word(), line)
        elif keyword in _WORDS:
            value = Value(_checked(line), line)  # as in OpenSSH also where another value comes first
            self.values.setdefault(keyword, value)

    def _include(self, line: ConfigLine, within: tuple[Path, ...]) -> None:
        patterns = line.words()
        if not patterns:
            raise line.wrong("Include names no file")
        for pattern in patterns:
            for path in self._named(with_variables(line, pattern, self.environ)):
                self._check_depth(line, path, within)
                try:
                    data = read_user_file(path)
                except Failed as failed:
                    raise line.wrong(failed.problem.text, failed.problem.remedy) from None
                self._take(path, data, within)

    def _named(self, pattern: str) -> list[Path]:
        """Return the files that an Include names, in order; none is no error."""
        if pattern.startswith("~"):
            home = pattern == "~" or pattern.startswith("~/")
            pattern = f"{self.home}{pattern[1:]}" if home else os.path.expanduser(pattern)  # noqa: PTH111
        found = sorted(glob.glob(pattern, root_dir=self.home / ".ssh"))  # noqa: PTH207 - may be absolute
        return [path for name in found if not (path := self.home / ".ssh" / name).is_dir()]

    def _check_depth(self, line: ConfigLine, path: Path, within: tuple[Path, ...]) -> None:
        self._files += 1
        if any(_is_same(path, before) for before in within):
            raise line.wrong(f"Include leads back to {path}, from which it comes", "take that Include out")
        if len(within) >= _DEEPEST or self._files > _MOST_FILES:
            raise line.wrong("too many files include one another", "include fewer")

    def _circumstances(self) -> Circumstances:
        tokens = self.tokens()
        values = {
            "host": tokens["h"],
            "originalhost": self.host,
            "user": tokens["r"],
            "localuser": self.login,
            "tagged": self.text("tag"),
            "sessiontype": "shell",
            "command": "",
        }
        return Circumstances(values, tokens, self.environ, self.final)


def _checked(line: ConfigLine) -> str:
    text = line.word()
    if line.keyword == "port" and not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535):
        raise line.wrong(f"port takes a number from 1 to 65535, not {text!r}")
    if line.keyword == "identitiesonly" and text.lower() not in (*YES, *NO):
        raise line.wrong(f"identitiesonly takes yes or no, not {text!r}")
    return text


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False
