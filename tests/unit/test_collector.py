"""The collector: no look of its goes through all rows, and circles are found all the same."""

from __future__ import annotations

import subprocess
import sys

COUNT = """
import gc, weakref
from gputui.core.collector import MANY, THRESHOLDS, collect_from_now_on

class Part:
    __slots__ = ("other", "__weakref__")

looked = [0]
gc.callbacks.append(lambda phase, info: phase == "start" and info["generation"] == 2 and looked.append(
    sum(len(gc.get_objects(generation=one)) for one in range(3))))
collect_from_now_on()
before = gc.get_freeze_count()
rows = [(Part(), Part(), Part()) for _ in range(200_000)]
kept, most = gc.get_freeze_count() - before, max(looked)

def circle():
    one, other = Part(), Part()
    one.other, other.other = other, one
    return weakref.ref(one)

found, last = [circle() for _ in range(1000)], len(looked)
more = [Part() for _ in range(2 * THRESHOLDS[0] * THRESHOLDS[1])]
print(kept, most, sum(one() is None for one in found))
"""


def test_a_large_list_is_looked_through_once_and_circles_are_found() -> None:
    ran = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, timeout=60, check=True)
    kept, most, found = map(int, ran.stdout.split())
    assert kept > 500_000
    assert 0 < most < 110_000
    assert found == 1000
