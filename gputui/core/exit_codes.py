"""Exit codes of containers in words."""

from __future__ import annotations

import re

_SIGNALS = {
    4: "illegal instruction: the program was built for another processor",
    6: "aborted (SIGABRT): the program ended itself",
    7: "bus error: shared memory may be too small",
    8: "arithmetic error",
    9: "killed (SIGKILL): out of memory likely",
    11: "segmentation fault",
    15: "terminated (SIGTERM): stopped from outside",
}
_CODES = {
    0: "ended without an error",
    1: "ended with an error of its own",
    2: "ended with an error of its own, often wrong arguments",
    125: "the container could not be started",
    126: "its command may not be executed",
    127: "its command was not found: image or PATH is wrong",
    255: "ended with an error of its own, or the connection to it was lost",
}
_EXIT = re.compile(r"(?i)\bexit(?:ed|s)?[\s_-]?(?:with )?(?:code|status)[\s:=]{0,3}(\d{1,3})\b")


def exit_in_words(code: int) -> str:
    """What an exit code means: `exit code 137: killed (SIGKILL): out of memory likely`.

    128 + n stands for signal n, as shells and container runtimes report it.
    """
    meaning = _CODES.get(code) or _SIGNALS.get(code - 128, "")
    return f"exit code {code}: {meaning}" if meaning else f"exit code {code}"


def with_exit_codes_in_words(text: str) -> str:
    """A message in which each exit code is followed by what it means: `exit code 137 (killed …)`."""
    return _EXIT.sub(_explained, text)


def _explained(found: re.Match[str]) -> str:
    _, _, meaning = exit_in_words(int(found[1])).partition(": ")
    return f"{found[0]} ({meaning})" if meaning and meaning not in found.string else found[0]
