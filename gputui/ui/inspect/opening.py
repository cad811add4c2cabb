"""The keys that open menus and timelines. Their screens are imported then, as the first frame needs none."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row
from gputui.engine.cloud import Cloud
from gputui.engine.lost_profiles import is_profile
from gputui.ui.inspect.profile import show_profile
from gputui.ui.list.targets import Targets

if TYPE_CHECKING:
    from gputui.ui.host import Host


async def show_copies(host: Host, targets: Targets) -> None:
    """Show what can be copied of the rows."""
    from gputui.ui.inspect.copying import copy_menu

    await copy_menu(host, targets)


async def show_links(host: Host, ref: Ref) -> None:
    """Show the links of the row."""
    from gputui.ui.inspect.links import links_menu

    await links_menu(host, ref)


def inspect_row(host: Host, ref: Ref) -> None:
    """Show the details of a row; of a profile that cannot be read, why that is so. A failed change of it was seen."""
    host.store.operations.saw(ref)
    from gputui.ui.inspect.details import show_details

    _show(host, ref, show_details)


def show_json(host: Host, ref: Ref) -> None:
    """Show the provider's own object of a row."""
    from gputui.ui.inspect.row import show_raw

    _show(host, ref, show_raw)


def explain_row(host: Host, ref: Ref) -> None:
    """Show why a row is as it is; of a profile that cannot be read, why that is so."""
    from gputui.ui.inspect.explain import show_explanation

    _show(host, ref, show_explanation)


def _show(host: Host, ref: Ref, shows: Callable[[Host, Row, AnyView, Cloud], None]) -> None:
    if is_profile(ref):
        show_profile(host, ref.profile)
        return
    row, view, cloud = host.store.find(ref), host.store.view(ref), host.store.clouds.get(ref.profile)
    if row is None or view is None or cloud is None:
        host.notify("that row is gone", severity="warning", markup=False)
    else:
        shows(host, host.store.shown(ref) or row, view, cloud)


def show_timeline(host: Host, words: str = "") -> None:
    """Show what changed in the last 15 minutes, or since a moment: a span (`2h`), a time (`14:00`) or a date."""
    from gputui.core.spans import MOMENTS, moment
    from gputui.ui.inspect.timeline import USUAL_SPAN, Timeline

    now = host.store.clock.now()
    try:
        seconds = now - moment(words, now).timestamp() if words else USUAL_SPAN
    except (ValueError, OverflowError):
        seconds = -1.0
    if seconds > 0:
        host.push_screen(Timeline(host, partial(inspect_row, host), seconds))
    else:
        what = f":since {words}: not {MOMENTS} in the past"
        host.notify(what, severity="warning", markup=False)


def compare(host: Host, targets: Targets) -> None:
    """Show what differs between the two marked rows."""
    from gputui.ui.inspect.comparing import compare_rows

    compare_rows(host, targets)


async def save_bundle(host: Host) -> None:
    """Save a folder to hand over: the fleet, the timeline, what was done, the journal, versions."""
    from gputui.ui.inspect.bundle import write_bundle

    await write_bundle(host)
