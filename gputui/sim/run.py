"""Serve the simulated clouds in the foreground, for `gputui sim`."""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from gputui.sim.churn import USUAL, Rates
from gputui.sim.serve import Simulator
from gputui.sim.world import PROFILES


def serve_forever(
    write_config: Path | None,
    out: Callable[[str], None],
    *,
    seed: int,
    stop: threading.Event,
    only: Sequence[str] | None = None,
    machines: int = 0,
    rates: Rates = USUAL,
) -> None:
    """Serve until `stop` is set; report the addresses, and write a config.toml for them if requested."""
    _raise_file_limit()
    with Simulator(seed=seed, only=only, machines=machines, rates=rates) as simulator:
        gc.freeze()  # the world is permanent: the collector need not examine it again and again
        if write_config is not None:
            write_private(write_config, simulator.config())
        for name, url in simulator.urls.items():
            out(f"{PROFILES.get(name, name):<10} {url}")
        out(f"{'ssh key':<10} {simulator.door.client_key_path}")
        if write_config is not None:
            out(f"{'config':<10} {write_config}")
        stop.wait()


def _raise_file_limit() -> None:
    """Raise the open-file limit to the maximum: every machine listens at its own address."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # some systems report "unlimited" but have a limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def write_private(path: Path, config: dict[str, object]) -> None:
    """Write a config file atomically, readable by its owner only."""
    import tomli_w

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            tomli_w.dump(config, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
