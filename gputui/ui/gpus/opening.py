"""The key and the command that show GPUs: one machine on its own screen, several as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.prechecks import NO_ROW
from gputui.ui.list.targets import Targets

if TYPE_CHECKING:
    from gputui.ui.host import Host


async def show_gpus(host: Host, targets: Targets) -> None:
    """Show the GPUs of the machine, or of all of them if there are several."""
    if len(targets.refs) > 1:
        await show_gpu_list(host, targets)
    elif targets.refs:
        from gputui.ui.gpus.machine import open_gpus

        await host.ssh.load()
        open_gpus(host, host.store, targets.refs[0])
    else:
        host.notify(f"GPUs: {NO_ROW}", severity="warning", markup=False)


async def show_gpu_list(host: Host, targets: Targets) -> None:
    """Show the GPUs of many machines, one line each."""
    from gputui.ui.gpus.many import open_gpu_list

    await host.ssh.load()
    open_gpu_list(host, host.store, targets)
