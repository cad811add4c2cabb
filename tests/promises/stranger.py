"""A provider that a stranger wrote, with every function a declaration can have; any one of them can be made to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import cycle
from typing import Any

from gputui.core.actions import Action, Choice, Field, Inputs, LogEntry, Progress, Query, Risk, Watched
from gputui.core.cells import Column, gpus, words
from gputui.core.health import Health
from gputui.core.links import Link, Port
from gputui.core.provider import Children, Provider, Setting, Settings, SshTarget, View
from gputui.core.request import Outcome, Request, SendStatus
from gputui.core.rows import Item, Listing
from gputui.core.text import Json

Broken = tuple[type, str]
"""A function by its declaration and its field; `(Client, …)` for those of the connection."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine."""

    id: str
    name: str
    rack: str = "r1"


class Client:
    """The connection: holds what it sends."""

    def __init__(self) -> None:
        self.sent: list[Request] = []

    async def change(self, request: Request) -> Outcome:
        """Taken, whatever it is."""
        self.sent.append(request)
        return Outcome(SendStatus.ACCEPTED, 202)

    async def aclose(self) -> None:
        """Nothing to close."""


async def _machines(client: Client) -> Listing[Machine]:
    found = [Machine(f"m{n}", f"box-{n}") for n in range(3)]
    return Listing(tuple(Item(one, {"id": one.id, "name": one.name}) for one in found))


async def _racks(client: Client) -> Listing[Machine]:
    return Listing((Item(Machine("r1", "rack-1"), {}),))


async def _shelves(client: Client, rack: Machine) -> Listing[Machine]:
    return Listing((Item(Machine("s1", "shelf-1"), {}),))


async def _no_shelves(client: Client) -> Listing[Machine]:
    return Listing(())


async def _read_one(client: Client, one: Machine) -> Item[Machine]:
    return Item(one, {"id": one.id})


async def _read_states(client: Client, states: Sequence[str]) -> Listing[Machine]:
    return await _machines(client)


async def _show(client: Client, one: Machine) -> Json:
    return {"id": one.id, "serial": "SN-1"}


async def _logs(client: Client, one: Machine, inputs: Inputs) -> tuple[LogEntry, ...]:
    return (LogEntry(1.0, "info", "all is well"),)


async def _sizes(client: Client, one: Machine | None, inputs: Inputs) -> Sequence[Choice]:
    return (Choice("small", "Small"), Choice("large", "Large"))


async def _scan(client: Client, one: Machine, body: Json) -> Watched:
    return Watched({"found": 1}, over=True)


def _request(items: Sequence[Machine], inputs: Inputs) -> Request:
    return Request("POST", "/resize", body={"id": [one.id for one in items], "size": inputs.get("size")})


RESIZE = Action[Machine](
    "resize",
    "Resize",
    Risk.REVERSIBLE,
    _request,
    blocked_reason=lambda one: None,
    progress=lambda one, inputs: Progress.GOING,
    key="R",
    fields=(
        Field("size", "Size", "choice", choices=_sizes),
        Field("note", "Note", default=lambda one: "hello", check=lambda text: None, when=lambda inputs: True),
    ),
    check=lambda inputs: {},
    cost=lambda chosen: "1 €/h",
    watch=_scan,
    document=lambda text: (),
    hides=lambda body: frozenset(),
)
MAKE = Action[Machine](
    "make",
    "Make",
    Risk.REVERSIBLE,
    _request,
    progress=lambda one, inputs: Progress.WAITING,
    key="N",
    on="view",
    makes=lambda inputs: ("box-new",),
    fields=(Field("name", "Name", default="box-new"),),
)
MACHINES = View[Client, Machine](
    "machines",
    "Machines",
    _machines,
    key=lambda one: one.id,
    label=lambda one: one.name,
    columns=(Column("GPU", lambda one: gpus(8, "H100")), Column("RACK", lambda one: words(one.rack))),
    state=lambda one: "UP",
    health=lambda one: Health.OK,
    machine=True,
    actions=(RESIZE, MAKE),
    queries=(Query("logs", "Logs", _logs, blocked_reason=lambda one: None, key="l"),),
    ssh=lambda one: SshTarget("127.0.0.1", 1, "root"),
    owner=lambda one: "ada",
    reasons=lambda one: ("it said so",),
    links=lambda one: (Link("Jupyter", "https://j.example/", "https://j.example/"),),
    ports=lambda one: (Port("TensorBoard", 6006),),
    show=_show,
    read_one=_read_one,
    read_states=_read_states,
)
RACKS = View[Client, Machine](
    "racks",
    "Racks",
    _racks,
    key=lambda one: one.id,
    label=lambda one: one.name,
    columns=(Column("HALL", lambda one: words("h")),),
    children=(Children("machines", lambda rack, one: True), Children("shelves", lambda rack, one: True, _shelves)),
)
SHELVES = View[Client, Machine](
    "shelves",
    "Shelves",
    _no_shelves,
    key=lambda one: one.id,
    label=lambda one: one.name,
    columns=(Column("HALL", lambda one: words("h")),),
)
WELL = Provider[Client](
    "stranger",
    "Stranger",
    (Setting("size"),),
    lambda settings: Client(),
    (MACHINES, RACKS, SHELVES),
    check=lambda values: None,
)
PROVIDER: Provider[Any] = WELL
"""What the entry point names; tests put another one here."""


async def _coroutine() -> None:
    """Handed out where a value belongs."""


HOSTILE = "\x1b]52;c;T1dO\x07\x1b[2J\x9b31m\u202eevil\u200b\nsecond\ud800"
RAISED: tuple[Callable[[], BaseException], ...] = (
    lambda: ValueError("oops"),
    lambda: SystemExit(3),
    lambda: KeyboardInterrupt(),
    lambda: RecursionError("maximum recursion depth exceeded"),
    lambda: MemoryError(),
    lambda: ValueError(HOSTILE.replace("\ud800", "")),  # half a pair cannot even be told by the test's own log
)
GIVEN: tuple[Callable[[], Any], ...] = (
    lambda: None,
    lambda: 7,
    lambda: b"",
    object,
    _coroutine,
    lambda: (letter for letter in "abc"),
    lambda: HOSTILE,
    lambda: "x" * 1_000_000,
)


def raising(make: Callable[[], BaseException]) -> Callable[..., Any]:
    """A function that raises."""

    def function(*given: Any) -> Any:
        raise make()

    return function


def giving(make: Callable[[], Any]) -> Callable[..., Any]:
    """A function that gives nonsense, and where it is awaited, an awaitable of nonsense every other time."""

    async def later() -> Any:
        return make()

    turns = cycle((False, True))
    return lambda *given: later() if next(turns) else make()


def waiting(make: Callable[[], Any]) -> Callable[..., Any]:
    """A function that is awaited, and gives nonsense then."""

    async def function(*given: Any) -> Any:
        return make()

    return function


def turning(faults: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    """One fault after the other, with every call the next one."""
    turns: Iterator[Callable[..., Any]] = cycle(faults)
    return lambda *given, **named: next(turns)(*given)


def functions() -> list[Broken]:
    """Every function that a declaration can have, read off the dataclasses themselves, and the connection's two."""
    kinds = (Provider, View, Children, Column, Action, Field, Query)
    found = [(kind, one.name) for kind in kinds for one in fields(kind) if _is_function(str(one.type))]
    return [*found, (Client, "change"), (Client, "aclose")]


def _is_function(kind: str) -> bool:
    return "Callable" in kind or kind.startswith("Choices")


def is_awaited(broken: Broken) -> bool:
    """Whether the provider's own function is `async def`."""
    well = found(WELL, broken)
    return well is not None and (well.__code__.co_flags & 0x80) != 0


def found(part: Any, broken: Broken) -> Any:
    if broken[0] is Client:
        return getattr(Client, broken[1])
    if isinstance(part, broken[0]) and callable(getattr(part, broken[1])):
        return getattr(part, broken[1])
    inner = (found(one, broken) for field in fields(part) for one in _parts(getattr(part, field.name)))
    return next((one for one in inner if one is not None), None)


def _parts(value: Any) -> tuple[Any, ...]:
    return tuple(one for one in value if is_dataclass(one)) if isinstance(value, tuple) else ()


def with_fault(broken: Broken, fault: Callable[..., Any]) -> Provider[Any]:
    """The provider with that function replaced, wherever it stands."""
    if broken[0] is Client:
        kind = type("Client", (Client,), {broken[1]: lambda self, *given: fault(*given)})
        return replace(WELL, connect=lambda settings: kind())
    made: Provider[Any] = _broken(WELL, broken, fault)
    return made


def _broken(part: Any, broken: Broken, fault: Callable[..., Any]) -> Any:
    changes: dict[str, Any] = {}
    for one in fields(part):
        value = getattr(part, one.name)
        if isinstance(value, tuple):
            changes[one.name] = tuple(_broken(each, broken, fault) if is_dataclass(each) else each for each in value)
        elif isinstance(part, broken[0]) and one.name == broken[1] and callable(value):
            changes[one.name] = fault
    return replace(part, **changes)


def name_of(broken: Broken) -> str:
    """For the name of a test."""
    return f"{broken[0].__name__}.{broken[1]}"


def settings() -> Settings:
    """A profile without anything."""
    return Settings("mine", {})
