"""Short names of GPU models."""

from __future__ import annotations

import re

_MAKER = re.compile(r"^(?:NVIDIA|Tesla|GeForce)[ -]+", re.IGNORECASE)
_BUILD = re.compile(r"[ -]+(?:\d+ ?G[Bi]|SXM\d?|PCIe?|HBM\d?|NVL)(?![a-z]).*", re.IGNORECASE)


def short(model: str | None) -> str | None:
    """`H100` from `NVIDIA H100 80GB HBM3`, from `NVIDIA-H100-80GB-HBM3` and from `H100` itself."""
    if not model:
        return model
    bare = model
    while (rest := _MAKER.sub("", bare)) != bare:
        bare = rest
    return _BUILD.sub("", bare) or model
