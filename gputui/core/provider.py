"""The declaration of a cloud: a provider is a value with functions in it, from which everything else follows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

from gputui.core.actions import Action, Query
from gputui.core.cells import Column, with_own_ids
from gputui.core.health import Health
from gputui.core.links import Link, Port
from gputui.core.request import Outcome, Request
from gputui.core.rows import Item, Listing
from gputui.core.secret import Secret
from gputui.core.text import Json
from gputui.core.traffic import Traffic
from gputui.core.typed_fields import TypedField


class Client(Protocol):
    """A connection to one profile's cloud. Reads are methods of its own; all changes go through `change`.

    A client that caches something between readings has a method `forget()` that drops it, for when a fresh list is
    wanted.
    """

    async def change(self, request: Request) -> Outcome:
        """Send one changing request once; never raises for network or server errors."""

    async def aclose(self) -> None:
        """Close the connections."""


C = TypeVar("C", bound=Client)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SshTarget:
    """Where a machine is reached, as the API gives it: not yet checked. The settings of a profile take precedence.

    `usual_user` is the provider's own guess where its API names no user: used if ~/.ssh/config names none either.
    """

    host: str
    port: int | None = None
    user: str = ""
    password: Secret | None = None
    usual_user: str = ""


@dataclass(frozen=True)
class Children(Generic[T]):
    """Drill-down: the rows of `view` that belong to a parent.

    `match` selects them where the whole view is polled anyway; `fetch` reads only them where it is not.
    """

    view: str
    match: Callable[[T, Any], bool]
    fetch: Callable[[Any, T], Awaitable[Listing[Any]]] | None = None


@dataclass(frozen=True)
class View(Generic[C, T]):
    """One list of a provider.

    `key` gives the id, unique in the view; `label` the name. NAME, and for views with `health` also HEALTH and STATE,
    are put before `columns` automatically. `machine` views feed the fleet. `ssh` gives the target or the reason why
    there is none, `owner` who owns the item. `links` are addresses for a browser, `ports` those on which something on
    the machine listens. `show` reads one item anew for the details. A changing item is followed without reading the
    whole list where the API has a narrower read: `read_one` reads one item as the list would have it, and fails with
    Cause.MISSING if it is gone; `read_states` reads only the items in one of these states (as `state` gives them).
    `reasons` says in words why an item is as it is, as far as the API tells: error fields, messages, exit codes.
    `absent` says of well-known verbs why this API lacks them. `fields` are what `get` has besides the columns.
    """

    name: str
    title: str
    fetch: Callable[[C], Awaitable[Listing[T]]]
    key: Callable[[T], str]
    label: Callable[[T], str]
    columns: tuple[Column[T], ...]
    state: Callable[[T], str] | None = None
    health: Callable[[T], Health] | None = None
    machine: bool = False
    every: float | None = None
    actions: tuple[Action[T], ...] = ()
    queries: tuple[Query[T], ...] = ()
    ssh: Callable[[T], SshTarget | str] | None = None
    owner: Callable[[T], str] | None = None
    reasons: Callable[[T], tuple[str, ...]] | None = None
    links: Callable[[T], tuple[Link, ...]] | None = None
    ports: Callable[[T], tuple[Port, ...]] | None = None
    show: Callable[[C, T], Awaitable[Json]] | None = None
    read_one: Callable[[C, T], Awaitable[Item[T]]] | None = None
    read_states: Callable[[C, Sequence[str]], Awaitable[Listing[T]]] | None = None
    children: tuple[Children[T], ...] = ()
    secrets: frozenset[str] = frozenset()
    absent: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[TypedField[T], ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.columns, tuple) and all(isinstance(column, Column) for column in self.columns):
            object.__setattr__(self, "columns", with_own_ids(self.columns))


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a profile's table. A list kind takes a TOML array; `allowed` limits a text."""

    name: str
    kind: Literal["text", "secret", "url", "texts", "numbers"] = "text"
    required: bool = False
    default: Any = None
    allowed: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """A profile as a provider gets it: its own keys, checked and with secrets resolved, and how to connect."""

    profile: str
    values: Mapping[str, Any]
    read_only: bool = False
    ca_file: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    traffic: Traffic = field(default_factory=Traffic, compare=False, repr=False)
    """Where the requests made with it are counted."""

    def text(self, name: str) -> str:
        """The text of a setting; empty if it is unset."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def secret(self, name: str) -> Secret:
        """A secret setting; an empty one if it is unset."""
        value = self.values.get(name)
        return value if isinstance(value, Secret) else Secret("")


@dataclass(frozen=True)
class Provider(Generic[C]):
    """A cloud: its id, title, profile keys, how to connect, and its views in the order of the screen.

    `check` validates several settings together and returns (key, complaint) or None.
    """

    name: str
    title: str
    settings: tuple[Setting, ...]
    connect: Callable[[Settings], C]
    views: tuple[View[C, Any], ...]
    check: Callable[[Mapping[str, Any]], tuple[str, str] | None] | None = None

    def view(self, name: str) -> View[C, Any] | None:
        """The view of that name."""
        return next((view for view in self.views if view.name == name), None)
