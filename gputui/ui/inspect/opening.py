"""The keys that open the menus of rows. Their dialogs are imported then, as the first frame needs none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.rows import Ref
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
