"""Filter expressions on the command line: for scripts, an invalid one is an error and never matched as plain text."""

from __future__ import annotations

from collections.abc import Iterable

from gputui.commands.context import CliContext
from gputui.commands.profiles import load_provider
from gputui.config.profiles import Profile
from gputui.core.filter import UNDERSTOOD, Filter, parse
from gputui.core.provider import Provider
from gputui.core.schema import field_names


def read_expression(text: str, ctx: CliContext, profiles: Iterable[Profile] = ()) -> Filter | None:
    """Return the filter over lists of these profiles; None if it cannot be parsed, which is reported.

    Unlike in the console, where a person sees the result, an invalid filter is not matched literally: a script would
    take the empty list for an answer, and `!state:error` would match every row.
    """
    wanted = parse(text, _fields(profiles) if text.strip() else ())
    if wanted.complaint:
        ctx.say(f"this expression cannot be read: {wanted.complaint} (understood are {UNDERSTOOD})")
        return None
    return wanted


def _fields(profiles: Iterable[Profile]) -> tuple[str, ...]:
    loaded = {profile.provider: load_provider(profile) for profile in profiles}
    return field_names(view for one in loaded.values() if isinstance(one, Provider) for view in one.views)
