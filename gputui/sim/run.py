"""Serving the embedded clouds in the foreground, for `gputui sim`."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from gputui.sim.serve import PROFILES, Simulator


def serve_forever(write_config: Path | None, out: Callable[[str], None], *, seed: int, stop: threading.Event) -> None:
    """Serve until `stop` is set; tells the addresses, and writes a config.toml that reaches them where asked to."""
    with Simulator(seed=seed) as simulator:
        if write_config is not None:
            write_private(write_config, simulator.config())
        for name, url in simulator.urls.items():
            out(f"{PROFILES.get(name, name):<10} {url}")
        out(f"{'ssh key':<10} {simulator.door.client_key_path}")
        if write_config is not None:
            out(f"{'config':<10} {write_config}")
        stop.wait()


def write_private(path: Path, config: dict[str, object]) -> None:
    """Write a config file readable by its owner only, whole or not at all."""
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
