"""Give the terminal away for a while: to another program, or to the shell until `fg`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from textual.app import App, SuspendNotSupported

from gputui.core.problem import Cause, Failed, Problem
from gputui.ui.terminal.driver import ConsoleDriver

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


NO_SHELL = "no shell with job control has started gputui: nothing could bring it back, so it goes on"


def stop_job(app: App[Any]) -> None:
    """Stop until the shell's `fg`; without a shell that could continue it, say so instead."""
    driver = app._driver
    if not isinstance(driver, ConsoleDriver) or not driver.stop_job():
        app.notify(NO_SHELL, severity="warning", markup=False)


def undoes(app: App[Any]) -> bool:
    """Whether ctrl+z is the focused text's own key, which takes back what was typed."""
    focused = app.focused
    own = focused._bindings.key_to_bindings.get("ctrl+z", ()) if focused is not None else ()
    return any(binding.action == "undo" for binding in own)
