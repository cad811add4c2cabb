"""How many examples the tests that make up their own are given: few in the suite, many with a profile for that."""

from __future__ import annotations

from hypothesis import settings

USUAL = 100
settings.register_profile("suite", max_examples=40, deadline=None)
settings.register_profile("nightly", max_examples=10 * USUAL, deadline=None)
settings.load_profile("suite")  # `pytest --hypothesis-profile nightly` for the other


def examples(count: int) -> int:
    """The number for a test that gets `count` where others get a hundred."""
    return max(1, count * settings.default.max_examples // USUAL)
