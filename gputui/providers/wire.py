"""What all providers' wire models share: tolerance, reading entry by entry, and time formats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from gputui.core.gaps import Gap
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.raw import Hide, Raw, unhidden
from gputui.core.rows import Item, Listing, Unreadable
from gputui.core.text import Json, as_object, shorten
from gputui.net.lists import ListReply

M = TypeVar("M", bound="Wire")
T = TypeVar("T")
_UNSET_YEAR = 1
_ID_KEYS = ("id", "Id", "uuid", "workloadId", "nodeId", "name", "uid")


ReadEntry = Item[T] | Unreadable
"""The result of reading one entry of a list."""


class Wire(BaseModel):
    """A tolerant model of one API object: unknown fields are ignored, absent ones get their defaults."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,
        coerce_numbers_to_str=True,
        protected_namespaces=(),
        defer_build=True,  # a start reads a few of the hundred models: building the others would slow it for nothing
    )


def read_moment(value: object, zone: tzinfo = UTC) -> datetime | None:
    """Parse a provider's time: RFC 3339, with a space, or without zone (then `zone`); None if unset or unreadable."""
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
"""A time, in UTC if it names no zone; an unreadable one is None, so that the row stays."""


@dataclass(frozen=True, slots=True)
class RowRule(Generic[M]):
    """How the entries of a list become items of a model.

    `hide` removes what nobody may see. The model is made of the rest, or of the whole entry with `whole`.
    """

    model: type[M]
    hide: Hide = unhidden
    whole: bool = False

    def make(self, entry: Json, raw: Raw) -> ReadEntry[M]:
        """The item, or an `Unreadable` with the reason, whose id is empty if the entry has none."""
        try:
            return Item(_lean(self.model.model_validate(entry if self.whole else self.hide(entry))), raw)
        except ValidationError as error:
            return Unreadable(_likely_id(entry), _reason(error), raw)


def as_list(value: Json, *keys: str) -> list[Json]:
    """The entries of a list reply: a bare array, or an object with one of `keys`.

    Raises Failed (Cause.REPLY) for anything else: neither an error page nor null may look like an empty list.
    """
    if isinstance(value, list):
        return value
    for key in keys:
        inner = as_object(value).get(key, _ABSENT)
        if isinstance(inner, list):
            return inner
        if inner is None:
            raise Failed(Problem(Cause.REPLY, f"expected a list of {key}, got null"))
    raise _no_list(value, keys)


def _no_list(value: Json, keys: tuple[str, ...]) -> Failed:
    found = "null" if value is None else ", ".join(as_object(value)) or type(value).__name__
    wanted = " or ".join(keys) or "entries"
    return Failed(Problem(Cause.REPLY, f"expected a list of {wanted}, got {shorten(found, 80)}"))


_ABSENT = object()


def as_list_or_null(value: Json, *keys: str) -> list[Json]:
    """The same for an API whose empty lists are known to be null."""
    inner = next((as_object(value)[key] for key in keys if key in as_object(value)), value)
    return [] if inner is None else as_list(value, *keys)


def entries_of(reply: ListReply[T], *keys: str) -> Sequence[T]:
    """The entries of a list reply, as `as_list` finds them. Raises Failed."""
    bare = reply.bare()
    if bare is not None:
        return bare
    for key in keys:
        if key in reply.lists:
            return reply.lists[key]
        if as_object(reply.rest).get(key, _ABSENT) is None:
            break
    as_list(reply.rest, *keys)
    raise AssertionError("a list under one of these keys is among the reply's lists")


def entries_or_none(reply: ListReply[T], *keys: str) -> Sequence[T]:
    """The same for an API whose empty lists are known to be null."""
    first = next((key for key in keys if key in reply.lists or key in as_object(reply.rest)), None)
    is_null = reply.rest is None and not reply.lists if first is None else as_object(reply.rest).get(first, "") is None
    return () if is_null else entries_of(reply, *keys)


def as_listing(entries: Iterable[ReadEntry[M]], missing: tuple[Gap, ...] = ()) -> Listing[M]:
    """The results of `RowRule.make` for the entries of a list, in order, with the unreadable ones separate."""
    items: list[Item[M]] = []
    unreadable: list[Unreadable] = []
    for position, entry in enumerate(entries, 1):
        if isinstance(entry, Item):
            items.append(entry)
        else:
            unreadable.append(entry if entry.id else replace(entry, id=f"entry {position}"))
    return Listing(tuple(items), tuple(unreadable), missing)


def read_rows(model: type[M], entries: Iterable[Json], missing: tuple[Gap, ...] = ()) -> Listing[M]:
    """Validate entries one by one: an invalid one becomes `Unreadable` beside the good ones."""
    rule = RowRule(model)
    return as_listing((rule.make(entry, entry) for entry in entries), missing)


def read_item(model: type[M], entry: Json) -> Item[M]:
    """One item that was read alone. Raises Failed (Cause.REPLY) if it is invalid."""
    listing = read_rows(model, [entry])
    if listing.unreadable:
        raise Failed(Problem(Cause.REPLY, f"not a {model.__name__.lower()}: {listing.unreadable[0].reason}"))
    return listing.items[0]


def _lean(model: M) -> M:
    """The model in the form a list holds it.

    It has no unknown fields, which the raw text has, and shares the set of given fields, which takes two kilobytes.
    """
    object.__setattr__(model, "__pydantic_extra__", None)
    object.__setattr__(model, "__pydantic_fields_set__", _given(frozenset(model.model_fields_set)))
    return model


@lru_cache(maxsize=1000)
def _given(fields: frozenset[str]) -> set[str]:
    return set(fields)


def _likely_id(entry: Json) -> str:
    found = as_object(entry)
    return next((str(found[key]) for key in _ID_KEYS if isinstance(found.get(key), str | int)), "")


def _reason(error: ValidationError) -> str:
    """Which fields are invalid and how, without their values, which may be secrets."""
    complaints = (
        f"{'.'.join(str(part) for part in found['loc']) or 'entry'}: {found['msg']}"
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    )
    return "; ".join(list(complaints)[:3])
