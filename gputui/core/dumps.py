"""Files written on request: always new ones, in a folder of their own, readable by the user only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from gputui.core.own_files import create, new_folder


def write(folder: Path, kind: str, texts: Mapping[str, str], at: float) -> Path:
    """Write each text to `<kind>-<time><ending>` (0600) in `folder` (made 0700) and return the last one's path.

    An existing file is never overwritten; `at` is in epoch seconds. Raises OSError.
    """
    stem = f"{kind}-{datetime.fromtimestamp(at):%Y%m%d-%H%M%S}"
    for number in range(1, 1000):
        paths = {ending: folder / f"{stem}{'' if number == 1 else f'-{number}'}{ending}" for ending in texts}
        try:
            for ending, path in paths.items():
                create(path, texts[ending])
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"{folder} is full of files of this second")


def write_folder(folder: Path, kind: str, texts: Mapping[str, str], at: float) -> Path:
    """Write texts by their file names (0600) into a new folder `<kind>-<time>` (0700) in `folder`; return its path.

    Raises OSError.
    """
    stem = f"{kind}-{datetime.fromtimestamp(at):%Y%m%d-%H%M%S}"
    for number in range(1, 1000):
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}"
        try:
            new_folder(path)
        except FileExistsError:
            continue
        for name, text in texts.items():
            create(path / name, text)
        return path
    raise FileExistsError(f"{folder} is full of folders of this second")
