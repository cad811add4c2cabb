"""Resolves the secrets that the configuration refers to; no error ever contains one."""

from __future__ import annotations

import contextlib
import importlib
import os
import selectors
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gputui.config.document import ConfigError, read_private
from gputui.config.profiles import expand
from gputui.core.secret import Secret
from gputui.core.trusted_files import NotTrusted

COMMAND_SECONDS = 10.0
KEYRING_SECONDS = 3.0
LARGEST = 64 * 1024
SCHEMES = ("env:", "file:", "cmd:", "keyring:")


class Refused(Exception):
    """A secret cannot be resolved; says why, never what it is."""


def is_reference(value: str) -> bool:
    """Whether `value` only refers to a secret, rather than being one."""
    return value.startswith(SCHEMES)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where secrets come from: an environment and a home folder. Relative paths start at the configuration's folder."""

    environ: Mapping[str, str] = field(repr=False)
    home: Path
    folder: Path
    command_seconds: float = COMMAND_SECONDS
    keyring_seconds: float = KEYRING_SECONDS

    def resolve(self, value: str) -> Secret | ConfigError:
        """The secret that a value of the configuration refers to. Blocks for a command or the keyring; never raises."""
        scheme, _, rest = value.partition(":")
        try:
            if not is_reference(value):
                return _checked(value)
            if scheme == "env":
                return _checked(_of_environment(self.environ, rest))
            if scheme == "file":
                return _checked(self._of_file(rest))
            if scheme == "cmd":
                return _checked(self._of_command(rest))
            return _checked(_of_keyring(rest, self.keyring_seconds))
        except Refused as error:
            return ConfigError(str(error))

    def _of_file(self, name: str) -> str:
        path = self.folder / expand(name, self.home)
        try:
            data, loose = read_private(path, LARGEST)
        except NotTrusted as error:
            raise Refused(f"is not used, because {error.strerror}") from None
        except OSError as error:
            raise Refused(f"{path} cannot be read: {error.strerror or error}") from None
        except ValueError as error:
            raise Refused(f"{path} {error}") from None
        if loose:
            raise Refused(f"is not used, because {loose}")
        return _text(data.removesuffix(b"\n").removesuffix(b"\r"), str(path))

    def _of_command(self, line: str) -> str:
        try:
            argv = shlex.split(line)
        except ValueError as error:
            raise Refused(f"the command cannot be split into words: {error}") from None
        if not argv:
            raise Refused("names no command after cmd:")
        program = str(expand(argv[0], self.home))
        try:
            process = subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
                [program, *argv[1:]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # it may repeat the secret
                env=dict(self.environ),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it cannot be run"
            raise Refused(f"the command {program} did not start: {reason}") from None
        return _first_line(process, program, time.monotonic() + self.command_seconds)


def _of_environment(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if value is None:
        raise Refused(f"the environment variable {name} is not set")
    return value


def _first_line(process: subprocess.Popen[bytes], program: str, until: float) -> str:
    """The first line of the command's output, if it succeeds in time; then its whole process group is killed."""
    assert process.stdout is not None
    output = b""
    try:
        with process.stdout as pipe, selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while True:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise Refused(f"the command {program} did not end in time")
                chunk = os.read(pipe.fileno(), 4096)
                if not chunk:
                    break
                output += chunk
                if len(output) > LARGEST:
                    raise Refused(f"the command {program} says too much")
        status = process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise Refused(f"the command {program} did not end in time") from None
    finally:
        if process.returncode is None:  # not reaped yet, so its number is still its own and its group's
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if status != 0:
        raise Refused(f"the command {program} failed (exit {status}); run it in a shell to see why")
    return _text(output.split(b"\n", 1)[0].removesuffix(b"\r"), f"what the command {program} says")


def _of_keyring(name: str, limit: float) -> str:
    service, slash, user = name.rpartition("/")
    if not slash or not service or not user:
        raise Refused("must be keyring:SERVICE/USER")
    try:
        module = importlib.import_module("keyring")
    except ImportError:
        raise Refused("needs the package keyring, which is not installed: pip install 'gputui[keyring]'") from None
    answers: list[str | None] = []
    failures: list[str] = []

    def ask() -> None:
        try:
            answers.append(module.get_password(service, user))
        except Exception as error:  # noqa: BLE001 - a backend may raise anything, with any text
            failures.append(type(error).__name__)

    # A daemon thread: without a desktop a backend may wait for ever for somebody to unlock it.
    asking = threading.Thread(target=ask, name="keyring", daemon=True)
    asking.start()
    asking.join(limit)
    if failures:
        raise Refused(f"the keyring refuses ({failures[0]})")
    if not answers:
        raise Refused(f"the keyring did not answer within {limit:g} s")
    if answers[0] is None:
        raise Refused(f"the keyring has nothing for {user} of {service}: keyring set {service} {user}")
    return answers[0]


def _text(data: bytes, whose: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused(f"{whose} is not text") from None


def _checked(value: str) -> Secret:
    if not value:
        raise Refused("is empty")
    for position, character in enumerate(value, 1):
        if not character.isascii() or not character.isprintable():
            sort = "a control character" if character.isascii() else "a character outside ASCII"
            raise Refused(f"contains {sort} at position {position} (a line break of a paste?): it cannot be sent")
    return Secret(value)
