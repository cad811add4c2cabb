"""Those who want to hear of something: any number of them, each until it wants to hear no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Listeners(Generic[P]):
    """Called like a function, it calls every listener with the same arguments, in the order in which they came."""

    def __init__(self) -> None:
        self._all: list[Callable[P, object]] = []

    def add(self, listener: Callable[P, object]) -> Callable[[], None]:
        """Tell `listener` from now on; call what is returned to tell it no more. Calling that twice does no harm."""
        self._all.append(listener)

        def stop() -> None:
            if listener in self._all:
                self._all.remove(listener)

        return stop

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for listener in tuple(self._all):
            listener(*args, **kwargs)
