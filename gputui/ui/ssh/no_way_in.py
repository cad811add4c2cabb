"""Saying why a machine could not be entered, whatever was wanted of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.problem import Failed
from gputui.ui.ssh.host_key_changed import shown_as_changed
from gputui.ui.widgets.reader import Reader, plain

if TYPE_CHECKING:
    from gputui.ui.host import Host


def say_why_not(host: Host, wanted: str, name: str, failed: Failed, declined: str) -> None:
    """In passing what is short, but what has a remedy stays until it has been read; `wanted` was `session`, say."""
    problem = failed.problem
    if declined:
        host.notify(f"{name}: {declined}", severity="warning", markup=False)
    elif changed := shown_as_changed(failed, wanted, name, host.ssh.places):
        host.push_screen(changed)
    elif problem.remedy:
        host.push_screen(Reader(f"no {wanted} on {name}", plain("", str(problem), "", problem.remedy)))
    else:
        host.notify(f"{name}: {problem.text}", severity="warning", markup=False)
