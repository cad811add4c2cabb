"""Saying why a machine could not be entered, whatever was wanted of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.problem import Failed
from gputui.ui.ssh.host_key_changed import shown_as_changed
from gputui.ui.widgets.reader import Reader, plain

if TYPE_CHECKING:
    from gputui.ui.host import Host


def say_why_not(app: Host, wanted: str, name: str, failed: Failed, declined: str) -> None:
    """In passing what is short, but what has a remedy stays until it has been read; `wanted` was `session`, say."""
    problem = failed.problem
    if declined:
        app.notify(f"{name}: {declined}", severity="warning", markup=False)
    elif changed := shown_as_changed(failed, wanted, name, app.ssh.places):
        app.push_screen(changed)
    elif problem.remedy:
        app.push_screen(Reader(f"no {wanted} on {name}", plain("", str(problem), "", problem.remedy)))
    else:
        app.notify(f"{name}: {problem.text}", severity="warning", markup=False)
