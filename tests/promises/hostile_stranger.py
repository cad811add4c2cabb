"""The stranger's provider with something hostile in every text that it gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gputui.core.actions import Choice, LogEntry
from gputui.core.cells import Cell, Column, Role
from gputui.core.links import Link, Port
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Provider
from gputui.core.rows import Item, Listing, Unreadable
from tests.promises.stranger import MACHINES, RACKS, RESIZE, SHELVES, WELL, Machine

EVIL = "\x1b]52;c;T1dORUQ=\x07\x1b]2;OWNED\x07\x1b[31337m\x1bc\x9b31337m\x9d52;c;eA==\x9c\u202e\u200b\n\r\t\x07[red]"


async def _machines(client: Any) -> Listing[Machine]:
    raw: Any = {EVIL: {"name": EVIL, "list": [EVIL]}}
    items = tuple(Item(Machine(f"{EVIL}{n}", f"box-{n}{EVIL}"), raw) for n in range(3))
    return Listing(items, (Unreadable(EVIL, EVIL, raw),))


async def _show(client: Any, one: Machine) -> Any:
    return {EVIL: EVIL}


async def _logs(client: Any, one: Machine, inputs: Any) -> Any:
    return (LogEntry(1.0, EVIL, EVIL), LogEntry(2.0, "ERROR", EVIL))


async def _sizes(client: Any, one: Any, inputs: Any) -> Any:
    return (Choice("small", f"Small{EVIL}", EVIL), Choice("large", EVIL))


async def _fails(client: Any) -> Any:
    raise Failed(Problem(Cause.SERVER, EVIL, EVIL))


def _refuses(one: Machine) -> str | None:
    return f"no: {EVIL}" if one.id.endswith("1") else None


PROVIDER: Provider[Any] = replace(
    WELL,
    title=f"Stranger{EVIL}",
    views=(
        replace(
            MACHINES,
            title=f"Machines{EVIL}",
            fetch=_machines,
            state=lambda one: f"UP{EVIL}",
            columns=(Column(f"GPU{EVIL}", lambda one: Cell(EVIL, EVIL), role=Role.GPU, id="gpu"),),
            actions=(
                replace(
                    RESIZE,
                    label=f"Resize{EVIL}",
                    effect=EVIL,
                    blocked_reason=_refuses,
                    cost=lambda chosen: EVIL,
                    fields=(
                        replace(RESIZE.fields[0], label=f"Size{EVIL}", help=EVIL, choices=_sizes),
                        replace(RESIZE.fields[1], default=lambda one: f"hello{EVIL}", check=lambda text: EVIL),
                    ),
                ),
            ),
            queries=(replace(MACHINES.queries[0], label=f"Logs{EVIL}", read=_logs),),
            ssh=lambda one: EVIL,
            owner=lambda one: EVIL,
            reasons=lambda one: (EVIL,),
            links=lambda one: (Link(EVIL, f"https://j.example/{EVIL}", f"https://j.example/{EVIL}"),),
            ports=lambda one: (Port(EVIL, 6006),),
            show=_show,
            absent={"reboot": EVIL},
        ),
        replace(RACKS, title=f"Racks{EVIL}", fetch=_fails),
        SHELVES,
    ),
)
