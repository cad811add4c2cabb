"""Secrets: fetched from where the configuration says, never repeated by an error or a repr."""

from __future__ import annotations

import os
import shlex
import sys
import threading
import time
from pathlib import Path
from types import ModuleType

import pytest

from gputui.config.document import ConfigError
from gputui.config.masking import masked_config
from gputui.config.secrets import COMMAND_SECONDS, KEYRING_SECONDS, LARGEST, Secrets
from gputui.core.secret import Secret

CANARY = "canary-51f0"


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets({"GOOD": CANARY, "EMPTY": "", "PATH": os.environ["PATH"]}, tmp_path / "home", tmp_path)


def complaint(secrets: Secrets, value: str) -> str:
    resolved = secrets.resolve(value)
    assert isinstance(resolved, ConfigError), "this should have been refused"
    assert CANARY not in str(resolved)
    assert CANARY not in repr(resolved)
    return str(resolved)


def python(code: str) -> str:
    return f"cmd:{shlex.join([sys.executable, '-c', code])}"


def test_the_numbers_are_the_contracts() -> None:
    assert (COMMAND_SECONDS, KEYRING_SECONDS, LARGEST) == (10.0, 3.0, 65536)


def test_the_environment(secrets: Secrets) -> None:
    assert secrets.resolve("env:GOOD") == Secret(CANARY)
    assert complaint(secrets, "env:ABSENT") == "the environment variable ABSENT is not set"
    assert complaint(secrets, "env:EMPTY") == "is empty"


def test_plain_text_is_itself(secrets: Secrets) -> None:
    assert secrets.resolve(CANARY) == Secret(CANARY)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (f"{CANARY}\n", "a control character at position 12"),
        (f"\x1b{CANARY}", "a control character at position 1"),
        (f"{CANARY}é", "a character outside ASCII at position 12"),
        (f"{CANARY}\x7f", "a control character"),
        (f"{CANARY}\u200b", "a character outside ASCII"),
    ],
)
def test_what_no_header_can_carry_is_refused_by_its_position(secrets: Secrets, value: str, says: str) -> None:
    assert says in complaint(secrets, value)


def file(folder: Path, data: bytes, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(data)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_file_loses_one_line_break(secrets: Secrets, tmp_path: Path, end: bytes) -> None:
    assert secrets.resolve(f"file:{file(tmp_path, CANARY.encode() + end)}") == Secret(CANARY)


def test_a_file_is_looked_up_at_home_or_beside_the_configuration(secrets: Secrets, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    file(tmp_path / "home", b"at-home")
    file(tmp_path, b"beside")
    assert secrets.resolve("file:~/secret") == Secret("at-home")
    assert secrets.resolve("file:secret") == Secret("beside")


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o601, 0o640])
def test_a_file_that_others_may_read_is_refused_with_the_command_to_run(
    secrets: Secrets, tmp_path: Path, mode: int
) -> None:
    path = file(tmp_path, CANARY.encode(), mode)
    assert f"chmod 600 {path}" in complaint(secrets, f"file:{path}")


def test_a_file_of_another_user_is_refused(secrets: Secrets, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    path = file(tmp_path, CANARY.encode())
    os.chown(path, 12345, 12345)
    assert "belongs to another user" in complaint(secrets, f"file:{path}")


def test_what_is_no_file_of_text_is_refused(secrets: Secrets, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    assert "is not a regular file" in complaint(secrets, f"file:{tmp_path / 'fifo'}")
    assert "is not a regular file" in complaint(secrets, f"file:{tmp_path}")
    assert "No such file" in complaint(secrets, "file:absent")
    assert "is not text" in complaint(secrets, f"file:{file(tmp_path, CANARY.encode() + bytes([255]))}")
    assert "is too large" in complaint(secrets, f"file:{file(tmp_path, CANARY.encode() * 10_000)}")
    assert "control character" in complaint(
        secrets, f"file:{file(tmp_path, CANARY.encode() + b'/2' + bytes([10, 10]))}"
    )


def test_a_command_gives_its_first_line(secrets: Secrets) -> None:
    assert secrets.resolve(python(f"print('{CANARY}'); print('second')")) == Secret(CANARY)
    assert secrets.resolve(f"cmd:printf '%s' {CANARY}") == Secret(CANARY)


def test_a_command_sees_no_shell(secrets: Secrets, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    assert secrets.resolve(f"cmd:echo a; touch {mark}") == Secret(f"a; touch {mark}")
    assert secrets.resolve("cmd:echo $GOOD") == Secret("$GOOD")
    assert not mark.exists()


def test_a_command_that_fails_tells_nothing_of_what_it_said(secrets: Secrets) -> None:
    code = f"import sys; print('{CANARY}'); print('{CANARY}', file=sys.stderr); sys.exit(3)"
    said = complaint(secrets, python(code))
    assert said == f"the command {sys.executable} failed (exit 3); run it in a shell to see why"
    assert "did not start: No such file" in complaint(secrets, "cmd:no-such-program-here --x")
    assert "cannot be split" in complaint(secrets, "cmd:echo 'x")
    assert "names no command" in complaint(secrets, "cmd:  ")
    assert complaint(secrets, "cmd:true") == "is empty"
    assert "says too much" in complaint(secrets, python(f"while True: print('{CANARY}' * 1000)"))


@pytest.mark.parametrize("end", ["wait", "exit"])
def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path, end: str) -> None:
    secrets = Secrets({"PATH": os.environ["PATH"]}, tmp_path, tmp_path, command_seconds=0.5)
    pids = tmp_path / "pids"
    shell = f"sleep 60 & echo $! > {pids}; echo {CANARY}; {end}"
    started = time.monotonic()
    assert "did not end in time" in complaint(secrets, f"cmd:sh -c {shlex.quote(shell)}")
    assert time.monotonic() - started < 5
    child = int(pids.read_text())
    until = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
        assert time.monotonic() < until, "the child of the command outlived it"
        threading.Event().wait(0.01)


def fake_keyring(monkeypatch: pytest.MonkeyPatch, get: object) -> None:
    module = ModuleType("keyring")
    module.get_password = get  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)


def test_the_keyring(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    held = {("gputui", "nsml"): CANARY, ("https://a/b", "u"): "other"}
    fake_keyring(monkeypatch, lambda service, user: held.get((service, user)))
    assert secrets.resolve("keyring:gputui/nsml") == Secret(CANARY)
    assert secrets.resolve("keyring:https://a/b/u") == Secret("other")
    assert "keyring set gputui absent" in complaint(secrets, "keyring:gputui/absent")
    for half in ("gputui", "gputui/", "/nsml", "/"):
        assert complaint(secrets, f"keyring:{half}") == "must be keyring:SERVICE/USER"


def test_a_keyring_that_fails_or_hangs_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = Secrets({}, tmp_path, tmp_path, keyring_seconds=0.1)

    def fails(service: str, user: str) -> str:
        raise RuntimeError(CANARY)

    fake_keyring(monkeypatch, fails)
    assert complaint(secrets, "keyring:a/b") == "the keyring refuses (RuntimeError)"
    unlocked = threading.Event()
    fake_keyring(monkeypatch, lambda service, user: unlocked.wait(60))
    assert "did not answer within 0.1 s" in complaint(secrets, "keyring:a/b")
    unlocked.set()


def test_a_missing_keyring_package_says_how_to_get_it(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pip install 'gputui[keyring]'" in complaint(secrets, "keyring:a/b")


def test_the_environment_does_not_show_itself(secrets: Secrets) -> None:
    assert CANARY not in repr(secrets)
    assert CANARY not in repr(secrets.resolve("env:GOOD"))


def test_masking_hides_all_that_is_not_known_to_be_open() -> None:
    table = {
        "theme": "gputui-dark",
        "token": CANARY,
        "profiles": {
            "a": {
                "provider": "cloudy",
                "base_url": f"https://user:{CANARY}@h/x",
                "proxy": f"http://u:{CANARY}@proxy:1",
                "token": CANARY,
                "from_env": "env:TOKEN",
                "from_cmd": f"cmd:pass show {CANARY}",
                "odd": {"deep": [CANARY, 51, {"x": CANARY}]},
                "ssh": {"user": "root", "pasword": CANARY},
            },
            "b": CANARY,
            "c": {"provider": "unknown", "base_url": CANARY},
        },
    }
    shown = masked_config(table, lambda provider: frozenset({"base_url"} if provider == "cloudy" else ()))
    assert CANARY not in str(shown)
    assert shown["theme"] == "gputui-dark"
    assert shown["profiles"]["a"] == {
        "provider": "cloudy",
        "base_url": "https://***@h/x",
        "proxy": "http://***@proxy:1",
        "token": "***",
        "from_env": "env:TOKEN",
        "from_cmd": "cmd:pass ***",
        "odd": {"deep": ["***", "***", {"x": "***"}]},
        "ssh": {"user": "root", "pasword": "***"},
    }
