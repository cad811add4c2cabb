"""Every screen looks as it did when somebody last looked at it: at 80×24, 200×50 and where a size of its own counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pilot.consoles import theme_of
from tests.snapshot.conftest import Compare
from tests.snapshot.pictures import words
from tests.snapshot.scenes import EXTRA, SCENES, SIZES, Scene, Size, rendered

BY_NAME = {scene.name: scene for scene in SCENES}
TAKEN = [(scene, size) for scene in SCENES for size in SIZES] + [(BY_NAME[name], size) for name, size in EXTRA]
IDS = [f"{scene.name}-{width}x{height}" for scene, (width, height) in TAKEN]


@pytest.mark.parametrize(("scene", "size"), TAKEN, ids=IDS)
async def test_it_looks_as_before(scene: Scene, size: Size, tmp_path: Path, looks_as_before: Compare) -> None:
    svg, of_this_machine = await rendered(scene, size, tmp_path)
    text = words(svg)
    lines = text.splitlines()
    assert len(lines) <= size[1]
    assert all(len(line) <= size[0] for line in lines)
    for expected in scene.shows:
        assert expected in text
    assert theme_of(scene.wish.theme, tmp_path).colours["panel"].lower() in svg
    for word in of_this_machine:
        assert word not in text
    looks_as_before(svg, size)
