"""What may be sent: keys by their bytes, texts, replies of terminals, sizes of windows, faults of clouds."""

from __future__ import annotations

from typing import Any

from gputui.ui.commands import COMMAND_TABLE
from gputui.ui.table.keys import TABLE_BINDINGS

BYTES = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "shift+up": "\x1b[1;2A",
    "shift+down": "\x1b[1;2B",
    "shift+right": "\x1b[1;2C",
    "shift+left": "\x1b[1;2D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "ctrl+backslash": "\x1c",
    "asterisk": "*",
    "slash": "/",
    "minus": "-",
    "colon": ":",
    "question_mark": "?",
    "exclamation_mark": "!",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "equals_sign": "=",
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
"""What a terminal sends for a key by its name; a single character is itself."""

CONSOLE_KEYS: tuple[str, ...] = tuple(
    key
    for entry in (*COMMAND_TABLE.screen, *COMMAND_TABLE.rows, *COMMAND_TABLE.app)
    for key in entry.keys.split(",")
    if key not in ("", "ctrl+c")
)
TABLE_KEYS: tuple[str, ...] = tuple(
    key for binding in TABLE_BINDINGS if not isinstance(binding, tuple) for key in binding.key.split(",")
)
LATER_KEYS = (*"xltocb=Z", "ctrl+z")
"""Of design 1.4, whether they do something yet or not."""
VERB_KEYS = (*"SXBLUIRMNEAF", "ctrl+d")
COMMANDS = (
    "fleet nodes fabrics pools images products runs projects gpus regions services inferences pods clusters instances "
    "skus run answers ops audit ssh sessions forward forwards refresh help theme"
)
FILTERS = ("error", "!running", "state:error", "/gpu-0[0-9]+/", "/[/", "((", "", "h100 !bad", "x" * 300, "samsung", "✖")
SHELL_LINES = ("hostname", "nvidia-smi", "stty size", "seq 2000", "false", "sleep 2", "exit 3", "cat /no-such", "")
MANY_LINES = ("true", "hostname", "nvidia-smi", "seq 300", "false", "sleep 1")
TEXTS = ("a", "node-7", "é漢字", "0", "-1", "99999999999999999999", "[red]x[/]", "y", "ssh-ed25519 AAAA", "#" * 200)
NAMES = ("gpu-node-001", "gpu-node-006", "cluster001", "5", "2", "delete")
REPLIES = (
    "\x1bP>|ghostty 1.1.3\x1b\\",
    "\x1bP>|Konsole 24.12\x1b\\",
    "\x1bP>|XTerm(370)\x1b\\",
    "\x1bP>|iTerm2 3.5.0\x1b\\",
    "\x1b[?62;4c",
    "\x1b[>0;276;0c",
    "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
    "\x1b]10;rgb:d0d0/d0d0/d0d0\x07",
    "\x1b[24;80R",
    "\x1b[?2026;2$y",
    "\x1b_Gi=1;OK\x1b\\",
)
SIZES = ((40, 10), (80, 24), (120, 36), (200, 50), (1, 1), (20, 5), (132, 43), (60, 60))
CLOUDS = ("scp", "vpc", "nsml", "hostedai", "runai", "datenfab")
FAULTS: tuple[dict[str, Any] | None, ...] = (
    None,
    None,
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 429, "headers": [["Retry-After", "2"]]},
    {"kind": "status", "status": 401},
    {"kind": "status", "status": 404},
    {"kind": "garbage"},
    {"kind": "slow", "delay": 1.5},
    {"kind": "drip", "delay": 0.001},
    {"kind": "cut"},
    {"kind": "cut_before"},
    {"kind": "hang"},
)
