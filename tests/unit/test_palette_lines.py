"""Which line of `:` a typed text means: places and commands first, verbs by whole words, nothing by likeness."""

from __future__ import annotations

import pytest

from gputui.ui.shell.palette_lines import Level, Match, PaletteLine, filter_text
from gputui.ui.shell.waiting_palette import completion


def nothing(*_: str) -> None:
    """Run nothing."""


NODES = PaletteLine("nodes @nsml", "", nothing, ("nodes nsml", "nodes"), filters=True)
PROFILE = PaletteLine("profile samsung", "", nothing, ("samsung", "@samsung", "1", "ctx samsung"))
SSH = PaletteLine("ssh", "", nothing, words="NAME")
RUN = PaletteLine("run", "", nothing, words="COMMAND", whole=True)
OPS = PaletteLine("ops", "", nothing)
QUIT = PaletteLine("quit", "", nothing, ("q", "q!", "wq"), whole=True)
STOP = PaletteLine("stop", "", nothing, verb=True, of="gpu-node-007")
BOTH = PaletteLine("stop/power off", "", nothing, ("stop", "power off"), verb=True, of="2 marked rows")
ASSIGN = PaletteLine("assign public ip", "", nothing, verb=True, of="gpu-node-007")


@pytest.mark.parametrize(
    ("line", "typed", "expected"),
    [
        (NODES, "nodes", Match(Level.SHORT)),
        (NODES, "Nodes @NSML", Match(Level.WHOLE)),
        (NODES, "nodes nsml", Match(Level.SHORT)),
        (NODES, "no", Match(Level.BEGUN)),
        (NODES, "nodes @ns", Match(Level.BEGUN)),
        (NODES, "nodes @nsml FAILED x", Match(Level.WHOLE, "FAILED x")),
        (NODES, "nodes nsml FAILED", Match(Level.SHORT, "FAILED")),
        (NODES, "nodes FAILED", Match(Level.SHORT, "FAILED")),
        (NODES, "nodes /gpu-0", Match(Level.SHORT, "/gpu-0")),
        (NODES, "no /gpu-0", Match(Level.BEGUN, "/gpu-0")),
        (NODES, "nod @ns FAILED", Match(Level.BEGUN, "FAILED")),
        (NODES, "no FAILED", None),
        (NODES, "nodes @samsung", None),
        (NODES, "nodes @samsung FAILED", None),
        (NODES, "net", None),
        (NODES, "odes", None),
        (PROFILE, "samsung", Match(Level.SHORT)),
        (PROFILE, "@sam", Match(Level.BEGUN)),
        (PROFILE, "ctx samsung", Match(Level.SHORT)),
        (PROFILE, "1", Match(Level.SHORT)),
        (PROFILE, "samsung FAILED", None),
        (SSH, "ssh", Match(Level.WHOLE)),
        (SSH, "SSH Gpu-Node-007", Match(Level.WHOLE, "Gpu-Node-007")),
        (SSH, "ss", Match(Level.BEGUN)),
        (SSH, "ss x", None),
        (RUN, "run uname -a", Match(Level.WHOLE, "uname -a")),
        (RUN, "ru", None),
        (OPS, "op", Match(Level.BEGUN)),
        (OPS, "ops x", None),
        (QUIT, "q!", Match(Level.SHORT)),
        (QUIT, "qu", None),
        (STOP, "stop", Match(Level.VERB)),
        (STOP, "STOP gpu-node-007", Match(Level.VERB)),
        (STOP, "stop gpu-node-012", None),
        (STOP, "stop gpu-node-00", None),
        *((STOP, typed, None) for typed in ("sto", "top", "s", "gpu-node-007", "st op")),
        (BOTH, "stop", Match(Level.VERB)),
        (BOTH, "power off", Match(Level.VERB)),
        (BOTH, "power", Match(Level.VERB_BEGUN)),
        (BOTH, "stop/power off", Match(Level.VERB)),
        (ASSIGN, "assign", Match(Level.VERB_BEGUN)),
        (ASSIGN, "assign public ip", Match(Level.VERB)),
        (ASSIGN, "assig", None),
        (ASSIGN, "public ip", None),
        *((line, "", None) for line in (QUIT, STOP, SSH)),
    ],
)
def test_match(line: PaletteLine, typed: str, expected: Match | None) -> None:
    assert line.match(typed) == expected


@pytest.mark.parametrize(
    ("rest", "text"),
    [("FAILED", "FAILED"), ("/gpu-0", "gpu-0"), (r"/gpu-\d/", r"/gpu-\d/"), ("/", ""), ("!x /y", "!x /y")],
)
def test_the_filter_behind_a_place(rest: str, text: str) -> None:
    assert filter_text(rest) == text


@pytest.mark.parametrize(
    ("typed", "texts", "completed"),
    [
        ("no", ["nodes @a"], "nodes @a"),
        ("no", ["nodes @a", "nodes @b"], "nodes @"),
        ("nodes @", ["nodes @a", "nodes @b"], "nodes @a"),
        ("ssh Gpu", ["ssh ", "ssh gpu-01", "ssh gpu-02"], "ssh gpu-0"),
        ("net", ["new"], "new"),
        (": del", ["delete"], "delete"),
        ("x", [], ""),
    ],
)
def test_completion(typed: str, texts: list[str], completed: str) -> None:
    assert completion(typed, texts) == completed
