"""What is written is the user's own: a state folder, file, link or FIFO that somebody left there helps nobody."""

from __future__ import annotations

import ast
import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gputui import cli
from gputui.commands.log import start_log
from gputui.config.paths import Places
from gputui.core.dumps import write
from gputui.core.own_files import create, open_own, open_reading, own_folder, replace_own
from gputui.core.problem import Failed
from gputui.engine.journal_lines import append_line, read_records
from gputui.ssh.trust.hosts import HostKey
from gputui.ssh.trust.pins import pin
from tests.sources import FILES, name_of, nodes
from tests.unit.test_trusted_files import SOMEBODY, as_root

KEY = HostKey(b"\0\0\0\x0bssh-ed25519" + b"\0\0\0\x20" + bytes(32))
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def log(path: Path) -> None:
    start_log(path, "warning")
    logging.getLogger("gputui").warning("a line")


def named_log(path: Path) -> None:
    start_log(path, "warning", named=True)
    logging.getLogger("gputui").warning("a line")


def journal(path: Path) -> None:
    append_line(path, b'{"a":1}\n', NOW)


def known_hosts(path: Path) -> None:
    pin(path, "10.0.0.1", 22, KEY)


def replaced(path: Path) -> None:
    replace_own(path, b"x")


def dumped(path: Path) -> None:
    write(path.parent, "copied", {".txt": "x"}, 0.0)


APPENDING = (log, named_log, journal, known_hosts)
Writer = Callable[[Path], None]


@pytest.fixture(autouse=True)
def _no_handlers_left() -> Iterator[None]:
    before = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = before


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir(mode=0o700)
    return tmp_path / "state" / "file"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("writer", [log, journal, known_hosts, replaced, dumped])
def test_folder_and_file_are_made_for_the_user_alone(writer: Writer, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        writer(tmp_path / "new" / "state" / "file")
    finally:
        os.umask(before)
    [file] = (tmp_path / "new" / "state").iterdir()
    assert [mode(tmp_path / "new"), mode(file.parent), mode(file)] == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("writer", [log, journal, known_hosts, replaced, dumped])
@pytest.mark.parametrize("loose", [0o777, 0o750, 0o701, 0o1755])
def test_a_folder_that_others_get_into_is_repaired(writer: Writer, path: Path, loose: int) -> None:
    path.parent.chmod(loose)
    writer(path)
    assert mode(path.parent) == 0o700


@pytest.mark.parametrize("writer", [log, journal, known_hosts, replaced, dumped])
def test_a_folder_that_is_meant_for_all_is_left_to_them(writer: Writer, path: Path) -> None:
    path.parent.chmod(0o1777)
    with pytest.raises(OSError, match=f"{path.parent} is shared with others"):
        writer(path)
    assert path.parent.stat().st_mode & 0o7777 == 0o1777, "a root who keeps state in /tmp must not take /tmp away"
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("writer", [log, journal, known_hosts, replaced, dumped])
def test_a_link_to_nowhere_and_a_file_in_the_place_of_the_folder_are_named(writer: Writer, tmp_path: Path) -> None:
    link, file = tmp_path / "link", tmp_path / "file"
    link.symlink_to(tmp_path / "nowhere")
    file.write_text("mine")
    for folder, words in ((link, "leads nowhere: rm"), (file, "is not a folder: mv")):
        with pytest.raises(OSError, match=words) as raised:
            writer(folder / "state" / "x")
        assert str(folder) in str(raised.value.strerror)


@pytest.mark.parametrize("writer", APPENDING)
@pytest.mark.parametrize("loose", [0o640, 0o666, 0o604])
def test_a_file_that_others_can_read_is_repaired(writer: Writer, path: Path, loose: int) -> None:
    path.touch()
    path.chmod(loose)
    writer(path)
    assert mode(path) == 0o600
    assert path.read_bytes()


@pytest.mark.parametrize("writer", [log, journal, known_hosts, replaced, dumped])
@as_root
def test_a_strangers_folder_is_refused_with_the_command(writer: Writer, path: Path) -> None:
    os.chown(path.parent, SOMEBODY, 0)
    with pytest.raises(OSError, match=f"belongs to another user .{SOMEBODY}.: chown -h root {path.parent}"):
        writer(path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("writer", APPENDING)
@as_root
def test_a_strangers_file_is_refused(writer: Writer, path: Path) -> None:
    path.touch()
    os.chown(path, SOMEBODY, 0)
    with pytest.raises(OSError, match="belongs to another user"):
        writer(path)
    assert path.read_bytes() == b""


@pytest.mark.parametrize("writer", APPENDING)
def test_a_link_is_not_followed(writer: Writer, path: Path, tmp_path: Path) -> None:
    victim = tmp_path / ".bashrc"
    victim.write_text("mine\n")
    path.symlink_to(victim)
    with pytest.raises(OSError, match=f"is a symbolic link, which is not followed: rm {path}"):
        writer(path)
    assert victim.read_text() == "mine\n"


def test_a_link_in_the_place_of_a_whole_file_is_replaced_and_not_followed(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    path.symlink_to(victim)
    replace_own(path, b"new")
    assert victim.read_text() == "mine\n"
    assert path.read_bytes() == b"new"
    assert not path.is_symlink()


@pytest.mark.parametrize("writer", APPENDING)
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["fifo", "folder"])
def test_what_is_no_file_neither_hangs_nor_takes_a_line(
    writer: Writer, path: Path, make: Callable[[Path], None]
) -> None:
    make(path)
    with pytest.raises(OSError, match="is not a regular file"):
        writer(path)


def test_a_named_log_is_never_another_name_of_a_file(path: Path) -> None:
    victim = path.with_name("victim")
    victim.write_text("mine\n")
    path.hardlink_to(victim)
    with pytest.raises(OSError, match="a hard link"):
        named_log(path)
    assert victim.read_text() == "mine\n"


def test_a_named_log_leaves_its_folder_as_it_is(path: Path) -> None:
    path.parent.chmod(0o755)
    named_log(path)
    assert mode(path.parent) == 0o755
    assert mode(path) == 0o600


def test_the_folder_may_be_a_link_of_our_own_to_a_folder_of_our_own(tmp_path: Path) -> None:
    disk, link = tmp_path / "disk", tmp_path / "state"
    disk.mkdir(mode=0o755)
    link.symlink_to(disk)
    journal(link / "audit.jsonl")
    assert mode(disk) == 0o700
    assert (disk / "audit.jsonl").exists()


@as_root
def test_a_strangers_link_to_a_folder_of_ours_is_refused(tmp_path: Path) -> None:
    documents, link = tmp_path / "documents", tmp_path / "state"
    documents.mkdir()
    documents.chmod(0o755)  # whatever the umask is
    link.symlink_to(documents)
    os.chown(link, SOMEBODY, 0, follow_symlinks=False)
    with pytest.raises(OSError, match="is a link of another user's"):
        own_folder(link)
    assert mode(documents) == 0o755


@as_root
def test_our_link_to_a_strangers_folder_is_refused(tmp_path: Path) -> None:
    disk, link = tmp_path / "disk", tmp_path / "state"
    disk.mkdir()
    link.symlink_to(disk)
    os.chown(disk, SOMEBODY, 0)
    with pytest.raises(OSError, match="belongs to another user"):
        own_folder(link)


def test_a_fifo_in_the_place_of_the_journal_does_not_hang_its_readers(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(OSError, match="is not a regular file"):
        list(read_records(path))


@as_root
def test_another_users_journal_is_read_and_stays_as_it_is(path: Path) -> None:
    own_folder(path.parent)
    path.write_text("line")
    path.chmod(0o644)
    os.chown(path, SOMEBODY, SOMEBODY)
    os.close(open_reading(path))
    assert path.stat().st_mode & 0o777 == 0o644


def test_reading_the_journal_makes_no_folder(tmp_path: Path) -> None:
    assert list(read_records(tmp_path / "absent" / "audit.jsonl")) == []
    assert list(tmp_path.iterdir()) == []


def test_a_descriptor_is_not_inherited(path: Path) -> None:
    file = open_own(path, os.O_WRONLY | os.O_CREAT)
    assert not os.get_inheritable(file)
    os.close(file)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("elsewhere")], ids=["fifo", "link"])
def test_a_log_that_was_asked_for_and_cannot_be_had_is_an_error(
    path: Path, make: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    make(path)
    assert cli.main(["config", "path", "--log-file", str(path)]) == 2
    assert f"the log {path} cannot be written: " in capsys.readouterr().err


def test_a_known_host_is_not_pinned_through_a_link(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "absent")
    with pytest.raises((OSError, Failed)):
        known_hosts(path)
    assert not (tmp_path / "absent").exists()


def test_places_repair_the_state_folder(tmp_path: Path) -> None:
    state = tmp_path / "s"
    state.mkdir(mode=0o777)
    places = Places(tmp_path / "c", state, tmp_path)
    places.ready(places.state_dir)
    assert mode(state) == 0o700


WRITING = {"write_text", "write_bytes", "touch", "mkdir", "mkdtemp", "mkstemp", "NamedTemporaryFile", "makedirs"}
ALLOWED = {
    "core/own_files.py",
    "core/trusted_files.py",  # opens for reading only
    "cli.py",  # /dev/null for closed streams
    "ssh/shells/terminal.py",  # the terminal
    "commands/prompts.py",  # the terminal
    "commands/prompter.py",  # the terminal
    "ui/form/editor.py:mkdtemp",
    "ssh/trust/pins.py:open",  # locks the user's own known_hosts
    "ssh/connecting/pool.py:open",  # a channel, not a file
    "ui/form/screen.py:touch",  # a field, not a file
}


def test_nothing_else_writes_files() -> None:
    found = set()
    for path in FILES:
        name = name_of(path)
        if name.startswith("sim/") or name in ALLOWED:
            continue
        for node in nodes(path):
            if isinstance(node, ast.Call) and (what := _writes(node)) and f"{name}:{what}" not in ALLOWED:
                found.add(f"{name}:{node.lineno}: {what}")
    assert not found, "use core/own_files.py"


def _writes(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        if function.attr in WRITING and not (isinstance(function.value, ast.Name) and function.value.id == "written"):
            return function.attr
        if function.attr == "open" and isinstance(function.value, ast.Name) and function.value.id == "os":
            return "open" if "O_RDONLY" not in ast.dump(call) else ""
        modes = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        return "open" if function.attr == "open" and any(set(one) & set("wax+") for one in modes) else ""
    return "open" if isinstance(function, ast.Name) and function.id == "open" else ""


def test_a_new_file_takes_no_other_files_place(tmp_path: Path) -> None:
    path = tmp_path / "own" / "run.txt"
    create(path, "first")
    with pytest.raises(FileExistsError):
        create(path, "second")
    assert path.read_text() == "first"


def test_two_dumps_of_one_moment_are_two(tmp_path: Path) -> None:
    paths = {write(tmp_path / "dumps", "run", {".txt": text}, 0.0) for text in ("first", "second")}
    assert sorted(path.read_text() for path in paths) == ["first", "second"]
