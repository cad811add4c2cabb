"""The README lists the files of the state folder."""

from __future__ import annotations

from pathlib import Path

from gputui.config.paths import Places

README = Path(__file__).parents[2] / "README.md"


def test_every_file_of_the_state_folder_is_in_the_readme() -> None:
    places = Places(Path("/config"), Path("/state"), Path("/home"))
    found = (getattr(places, name) for name, made in vars(Places).items() if isinstance(made, property))
    names = [path.name for path in found if path.parent == places.state_dir]
    assert len(names) >= 7
    files = README.read_text("utf-8").partition("### Files")[2].partition("\n## ")[0]
    assert [name for name in names if f"`{name}`" not in files and f"`{name}/`" not in files] == []
