"""`=`: what differs between two marked rows, in their columns and in the provider's JSON, side by side if wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len

from gputui.core.cells import Role, shown_text
from gputui.core.comparing import Difference, Field, differences_of
from gputui.core.fitting import shown_json
from gputui.core.reading import columns
from gputui.core.rows import Row
from gputui.core.secret import masked
from gputui.core.text import clean
from gputui.ui.inspect.provider_fields import flat
from gputui.ui.list.targets import Targets, called
from gputui.ui.widgets.reader import Line, Reader
from gputui.ui.widgets.styles import StyleName
from gputui.ui.widgets.wrapping import wrapped

if TYPE_CHECKING:
    from gputui.ui.host import Host

SIDE_BY_SIDE = 100
"""Cells from which on both texts stand beside each other."""
_NAME, _GAP, _IN = 26, 2, 4
_ABSENT = "(none)"
Section = tuple[str, Sequence[Difference]]


def compare_rows(host: Host, targets: Targets) -> None:
    """Show what differs between the two marked rows; say how to mark them if there are not two."""
    if not targets.marked or len(targets.rows) != 2:
        marked = len(targets.rows) if targets.marked else 0
        host.notify(f"= compares two marked rows (space marks one): {marked} are marked", severity="warning")
        return
    host.push_screen(Comparison(targets.rows[0], targets.rows[1], sections(host, *targets.rows)))


def sections(host: Host, one: Row, other: Row) -> tuple[Section, Section]:
    """Return the columns that differ, and the fields of the provider's JSON that do, secrets masked."""
    return (
        ("columns", differences_of(_cells(host, one), _cells(host, other))),
        ("the provider's fields", differences_of(_fields(host, one), _fields(host, other))),
    )


def _cells(host: Host, row: Row) -> Iterator[Field]:
    view, now = host.store.view(row.ref), host.store.clock.now()
    for column, cell in zip(columns(view) if view else (), row.cells, strict=False):
        if column.role is not Role.NAME:  # the heading has it
            yield column.title.lower(), shown_text(cell, now)


def _fields(host: Host, row: Row) -> Iterator[Field]:
    view = host.store.view(row.ref)
    return flat(masked(shown_json(row.raw), view.secrets if view else frozenset()), "")


class Comparison(Reader):
    """The differences of two rows, laid out anew for every width of the window."""

    def __init__(self, one: Row, other: Row, found: Sequence[Section]) -> None:
        super().__init__(f"What differs: {called(one.name)} and {called(other.name)}", [])
        self._rows, self._found = (one, other), found

    def on_resize(self) -> None:
        """Lay it out for this width."""
        self.show(list(comparison_lines(*self._rows, self._found, self.size.width - 1)))


def comparison_lines(one: Row, other: Row, found: Sequence[Section], width: int) -> Iterator[Line]:
    """Yield the differences as lines of at most `width` cells."""
    names = (_called(one, other), _called(other, one))
    half = (width - _NAME - 2 * _GAP) // 2 if width >= SIDE_BY_SIDE else 0
    if half:
        yield from _beside(Difference("", *names), half, head=True)
    for title, differences in found:
        yield ((title, "head"),)
        for each in differences:
            yield from _beside(each, half) if half else _below(each, names, width)
        if not differences:
            yield (("  nothing differs", "dim"),)


def _called(row: Row, other: Row) -> str:
    """Return its name; with what tells it from a namesake."""
    return row.name if row.name != other.name else str(row.ref)


def _beside(each: Difference, half: int, *, head: bool = False) -> Iterator[Line]:
    parts = [_pieces(f"  {each.name}", _NAME), _pieces(each.one, half), _pieces(each.other, half)]
    for name, one, other in zip_longest(*parts, fillvalue=""):
        looks: list[StyleName] = ["head", "head"] if head else [_style(each.one), _style(each.other)]
        yield ((_padded(name, _NAME + _GAP), "dim"), (_padded(one, half + _GAP), looks[0]), (other, looks[1]))


def _below(each: Difference, names: tuple[str, str], width: int) -> Iterator[Line]:
    yield from wrapped(((f"  {each.name}", "dim"),), width)
    room = min(max(map(cell_len, names)), max(8, width // 3))
    for name, text in zip(names, (each.one, each.other), strict=True):
        pieces = _pieces(text, max(8, width - room - _IN - _GAP))
        for at, piece in enumerate(pieces):
            label = _pieces(name, room)[0] if not at else ""
            yield ((_padded(f"{' ' * _IN}{label}", _IN + room + _GAP), "key"), (piece, _style(text)))


def _style(text: str | None) -> StyleName:
    return "dim" if text is None else ""


def _pieces(text: str | None, width: int) -> list[str]:
    """Return a text in lines of at most so many cells."""
    lines = wrapped(((clean(_ABSENT if text is None else text), ""),), width)
    return ["".join(part for part, _ in line) for line in lines] or [""]


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - cell_len(text))
