"""Report why a machine could not be connected, for any purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.problem import Failed
from gputui.ui.ssh.host_key_changed import shown_as_changed
from gputui.ui.widgets.reader import Reader, plain

if TYPE_CHECKING:
    from gputui.ui.host import Host


def say_why_not(host: Host, wanted: str, name: str, failed: Failed, declined: str) -> None:
    """Show a short message as a notice, one with a remedy on a screen; `wanted` is, for example, `session`."""
    problem = failed.problem
    if declined:
        host.notify(f"{name}: {declined}", severity="warning", markup=False)
    elif changed := shown_as_changed(failed, wanted, name, host.ssh.places):
        host.push_screen(changed)
    elif problem.remedy:
        host.push_screen(Reader(f"no {wanted} on {name}", plain("", str(problem), "", problem.remedy)))
    else:
        host.notify(f"{name}: {problem.text}", severity="warning", markup=False)
