"""Percent tokens and environment variables in the values of an OpenSSH configuration."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

from gputui.ssh.userconfig.lines import ConfigLine

_TOKEN = re.compile(r"%(.?)")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def all_tokens(host: str, login: str, home: Path) -> dict[str, str]:
    """Return the tokens that no value of the file changes, for a host as it was named."""
    name = socket.gethostname()
    return {
        "d": str(home),
        "i": str(os.getuid()),
        "L": name.partition(".")[0],
        "l": name,
        "n": host,
        "u": login,
    }


def connection_hash(tokens: Mapping[str, str]) -> str:
    """Return `%C`: what identifies a connection."""
    return hashlib.sha1("".join(tokens[name] for name in "lhprj").encode(), usedforsecurity=False).hexdigest()


def with_tokens(line: ConfigLine, text: str, tokens: Mapping[str, str]) -> str:
    """Replace `%h` and the like; `%%` is a percent sign. Raises Failed for a token that the keyword does not take."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name == "%":
            return "%"
        if not name or name not in tokens:
            raise line.wrong(f"{line.keyword} takes no %{name}; it takes {', '.join(f'%{each}' for each in tokens)}")
        return tokens[name]

    return _TOKEN.sub(value, text)


def with_variables(line: ConfigLine, text: str, environ: Mapping[str, str]) -> str:
    """Replace `${NAME}`. Raises Failed if the variable is not set."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in environ:
            raise line.wrong(f"the environment variable {name} is not set", f"set {name}, or correct that line")
        return environ[name]

    return _VARIABLE.sub(value, text)
