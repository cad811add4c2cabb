"""Divide a world of a given size: the number of machines per cloud, and their addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

# Percent of the machines beyond the initial ones; bare metal comes in the largest numbers.
SHARES = {"scp": 64, "nsml": 9, "hostedai": 9, "runai": 9, "datenfab": 9}


def shared_out(more: int, shares: Mapping[str, int]) -> dict[str, int]:
    """Return how many of `more` machines each cloud gets; the remainder goes to the first."""
    total = sum(shares.values())
    parts = {name: more * share // total for name, share in shares.items()}
    first = next(iter(parts))
    parts[first] += more - sum(parts.values())
    return parts


def parted(count: int, most: int) -> Iterator[int]:
    """Yield group sizes of at most `most` that add up to `count`."""
    for begun in range(0, count, most):
        yield min(most, count - begun)


def address(network: int, number: int) -> str:
    """Return the loopback address of the machine with that number, from 127.`network` on."""
    above, host = divmod(number, 250)
    more, third = divmod(above, 256)
    return f"127.{network + more}.{third}.{host + 1}"
