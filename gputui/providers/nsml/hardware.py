"""Reads the GPUs from the English name of a GPU server."""

from __future__ import annotations

import re

_MODEL = r"[ABHLPTV]\d{1,4}[A-Z]?"
_COUNT = re.compile(
    rf"\b(?:GPU|{_MODEL})\s*(\d+)\s*EA\b|\b(\d+)\s*GPUs?\b|\b(\d+)\s*[x×]\s*{_MODEL}\b|\b{_MODEL}\s*[x×]\s*(\d+)\b"
)
_NAMED = re.compile(rf"\b{_MODEL}\b")


def gpus_of(name: str | None) -> tuple[int, str] | None:
    """Count and model from a free text such as `[Train] 96vCPU, A100 8EA`; None if it gives no count.

    The only documented name is one without a GPU, so only plain spellings are recognised; others stay text.
    """
    found = _COUNT.search(name or "")
    if found is None or found.lastindex is None:
        return None
    model = _NAMED.search(name or "")
    return int(found[found.lastindex]), model[0] if model else ""
