"""A simulated computer with an SSH server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ailment = Literal["", "ecc", "hot", "lost"]


@dataclass(frozen=True, slots=True)
class Machine:
    """What the SSH server needs to know to simulate one computer.

    `password` None means that login requires the listeners' client key. `ailment` is what `nvidia-smi` reports for one
    of its GPUs: uncorrectable memory errors, overheated and throttled, or fallen off the bus. On its own localhost the
    machine serves a page on each of `ports`, and those of a notebook and a board.
    """

    name: str
    user: str
    password: str | None
    gpus: int
    gpu_model: str
    ailment: Ailment = ""
    ports: tuple[int, ...] = ()
