"""The cells of a row, made when they are asked for: for the lines on the screen, a sort column, a filter."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

from gputui.core.cells import BUG_CELL, Cell, Column

_log = logging.getLogger(__name__)


class MadeCells(Sequence[Cell]):
    """Cells that are made anew each time they are asked for, always equal ones; a subclass says how."""

    __slots__ = ()

    @abstractmethod
    def make(self, at: int) -> Cell:
        """The cell at this place, which is not negative. What it raises is logged, and shown as a bug in that cell."""

    def _made(self, at: int) -> Cell:
        try:
            return self.make(at)
        except Exception:  # noqa: BLE001 - drawing goes on; a provider's own functions are guarded besides
            _log.exception("a cell of a row")
            return BUG_CELL

    @overload
    def __getitem__(self, at: int) -> Cell: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Cell, ...]: ...
    def __getitem__(self, at: int | slice) -> Cell | tuple[Cell, ...]:
        count = len(self)
        if isinstance(at, slice):
            return tuple(map(self._made, range(*at.indices(count))))
        if not -count <= at < count:
            raise IndexError(at)
        return self._made(at if at >= 0 else count + at)

    def __iter__(self) -> Iterator[Cell]:
        return map(self._made, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, MadeCells | tuple):
            return NotImplemented
        return len(self) == len(other) and all(one == its for one, its in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))


@dataclass(frozen=True, slots=True, eq=False)
class ItemCells(MadeCells):
    """The cells of an item in the columns of its own list. The item must never change."""

    columns: tuple[Column[Any], ...]
    item: Any

    def __len__(self) -> int:
        return len(self.columns)

    def make(self, at: int) -> Cell:
        """The column's cell of the item."""
        return self.columns[at].cell(self.item)


@dataclass(frozen=True, slots=True, eq=False)
class OtherCells(MadeCells):
    """The cells of a row with others in some places, and all of them dimmed if `dim`."""

    plain: Sequence[Cell]
    others: Mapping[int, Cell]
    dim: bool = False

    def __len__(self) -> int:
        return len(self.plain)

    def make(self, at: int) -> Cell:
        """The other cell of this place, or the row's own."""
        cell = self.others.get(at) or self.plain[at]
        return replace(cell, tone="dim") if self.dim else cell

    def __eq__(self, other: object) -> bool:
        if isinstance(other, OtherCells) and (self.others, self.dim) == (other.others, other.dim):
            return self.plain is other.plain or self.plain == other.plain
        return MadeCells.__eq__(self, other)

    __hash__ = MadeCells.__hash__
