"""A cloud without a server, for cases that command line and console must decide alike: its machines are the test's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gputui.core.actions import Action, Inputs, Risk
from gputui.core.cells import Column, words
from gputui.core.health import Health
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Provider, Setting, Settings, SshTarget, View
from gputui.core.request import Outcome, Request, SendStatus
from gputui.core.rows import Item, Listing, Unreadable
from gputui.core.secret import Secret
from tests.ssh.conftest import PASSWORD


@dataclass(frozen=True, slots=True)
class Box:
    """One machine; `way` is empty where SSH leads to `port`, else what is wrong: `bug`, `stopped`, `unreadable`."""

    profile: str
    id: str
    name: str
    way: str = ""
    port: int = 0
    user: str = "root"


@dataclass
class World:
    """What there is, and which profiles are down."""

    boxes: Sequence[Box] = ()
    down: frozenset[str] = field(default_factory=frozenset)


WORLD = World()


class Client:
    """One account."""

    def __init__(self, settings: Settings) -> None:
        self._profile = settings.profile

    async def boxes(self) -> Listing[Box]:
        """The machines of this account."""
        if self._profile in WORLD.down:
            raise Failed(Problem(Cause.NETWORK, "nothing listens there"))
        own = [one for one in WORLD.boxes if one.profile == self._profile]
        good = tuple(Item(one, {"id": one.id}) for one in own if one.way != "unreadable")
        return Listing(good, tuple(Unreadable(one.name, "no id", {}) for one in own if one.way == "unreadable"))

    async def change(self, request: Request) -> Outcome:
        """Taken."""
        return Outcome(SendStatus.ACCEPTED, 202)

    async def aclose(self) -> None:
        """Nothing to close."""


def _ssh(box: Box) -> SshTarget | str:
    if box.way == "bug":
        raise KeyError("host")
    return SshTarget("127.0.0.1", box.port, box.user, Secret(PASSWORD)) if not box.way else "it is stopped"


def _stop(boxes: Sequence[Box], inputs: Inputs) -> Request:
    return Request("POST", "/stop")


BOXES: View[Client, Box] = View(
    "boxes",
    "Boxes",
    Client.boxes,
    key=lambda box: box.id,
    label=lambda box: box.name,
    columns=(Column("PORT", lambda box: words(str(box.port))),),
    state=lambda box: "UP",
    health=lambda box: Health.OK,
    machine=True,
    ssh=_ssh,
    actions=(Action("stop", "Stop", Risk.DISRUPTS, _stop, key="X"),),
)
PROVIDER: Provider[Client] = Provider("parity", "Parity", (Setting("note"),), Client, (BOXES,))
