"""`gputui sim`: the embedded clouds in the foreground, to try scripts and other programs against."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from gputui.commands.interruption import INTERRUPTING
from gputui.core.signals import unignored

if TYPE_CHECKING:
    from gputui.commands.context import CliContext
    from gputui.commands.options import WorldOptions


def run_sim(write_config: Path | None, seed: int, world: WorldOptions, ctx: CliContext) -> int:
    """Serve a world until interrupted or terminated."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        ctx.say("the embedded clouds need an extra: pip install 'gputui[demo]'")
        return 2
    from gputui.sim.churn import Rates
    from gputui.sim.run import serve_forever

    def out(line: str) -> None:
        ctx.out.write(f"{line}\n")
        ctx.out.flush()  # a reader of the addresses in a pipe must see them now

    stop = threading.Event()
    try:
        with _ended_by_signals():
            serve_forever(
                write_config.absolute() if write_config else None,
                out,
                seed=seed,
                stop=stop,
                only=world.only,
                machines=world.machines,
                rates=Rates(world.pace, world.changed, world.changing),
            )
    except KeyboardInterrupt:
        return 0
    except ValueError as error:
        ctx.say(str(error))
        return 2
    except OSError as error:
        ctx.say(f"the embedded clouds cannot be served: {error}")
        return 2
    return 0


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Make these signals end the servers by an exception in the serving code, which cleans up: once, even if repeated.

    An event set in the handler could wait for a lock that the interrupted code holds.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        for each in heard:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = unignored(*INTERRUPTING)
    before = {number: signal.signal(number, interrupt) for number in heard}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
