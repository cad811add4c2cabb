"""What hands type at `:` in other consoles and editors, and what does it here."""

from __future__ import annotations

from collections.abc import Mapping

ALSO: Mapping[str, tuple[str, ...]] = {
    "quit": ("q!", "wq", "wq!", "x", "qa", "qa!", "exit"),
    "profile": ("ctx", "context", "profiles", "contexts"),
    "help": ("h", "?"),
    "ops": ("changes", "operations"),
    "audit": ("journal", "history"),
    "sessions": ("jobs",),
    "net": ("network", "traffic"),
}
"""Other names of commands."""
ANSWERS: Mapping[str, str] = {
    **dict.fromkeys(("logs", "log"), "what is chosen here has no logs; where an API gives them, l shows them"),
    **dict.fromkeys(("describe", "details"), "d shows the details of the row"),
    **dict.fromkeys(("yaml", "json", "raw"), "y shows the provider's JSON of the row"),
    **dict.fromkeys(("shell", "exec", "attach", "sh"), "s opens an SSH session on the row, :ssh NAME on any machine"),
    **dict.fromkeys(("top", "usage", "metrics"), "m shows the GPUs of the row, or its metrics; :gpus the GPUs of many"),
    **dict.fromkeys(("ns", "namespace", "namespaces"), "accounts are the tabs: 1…9, or :profile NAME"),
    **dict.fromkeys(("sort", "order"), "o sorts by any column; shift+→ by the next one, shift+↓ turns it round"),
    **dict.fromkeys(("filter", "search", "grep"), "/ filters; so does :VIEW @PROFILE WORDS"),
    **dict.fromkeys(("port-forward", "pf"), ":forward PORT brings a port of the machine here, :forwards lists them"),
    **dict.fromkeys(("w", "w!", "write", "save"), "nothing here has to be saved: every change is sent when confirmed"),
    **dict.fromkeys(("mark", "select"), "space marks the row, * all that are shown"),
    **dict.fromkeys(("cp", "copy", "yank"), "c copies the name, the id, the address or the SSH command"),
}
"""Answers to words that are no command here."""
