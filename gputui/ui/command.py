"""What a command of the console is, and what it is run with."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gputui.core.rows import Ref
from gputui.ui.list.targets import Targets
from gputui.ui.widgets.keys import Group, Key

if TYPE_CHECKING:
    from gputui.ui.act.controller import ActionController
    from gputui.ui.fan_out.controller import FanOutController
    from gputui.ui.host import Host
    from gputui.ui.ssh.controller import SshController


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What a command is run with: the host, the controllers of the console, and what it is about.

    `targets` are the rows that it needs, as they stood when it was asked for; `words` what was typed behind its name.
    """

    host: Host
    actions: ActionController
    ssh: SshController
    fan_outs: FanOutController
    targets: Targets
    words: str = ""

    @property
    def chosen(self) -> Ref | None:
        """The row it is about; None where there is none, which only a command by name has to expect."""
        return self.targets.refs[0] if self.targets.refs else None

    @property
    def row(self) -> Ref:
        """The row that a key was pressed on."""
        return self.targets.refs[0]


Run = Callable[[CommandContext], Coroutine[Any, Any, None] | None]
"""Does what a command is for: at once, or in a worker where it gives a coroutine."""


def by_its_action(_: CommandContext) -> None:
    """For a command that the screen's or application's own `action` is."""


@dataclass(frozen=True, slots=True)
class Command(Key):
    """A key and what it runs. With a `name` it is on the command line, too; without keys there only.

    `short` is the shorter form of its name, `about` what is said of it there, and `words` what may be typed behind it.
    """

    run: Run = by_its_action
    name: str = ""
    short: str = ""
    about: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Commands:
    """All of them: those of a list's rows, of the console's screen and of the application.

    `table_help` is what the help says of the keys of the table itself.
    """

    rows: tuple[Command, ...]
    screen: tuple[Command, ...]
    app: tuple[Command, ...]
    table_help: Mapping[Group, tuple[tuple[str, str], ...]]

    def __iter__(self) -> Iterator[Command]:
        yield from (*self.rows, *self.screen, *self.app)

    def of(self, identity: str) -> Command:
        """The command of that id."""
        return next(command for command in self if command.id == identity)
