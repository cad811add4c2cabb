"""A form for several targets: fields with a value per target are repeated for each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from gputui.core.actions import Action, Choice, Field, Inputs, Scope, scope_of
from gputui.core.rows import Ref, Row

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spread:
    """`action` is what the form is made from; `fields` are those repeated for each row, none for one row.

    A repeated field's name ends with the row's id. `when`, `choices` and the checks get the row's inputs under the
    declared names.
    """

    action: Action[Any]
    rows: tuple[Row, ...]
    fields: tuple[Field, ...]
    declared: Action[Any]

    @classmethod
    def of(cls, action: Action[Any], rows: Sequence[Row]) -> Spread:
        """Return the form of an action for these rows."""
        several = len(rows) > 1 and action.on == "rows"
        own = tuple(one for one in action.fields if several and scope_of(action, one) is Scope.EACH)
        made = cls(action, tuple(rows), own, action)
        return replace(made, action=made._spread()) if own else made

    def apart(self, filled: Mapping[str, T]) -> tuple[dict[str, T], dict[Ref, dict[str, T]]]:
        """Split the inputs, or the choices, into those of all rows and those of each row."""
        of_each = {_name(field, row) for field in self.fields for row in self.rows}
        shared = {name: value for name, value in filled.items() if name not in of_each}
        own = {
            row.ref: {field.name: filled[name] for field in self.fields if (name := _name(field, row)) in filled}
            for row in self.rows
        }
        return shared, own

    def _inputs_of(self, row: Row, filled: Inputs) -> Inputs:
        shared, own = self.apart(filled)
        return {**shared, **own[row.ref]}

    def _spread(self) -> Action[Any]:
        fields: list[Field] = []
        for field in self.declared.fields:
            fields += [self._repeated(field, row) for row in self.rows] if field in self.fields else [field]
        return replace(self.declared, fields=tuple(fields), check=self._check)

    def _repeated(self, field: Field, row: Row) -> Field:
        names = {one.name for one in self.fields}
        when, choices, default = field.when, field.choices, field.default

        async def read(client: Any, _: Any, inputs: Inputs) -> Sequence[Choice]:
            assert choices is not None, "only fields with choices have them read"
            return await choices(client, row.item, self._inputs_of(row, inputs))

        return replace(
            field,
            name=_name(field, row),
            label=self._label(field, row),
            default=default(row.item) if callable(default) else default,
            needs=tuple(f"{name} of {row.ref.id}" if name in names else name for name in field.needs),
            when=None if when is None else lambda inputs: when(self._inputs_of(row, inputs)),
            choices=None if choices is None else read,
            help=" · ".join(filter(None, (field.label if len(self.fields) == 1 else "", field.help))),
        )

    def _label(self, field: Field, row: Row) -> str:
        times = Counter(one.name for one in self.rows)
        name = row.name if times[row.name] == 1 else f"{row.name} ({row.ref.id})"
        return name if len(self.fields) == 1 else f"{name}: {field.label}"

    def _check(self, filled: Inputs) -> Mapping[str, str]:
        """Run the declared check for each row's inputs; also, no two rows may have equal inputs."""
        wrong: dict[str, str] = {}
        names = {field.name: field for field in self.fields}
        for row in self.rows if self.declared.check is not None else ():
            assert self.declared.check is not None
            for name, words in (self.declared.check(self._inputs_of(row, filled)) or {}).items():
                wrong[_name(names[name], row) if name in names else name] = words
        for field in self.fields:
            first: dict[Any, Row] = {}
            for row in self.rows:
                value = filled.get(_name(field, row))
                other = first.setdefault(value, row) if value is not None else row
                if other is not row:
                    wrong[_name(field, row)] = f"the same as for {other.name}: each needs its own"
        return wrong


def _name(field: Field, row: Row) -> str:
    return f"{field.name} of {row.ref.id}"
