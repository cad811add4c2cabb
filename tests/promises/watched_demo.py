"""`gputui demo` with a witness inside it: `watched_demo.py FOLDER ARGUMENTS…`; run by the random walk.

The witness is a beat on the console's own event loop, laid there by the loop's policy, so that nothing of the product
is other than what people run. It tells how long the loop stood still and where. Faults of the clouds, which the walk
switches, come in by a pipe.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import json
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from gputui import cli
from gputui.sim import serve

BEAT_SECONDS = 0.02
NOTED_SECONDS = 0.1
"""A beat that is later than this is written down."""
STACK_AFTER = 0.08


class Waiting:
    """For how long we, ready to run, were not let run: a busy machine is no fault of ours."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._last: dict[str, int] = {}

    def since(self) -> float:
        """Seconds since this was last asked: of the main thread, and of the one among the others that waited most.

        The main thread may have waited for that one's lock; of several, most will have waited beside each other.
        """
        main, others = 0, [0]
        for path in Path("/proc/self/task").iterdir():
            with contextlib.suppress(OSError):  # that thread has ended
                if path.name not in self._files:
                    self._files[path.name] = os.open(path / "schedstat", os.O_RDONLY)
                total = int(os.pread(self._files[path.name], 100, 0).split()[1])
                passed = total - self._last.get(path.name, 0)
                self._last[path.name] = total
                if int(path.name) == os.getpid():
                    main = passed
                else:
                    others.append(passed)
        return (main + max(others)) / 1e9


class Witness:
    """Feels the pulse of one loop; writes `pulse` (when it beat last) and a line in `stalls` for each long silence."""

    def __init__(self, folder: Path) -> None:
        self._pulse = os.open(folder / "pulse", os.O_WRONLY | os.O_CREAT, 0o600)
        self._stalls = (folder / "stalls").open("a", encoding="utf-8", buffering=1)
        self._main = threading.get_ident()
        self._waiting = Waiting()
        self._waiting.since()
        self._last = time.monotonic()
        self._worked, self._all_worked = time.thread_time(), time.process_time()
        self._stack = ""
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on; a thread beside it looks where the loop is when it is late."""
        self._loop = loop
        loop.call_soon(self._beat)
        threading.Thread(target=self._look, name="witness", daemon=True).start()

    def _beat(self) -> None:
        now, busy = time.monotonic(), self._waiting.since()
        worked, all_worked = time.thread_time(), time.process_time()
        late = now - self._last - BEAT_SECONDS
        if late > NOTED_SECONDS:
            line = {"from": self._last, "to": now, "late": late, "busy": busy, "stack": self._stack}
            line |= {"work": worked - self._worked, "all": all_worked - self._all_worked}
            self._stalls.write(f"{json.dumps(line)}\n")
        self._last, self._worked, self._all_worked, self._stack = now, worked, all_worked, ""
        os.pwrite(self._pulse, f"{now:020.6f}".encode(), 0)
        assert self._loop is not None
        self._loop.call_later(BEAT_SECONDS, self._beat)

    def _look(self) -> None:
        while True:
            time.sleep(STACK_AFTER / 2)
            frame = sys._current_frames().get(self._main)
            if not self._stack and time.monotonic() - self._last > STACK_AFTER + BEAT_SECONDS and frame is not None:
                self._stack = "".join(traceback.format_stack(frame)[-8:])


class WatchedLoops(asyncio.DefaultEventLoopPolicy):
    """Gives the main thread a loop with a witness."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = super().new_event_loop()
        if threading.current_thread() is threading.main_thread():
            Witness(self._folder).watch(loop)
        return loop


class FaultyClouds(serve.Simulator):
    """The embedded clouds, whose faults come as lines of JSON: {"cloud", "fault" or null, "match"}."""

    pipe: Path

    def start(self) -> None:
        """Serve, and listen."""
        super().start()
        threading.Thread(target=self._obey, name="faults", daemon=True).start()

    def _obey(self) -> None:
        from gputui.sim.faults import Fault

        with self.pipe.open(encoding="utf-8") as lines:
            for line in lines:
                asked: dict[str, Any] = json.loads(line)
                fault = asked["fault"] and Fault(**asked["fault"])
                self.faults[asked["cloud"]].always(fault, asked.get("match"))


if __name__ == "__main__":
    folder = Path(sys.argv.pop(1))
    FaultyClouds.pipe = folder / "faults"
    serve.Simulator = FaultyClouds  # type: ignore[misc]
    faulthandler.register(signal.SIGUSR1, (folder / "stacks").open("w"))
    asyncio.set_event_loop_policy(WatchedLoops(folder))
    sys.exit(cli.main())
