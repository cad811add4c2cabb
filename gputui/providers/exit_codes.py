"""Exit codes of containers in words."""

from __future__ import annotations

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


def exit_in_words(code: int) -> str:
    """What an exit code means: `exit code 137: killed (SIGKILL): out of memory likely`.

    128 + n stands for signal n, as shells and container runtimes report it.
    """
    meaning = _CODES.get(code) or _SIGNALS.get(code - 128, "")
    return f"exit code {code}: {meaning}" if meaning else f"exit code {code}"
