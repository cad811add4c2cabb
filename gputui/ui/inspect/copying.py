"""`c`: copy parts of rows: name, id, address, the ssh line, JSON."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gputui.core.cells import Role, shown_text
from gputui.core.fitting import shown_json
from gputui.core.problem import Failed
from gputui.core.reading import columns
from gputui.core.rows import Row
from gputui.core.secret import masked
from gputui.core.text import clean
from gputui.ui.list.targets import Targets
from gputui.ui.terminal.clipboard import copy
from gputui.ui.widgets.picker import Pick, PickAction, Picker

if TYPE_CHECKING:
    from gputui.ui.host import Host

_ADDRESSES = (Role.ADDRESS, Role.OTHER_ADDRESS)
"""Columns that hold an address, for rows without an SSH target."""
_NO_PASSWORD = "it asks for the password, which is not in it"  # noqa: S105 - a text about a password
_SSH = "ssh command"
_COPY = (PickAction("c", "copy"),)
IN_ONE_GO = 100
"""Rows converted before the event loop has its turn."""


@dataclass(frozen=True, slots=True)
class CopyItem:
    """One part of a row; `of` returns it as text. Raises Failed if this row does not have it.

    The menu shows at most `most_shown` characters, cut in the middle, as the end of an ssh line is its target.
    """

    label: str
    of: Callable[[Row], str]
    most_shown: int = 240

    def pick(self, rows: Sequence[Row]) -> Pick:
        """Return its menu line, with the text of the first row that has it."""
        why = ""
        for row in rows:
            try:
                first = self.of(row)
            except Failed as failed:
                why = why or failed.problem.text
                continue
            shown = _elided(" ".join(first.split()), self.most_shown)
            return Pick(self.label, f"{shown} …" if len(rows) > 1 else shown, _COPY)
        return Pick(self.label, "", _COPY, why)


def _elided(text: str, most: int) -> str:
    end = most // 3
    return text if len(text) <= most else f"{text[: most - end - 3]} … {text[-end:]}"


async def copy_menu(host: Host, targets: Targets) -> None:
    """Ask what to copy of these rows, as of the key press, and copy it. Must run in a worker."""
    rows = targets.rows
    if not rows:
        host.notify("there is no row to copy of", severity="warning", markup=False)
        return
    found = pieces(host, single=len(rows) == 1)
    of = targets.words + (f" ({targets.hidden} hidden)" if targets.hidden else "")
    picked = await host.push_screen_wait(Picker(f"Copy of {of}", [piece.pick(rows) for piece in found], whole=True))
    if picked is not None:
        await _copy(host, found[picked.index], rows, of)


def pieces(host: Host, *, single: bool) -> tuple[CopyItem, ...]:
    """Return everything that can be copied; for several rows each part takes one line."""
    return (
        CopyItem("name", lambda row: clean(row.name)),
        CopyItem("id", lambda row: clean(row.ref.id)),
        CopyItem("address", partial(_address, host)),
        CopyItem(_SSH, partial(ssh_line, host)),
        CopyItem("JSON", partial(_json, host, indent=2 if single else None), most_shown=60),
    )


async def _copy(host: Host, piece: CopyItem, rows: Sequence[Row], of: str) -> None:
    lines: list[str] = []
    reasons: list[str] = []
    locked = False
    for at, row in enumerate(rows, 1):
        try:
            lines.append(piece.of(row))
            locked = locked or (piece.label == _SSH and bool(host.ssh.machine(row.ref).address.password))
        except Failed as failed:
            reasons.append(failed.problem.text)
        if not at % IN_ONE_GO:
            await asyncio.sleep(0)
    if not lines:
        host.notify(f"{piece.label}: {reasons[0]}", severity="warning", markup=False)
        return
    what = f"the {piece.label} of {of}" if not reasons else f"{piece.label} of {len(lines)} of {len(rows)} rows"
    notes = [f"{len(reasons)} have none: {reasons[0]}"] if reasons else []
    await copy(host, "\n".join(lines), what, " · ".join([*notes, *([_NO_PASSWORD] if locked else [])]))


def ssh_line(host: Host, row: Row) -> str:
    """Return a shell command that logs in with OpenSSH like the console; never with a password. Raises Failed."""
    from gputui.ssh.shells.handover import argv

    machine = host.ssh.machine(row.ref)
    return shlex.join(argv(machine.address, machine.options, host.ssh.places))


def _address(host: Host, row: Row) -> str:
    """Return the address of the SSH target, without the user, or else the address in a column."""
    try:
        address = host.ssh.machine(row.ref).address
    except Failed:
        if found := _from_columns(host, row):
            return found
        raise
    where = f"[{address.host}]" if ":" in address.host and address.port not in (None, 22) else address.host
    return where if address.port in (None, 22) else f"{where}:{address.port}"


def _from_columns(host: Host, row: Row) -> str:
    view = host.store.view(row.ref)
    if view is None:
        return ""
    cells = [(column.role, cell) for column, cell in zip(columns(view), row.cells, strict=True)]
    found = (cell for wanted in _ADDRESSES for role, cell in cells if role is wanted)
    return next((shown_text(cell, 0.0) for cell in found if cell.value), "")


def _json(host: Host, row: Row, *, indent: int | None) -> str:
    view = host.store.view(row.ref)
    return json.dumps(
        masked(shown_json(row.raw), view.secrets if view else frozenset()), indent=indent, ensure_ascii=False
    )
