"""Drill down from a row to its children, asking if there are several kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gputui.core.actions import Choice
from gputui.core.rows import Ref
from gputui.engine.store import Store

if TYPE_CHECKING:
    from gputui.ui.host import Host


async def drill_down(host: Host, store: Store, ref: Ref, go: Callable[[str, str, Ref], None]) -> bool:
    """Go to the children of `ref`; False if it has none. Must run in a worker, as it may ask."""
    cloud = store.clouds.get(ref.profile)
    parent = cloud.provider.view(ref.view) if cloud else None
    if cloud is None or parent is None or not parent.children:
        return False
    names = [child.view for child in parent.children]
    if len(names) == 1:
        go(ref.profile, names[0], ref)
        return True
    from gputui.ui.widgets.chooser import Chooser  # a dialog: not needed for the first frame

    titled = [Choice(name, view.title) for name in names if (view := cloud.provider.view(name)) is not None]
    row = store.find(ref)
    choice = await host.push_screen_wait(Chooser(f"What of {row.name if row else ref.id}?", titled))
    if choice is not None:
        go(ref.profile, choice.value, ref)
    return True
