"""Why the machines of a profile cannot be read: cause, since when, when it is tried next, and what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gputui.core.cells import age
from gputui.core.feed import FeedState, span
from gputui.engine.lost_profiles import reasons
from gputui.ui.widgets.reader import Line, Reader

if TYPE_CHECKING:
    from gputui.ui.host import Host


class ProfileState(Reader):
    """What is known of a profile's lists, kept up to date."""

    def __init__(self, host: Host, profile: str) -> None:
        super().__init__(f"Why {profile} cannot be read", state_lines(host.store.state(profile)))
        self._host, self._profile = host, profile

    def on_mount(self) -> None:
        """Start to follow it."""
        super().on_mount()
        self.set_interval(1.0, lambda: self.show(state_lines(self._host.store.state(self._profile))))


def state_lines(state: FeedState) -> list[Line]:
    """Return what is known of the state of a profile's machines, the cause first."""
    since = state.lost_since
    facts = {
        "state": state.word,
        "cause": str(state.problem) if state.problem is not None else "its list has not answered",
        "since": "" if since is None else f"{age(datetime.fromtimestamp(since, UTC), state.at)} ago",
        "next try": state.next_try or ("" if state.problem is None else "none by itself"),
        "rows": "never read so far" if state.age is None else f"{state.known}, as of {span(state.age)} ago",
    }
    lines: list[Line] = [((f"  {name:<10} ", "dim"), (text, "")) for name, text in facts.items() if text]
    todo = reasons(state)[:1] if state.problem is None or state.problem.remedy else ()
    lines += [(("", ""),), (("what can be done", "head"),), *(((f"  {text}", ""),) for text in todo)]
    at_once: Line = ((", where ", ""), ("r", "key"), (" tries at once", "")) if state.next_try else ()
    return [*lines, (("  enter", "key"), (" on its row leads to its tab", ""), *at_once)]


def show_profile(host: Host, profile: str) -> None:
    """Say why a profile cannot be read."""
    host.push_screen(ProfileState(host, profile))
