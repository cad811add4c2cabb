"""What the frame asks of every embedded cloud."""

from __future__ import annotations

from typing import Protocol

from starlette.types import ASGIApp


class Cloud(Protocol):
    """One provider's API with its machines.

    Every cloud is built as `Cls(clock, random: random.Random, door: SshDoor, *, calm: bool)`; when calm nothing happens
    by itself, only what a request asks for.
    """

    name: str

    def tick(self) -> None:
        """Bring the cloud up to the clock; its API calls this before anything else on every request."""
        ...

    def app(self) -> ASGIApp:
        """The HTTP API, without recording and faults: the frame puts those round it."""
        ...

    def profile(self, base_url: str) -> dict[str, object]:
        """The table of config.toml that reaches this cloud at `base_url` (scheme, host and port, no path)."""
        ...
