"""`x`: why a row is as it is, as evidence with its source and age, and what can be done about it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gputui.core.actions import Risk
from gputui.core.problem import Failed
from gputui.core.reading import AnyView
from gputui.core.rows import Row
from gputui.engine.cloud import Cloud
from gputui.engine.evidence import Evidence, Topic
from gputui.engine.explain import explain
from gputui.engine.told import tellers, told
from gputui.ui.inspect.evidence_fields import evidence_groups
from gputui.ui.inspect.field_reader import FieldReader
from gputui.ui.inspect.offer_lines import key_of, words_of
from gputui.ui.list.action_items import ActionItem, offers_of
from gputui.ui.list.targets import Group
from gputui.ui.widgets.field_layout import DetailField, DetailGroup

if TYPE_CHECKING:
    from gputui.ui.host import Host

READ_SECONDS = 5.0


class Explanation(FieldReader):
    """Shows the evidence as it comes, and gathers it again every few seconds; logs and events are read once."""

    OWN = "row.explain"
    MORE_KEYS = (("a", "actions"), ("enter", "open"), ("d", "details"), ("t", "timeline"), ("c", "copy"))

    def __init__(self, host: Host, row: Row, view: AnyView, cloud: Cloud) -> None:
        super().__init__(host, row.ref, f"Why {row.name} of {row.ref.profile} is {row.health.word}")
        self._row, self._view, self._cloud = row, view, cloud
        self._found: list[Evidence] = []
        self._told: list[Evidence] = []

    def on_mount(self) -> None:
        """Start gathering."""
        super().on_mount()
        if names := [query.label.lower() for query in tellers(self._view, self._row)]:
            self._told = [Evidence(Topic.TOLD, f"reading {' and '.join(names)}…", self._cloud.name)]
            self.start(self._ask())
        self.start(self._go_on())

    async def _ask(self) -> None:
        self._told = await told(self._cloud, self._view, self._row)
        self._draw()

    async def _go_on(self) -> None:
        while True:
            store = self._host.store
            self._row = store.shown(self._ref) or self._row
            found: list[Evidence] = []
            async for evidence in explain(store, self._row):
                found.append(evidence)
                if len(found) > len(self._found):
                    self._found = list(found)
                    self._draw()
            self._found = found
            self._draw()
            await asyncio.sleep(READ_SECONDS)

    def _draw(self) -> None:
        host = self._host
        found = [*self._found, *self._told]
        groups = [
            *self.gone_groups(),
            *evidence_groups(found, host.store.clock.now(), ascii_only=host.ascii_only),
        ]
        if host.store.find(self._ref) is not None:
            offers = offers_of(Group(self._cloud, self._view, (self._row,)), host.keymap)
            groups.append(DetailGroup("what can be done", (*self._ways_in(), *_ways(offers)), "beside"))
        self.put(groups)

    def _ways_in(self) -> Iterator[DetailField]:
        """Yield how the machine itself is looked at, or why it cannot be."""
        if self._view.ssh is None:
            return
        keys = self._host.keymap
        try:
            self._host.ssh.machine(self._ref)
        except Failed as failed:
            yield DetailField(keys.get("row.ssh", "s"), f"SSH: off: {failed.problem.text}", "dim", label_style="dim")
        else:
            yield DetailField(keys.get("row.ssh", "s"), "SSH: a shell on the machine", label_style="key")
            yield DetailField(keys.get("row.gpus", "m"), "GPUs: what the machine says of them", label_style="key")


def _ways(offers: Sequence[ActionItem]) -> Iterator[DetailField]:
    """Yield the verbs: what can be done now stands first, what only looks or costs least before the rest."""
    for offer in sorted(offers, key=_use):
        off = bool(offer.off)
        words = f"{offer.label}: {words_of(offer)}"
        key = f"a {key_of(offer)}" if offer.verb is not None and offer.key else key_of(offer)
        yield DetailField(key, words, "dim" if off else "", label_style="dim" if off else "key")
    if not offers:
        yield DetailField("–", "nothing: this list is for looking", "dim")


def _use(offer: ActionItem) -> tuple[bool, bool, Risk]:
    return offer.verb is None, bool(offer.off), offer.risk if offer.verb is not None else Risk.LOOKS


def show_explanation(host: Host, row: Row, view: AnyView, cloud: Cloud) -> None:
    """Explain a row."""
    host.push_screen(Explanation(host, row, view, cloud))
