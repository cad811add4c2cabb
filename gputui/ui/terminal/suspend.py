"""Lend the terminal to another program while the console is suspended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from textual.app import SuspendNotSupported

from gputui.core.problem import Cause, Failed, Problem

if TYPE_CHECKING:
    from gputui.ui.host import Host

Given = TypeVar("Given")


async def suspend_for(host: Host, work: Callable[[], Awaitable[Given]]) -> Given:
    """Run `work` while the console does not have the terminal, and return its result.

    Raises its Failed after the console is back, and a Failed of our own if the terminal cannot be lent.
    """
    host.paused = True
    try:
        with host.suspend():
            # Caught inside: if the block raises, Textual does not resume.
            try:
                given: Given | Failed = await work()
            except Failed as failed:
                given = failed
    except SuspendNotSupported:
        raise Failed(Problem(Cause.INPUT, "there is no terminal to lend")) from None
    finally:
        host.paused = False
        host.resumed()
    if isinstance(given, Failed):
        raise given
    return given
