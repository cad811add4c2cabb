"""A visit to the console in a real terminal: look, stop a node, two sessions, sizes, and the terminal as it was."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Start
from tests.e2e.steps import CLOUDS, agree, command, go, leave, loaded, narrow
from tests.e2e.terminal import Terminal


def test_a_visit(start: Start) -> None:
    with start("demo", cold=True) as console:
        fleet_is_drawn(console)
        stop_a_node(console)
        session(console, tab=2, views="Nodes · Runs", resized=(100, 30))
        the_node_has_stopped(console)
        session(console, tab=5, views="Instances", resized=(80, 24))
        assert leave(console) == 0
        assert console.left_behind == []
        assert "Traceback" not in console.screen


def fleet_is_drawn(console: Terminal) -> None:
    """Tabs of all clouds, rows worst first, each with a glyph and a word for its health."""
    loaded(console)
    for number, cloud in enumerate(CLOUDS, 1):
        assert f" {number} {cloud[:5]}" in console.lines[0]
    states = [line.split()[1:3] for line in console.lines[3:] if "✖ bad" in line or "● ok" in line]
    assert "✖ bad" in console.line(" ▌ ")
    assert states
    assert console.emulator.painted
    assert 1000 not in console.emulator.modes
    assert 1049 in console.emulator.modes


def stop_a_node(console: Terminal) -> None:
    """Stop a node through its dialog: Cancel has the focus, `y` acts, STOPPING is seen and then STOPPED."""
    go(console, 1, "Nodes · Fabrics")
    narrow(console, "gpu-node-006")
    console.wait_for("^ ▌ gpu-node-006 .*RUNNING")
    console.press("X")
    console.wait_for("Stop gpu-node-006 in samsung")
    console.press("enter")
    console.wait_gone("Stop gpu-node-006 in samsung")
    assert "RUNNING" in console.line(" ▌ gpu-node-006")
    console.press("X")
    console.wait_for("Stop gpu-node-006 in samsung")
    agree(console, "stop")
    console.wait_for("gpu-node-006 .*changing .*STOPPING")
    console.press("ctrl+u")
    console.wait_for("gpu-node-007")


def the_node_has_stopped(console: Terminal) -> None:
    """What was asked for is followed to its end, sessions or not."""
    go(console, 1, "Nodes · Fabrics")
    narrow(console, "gpu-node-006")
    console.wait_for("gpu-node-006 .*off .*STOPPED")
    console.press("ctrl+u")
    console.wait_for("gpu-node-007")


def session(console: Terminal, tab: int, views: str, resized: tuple[int, int]) -> None:
    """A shell on a running machine of that tab; the window changes its size meanwhile."""
    go(console, tab, views)
    narrow(console, "running")
    chosen = console.line(" ▌ ")[3:20]
    sessions = console.output.count(b"opens the menu")
    console.press("s", "s")  # in haste: still one shell on the one terminal
    console.wait_for(r"^root@[^ ]+:~# ?s?\s*\Z")
    if console.screen.rstrip().endswith(":~# s"):  # on a busy machine the second one is read by the shell
        console.type("\x7f")
    assert 1049 not in console.emulator.modes
    console.type("hostname\r")
    name = console.wait_for(r"^root@[^ ]+:~# hostname\n[^ ]+\nroot@").split("\n")[1]
    assert f"root@{name}:" in console.screen
    columns, rows = resized
    console.resize(columns, rows)
    console.type("stty size\r")
    console.wait_for(f"^{rows} {columns}$")
    console.type("exit\r")
    console.wait_for("/running ")
    assert len(console.lines) == rows
    assert console.line(" ▌ ")[3:20] == chosen  # the others may have changed meanwhile
    console.wait_for("exit status 0")
    assert console.output.count(b"opens the menu") == sessions + 1
    console.press("ctrl+u")
    console.wait_gone("/running ")


def states(console: Terminal) -> list[str]:
    """What stands in the fleet's column STATE."""
    at = console.line("HEALTH").index("STATE")
    return [line[at:].split()[0].lower() for line in console.lines[3:-2] if line[at:].strip()]


def test_what_is_typed_ahead_goes_where_it_was_meant(start: Start) -> None:
    """Over a slow line keys come in one piece; none may be taken by what was on the screen before."""
    with start("demo") as console:
        loaded(console)
        console.burst("/error\r")
        console.wait_for("/error ")
        console.wait_for("^ ▌ ")
        assert "Details" not in console.lines[0]
        console.wait_until(lambda: set(states(console)) == {"error"}, "nothing but errors")
        console.burst("\x15?")
        console.wait_for("gputui help")
        console.burst("q")
        console.wait_gone("gputui help")
        go(console, 1, "Nodes")
        console.press("tab")
        console.wait_for("^ ▌ cluster001")
        console.burst("d")
        console.wait_for("Details of cluster001")
        console.burst("q:q")
        console.wait_for("^ *q$|> *q$|q +$")
        console.press("enter")
        assert console.wait_exit() == 0
        assert console.left_behind == []


def test_a_command_quits(start: Start) -> None:
    with start("demo") as console:
        loaded(console)
        console.press(":")
        console.wait_for("Search for commands")
        console.press("enter")  # with nothing typed it must do no harm
        console.wait_gone("Search for commands")
        console.wait_for("all machines, worst first")
        command(console, "q")
        assert console.wait_exit() == 0
        assert console.left_behind == []


@pytest.mark.parametrize("narrowest", [True, False], ids=["growing from 40x10", "shrinking from 200x50"])
def test_every_size_shows_a_readable_list(start: Start, narrowest: bool) -> None:
    sizes = [(40, 10), (80, 24), (120, 36), (200, 50)]
    first, *others = sizes if narrowest else reversed(sizes)
    with start("demo", size=first) as console:
        console.wait_for("✖ bad")
        list_is_readable(console, first)
        for size in others:
            console.resize(*size)
            list_is_readable(console, size)
        assert leave(console) == 0
        assert console.left_behind == []


def list_is_readable(console: Terminal, size: tuple[int, int]) -> None:
    """As many rows as there is room for, with name and health, the cursor's row first; nothing is too wide."""
    columns, rows = size
    console.wait_until(lambda: in_place(console, columns, rows), f"a list of {columns}x{rows}")
    assert all(len(line) <= columns for line in console.lines)
    assert "0 Fl" in console.lines[0]


def in_place(console: Terminal, columns: int, rows: int) -> bool:
    """Whether table, header and the lines around it are where they belong."""
    lines = console.lines
    header = next((line for line in lines if line.startswith("   NAME")), "")
    listed = [line for line in lines if any(word in line for word in ("✖ bad", "◌ changing", "● ok", "○ off"))]
    return (
        len(lines) == rows
        and "HEALTH" in header
        and len(listed) >= rows - 12
        and ("AGE" in header) == (columns >= 120)
        and lines[-1].rstrip().endswith("read-write")
        and len(lines[-1]) >= columns - 2
    )
