"""The options of the command line as values: those of every command and those of the console."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gputui.config.colours import Depth


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """Options that are accepted before or after any command.

    `read_only` is None if neither `--read-only` nor `--write` was given. `config` and `log_file` are None for the
    default paths. `profiles` is empty for all of them.
    """

    config: Path | None = None
    profiles: tuple[str, ...] = ()
    read_only: bool | None = None
    log_file: Path | None = None
    log_level: str = "warning"


@dataclass(frozen=True, slots=True)
class ConsoleOptions(GlobalOptions):
    """Options of the console and the demo. Empty or None means: use the configuration. `depth` is the terminal's."""

    view: str = ""
    refresh: float | None = None
    theme: str = ""
    ascii: bool = False
    no_color: bool = False
    mouse: bool = False
    full_frames: bool = False
    depth: Depth = Depth.DIRECT


@dataclass(frozen=True, slots=True)
class GetOptions:
    """What to read and how to write it. `kind` is a view's name or `fleet`; `name` is empty for all rows.

    `partial` accepts an incomplete list. `since` is for the kind `changes` alone: a span (`1h`) or a date.
    """

    kind: str = ""
    name: str = ""
    output: str = "table"
    filter: str = ""
    faults: bool = False
    headers: bool = True
    raw: bool = False
    partial: bool = False
    since: str = ""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What to watch and how to write it: `output` is text or jsonl; `refresh` None for what the configuration says."""

    output: str = "text"
    filter: str = ""
    refresh: float | None = None


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What to run, and where. `expression` is a filter over machine rows, `command` one line for the remote shells.

    `concurrency` is the number of machines at once, `timeout` the seconds for each of them, including connecting.
    `each` runs it for each of several machines behind one address and port, not once.
    """

    expression: str
    command: str
    output: str = "text"
    concurrency: int = 64
    timeout: float = 60.0
    diff: bool = False
    each: bool = False
    yes: bool = False


@dataclass(frozen=True, slots=True)
class GpusOptions:
    """Whose GPUs to read, and how to write them: `output` is table, json or jsonl.

    `expression` is a filter over machine rows, empty for all. `every` None reads once. `evidence` writes the text for a
    ticket instead. `timeout` is the seconds for each machine, including connecting.
    """

    expression: str = ""
    output: str = "table"
    every: float | None = None
    evidence: bool = False
    concurrency: int = 64
    timeout: float = 60.0
    headers: bool = True


@dataclass(frozen=True, slots=True)
class WorldOptions:
    """The size of the embedded clouds and how much changes in them by itself.

    `machines` 0 is the default number, `only` None all clouds. `pace` is the frequency of events, 1 being the default.
    `changed` and `changing` are percentages of the machines: those that change every five seconds, and those that are
    between two states at any moment.
    """

    machines: int = 0
    only: tuple[str, ...] | None = None
    pace: float = 1.0
    changed: float = 0.0
    changing: float = 0.0
