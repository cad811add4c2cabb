"""What is known about a row, piece by piece: each with its source and its time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gputui.core.health import Health
from gputui.core.rows import Ref


class Topic(Enum):
    """What a piece of evidence is about."""

    STATE = "state"
    WHY = "why"
    GPUS = "gpus"
    CHANGE = "change"
    WELL = "well"
    DATA = "data"
    LATELY = "lately"
    TOLD = "told"
    AROUND = "around"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line: what is known, who says so, and when that was (epoch seconds), if it has a time of its own.

    `opens` is the row that it is about, if it is another one.
    """

    topic: Topic
    text: str
    source: str
    at: float | None = None
    health: Health | None = None
    opens: Ref | None = None
