"""Automatic events in the account: actions of colleagues, and hardware failures."""

from __future__ import annotations

from gputui.sim.churn import Turns
from gputui.sim.scp.models import Node
from gputui.sim.scp.state import Scp

ROLL_BACK = 0.05
MOST_OFF, OFF_OF = 12, 5


def begin(cloud: Scp) -> None:
    """Start the incidents."""
    Incidents(cloud).begin()


class Incidents:
    """Schedules one small event after the other while the cloud lives."""

    def __init__(self, cloud: Scp) -> None:
        self._cloud = cloud
        self._random = cloud.random

    def begin(self) -> None:
        """Start with a change in progress, so that the first screen already changes."""
        life = self._cloud.life
        self._cloud.roll_back_odds = ROLL_BACK if life.pace else 0.0
        if life.pace:
            life.after(1.5, self._operate)
        life.repeat(6, 14, self._operate)
        life.repeat(35, 80, self._fail)
        life.repeat(50, 110, self._lose_sight)

    def _pick(self, *states: str) -> Node | None:
        nodes = [node for node in self._cloud.nodes.values() if node.state in states and not node.locked]
        return self._random.choice(nodes) if nodes else None

    def _operate(self) -> None:
        """Start or stop a node as a colleague would; about half of the permitted number stay off."""
        stopped = sum(node.state == "STOPPED" for node in self._cloud.nodes.values())
        on = self._random.random() < stopped / max(MOST_OFF, len(self._cloud.nodes) // OFF_OF)
        node = self._pick("STOPPED" if on else "RUNNING")
        if node is not None:
            (self._cloud.start if on else self._cloud.stop)([node.id])

    def _fail(self) -> None:
        """Make a GPU fall off the bus; the node comes back after a while."""
        if sum(node.state == "ERROR" for node in self._cloud.nodes.values()) >= 4:
            return
        node = self._pick("RUNNING")
        if node is None:
            return
        node.ailment = self._random.choice(("lost", "ecc"))
        self._cloud.enter(node, "ERROR")

        def recover() -> None:
            if node.state == "ERROR":
                node.ailment = ""
                self._cloud.enter(node, "RUNNING")

        self._cloud.life.after(self._random.uniform(40, 120), recover)

    def _lose_sight(self) -> None:
        """Make a node unreachable for the cloud for some seconds."""
        node = self._pick("RUNNING")
        if node is None:
            return
        self._cloud.enter(node, "UNKNOWN")

        def found() -> None:
            if node.state == "UNKNOWN":
                self._cloud.enter(node, "RUNNING")

        self._cloud.life.after(self._random.uniform(8, 20), found)


def turns(cloud: Scp) -> Turns[Node]:
    """Return how the account's nodes change in benchmark worlds: they become unknown, or are edited."""
    return Turns(
        things=lambda: list(cloud.nodes.values()),
        state=lambda node: node.state,
        enter=cloud.enter,
        words={"resting": "RUNNING", "other": "UNKNOWN", "moving": "EDITING"},
    )
