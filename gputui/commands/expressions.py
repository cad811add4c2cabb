"""Filter expressions on the command line: for scripts, an invalid one is an error and never matched as plain text."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gputui.commands.context import CliContext
from gputui.commands.profiles import load_provider
from gputui.config.profiles import Profile
from gputui.core.filter import UNDERSTOOD, Filter, parse, without_hits
from gputui.core.provider import Provider
from gputui.core.rows import Row
from gputui.core.schema import field_names


def read_expression(
    text: str, ctx: CliContext, profiles: Iterable[Profile] = (), only: Collection[str] = ()
) -> Filter | None:
    """Return the filter over lists of these profiles; None if it cannot be parsed, which is reported.

    `only` are the fields there are where that is no list.

    Unlike in the console, where a person sees the result, an invalid filter is not matched literally: a script would
    take the empty list for an answer, and `!state:error` would match every row.
    """
    wanted = parse(text, _fields(profiles) if text.strip() else ())
    if wanted.complaint:
        at = f"at character {wanted.place[0] + 1}"
        ctx.say(f"this expression cannot be read: {wanted.complaint} ({at}; understood are {UNDERSTOOD})")
        return None
    if only and (lacking := wanted.lacking(only)):
        ctx.say(lacking)
        return None
    return wanted


def say_without_hits(wanted: Filter, rows: Iterable[Row], ctx: CliContext) -> None:
    """Report the names of a list of names that nothing has."""
    lost = without_hits(wanted, rows, ctx.now())
    if lost:
        ctx.say(f"nothing matches {', '.join(lost)} ({len(lost)} of {len(wanted.sides)})")


def _fields(profiles: Iterable[Profile]) -> tuple[str, ...]:
    loaded = {profile.provider: load_provider(profile) for profile in profiles}
    return field_names(view for one in loaded.values() if isinstance(one, Provider) for view in one.views)
