"""A simulated computer with an SSH server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ailment = Literal["", "app", "ecc", "hot", "hung", "link", "lost", "slow", "spins"]


@dataclass(frozen=True, slots=True)
class Machine:
    """What the SSH server needs to know to simulate one computer.

    `password` None means that login requires the listeners' client key. `ailment` is what is wrong with one
    of its GPUs: a job's fault, uncorrectable memory errors, overheated and throttled, a driver that hangs, fallen off
    the bus, slower than its siblings; or with all: a network port down, spinning in a collective. On its own localhost
    the machine serves a page on each of `ports`, and those of a notebook and a board.
    """

    name: str
    user: str
    password: str | None
    gpus: int
    gpu_model: str
    ailment: Ailment = ""
    ports: tuple[int, ...] = ()
