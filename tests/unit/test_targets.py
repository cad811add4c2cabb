"""Whether a key press is about the same rows as the last one: then their verbs need not be looked up again."""

from __future__ import annotations

from dataclasses import replace

from gputui.core.health import Health
from gputui.core.rows import Ref, Row
from gputui.ui.list.targets import Targets

ONE = Row(Ref("p", "nodes", "a"), "a", "RUNNING", Health.OK, (), item="before")
OTHER = replace(ONE, ref=Ref("p", "nodes", "b"))


def targets(*rows: Row, marked: bool = False) -> Targets:
    return Targets(tuple(row.ref for row in rows), rows, (), marked)


def test_they_are_the_same_only_as_the_same_versions_of_the_rows() -> None:
    newer = replace(ONE, item="after")
    assert newer == ONE, "it shows the same, but its verbs may be others"
    assert targets(ONE).same(targets(ONE))
    assert Targets().same(Targets())
    assert not targets(ONE).same(targets(newer))
    assert not targets(ONE).same(targets(OTHER))
    assert not targets(ONE).same(targets(ONE, OTHER))
    assert not targets(ONE).same(targets(ONE, marked=True))
    assert not Targets().same(targets(ONE))
