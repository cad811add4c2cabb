"""The guards of a profile, protected and read-only, and the words for them everywhere."""

from __future__ import annotations

from dataclasses import dataclass

MANY = 5
"""From this many targets on, a mistake counts as destructive, whatever the action."""


def read_only(*names: str) -> str:
    """Why nothing can be changed in these profiles."""
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} read-only"


@dataclass(frozen=True, slots=True)
class Guards:
    """The guards of a profile."""

    protected: bool = False
    read_only: bool = False

    @property
    def any(self) -> bool:
        """Whether there is any guard."""
        return self.protected or self.read_only

    @property
    def words(self) -> tuple[str, ...]:
        """The guards, as words to list."""
        return (*("protected",) * self.protected, *("read-only",) * self.read_only)

    def __str__(self) -> str:
        return f" ({', '.join(self.words)})" if self.any else ""


def unchecked_command(name: str) -> str:
    """The warning before a command runs on machines of a read-only profile."""
    return f"{read_only(name)} for requests to its API; a shell command is none, and is not checked."


def must_confirm(count: int, *, chosen: bool, guarded: bool) -> bool:
    """Whether a command must be confirmed: its machines are many, or not `chosen` one by one, or `guarded`."""
    return guarded or not chosen or count >= MANY
