"""A computer behind the SSH door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ailment = Literal["", "ecc", "hot", "lost"]


@dataclass(frozen=True, slots=True)
class Machine:
    """What the SSH server needs to know to play one computer.

    `password` None means that the door's client key is asked for instead. `ailment` is what `nvidia-smi` will show of
    one of its GPUs: uncorrectable memory errors, too hot and throttled, or fallen off the bus. At its own localhost it
    serves a page on each of `ports`, beside those of a notebook and a board.
    """

    name: str
    user: str
    password: str | None
    gpus: int
    gpu_model: str
    ailment: Ailment = ""
    ports: tuple[int, ...] = ()
