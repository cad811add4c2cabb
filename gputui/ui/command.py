"""A command of the console, and the context it runs in."""

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
    """The context of a command: the host, the console's controllers, and the rows it is about.

    `targets` are the rows it needs as of the key press; `words` is the text typed after its name.
    """

    host: Host
    actions: ActionController
    ssh: SshController
    fan_outs: FanOutController
    targets: Targets
    words: str = ""

    @property
    def chosen(self) -> Ref | None:
        """The row it is about; None if there is none, which only a command run by name has to expect."""
        return self.targets.refs[0] if self.targets.refs else None

    @property
    def row(self) -> Ref:
        """The row that the key was pressed on."""
        return self.targets.refs[0]


Run = Callable[[CommandContext], Coroutine[Any, Any, None] | None]
"""Runs a command: at once, or in a worker if it returns a coroutine."""


def by_its_action(_: CommandContext) -> None:
    """Do nothing: the `action` of the screen or application runs this command."""


@dataclass(frozen=True, slots=True)
class Command(Key):
    """A key and what it runs. With a `name` it is also on the command line; without keys only there.

    `short` is the abbreviation of its name, `about` its description there, `words` the placeholder for its arguments.
    """

    run: Run = by_its_action
    name: str = ""
    short: str = ""
    about: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Commands:
    """All commands: those of a list's rows, of the console's screen and of the application.

    `table_help` is the help text for the table's own keys.
    """

    rows: tuple[Command, ...]
    screen: tuple[Command, ...]
    app: tuple[Command, ...]
    table_help: Mapping[Group, tuple[tuple[str, str], ...]]

    def __iter__(self) -> Iterator[Command]:
        yield from (*self.rows, *self.screen, *self.app)

    def of(self, identity: str) -> Command:
        """Return the command with this id."""
        return next(command for command in self if command.id == identity)
