"""How a world of a wanted size is parted: which cloud has how many of the machines, and where they are reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

# Of a hundred machines beyond those that every world begins with; bare metal comes in the largest numbers.
SHARES = {"scp": 64, "nsml": 9, "hostedai": 9, "runai": 9, "datenfab": 9}


def shared_out(more: int, shares: Mapping[str, int]) -> dict[str, int]:
    """How many of `more` machines each cloud gets; what cannot be parted goes to the first."""
    total = sum(shares.values())
    parts = {name: more * share // total for name, share in shares.items()}
    first = next(iter(parts))
    parts[first] += more - sum(parts.values())
    return parts


def parted(count: int, most: int) -> Iterator[int]:
    """Groups of at most so many that are `count` together."""
    for begun in range(0, count, most):
        yield min(most, count - begun)


def address(network: int, number: int) -> str:
    """A loopback address of its own for the machine of that number, from 127.`network` on."""
    above, host = divmod(number, 250)
    more, third = divmod(above, 256)
    return f"127.{network + more}.{third}.{host + 1}"
