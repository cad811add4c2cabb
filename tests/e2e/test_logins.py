"""Secrets typed before a machine lets us in: in the console's dialogs, and unseen at a command's terminal."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gputui.sim.serve import Simulator
from tests.e2e.machine import Machine
from tests.e2e.terminal import Terminal
from tests.e2e.test_sessions import Enter, back, clouds, to_a_row

SECONDS = 30.0
__all__ = ["clouds", "to_a_row"]  # fixtures


def send(console: Terminal, title: str, secret: str) -> None:
    """Type into the dialog, once it takes keys: what comes before it can have been read does not count."""
    console.wait_for(title)
    while "•" not in console.screen:
        console.press("x")
        time.sleep(0.1)
    console.press("ctrl+u")
    console.wait_gone("•")
    console.type(secret)
    console.wait_for("•" * len(secret))
    assert secret not in console.screen
    console.press("enter")
    console.wait_gone("•")


def test_a_locked_key_and_then_a_password(clouds: Simulator, to_a_row: Enter, tmp_path: Path) -> None:
    """The key is unlocked once, though the machine does not take it; the password is asked for at every login."""
    profile = clouds.config()["profiles"]["nsml"]  # type: ignore[index]
    locked = tmp_path / "locked"
    shutil.copy(profile["ssh"]["identity_file"], locked)
    locked.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-a", "1", "-P", "", "-N", "sesame", "-f", locked], check=True)
    with Machine(password="open-7") as machine:
        console = to_a_row(port=machine.port, identity_file=str(locked))
        console.press("s")
        send(console, "Passphrase of a key file", "sesamo")
        send(console, "That was not its passphrase", "sesame")
        console.wait_for("Password:")
        console.press("escape")
        console.wait_for("login given up")
        console.press("s")
        send(console, "Password:", "wrong-7")
        send(console, "That was not accepted", "open-7")
        console.wait_for("TERM is")
        console.press("enter")
        back(console, "exit status 0")
        assert b"open-7" not in console.output and b"sesame" not in console.output


# -- at the terminal of a command ------------------------------------------------------------------------------------

ASKING = """
import asyncio, fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from gputui.commands.prompter import TerminalPrompter
from gputui.commands.context import CliContext
from gputui.ssh.prompter import HostKeyQuestion, LoginQuestion, PassphraseQuestion, Prompt
person = TerminalPrompter(CliContext.of_process())
def told(given):
    print("<" + ("None" if given is None else "|".join(secret.reveal()[::-1] for secret in given)) + ">", flush=True)
async def main():
    key = HostKeyQuestion("h", 22, "ssh-rsa", "SHA256:x", ("it was\\x1b elsewhere",), True)
    print(f"<{await person.confirm_host_key(key)}>", flush=True)
    phrase = await person.passphrase(PassphraseQuestion("/k", again=True))
    told(phrase and [phrase])
    two = (Prompt("Pw:", False), Prompt("Code:", True))
    told(await person.answers(LoginQuestion("h", 22, "PAM", ("one", "two"), two)))
    told(await person.answers(LoginQuestion("h", 22, "", (), (Prompt("More:", False),), again=True)))
asyncio.run(main())
"""


class Typist:
    """A program in a terminal of its own, and somebody who waits for words and types."""

    def __init__(self, program: str) -> None:
        self._main, self.slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
        )
        self.seen = ""

    def sees(self, words: str) -> None:
        until = time.monotonic() + SECONDS
        while words not in self.seen:
            ready, _, _ = select.select([self._main], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"waited for {words!r}; it said: {self.seen}"
            self.seen += os.read(self._main, 4096).decode()

    def types(self, text: str) -> None:
        os.write(self._main, text.encode())


@contextmanager
def typing(program: str) -> Iterator[Typist]:
    typist = Typist(program)
    try:
        yield typist
    finally:
        typist.process.kill()
        typist.process.wait(10)
        os.close(typist.slave)
        os.close(typist._main)


def test_a_command_asks_at_its_terminal_and_shows_no_secret() -> None:
    with typing(ASKING) as person:
        person.sees("(yes/no) ")
        assert "the jump host h port 22 shows the unknown host key ssh-rsa SHA256:x" in person.seen
        assert "it was␛ elsewhere" in person.seen
        person.types("yes\n")
        person.sees("<True>")
        assert "yes\r\n" in person.seen
        person.sees("Passphrase of /k: ")
        assert "that was not its passphrase" in person.seen
        person.types(" ses ame \n")
        person.sees("< ema ses >")
        person.sees("Pw: ")
        assert "h: PAM" in person.seen and "h: one" in person.seen
        person.types("hidden\n")
        person.sees("Code: ")
        person.types("shown\n")
        person.sees("<neddih|nwohs>")
        assert "shown" in person.seen
        person.sees("More: ")
        assert "h did not accept that" in person.seen
        person.types("\x04")
        person.sees("<None>")
        assert "hidden" not in person.seen and "ses ame" not in person.seen
        assert person.process.wait(10) == 0


def test_interrupted_while_it_asks_the_terminal_shows_again_what_is_typed() -> None:
    import termios

    with typing(ASKING) as person:
        before = termios.tcgetattr(person.slave)
        person.sees("(yes/no) ")
        person.types("yes\n")
        person.sees("Passphrase of /k: ")
        assert not termios.tcgetattr(person.slave)[3] & termios.ECHO
        person.types("\x03")
        person.sees("KeyboardInterrupt")
        assert termios.tcgetattr(person.slave) == before
