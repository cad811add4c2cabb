"""Fields of `get` for what the columns of a view do not have, or only as part of a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from gputui.core.text import Json

T = TypeVar("T")
CountAndModel: TypeAlias = tuple[float | None, str | None]


@dataclass(frozen=True)
class TypedField(Generic[T]):
    """One field: its name, which never changes, and its value for an item; None if it is not known."""

    name: str
    value: Callable[[T], Json]


def gpu_fields(
    read: Callable[[T], CountAndModel | None], product: Callable[[T], str | None] | None = None
) -> tuple[TypedField[T], ...]:
    """How many GPUs, of which model, and with `product` the model's whole name, as in `NVIDIA H100 80GB HBM3`."""
    fields = (
        TypedField[T]("gpu_count", lambda item: (read(item) or (None, None))[0]),
        TypedField[T]("gpu_model", lambda item: (read(item) or (None, None))[1] or None),
    )
    return fields if product is None else (*fields, TypedField("gpu_product", lambda item: product(item) or None))
