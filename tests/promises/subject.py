"""The console that a walk is taken on: started, stopped, brought back and ended, and what can be seen of its health."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.terminal import Terminal

WATCHED = Path(__file__).with_name("watched_demo.py")
ENDS_WITHIN = 8.0
_PROMPT = re.compile(r"code=([0-9]+)(?![0-9])(?! *(?:fg|console))")
"""The shell's, which says how the last command ended, with nothing of ours typed behind it."""
EDITOR = """#!/bin/sh
case $(($$ % 4)) in
    1) echo broken >> "$1" ;;
    2) sed -i 's/1/2/' "$1" ;;
    3) exit 1 ;;
esac
"""


class Subject:
    """One console after the other, each `gputui demo` in a pty, in the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log, self._pulse, self._stalls = (folder / name for name in ("log", "pulse", "stalls"))
        self.terminal: Terminal | None = None
        self.size = (80, 24)
        self.stopped: list[tuple[float, float]] = []
        """When it was stopped, from and to: no fault of its own."""
        self._pid = 0
        self._shell = False
        self._faults: Any = None
        self._prepare()

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("home", "bin", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
        os.mkfifo(self.folder / "faults", 0o600)
        (self.folder / "inputrc").write_text("set enable-bracketed-paste off\n")  # a mode of the shell's own
        editor = self.folder / "editor"
        editor.write_text(EDITOR)
        arguments = f"{sys.executable} {WATCHED} {self.folder} demo --log-file {self.log} --log-level info"
        # The shell finds this one command and no other: keys that come late must not do anything there.
        command = self.folder / "bin" / "console"
        command.write_text(f"#!/bin/sh\nPATH='{os.environ['PATH']}' exec {arguments}\n")
        for program in (editor, command):
            program.chmod(0o700)

    @property
    def _environ(self) -> dict[str, str]:
        tree = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
        return tree | {
            "PATH": str(self.folder / "bin"),
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "EDITOR": str(self.folder / "editor"),
            "BROWSER": "/bin/true",
            "PS1": "code=$? ",
            "INPUTRC": str(self.folder / "inputrc"),
            "HISTFILE": "/dev/null",
        }

    # ------------------------------------------------------------------ beginning and ending

    def start(self, *, shell: bool, size: tuple[int, int]) -> None:
        """A new console, under a shell or alone on its terminal; returns when all clouds are connected."""
        self._shell, self.size = shell, size
        self._pulse.unlink(missing_ok=True)
        command = ["/bin/bash", "--norc", "-i"] if shell else [str(self.folder / "bin" / "console")]
        self.terminal = Terminal(
            command, environ=self._environ, folder=self.folder / "tmp", columns=size[0], rows=size[1]
        )
        if shell:
            self.terminal.wait_for("^code=0")
            self.terminal.type("console\r")
        self.terminal.wait_for(r"[✖X] bad ")
        self.terminal.wait_gone("connecting: ")
        self._pid = self._find_pid()
        self._faults = (self.folder / "faults").open("w", buffering=1)

    def _find_pid(self) -> int:
        assert self.terminal is not None
        return self.terminal.child if self._shell else self.terminal.pid

    @property
    def runs(self) -> bool:
        """Whether the console has not ended."""
        return self.state not in ("", "Z", "X")

    @property
    def state(self) -> str:
        """What the kernel says of the process, one letter; empty where there is none."""
        with contextlib.suppress(OSError):
            return Path(f"/proc/{self._pid}/stat").read_text().rpartition(") ")[2][:1]
        return ""

    def kill(self) -> None:
        """End it the hard way."""
        with contextlib.suppress(ProcessLookupError):
            if self._pid and self.runs:
                os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """Forget this console, whatever it does."""
        if self.terminal is not None:
            self.kill()
            self.terminal.__exit__()
            self.terminal = None
        if self._faults is not None:
            with contextlib.suppress(OSError):
                self._faults.close()
            self._faults = None

    def exit_code(self) -> int:
        """Wait for the end; the code that a shell would report. AssertionError: it still runs."""
        assert self.terminal is not None
        if not self._shell:
            code = self.terminal.wait_exit(ENDS_WITHIN)
            return code if code >= 0 else 128 - code
        terminal = self.terminal
        terminal.wait_until(lambda: not self.runs, "the console to end", ENDS_WITHIN)
        terminal.wait_until(lambda: bool(_PROMPT.search(terminal.screen)), "the shell")
        code = int(_PROMPT.findall(terminal.screen)[-1])
        terminal.burst("\x15exit\r")
        terminal.wait_exit()
        return code

    # ------------------------------------------------------------------ doing

    def send(self, text: str) -> None:
        """What a keyboard or a terminal sends, in one piece."""
        if self.terminal is not None and self.runs:
            self.terminal.burst(text)

    def resize(self, columns: int, rows: int) -> None:
        """Another size of the window."""
        if self.terminal is not None and self.runs:
            self.terminal.resize(columns, rows)
            self.size = (columns, rows)

    def fault(self, asked: dict[str, Any]) -> None:
        """Have a cloud fail, or work again."""
        with contextlib.suppress(OSError):
            self._faults.write(f"{json.dumps(asked)}\n")

    def signal(self, name: str) -> None:
        """Send a signal; where it stops the console, that is brought back as whoever started it would."""
        begun = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, getattr(signal, f"SIG{name}"))
        if name in ("STOP", "TSTP"):
            self._wait_for_state("T", 1.0)
            self.bring_back(begun)

    def bring_back(self, begun: float) -> None:
        """`fg`, or CONT where nobody has jobs; nothing where it does not stand still."""
        assert self.terminal is not None
        for _ in range(5):  # in the background it is stopped again when it touches the terminal
            if self.state != "T":
                break
            if self._shell:
                self.terminal.wait_for("Stopped")
                self.terminal.burst("\x15fg\r")
            else:
                os.kill(self._pid, signal.SIGCONT)
            self._wait_for_state("RSD", 5.0)
            time.sleep(0.1)
        self.stopped.append((begun, time.monotonic() + 0.2))

    def _wait_for_state(self, states: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self.state and self.state not in states and time.monotonic() < end:
            time.sleep(0.01)

    @contextlib.contextmanager
    def unread(self) -> Iterator[None]:
        """Nobody reads the terminal meanwhile, as on a dead link."""
        assert self.terminal is not None
        with self.terminal.unread():
            yield

    # ------------------------------------------------------------------ seeing

    @property
    def screen(self) -> str:
        """What the terminal shows."""
        return self.terminal.screen if self.terminal is not None else ""

    @property
    def lent(self) -> bool:
        """Whether somebody else, a session or an editor, has the terminal."""
        return self.terminal is not None and 1049 not in self.terminal.emulator.modes

    @property
    def beat(self) -> float:
        """When the console's loop was last alive (monotonic seconds)."""
        try:
            return float(self._pulse.read_text() or 0)
        except (OSError, ValueError):
            return 0.0

    def waiting(self) -> dict[int, dict[str, float]]:
        """For how many seconds each thread, ready to run, was not let run: those of the console, and ours."""
        return {pid: dict(_waiting(pid)) for pid in (self._pid, os.getpid())}

    def held_up(self, before: dict[int, dict[str, float]]) -> float:
        """Seconds that the machine, being busy, has taken since then: from the main threads and one of the others."""
        taken = 0.0
        for pid, threads in self.waiting().items():
            since = {name: seconds - before.get(pid, {}).get(name, 0.0) for name, seconds in threads.items()}
            taken += since.pop(str(pid), 0.0) + max(since.values(), default=0.0)
        return taken

    def stalls(self) -> list[dict[str, Any]]:
        """The long silences of the loop since this was last asked, without those in which it was stopped."""
        try:
            lines = [json.loads(line) for line in self._stalls.read_text().splitlines()]
            self._stalls.write_text("")
        except (OSError, ValueError):
            return []
        return [line for line in lines if not any(a < line["to"] and line["from"] < b for a, b in self.stopped)]

    def complaints(self) -> list[str]:
        """What stands in the log since this was last asked that a bug would have written."""
        try:
            text = self.log.read_text(errors="replace")
        except OSError:
            return []
        with contextlib.suppress(OSError):
            os.truncate(self.log, 0)
        parts = [f" {part}" for part in text.split("\n20")]
        return [part.strip() for part in parts if " ERROR " in part or " CRITICAL " in part or "Traceback" in part]

    def stacks(self) -> str:
        """Where all threads of the console are, if it still can say so."""
        path = self.folder / "stacks"
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGUSR1)
            time.sleep(0.5)
        return path.read_text() if path.exists() else ""


def _waiting(pid: int) -> Iterator[tuple[str, float]]:
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            yield path.parent.name, int(path.read_text().split()[1]) / 1e9
