"""The screens about one row: what they share, its raw object as JSON or YAML, and which one opens."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding

from gputui.core.fitting import shown_json
from gputui.core.problem import Failed
from gputui.core.reading import AnyView
from gputui.core.rows import Ref, Row
from gputui.core.secret import masked
from gputui.core.text import Json
from gputui.core.yaml_text import yaml_lines
from gputui.engine.cloud import Cloud
from gputui.ui.terminal.clipboard import copy
from gputui.ui.widgets.pages import Pages
from gputui.ui.widgets.reader import Document, Line, Reader

if TYPE_CHECKING:
    from gputui.ui.host import Host

LOOKS = ("row.details", "row.explain", "row.json")
"""Commands that show the same row in another way: they take the place of the screen."""


class RowReader(Reader):
    """A screen about one row; the keys of the list that are about a row work in it, for that row."""

    BINDINGS = [
        Binding("t", "timeline", "Timeline", show=False, id="look.timeline"),
        Binding("a", "on_row('row.actions')", "Actions", show=False, id="row.actions"),
        Binding("s", "on_row('row.ssh')", "SSH", show=False, id="row.ssh"),
        Binding("m", "on_row('row.gpus')", "GPUs", show=False, id="row.gpus"),
        Binding("b", "on_row('row.links')", "Links", show=False, id="row.links"),
        Binding("d", "on_row('row.details')", "Details", show=False, id="row.details"),
        Binding("x", "on_row('row.explain')", "Explain", show=False, id="row.explain"),
        Binding("y", "on_row('row.json')", "JSON", show=False, id="row.json"),
        Binding("c", "copy", "Copy", show=False, id="row.copy"),
    ]
    DOES = Reader.DOES | {"a", "s", "m"}
    OWN = ""
    """The command that has opened this screen: its key leads back."""

    def __init__(
        self,
        host: Host,
        ref: Ref,
        title: str,
        lines: Iterable[Line] = (),
        document: Document | None = None,
        pages: Pages | None = None,
    ) -> None:
        super().__init__(title, lines, document, pages)
        self._host, self._ref = host, ref

    def action_timeline(self) -> None:
        """Show what changed of this row."""
        from gputui.ui.inspect.timeline import USUAL_SPAN, Timeline  # not needed for the first frame

        row = self._host.store.find(self._ref)
        name = row.name if row else self._ref.id
        details = partial(self._host.run_on_row, "row.details")
        self._host.push_screen(Timeline(self._host, details, USUAL_SPAN, self._ref, name))

    def action_on_row(self, command: str) -> None:
        """Run a command of the list on this row."""
        if command in LOOKS:
            self.dismiss()
        if command != self.OWN:
            self._host.run_on_row(command, self._ref)

    def action_copy(self) -> None:
        """Copy the whole text."""
        _, text = self._document()
        self.start(copy(self._host, text, f"all of {self._title}"))


class RawReader(RowReader):
    """The provider's own object as JSON, or as YAML."""

    MORE_KEYS = (("y", "JSON/YAML"), ("c", "copy"))
    OWN = "row.json"

    def __init__(self, host: Host, row: Row, view: AnyView) -> None:
        super().__init__(host, row.ref, "")
        self._row, self._view = row, view
        self._as_yaml = False
        self._value: Json = None
        self.put(row.raw)

    def put(self, value: Json) -> None:
        """Show an object."""
        self._value = masked(value, self._view.secrets)
        self._title = f"{'YAML' if self._as_yaml else 'JSON'} of {self._row.name} in {self._row.ref.profile}"
        lines: list[Line] = [((line, ""),) for line in self._lines()]
        self.show(lines, partial(_document, self._value, self._as_yaml))
        if self.is_mounted:
            self.say_title()

    def _lines(self) -> list[str]:
        """Return the lines. Line breaks inside strings stay escaped."""
        value = shown_json(self._value)
        if self._as_yaml:
            return yaml_lines(value)
        return json.dumps(value, indent=2, ensure_ascii=False).split("\n")

    def action_on_row(self, command: str) -> None:
        """Change between JSON and YAML, or run a command of the list."""
        if command == self.OWN:
            self._as_yaml = not self._as_yaml
            self.put(self._value)
        else:
            super().action_on_row(command)

    def action_copy(self) -> None:
        """Copy the whole object as it is shown."""
        self.start(copy(self._host, "\n".join(self._lines()), f"the {self._title}"))


def _document(value: Json, as_yaml: bool) -> tuple[str, str]:
    """Return the object for a file: ASCII, so that no text of a cloud can control a reader's terminal."""
    if as_yaml:
        return ".yaml", "\n".join(yaml_lines(value, ascii_only=True)) + "\n"
    return ".json", json.dumps(value, indent=2) + "\n"


async def read_whole(cloud: Cloud, view: AnyView, row: Row) -> Json:
    """Return the row's object as the API gives it alone, where it does; else as its list has it. Raises Failed."""
    if view.show is None or row.item is None:
        return row.raw
    return await view.show(cloud.client, row.item)


def show_raw(host: Host, row: Row, view: AnyView, cloud: Cloud) -> None:
    """Open the raw object with what is known, and update it with the API's answer for this item."""
    reader = RawReader(host, row, view)
    host.push_screen(reader)

    async def fill() -> None:
        try:
            whole = await read_whole(cloud, view, row)
        except Failed as failed:
            reader.notify(f"read from the list only: {failed.problem}", severity="warning", markup=False)
            return
        if reader.is_attached:
            reader.put(whole)

    if view.show is not None:
        reader.start(fill())
