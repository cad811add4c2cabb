"""Filter expressions on the command line: for scripts, one that cannot be read is an error, never other text."""

from __future__ import annotations

from gputui.commands.context import CliContext
from gputui.core.filter import UNDERSTOOD, Filter, parse


def read_expression(text: str, ctx: CliContext) -> Filter | None:
    """The filter; None where it cannot be read, which is said.

    It is not matched literally as in the console, where a person sees what that finds: a list that is empty for that
    reason would say that there are none, and `!state:error` would mean all there are.
    """
    wanted = parse(text)
    if wanted.complaint:
        ctx.say(f"this expression cannot be read: {wanted.complaint} (understood are {UNDERSTOOD})")
        return None
    return wanted
