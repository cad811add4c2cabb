"""The pictures in screenshots/: the world that `gputui demo` shows, twenty seconds after its first frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.pilot.consoles import Wish
from tests.snapshot.scenes import (
    Play,
    Scene,
    Size,
    create_form,
    details,
    fleet,
    gpus,
    inference_metrics,
    menu,
    nodes,
    rendered,
    run_answers,
    stop_dialog,
)
from tests.snapshot.still import Still

FOLDER = Path(__file__).parents[2] / "screenshots"
COMMAND = "python -m tests.snapshot.make_screenshots"
SECONDS, STEPS = 20.0, 5


@dataclass(frozen=True)
class Shot:
    """One file in screenshots/."""

    play: Play
    size: Size
    theme: str = "gputui-dark"


SHOTS: Mapping[str, Shot] = {
    "fleet": Shot(fleet, (120, 36)),
    "nodes": Shot(nodes, (80, 24)),
    "stop-dialog": Shot(stop_dialog, (80, 24)),
    "actions": Shot(menu, (100, 30)),
    "form": Shot(create_form, (100, 30)),
    "details": Shot(details, (80, 24)),
    "gpus": Shot(gpus, (100, 30)),
    "metrics": Shot(inference_metrics, (100, 30)),
    "run": Shot(run_answers, (100, 30)),
    "light-theme": Shot(fleet, (120, 36), "gputui-light"),
}


async def shot(name: str, folder: Path) -> str:
    """The SVG of that name as it is now; `folder` takes the console's own files."""
    wanted = SHOTS[name]

    async def play(here: Still) -> None:
        await here.loaded()
        await here.let_pass(SECONDS, STEPS)
        await wanted.play(here)

    svg, _ = await rendered(Scene(name, play, (), Wish(theme=wanted.theme)), wanted.size, folder, calm=False)
    return svg
