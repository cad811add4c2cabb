"""What the English name of a GPU server says about its GPUs."""

from __future__ import annotations

import re

_MODEL = r"[ABHLPTV]\d{1,4}[A-Z]?"
_COUNT = re.compile(
    rf"\b(?:GPU|{_MODEL})\s*(\d+)\s*EA\b|\b(\d+)\s*GPUs?\b|\b(\d+)\s*[x×]\s*{_MODEL}\b|\b{_MODEL}\s*[x×]\s*(\d+)\b"
)
_NAMED = re.compile(rf"\b{_MODEL}\b")


def gpus_of(name: str | None) -> tuple[int, str] | None:
    """Count and model out of free text such as `[Train] 96vCPU, A100 8EA`; None where it names no count.

    The names are not documented but for one without a GPU, so only plain spellings are taken; others stay text.
    """
    found = _COUNT.search(name or "")
    if found is None or found.lastindex is None:
        return None
    model = _NAMED.search(name or "")
    return int(found[found.lastindex]), model[0] if model else ""
