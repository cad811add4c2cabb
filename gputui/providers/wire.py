"""What all providers' wire models share: tolerance, row-by-row reading, and the clouds' spellings of time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from gputui.core.gaps import Gap
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.rows import Item, Listing, Unreadable
from gputui.core.text import Json, as_object, shorten

M = TypeVar("M", bound="Wire")
_UNSET_YEAR = 1
_ID_KEYS = ("id", "Id", "uuid", "workloadId", "nodeId", "name", "uid")


class Wire(BaseModel):
    """A tolerant model of one API object: unknown fields are kept, absent ones take their defaults."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
        coerce_numbers_to_str=True,
        protected_namespaces=(),
        defer_build=True,  # a start reads a few of the hundred models: the others would slow it for nothing
    )


def read_moment(value: object, zone: tzinfo = UTC) -> datetime | None:
    """Read a provider's time: RFC 3339, with a space, or without zone (then `zone`); unset or unreadable gives None."""
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.year <= _UNSET_YEAR:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


Moment = Annotated[datetime | None, BeforeValidator(read_moment)]
"""A time in UTC where it names no zone; what cannot be read is None, the row stays."""


def as_list(value: Json, *keys: str) -> list[Json]:
    """The entries of a list reply: a bare array, or an object with one of `keys`.

    Raises Failed (Cause.REPLY) for anything else: neither an error page nor null must ever look like an empty list.
    """
    if isinstance(value, list):
        return value
    for key in keys:
        inner = as_object(value).get(key, _ABSENT)
        if isinstance(inner, list):
            return inner
        if inner is None:
            raise Failed(Problem(Cause.REPLY, f"expected a list of {key}, got null"))
    found = "null" if value is None else ", ".join(as_object(value)) or type(value).__name__
    raise Failed(Problem(Cause.REPLY, f"expected a list of {' or '.join(keys) or 'entries'}, got {shorten(found, 80)}"))


_ABSENT = object()


def as_list_or_null(value: Json, *keys: str) -> list[Json]:
    """The same for an API whose empty lists are known to come as null."""
    inner = next((as_object(value)[key] for key in keys if key in as_object(value)), value)
    return [] if inner is None else as_list(value, *keys)


def read_rows(model: type[M], entries: Iterable[Json], missing: tuple[Gap, ...] = ()) -> Listing[M]:
    """Validate entries one by one: what does not fit becomes `Unreadable` beside the good ones."""
    items: list[Item[M]] = []
    unreadable: list[Unreadable] = []
    for position, entry in enumerate(entries):
        try:
            items.append(Item(model.model_validate(entry), entry))
        except ValidationError as error:
            unreadable.append(Unreadable(_likely_id(entry, position), _reason(error), entry))
    return Listing(tuple(items), tuple(unreadable), missing)


def read_item(model: type[M], entry: Json) -> Item[M]:
    """One thing that was asked for alone. Raises Failed (Cause.REPLY) where it does not fit."""
    listing = read_rows(model, [entry])
    if listing.unreadable:
        raise Failed(Problem(Cause.REPLY, f"not a {model.__name__.lower()}: {listing.unreadable[0].reason}"))
    return listing.items[0]


def _likely_id(entry: Json, position: int) -> str:
    found = as_object(entry)
    named = next((str(found[key]) for key in _ID_KEYS if isinstance(found.get(key), str | int)), "")
    return named or f"entry {position + 1}"


def _reason(error: ValidationError) -> str:
    """Which fields are wrong and how, without their values: those may be secrets."""
    complaints = (
        f"{'.'.join(str(part) for part in found['loc']) or 'entry'}: {found['msg']}"
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    )
    return "; ".join(list(complaints)[:3])
