"""Reads the GPUs from the English name of a GPU server."""

from __future__ import annotations

import re

_MODEL = r"(?:(?:RTX|GTX) ?(?:PRO )?A?\d{3,4}|GB\d{3}|MI\d{3}|[ABHLPTV]\d{1,4})(?:[A-Z]|(?![A-Za-z\d]))"
_BUILD = r"(?:[\s(-]+(?:\d{1,4} ?GB?|SXM\d?|PCIe?|HBM\d?e?|NVL)\b\)?)*"
"""How it is built, between its model and its number: `A100 80GB x 8`, `H100-SXM5-80GB`."""
_TIMES = r"[x×*]"
_COUNT = re.compile(
    rf"\b(?:GPU|{_MODEL}{_BUILD})\s*(\d+)\s*(?:EA\b|[장개])"
    rf"|\b(\d+)\s*GPUs?\b"
    rf"|\b(\d+)\s*{_TIMES}\s*(?:NVIDIA |Tesla )?{_MODEL}"
    rf"|\b(?:GPU|{_MODEL}{_BUILD})\s*{_TIMES}\s*(\d+)(?![\w.])"
)
_NAMED = re.compile(rf"\b{_MODEL}|(?<=\d[x×*]){_MODEL}")


def gpus_of(name: str | None) -> tuple[int, str] | None:
    """Count and model from a free text such as `[Train] 96vCPU, A100 8EA`; None if it gives no count.

    The only documented name is one without a GPU, so only plain spellings are recognised; others stay text.
    """
    found = _COUNT.search(name or "")
    if found is None or found.lastindex is None:
        return None
    model = _NAMED.search(name or "")
    return int(found[found.lastindex]), model[0] if model else ""
