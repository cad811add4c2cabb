"""Takes the steps of a walk on a console, and notices whatever a console must never do."""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.e2e.terminal import HANDS_SECONDS
from tests.promises.inputs import Step
from tests.promises.subject import Subject

HANG_SECONDS = 0.25
DEAD_SECONDS = 20.0
"""Nothing moves for so long: it never will."""
STEP_SECONDS = 90.0
LAST = 50
ENDINGS = {"TERM": 143, "HUP": 129, "INT": 130, "QUIT": 131}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be: its kind (`crash`, `hang`, `stall`, `log`, `exit`, `terminal`) and words."""

    kind: str
    words: str

    @property
    def signature(self) -> str:
        """The same for the same fault."""
        lines = [line for line in self.words.splitlines() if line.strip()]
        return f"{self.kind}: {lines[-1].strip() if lines else ''}"


@dataclass(slots=True)
class Report:
    """What a walk has found, and how fast the console was."""

    findings: list[Finding] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    stalls: list[float] = field(default_factory=list)
    raw_stalls: list[float] = field(default_factory=list)
    """With the time for which the machine did not let us run."""
    steps: int = 0
    starts: int = 0

    def __str__(self) -> str:
        slow = sorted(self.answers) or [0.0]
        figures = (
            f"{self.steps} inputs, {self.starts} starts; key to paint: median {statistics.median(slow) * 1000:.0f}, "
            f"95 % {slow[int(len(slow) * 0.95)] * 1000:.0f}, longest {slow[-1] * 1000:.0f} ms of {len(self.answers)}; "
            f"longest stall {max(self.stalls, default=0) * 1000:.0f} ms "
            f"({max(self.raw_stalls, default=0) * 1000:.0f} with what the machine took)"
        )
        found = [f"\n--- {number}. {finding.kind}\n{finding.words}" for number, finding in enumerate(self.findings, 1)]
        return f"{figures}; {len(self.findings)} findings{''.join(found)}"


class Gone(Exception):
    """The console has ended, or was ended because nothing else would do."""


class Walk:
    """Takes steps on consoles, one after the other, and writes down what it finds."""

    def __init__(self, folder: Path, *, hang: float = HANG_SECONDS) -> None:
        self.subject = Subject(folder)
        self.report = Report()
        self.taken: list[Step] = []
        self.last: deque[Step] = deque(maxlen=LAST)
        self._hang = hang
        self._begin = Step("start", {"shell": False, "size": [80, 24]})
        self._dead = False

    def take(self, inputs: Iterable[Step], until: float, most: int = sys.maxsize) -> Report:
        """Walk until that moment (monotonic), or until so many findings; then end the console."""
        try:
            for step in inputs:
                if time.monotonic() > until or len(self.report.findings) >= most:
                    break
                self._one(step)
            if self.subject.terminal is not None:
                self._guarded(Step("end", "ctrl+c"))
        finally:
            self.subject.close()
        return self.report

    def _one(self, step: Step) -> None:
        self.taken.append(step)
        self.last.append(step)
        self.report.steps += 1
        if step.do == "start":
            self._begin = step
        elif self.subject.terminal is None:  # it has ended by itself
            self._guarded(self._begin)
        self._guarded(step)

    def _guarded(self, step: Step) -> None:
        """Take it; where nothing comes back for too long, the console is killed, so that at least we go on."""
        timer = threading.Timer(STEP_SECONDS, self._kill)
        timer.daemon = True
        timer.start()
        try:
            self._do(step)
        except Gone:
            self._ended()
        except AssertionError as error:
            self._find("hang", f"{error}\n{self.subject.stacks()}\nat {step.plain()}")
            self.subject.close()
        finally:
            timer.cancel()

    def _kill(self) -> None:
        self._dead = True
        self._find("hang", f"nothing came back for {STEP_SECONDS:.0f} s\n{self.subject.stacks()}")
        self.subject.kill()

    def _find(self, kind: str, words: str) -> None:
        finding = Finding(kind, words)
        if all(finding.signature != other.signature for other in self.report.findings):
            self.report.findings.append(finding)

    # ------------------------------------------------------------------ steps

    def _do(self, step: Step) -> None:
        subject, what = self.subject, step.what
        if step.do == "start":
            self._start(shell=what["shell"], size=tuple(what["size"]))
        elif step.do == "end":
            self._end(what)
        elif step.do == "probe":
            self._probe()
        elif step.do == "type":
            for character in what:
                subject.send(character)
        elif step.do == "unread":
            with subject.unread():
                subject.send(what["keys"])
                time.sleep(what["seconds"])
        elif step.do != "wait":
            getattr(subject, step.do)(*([what] if step.do != "resize" else what))
        if subject.terminal is not None and step.do not in ("start", "end"):
            self._lives()
            time.sleep(step.pause)

    def _start(self, *, shell: bool, size: tuple[int, int]) -> None:
        if self.subject.terminal is not None:
            self.subject.close()
        self.report.starts += 1
        self.subject.start(shell=shell, size=size)
        self.subject.stalls()  # what it imports at its start is measured elsewhere

    def _lives(self) -> None:
        """Until the loop has turned once more. Raises Gone where there is none, AssertionError where it stands."""
        subject, asked = self.subject, time.monotonic()
        while subject.beat <= asked:
            if not subject.runs:
                raise Gone
            if subject.state == "T":  # ctrl+z
                subject.bring_back(asked)
                asked = time.monotonic()
            assert time.monotonic() < asked + DEAD_SECONDS, f"the loop stands still; the screen:\n{subject.screen}"
            time.sleep(0.004)
        self._look_inside()

    def _look_inside(self) -> None:
        for stall in self.subject.stalls():
            seconds = stall["late"] - stall["busy"]
            self.report.stalls.append(seconds)
            self.report.raw_stalls.append(stall["late"])
            if seconds > self._hang:
                figures = (
                    f"{stall['work']:.2f} s of work, {stall['all']:.2f} of all threads, {stall['busy']:.2f} not let run"
                )
                self._find("stall", f"{seconds * 1000:.0f} ms ({figures})\n{stall['stack']}")

    # ------------------------------------------------------------------ does it answer?

    def _probe(self) -> None:
        """Back to the list, and the time from `?` to its text."""
        self._home()
        before, asked = self.subject.waiting(), time.monotonic()
        self.subject.send("?")
        self._shows("gputui help", DEAD_SECONDS)
        took = time.monotonic() - asked - self.subject.held_up(before)
        self.report.answers.append(took)
        if took > self._hang:
            self._find("hang", f"`?` was shown after {took * 1000:.0f} ms\n")
        self._leave_help()

    def _home(self) -> None:
        """From wherever we are to the list, as somebody who is lost does it."""
        if min(self.subject.size[0] // 40, self.subject.size[1] // 10) < 1:
            self.subject.resize(80, 24)
        for attempt in count():
            self._lives()
            self.subject.send("?")
            if self._shows("gputui help", 1.0 + attempt / 4, required=False):
                self._leave_help()
                return
            assert attempt < 14, f"there is no way back to the list; the screen:\n{self.subject.screen}"
            self._back(attempt)

    def _back(self, attempt: int) -> None:
        keys = ["\x1d", "k"] if self.subject.lent else ["\x1b", "\x1b"]
        if self.subject.lent and attempt % 3 == 2:
            keys = ["\r"]
        for key in keys:
            self.subject.send(key)
            time.sleep(0.2)

    def _leave_help(self) -> None:
        self.subject.send("q")
        self._shows("gputui help", DEAD_SECONDS, gone=True)
        time.sleep(HANDS_SECONDS)  # it is drawn within a few ms: a key so soon is taken for pasted

    def _shows(self, text: str, seconds: float, *, required: bool = True, gone: bool = False) -> bool:
        end = time.monotonic() + seconds
        while (text in self.subject.screen) == gone:
            if not self.subject.runs:
                raise Gone
            if time.monotonic() > end:
                assert not required, f"waited for {text!r}{' to go' if gone else ''}:\n{self.subject.screen}"
                return False
            time.sleep(0.003)
        return True

    # ------------------------------------------------------------------ endings

    def _end(self, how: str) -> None:
        """End it; its exit code, the terminal and the log are looked at."""
        if how in ENDINGS:
            self.subject.signal(how)
        else:
            self._home()
            self._quit(how)
        self._ended(ENDINGS.get(how, 0))

    def _quit(self, how: str) -> None:
        for _ in range(4):
            for key in ("\x03", "\x03") if how == "ctrl+c" else (":", "q", "\r"):
                self.subject.send(key)
                time.sleep(0.3)
            if self._over(1.0):
                return
            self.subject.send("y")  # where sessions would end with it, it asks
            if self._over(4.0):
                return

    def _over(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self.subject.runs and time.monotonic() < end:
            time.sleep(0.01)
        return not self.subject.runs

    def _ended(self, wanted: int = 0) -> None:
        """It has ended, or is about to: everything must be as it was."""
        terminal = self.subject.terminal
        if terminal is None:
            return
        self._look_inside()
        try:
            if not self._dead:
                code = self.subject.exit_code()
                if code != wanted:
                    self._find("crash" if code == 1 else "exit", f"{terminal.screen}\nexit code {code}, not {wanted}")
                elif "Traceback" in terminal.screen:
                    self._find("crash", terminal.screen)
                if left := terminal.left_behind:
                    self._find("terminal", f"left behind: {left}")
        except AssertionError as error:
            self._find("exit", f"{error}\n{self.subject.stacks()}\nit did not end")
        for complaint in self.subject.complaints():
            self._find("log", complaint)
        self._dead = False
        self.subject.close()
