"""What guards a profile, protected and read-only, and the words for it, wherever they are said."""

from __future__ import annotations

from dataclasses import dataclass

MANY = 5
"""From so many targets on a mistake is taken to destroy, whatever is done to them."""


def read_only(*names: str) -> str:
    """Why nothing is changed in these profiles."""
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} read-only"


@dataclass(frozen=True, slots=True)
class Guards:
    """What guards a profile."""

    protected: bool = False
    read_only: bool = False

    @property
    def any(self) -> bool:
        """Whether there is a guard at all."""
        return self.protected or self.read_only

    @property
    def words(self) -> tuple[str, ...]:
        """The guards, to be listed."""
        return (*("protected",) * self.protected, *("read-only",) * self.read_only)

    def __str__(self) -> str:
        return f" ({', '.join(self.words)})" if self.any else ""


def unchecked_command(name: str) -> str:
    """What must be known of a read-only profile before a command runs on its machines."""
    return f"{read_only(name)} for requests to its API; a shell command is none, and is not checked."


def must_confirm(count: int, *, chosen: bool, guarded: bool) -> bool:
    """Whether a command needs a deliberate yes: its machines are many, or not `chosen` one by one, or `guarded`."""
    return guarded or not chosen or count >= MANY
