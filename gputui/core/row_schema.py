"""What the cells of a row are, reachable from the row: fields by name and by role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gputui.core.cells import Column, Role


@dataclass(frozen=True, slots=True)
class RowSchema:
    """The columns of a list in the order of its rows' cells, by id and by role, and the provider's name.

    `fleet` says where the cells of a row that is shown in the fleet say more than those of its own list.
    """

    columns: tuple[Column[Any], ...] = ()
    provider: str = ""
    ids: Mapping[str, int] = field(default_factory=dict)
    roles: Mapping[Role, tuple[int, ...]] = field(default_factory=dict)
    fleet: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Sequence[Column[Any]], provider: str = "") -> RowSchema:
        """The schema of these columns."""
        roles: dict[Role, tuple[int, ...]] = {}
        for at, column in enumerate(columns):
            if column.role is not None:
                roles[column.role] = (*roles.get(column.role, ()), at)
        return cls(tuple(columns), provider, {column.id: at for at, column in enumerate(columns)}, roles)

    def places(self, name: str) -> Iterator[int]:
        """Where the cells of a field are: the column with that id, or those of the roles that the name stands for."""
        if name in self.ids:
            yield self.ids[name]
        else:
            for role in ROLES_BY_NAME.get(name, ()):
                yield from self.roles.get(role, ())


ROLES_BY_NAME: Mapping[str, tuple[Role, ...]] = {
    "gpu": (Role.GPU,),
    "address": (Role.ADDRESS, Role.OTHER_ADDRESS),
    "age": (Role.AGE,),
    "owner": (Role.OWNER,),
    "lock": (Role.LOCK,),
    "region": (Role.REGION,),
    "cost": (Role.COST,),
    "image": (Role.IMAGE,),
}
"""Names that mean the same in every list, whatever its columns are called there."""
NO_SCHEMA = RowSchema()
