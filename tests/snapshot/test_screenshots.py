"""The pictures in screenshots/ show the console as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.snapshot.pictures import difference, words
from tests.snapshot.shots import COMMAND, FOLDER, SHOTS, shot


def test_there_are_these_and_no_others() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.svg" for name in SHOTS}


@pytest.mark.parametrize("name", SHOTS)
async def test_it_is_up_to_date(name: str, tmp_path: Path) -> None:
    stored, now = (FOLDER / f"{name}.svg").read_text("utf-8"), await shot(name, tmp_path)
    if stored != now:
        pytest.fail(f"out of date, run {COMMAND}:\n{difference(stored, now)}", pytrace=False)


def test_something_has_happened_in_the_fleet() -> None:
    text = words((FOLDER / "fleet.svg").read_text("utf-8"))
    assert re.search(r" 14:03:\d\d \w+ \S+ \S+ → \S+", text)


@pytest.mark.parametrize("name", SHOTS)
def test_looking_at_it_asks_nobody(name: str) -> None:
    addresses = re.findall(r"""(?:href=|url\(|xmlns=)["']?([^"')]+)""", (FOLDER / f"{name}.svg").read_text("utf-8"))
    assert [address for address in addresses if not address.startswith("#")] == ["http://www.w3.org/2000/svg"]
