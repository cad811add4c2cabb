"""`gputui demo`: the console over the embedded clouds, with its own files that are removed when it ends."""

from __future__ import annotations

import shutil
import signal
import tempfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gputui.commands.console import USAGE_ERROR, run_console
from gputui.commands.context import CliContext
from gputui.commands.options import ConsoleOptions, WorldOptions
from gputui.config.paths import Places
from gputui.core.own_files import replace_own

if TYPE_CHECKING:
    from gputui.sim.serve import Simulator


def run_demo(options: ConsoleOptions, ctx: CliContext, world: WorldOptions, *, seed: int = 7) -> int:
    """Run the console over clouds that start after its first frame; return its exit code."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        ctx.say("the demo needs its extra: pip install 'gputui[demo]'")
        return USAGE_ERROR
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the folder is made, and is known to be
    with tempfile.TemporaryDirectory(prefix="gputui-demo-") as folder:
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
            return _run(Path(folder), options, ctx, world, seed)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a ctrl+c now must not leave files behind


def _run(folder: Path, options: ConsoleOptions, ctx: CliContext, world: WorldOptions, seed: int) -> int:
    clouds: list[Simulator] = []
    own = replace(ctx, places=Places(folder / "config", folder / "state", ctx.places.home))
    _write(own.places, _tabs())

    def serve() -> None:
        from gputui.sim.churn import Rates
        from gputui.sim.serve import Simulator

        rates = Rates(world.pace, world.changed, world.changing)
        made = Simulator(seed=seed, within=folder, only=world.only, machines=world.machines, rates=rates)
        clouds.append(made)
        made.start()
        _write(own.places, made.config())

    def stop() -> None:
        for cloud in clouds:
            cloud.stop()

    def clean_up() -> None:
        stop()
        shutil.rmtree(folder, ignore_errors=True)

    try:
        return run_console(replace(options, config=own.places.config_file), own, serve, clean_up)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop()


def _tabs() -> dict[str, object]:
    """Return the configuration needed for the first frame: the list of profiles."""
    from gputui.sim.world import PROFILES

    return {"refresh_seconds": 2, "profiles": {name: {"provider": cloud} for cloud, name in PROFILES.items()}}


def _write(places: Places, config: dict[str, object]) -> None:
    import tomli_w

    replace_own(places.config_file, tomli_w.dumps(config).encode())
