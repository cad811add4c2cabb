"""Draws screenshots/ anew, whole: files that no shot makes any more go."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.snapshot.shots import FOLDER, SHOTS, shot


async def _draw() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in SHOTS:
        with tempfile.TemporaryDirectory() as folder:
            svg = await shot(name, Path(folder))
        path = FOLDER / f"{name}.svg"
        path.write_text(svg, encoding="utf-8")
        print(path.relative_to(FOLDER.parent))
    for path in FOLDER.glob("*.svg"):
        if path.stem not in SHOTS:
            path.unlink()


if __name__ == "__main__":
    asyncio.run(_draw())
