"""The keys that lead to the menus of rows. Their dialogs are loaded then: the first frame needs none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.rows import Ref
from gputui.ui.list.targets import Targets

if TYPE_CHECKING:
    from gputui.ui.host import Host


async def show_copies(host: Host, targets: Targets) -> None:
    """What can be copied of the rows."""
    from gputui.ui.inspect.copying import copy_menu

    await copy_menu(host, targets)


async def show_links(host: Host, ref: Ref) -> None:
    """The links of the row."""
    from gputui.ui.inspect.links import links_menu

    await links_menu(host, ref)
