"""Sessions on a real sshd, left and found again: full-screen programs, several at once, drops, how all of it ends."""

from __future__ import annotations

import os
import shutil
import signal
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from gputui.sim.serve import Simulator
from tests.e2e.conftest import Start
from tests.e2e.steps import agree, command, go, leave, narrow
from tests.e2e.terminal import Terminal
from tests.ssh.conftest import Sshd, _run_sshd, sshd

__all__ = ["sshd"]
ADDRESS = "127.203.113.4"
NODE = "gpu-node-001"
CLEAN = {7, 25, 2004}
"""The modes of a terminal that shows a shell."""


@pytest.fixture(scope="module")
def clouds() -> Iterator[Simulator]:
    """Clouds in which nothing happens by itself."""
    with Simulator(calm=True, only=["scp"]) as served:
        yield served


Enter = Callable[..., Terminal]


@pytest.fixture
def machine(sshd: Sshd) -> Sshd:
    """The first node of the cloud: a real sshd, whose shell says little."""
    sshd.stop()
    for name in (".bashrc", ".bash_profile"):
        (sshd.folder / name).write_text("PS1='there$ '\n")
    with (sshd.folder / "sshd_config").open("a") as config:
        config.write(f"ListenAddress {ADDRESS}\n")
    sshd.process = _run_sshd(sshd.folder, sshd.port)
    return sshd


Configured = Callable[..., Path]


@pytest.fixture
def configured(clouds: Simulator, machine: Sshd, tmp_path: Path) -> Configured:
    """The configuration; `ssh` is what its profile says about SSH beside how the node is reached."""

    def written(**ssh: object) -> Path:
        config: Any = clouds.config()
        reached = {"port": machine.port, "user": machine.user, "identity_file": str(machine.identity)}
        config["profiles"]["samsung"]["ssh"].update({**reached, "host_keys": "accept-new", **ssh})
        path = tmp_path / "config.toml"
        path.touch(mode=0o600)
        path.write_text(tomli_w.dumps(config))
        return path

    return written


@pytest.fixture
def to_the_node(start: Start, configured: Configured) -> Enter:
    """A console with the node chosen; `ssh` goes into its configuration."""

    def begin(**ssh: object) -> Terminal:
        console = start("--config", str(configured(**ssh)))
        console.wait_for("● ok")
        go(console, 1, "Nodes · Fabrics")
        narrow(console, NODE)
        return console

    return begin


def enter(console: Terminal) -> None:
    """A new session on the chosen node."""
    console.press("s")
    console.wait_for(r"^there\$")


def detach(console: Terminal) -> None:
    """Leave the session that is shown."""
    console.type("\x1d")
    console.wait_for("^ d detach   k disconnect   ctrl.] sends ctrl.]   any other key goes on")
    console.press("d")
    console.wait_for("detached, it lives on")


def listed(console: Terminal) -> None:
    """Open the list of sessions."""
    command(console, "sessions")
    console.wait_for("go back in")


def callers(machine: Sshd) -> list[int]:
    """The processes of sshd that serve a connection."""
    found = Path(f"/proc/{machine.process.pid}/task/{machine.process.pid}/children").read_text().split()
    return [int(pid) for pid in found]


@pytest.mark.skipif(not (shutil.which("vim") and shutil.which("tmux")), reason="no vim and tmux on this computer")
def test_full_screen_programs_look_as_before_after_coming_back(to_the_node: Enter, machine: Sshd) -> None:
    (machine.folder / "notes").write_text("".join(f"note {n}\n" for n in range(100)))
    console = to_the_node()
    enter(console)
    console.type(f"echo before; vim -u NONE -N -i NONE +'set mouse=a' {machine.folder}/notes\r")
    console.wait_for("^note 22$")
    looks, modes = console.lines, set(console.emulator.modes)
    assert {1000, 1006, 1049, 2004} <= modes or {1002, 1006, 1049, 2004} <= modes
    detach(console)
    assert "⇄ 1 session " in console.lines[1]
    assert not console.emulator.modes & {1000, 1002, 1006}
    listed(console)
    console.wait_for(f"● live +{NODE} in samsung +{machine.user}@{ADDRESS}:{machine.port}")
    console.wait_for(r"since \d\d:\d\d · detached \d+ s · nothing unseen · before")
    console.press("enter")
    console.wait_for("^note 22$")
    assert console.lines[:22] == looks[:22]
    assert console.emulator.modes == modes
    console.type(":q!\r")
    console.wait_until(lambda: console.emulator.modes == CLEAN, "vim to go")
    assert console.line("before"), "behind vim there is the shell as it was"
    console.type("tmux -f /dev/null -L gputui-$$ new 'seq 5; exec sh'\r")
    console.wait_for("^5$")
    detach(console)
    console.resize(100, 30)
    listed(console)
    console.press("enter")
    console.wait_until(lambda: "[" in console.lines[29] and len(console.lines[29]) > 90, "tmux in its new size")
    console.type("exit\r")
    console.wait_for("exited")
    console.type("exit 4\r")
    console.wait_for(f"{NODE}: exit status 4")
    assert "⇄" not in console.screen
    assert leave(console) == 0
    assert console.left_behind == []


def test_the_key_leads_back_into_the_session_that_was_left(to_the_node: Enter, machine: Sshd) -> None:
    console = to_the_node()
    enter(console)
    console.type("echo this is the $((1)). of $$\r")
    first = console.wait_for(r"^this is the 1\. of \d+")
    detach(console)
    console.press("s")
    console.wait_for(first)
    detach(console)
    listed(console)
    console.press("n")
    console.wait_for(r"opens the menu\nthere\$")
    detach(console)
    assert "⇄ 2 sessions " in console.lines[1]
    assert len(callers(machine)) == 1
    console.press("s")
    console.wait_for(f"Back into which session on {NODE}")
    console.wait_for("another session")
    console.press("escape")
    console.wait_gone("another session")


def sane(terminal: Terminal) -> bool:
    """Whether the terminal is as a shell wants it: it echoes, by lines, on its main screen."""
    flags = termios.tcgetattr(terminal._master)[3]
    return bool(flags & termios.ECHO and flags & termios.ICANON) and 1049 not in terminal.emulator.modes


@pytest.mark.parametrize("ssh", [{}, {"command": "ssh -F none"}])
def test_stopped_from_outside_the_terminal_is_sane_and_raw_again_after(to_the_node: Enter, ssh: dict[str, str]) -> None:
    console = to_the_node(**ssh)
    enter(console)
    console.type("printf '\\033[?1049h\\033[?1000h%s' full-screen; read line; printf '\\033[?1049l'\r")
    console.wait_for("^full-screen")
    for _ in range(2):
        console.kill(signal.SIGTSTP)
        console.wait_until(lambda: state(console.pid) == "T", "it to stop")
        console.wait_until(lambda: sane(console), "a terminal that a shell can use")
        assert not console.emulator.modes & {1000, 1049}
        console.kill(signal.SIGCONT)
        console.wait_until(lambda: not sane(console), "the session to have the terminal")
    console.type("\rexit 6\r")
    console.wait_for("exit status 6")
    assert leave(console) == 0
    assert console.left_behind == []


def state(pid: int) -> str:
    """The state of a process, such as T for stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]


def test_several_at_once_and_the_end_of_the_console_is_asked_about(to_the_node: Enter, machine: Sshd) -> None:
    console = to_the_node()
    for number in range(3):
        if number:
            command(console, f"ssh {NODE}")
        else:
            console.press("s")
        console.wait_for(r"^there\$")
        console.type(f"echo this is $((100 + {number})) of $$\r")
        console.wait_for(rf"^this is 10{number} of \d+")
        detach(console)
    assert len(callers(machine)) == 1, "one connection for all of them"
    assert "⇄ 3 sessions " in console.lines[1]
    command(console, "ssh no-such-node")
    console.wait_for("no machine is called no-such-node")
    listed(console)
    console.press("down", "k")
    console.wait_for(f"Disconnect from {NODE}")
    agree(console, "disconnect")
    console.wait_for("^ 2 sessions")
    console.press("down", "enter")
    console.wait_gone("this is 101")  # all three stood on the screen that the console has left
    console.wait_for("^this is 102 of")
    detach(console)
    command(console, "q")
    console.wait_for("Quit, and end 2 sessions")
    console.press("escape")
    console.wait_gone("Quit, and end")
    console.press("ctrl+c", "ctrl+c", "ctrl+c", "ctrl+c")
    console.wait_for("Quit, and end 2 sessions")
    agree(console, "quit")
    assert console.wait_exit() == 0
    assert console.left_behind == []
    console.wait_until(lambda: not callers(machine), "the connection to be closed")


def test_a_drop_says_why_and_offers_a_new_login_once(to_the_node: Enter, machine: Sshd) -> None:
    console = to_the_node()
    enter(console)
    console.type("\x1b[200~unfinished")
    os.kill(callers(machine)[0], signal.SIGKILL)
    console.wait_for(f"Reconnect to {NODE}")
    console.wait_for(r"connection lost after \d+ s: (it hung up without a word|Connection reset by peer|Broken pipe)")
    agree(console, "reconnect")
    console.wait_for(r"^there\$")
    assert "unfinished" not in console.screen, "nothing is sent again"
    detach(console)
    os.kill(callers(machine)[0], signal.SIGKILL)
    console.wait_for(r"connection lost after \d+ s")
    listed(console)
    console.wait_for("✖ ended .*")
    console.wait_for("ended: connection lost")
    console.press("enter")
    console.wait_for("Its last words:")
    console.press("q")
    console.wait_for(f"Reconnect to {NODE}")
    console.press("n")
    console.wait_gone("Reconnect")
    assert leave(console) == 0
    assert console.left_behind == []


def test_a_signal_ends_all_at_once(to_the_node: Enter, machine: Sshd) -> None:
    console = to_the_node()
    enter(console)
    detach(console)
    console.kill(signal.SIGHUP)
    assert console.wait_exit(within=3) == 128 + signal.SIGHUP
    assert console.left_behind == []
    console.wait_until(lambda: not callers(machine), "the connection to be closed")


def test_openssh_may_have_the_terminal_instead(to_the_node: Enter) -> None:
    console = to_the_node(command="ssh -F none")
    enter(console)
    console.type("stty size; tty\r")
    console.wait_for("^24 80$")
    console.type("exit 5\r")
    console.wait_for("exit status 5")
    assert leave(console) == 0
    assert console.left_behind == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_a_shell_without_a_console_gives_the_terminal_back(
    start: Start, configured: Configured, machine: Sshd, number: signal.Signals
) -> None:
    terminal = start("ssh", NODE, "--config", str(configured()))
    terminal.wait_for(r"^there\$")
    terminal.type("printf '\\033[?1049h\\033[?1000h\\033[?25l%s' full-screen\r")
    terminal.wait_for("^full-screen")
    terminal.kill(number)
    assert terminal.wait_exit() == 128 + number
    assert terminal.left_behind == []
    terminal.wait_until(lambda: not callers(machine), "the connection to be closed")


def test_a_changed_host_key_is_told_line_by_line_without_a_console(
    start: Start, configured: Configured, machine: Sshd
) -> None:
    where = ("ssh", NODE, "--config", str(configured()))
    terminal = start(*where)
    terminal.wait_for(r"^there\$")
    terminal.type("exit\r")
    assert terminal.wait_exit() == 0
    machine.new_host_key()
    terminal = start(*where, size=(120, 24))
    assert terminal.wait_exit() == 255
    for line in (
        rf"^gputui: The host key has CHANGED: {NODE}, {ADDRESS} port {machine.port}$",
        r"^gputui:   shows   ssh-ed25519 SHA256:\S+$",
        r"^gputui:   known   ssh-ed25519 SHA256:\S+$",
        rf"^gputui:   by hand ssh-keygen -R '\[{ADDRESS}\]:{machine.port}' -f ",
    ):
        terminal.wait_for(line)
