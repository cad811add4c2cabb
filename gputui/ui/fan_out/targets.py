"""The machines for a command: taken when the key is pressed, and checked again until it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gputui.core.actions import Risk
from gputui.core.guards import MANY, Guards, must_confirm, unchecked_command
from gputui.core.prechecks import renamed
from gputui.core.problem import Failed
from gputui.core.rows import Ref, Row
from gputui.core.unique_names import Names
from gputui.engine.store import Store
from gputui.ui.ssh_service import SshService
from gputui.ui.widgets.question import Question, typable

if TYPE_CHECKING:
    from gputui.ssh.machine import Machine
    from gputui.ssh.running.shared_address import SharedAddress

MOST_SHARED = 8
IN_ONE_GO = 250
"""Machines checked before the event loop has its turn."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A selected row that cannot be reached, and why."""

    ref: Ref
    name: str
    reason: str


@dataclass(slots=True)
class RunTargets:
    """`seen` are the machines as of the key press, `ready` those of them that are unchanged.

    Of those that share an address and port, only the first is ready unless a command is to run for `each`.
    `about` describes them ("marked", "shown"); `typed` requires typing the count however few they are.
    """

    store: Store
    ssh: SshService
    seen: tuple[Machine, ...]
    out: tuple[LeftOut, ...]
    about: str = "marked"
    typed: bool = False
    hidden: int = 0
    each: bool = False
    shared: tuple[SharedAddress, ...] = ()
    ready: tuple[Machine, ...] = ()
    lost: tuple[LeftOut, ...] = ()
    names: Names = field(init=False)
    _rows: dict[Ref, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = Names({one.ref: one.name for one in self.seen} | {one.ref: one.name for one in self.out})

    def look(self) -> None:
        """Check all of them again: a machine that is gone or has another address is left out."""
        from gputui.ssh.running.shared_address import once, shared_addresses

        found = [(machine, self._precheck(machine)) for machine in self.seen]
        unchanged = [machine for machine, reason in found if not reason]
        self.shared = shared_addresses(unchanged)
        self.ready = tuple(unchanged) if self.each else once(unchanged)
        self.lost = tuple(LeftOut(machine.ref, machine.name, reason) for machine, reason in found if reason)

    def _precheck(self, seen: Machine) -> str:
        from gputui.ssh.machine import for_command

        row = self.store.find(seen.ref)
        if row is not None and self._rows.get(seen.ref) is row:
            return ""
        try:
            now = for_command(row, self.ssh.machine(seen.ref))
        except Failed as failed:
            return failed.problem.text
        if now.name != seen.name:
            return renamed(now.name)
        if now != seen:
            return "it is reached in another way now: choose it again"
        if row is not None:
            self._rows[seen.ref] = row
        return ""

    @property
    def profiles(self) -> list[str]:
        """The profiles of the machines, in the order of the tabs."""
        met = {machine.ref.profile for machine in self.seen}
        return [name for name in self.store.tabs if name in met]

    @property
    def must_type(self) -> bool:
        """Whether the run must be confirmed: for many machines, if nobody chose them, or for a guarded profile."""
        guarded = any(self._guards(name).any for name in self.profiles)
        return must_confirm(len(self.ready), chosen=not self.typed, guarded=guarded)

    def question(self, command: str, title: str) -> Question:
        """Return the confirmation; `title` has `{}` in place of the number of machines."""
        self.look()
        count = "1 machine" if len(self.ready) == 1 else f"{len(self.ready)} machines"
        hidden = f" ({self.hidden} hidden by the filter)" if self.hidden else ""
        protected = any(self._guards(name).protected for name in self.profiles)
        return Question(
            title.format(count) + hidden,
            (),
            Risk.DESTROYS if protected or len(self.ready) >= MANY else Risk.DISRUPTS,
            "run it",
            self._to_type() if self.must_type else "",
            "" if self.ready else "none of them can be reached now",
            effect=(f"$ {command}", *self._unchecked()),
            deed=tuple((machine.ref, False) for machine in self.ready),
            names=tuple(self._who()),
            aside=(*self._shared(), *self._missing(short=True)),
        )

    def _to_type(self) -> str:
        if len(self.ready) == 1 and typable(self.ready[0].name):
            return self.ready[0].name
        return str(len(self.ready))

    def lines(self) -> Iterator[str]:
        """Yield the machines by profile, the profile's guards, and the rows left out."""
        yield from self._who()
        yield from self._shared()
        yield from self._unchecked()
        yield from self._missing()

    def _who(self) -> Iterator[str]:
        for profile in self.profiles:
            refs = [machine.ref for machine in self.ready if machine.ref.profile == profile]
            if refs or not self.shared:
                yield f"{len(refs)} in {profile}{self._guards(profile)}: {self.names.within(refs)}"

    def _shared(self) -> Iterator[str]:
        def names(machines: Iterable[Machine]) -> str:
            return self.names.all(machine.ref for machine in machines)

        yield from (one.words(names, each=self.each) for one in self.shared[:MOST_SHARED])
        if len(self.shared) > MOST_SHARED:
            yield f"{len(self.shared) - MOST_SHARED} more addresses are shared."

    def _unchecked(self) -> Iterator[str]:
        return (unchecked_command(name) for name in self.profiles if self._guards(name).read_only)

    def _missing(self, *, short: bool = False) -> Iterator[str]:
        yield from (f"gone since: {one.name}: {one.reason}" for one in self.lost)
        if self.out and short:
            yield f"{len(self.out)} more cannot be reached and are left out."
        elif self.out:
            yield from self._left_out()

    def _left_out(self) -> Iterator[str]:
        reasons: dict[str, list[Ref]] = {}
        for one in self.out:
            reasons.setdefault(one.reason, []).append(one.ref)
        for reason, refs in reasons.items():
            yield f"{len(refs)} left out: {reason}: {self.names.all(refs)}"

    def _guards(self, profile: str) -> Guards:
        tab = self.store.tabs[profile]
        return Guards(tab.protected, tab.read_only)


async def find_targets(
    store: Store, ssh: SshService, refs: tuple[Ref, ...], *, about: str, hidden: int = 0, each: bool = False
) -> RunTargets:
    """Find the machines of rows, letting the console draw meanwhile. Unmarked ones require a typed count."""
    from gputui.ssh.machine import distinct_machines, for_command

    machines: list[Machine] = []
    out: list[LeftOut] = []
    for at, ref in enumerate(refs):
        if at % IN_ONE_GO == IN_ONE_GO - 1:
            await asyncio.sleep(0)
        row = store.find(ref)
        try:
            machines.append(for_command(row, ssh.machine(ref)))
        except Failed as failed:
            out.append(LeftOut(ref, row.name if row else ref.id, failed.problem.text))
    targets = RunTargets(
        store, ssh, tuple(distinct_machines(machines)), tuple(out), about, about != "marked", hidden, each
    )
    targets.look()
    return targets
