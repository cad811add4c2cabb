"""The machine that a name after `:ssh` means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gputui.core.rows import Ref

if TYPE_CHECKING:
    from gputui.ui.ssh_service import SshService

MOST_SAID = 4


def named(ssh: SshService, words: str) -> Ref | str:
    """Return the one machine with this name, or a message why there is not exactly one."""
    from gputui.ssh.candidates import NotOne

    found = ssh.named(words)
    if not isinstance(found, NotOne):
        return found.row.ref
    if not found.several:
        return found.reason
    those = ", ".join(one.full_name for one in found.several[:MOST_SAID])
    more = f" and {len(found.several) - MOST_SAID} more" if len(found.several) > MOST_SAID else ""
    return f"{found.reason}: {those}{more}"
