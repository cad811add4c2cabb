"""Start a command on many machines from the key or the command line."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from gputui.ui.list.page import Page
from gputui.ui.list.targets import Targets

if TYPE_CHECKING:
    from gputui.ui.fan_out.fan_outs import FanOuts
    from gputui.ui.host import Host


class FanOutController:
    """Owned by the console's screen. Its coroutines wait for screens and run in workers.

    `page` returns the current list.
    """

    def __init__(self, host: Host, page: Callable[[], Page | None]) -> None:
        self._host = host
        self._page = page

    @cached_property
    def _fan_outs(self) -> FanOuts:
        """Imported with the first command, as the first frame needs none of its screens."""
        from gputui.ui.fan_out.fan_outs import FanOuts

        return FanOuts(self._host, self._host.store)

    async def start(self, targets: Targets, command: str = "") -> None:
        """Ask for a command on many machines; `command` is its initial text."""
        await self._host.ssh.load()
        await self._fan_outs.start(targets, self._page(), command)

    async def show_again(self) -> None:
        """Show the answers to the last command again."""
        await self._fan_outs.show_again(self._page())
