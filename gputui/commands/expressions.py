"""Filter expressions on the command line: for scripts, an invalid one is an error and never matched as plain text."""

from __future__ import annotations

from gputui.commands.context import CliContext
from gputui.core.filter import UNDERSTOOD, Filter, parse


def read_expression(text: str, ctx: CliContext) -> Filter | None:
    """Return the filter; None if it cannot be parsed, which is reported.

    Unlike in the console, where a person sees the result, an invalid filter is not matched literally: a script would
    take the empty list for an answer, and `!state:error` would match every row.
    """
    wanted = parse(text)
    if wanted.complaint:
        ctx.say(f"this expression cannot be read: {wanted.complaint} (understood are {UNDERSTOOD})")
        return None
    return wanted
