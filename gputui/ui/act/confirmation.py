"""The question of a dialog before a change: its current targets, what it interrupts, what will be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gputui.core.actions import Action, Risk
from gputui.core.guards import MANY
from gputui.core.health import Health
from gputui.core.prechecks import said_of
from gputui.core.problem import Failed
from gputui.core.rows import Row
from gputui.core.text import shorten
from gputui.engine.perform import Intent
from gputui.ui.act.share import Share
from gputui.ui.list.targets import Invocation, called
from gputui.ui.widgets.question import Question, typable

LONGEST_REASON = 300
MOST_PROFILES_NAMED = 3


@dataclass
class Confirmation:
    """One change before it is confirmed: a share for each list of its targets."""

    label: str
    shares: Sequence[Share]
    hidden: int = 0

    @classmethod
    def of(cls, invocation: Invocation) -> Confirmation:
        """Return the confirmation for an invocation of actions."""
        shares = [
            Share(call.group.cloud, call.verb, call.group.view, call.group.rows)
            for call in invocation.calls
            if isinstance(call.verb, Action)
        ]
        return cls(invocation.label, shares, invocation.hidden)

    def question(self) -> Question:
        """Return the question about the current rows."""
        for share in self.shares:
            share.look()
        return self._question()

    def renewed(self) -> Question:
        """Return the question as it stands now while it is open: it is never about more rows than at first."""
        for share in self.shares:
            share.look_again()
        return self._question()

    def _question(self) -> Question:
        request, unmade = self._request()
        blocked = self._blocked() or unmade
        return Question(
            self._title(),
            tuple(self._of_each_list(Share.lines)),
            self.risk,
            self.label.lower(),
            self._typed(),
            blocked,
            () if blocked else request,
            any(share.action.fields for share in self.shares),
            not blocked and len(self.shares) == 1 and self.shares[0].documented,
            tuple(self._effect()),
            tuple((row.ref, row.health is Health.OFF) for row in self.ready),
            tuple(self._names()),
            tuple(self._of_each_list(lambda share: share.left_out)),
            tuple(self._of_each_list(Share.each)),
        )

    @property
    def ready(self) -> tuple[Row, ...]:
        """The targets that the change still applies to."""
        return tuple(row for share in self.shares for row in share.ready)

    @property
    def seen(self) -> tuple[Row, ...]:
        """The targets as they were when the key was pressed."""
        return tuple(row for share in self.shares for row in share.seen)

    @property
    def risk(self) -> Risk:
        """The highest risk of the lists, raised for several rows, many rows and protected profiles."""
        count = len(self.ready)
        if any(share.cloud.protected for share in self.shares) or count >= MANY:
            return Risk.DESTROYS
        worst = max(share.action.risk for share in self.shares)
        return max(worst, Risk.DISRUPTS) if count > 1 else worst

    @property
    def intents(self) -> tuple[Intent, ...]:
        """Return what a yes to the newest question confirms."""
        return tuple(share.intent for share in self.shares if not share.blocked)

    def _blocked(self) -> str:
        if not all(share.blocked for share in self.shares):
            return ""
        out = [
            shorten(said_of(called(row.name), reason), LONGEST_REASON)
            for share in self.shares
            for row, reason in share.out
        ]
        return out[0] if len(out) == 1 else "none of them can be changed now"

    def _title(self) -> str:
        profiles = list(dict.fromkeys(share.cloud.name for share in self.shares))
        where = ", ".join(profiles) if len(profiles) <= MOST_PROFILES_NAMED else f"{len(profiles)} profiles"
        if not self.seen:
            return f"{self.label} in {where}?"
        names = called(self.seen[0].name) if len(self.seen) == 1 else f"{len(self.ready)} marked rows"
        title = f"{self.label} {names} in {where}?"
        return f"{title} ({self.hidden} hidden by the filter)" if self.hidden else title

    def _names(self) -> list[str]:
        if len(self.shares) == 1:
            return [names for names in (self.shares[0].names,) if names]
        return [": ".join(filter(None, (self._heading(share), share.names))) for share in self.shares if share.seen]

    def _heading(self, share: Share) -> str:
        of = f"{len(share.ready)} of {len(share.seen)}" if share.out else f"{len(share.ready)}"
        return f"{self._list(share)}: {share.action.label.lower()} {of}"

    def _list(self, share: Share) -> str:
        """Return the profile, with the view if two of the lists are of one profile."""
        alike = [one for one in self.shares if one.cloud is share.cloud]
        return f"{share.cloud.name} {share.view.name}" if len(alike) > 1 else share.cloud.name

    def _effect(self) -> list[str]:
        """Return what the change does; if lists differ in that, with their names before it."""
        found: dict[str, list[str]] = {}
        for share in self.shares:
            for line in share.effect:
                found.setdefault(line, []).append(self._list(share))
        same = all(len(lists) == len(self.shares) for lists in found.values())
        named = len(self.shares) > 1 and not same
        return [
            f"{', '.join(lists)}: {line}" if named and not line.startswith(lists[0]) else line
            for line, lists in found.items()
        ]

    def _of_each_list(self, lines: Callable[[Share], Sequence[str]]) -> list[str]:
        """Return lines of all lists; of several, those of each below its heading."""
        if len(self.shares) == 1:
            return list(lines(self.shares[0]))
        found: list[str] = []
        for share in self.shares:
            its = lines(share)
            found += [self._heading(share), *(f"  {line}" for line in its)] if its else []
        return found

    def _request(self) -> tuple[tuple[str, ...], str]:
        """Return all requests, list by list if there are several, or why one of them cannot be built."""
        lines: list[str] = []
        try:
            for share in self.shares:
                if not share.blocked and len(self.shares) > 1:
                    lines.append(f"{share.cloud.name}:")
                lines += share.requests()
        except Failed as failed:
            return (), str(failed.problem)
        count = sum(share.request_count for share in self.shares)
        return (f"{count} requests:", *lines) if count > 1 else tuple(lines), ""

    def _typed(self) -> str:
        if self.risk is not Risk.DESTROYS:
            return ""
        if len(self.seen) > 1:
            return str(len(self.ready))
        (share, *_) = self.shares
        return name_to_type(share, share.ready[0]) if share.ready else share.cloud.name


def name_to_type(share: Share, row: Row) -> str:
    """Return the row's name; its id if the name is not unique or not typeable on every keyboard."""
    listed = (one for snapshot in share.cloud.snapshots().values() for one in snapshot.rows.values())
    alike = {one.ref for one in listed if one.name == row.name and one.ref.view == row.ref.view}
    texts = (row.ref.id,) if len(alike) > 1 else (row.name, row.ref.id)
    return next((text for text in texts if typable(text)), "yes")
