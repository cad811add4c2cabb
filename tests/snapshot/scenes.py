"""The screens of which pictures are kept: how each is reached, and words that must stand on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from textual.widgets import OptionList

from gputui.core.problem import Cause, Problem
from gputui.ssh.machine import Machine
from gputui.ssh.running.fan_out import CommandResult
from gputui.ui.act.menu import Menu
from gputui.ui.fan_out.screen import FanOutScreen
from gputui.ui.fan_out.targets import find_targets
from gputui.ui.form.screen import Form
from gputui.ui.gpus.machine import GpuScreen
from gputui.ui.gpus.many import GpuList
from gputui.ui.inspect.details import RowDetails
from gputui.ui.inspect.metrics import MetricsScreen
from gputui.ui.shell.waiting_palette import WaitingPalette
from gputui.ui.widgets.picker import Picker
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Wish, theme_of
from tests.pilot.drawn_colours import strangers
from tests.snapshot.paper_gpus import on_paper, with_a_past
from tests.snapshot.pictures import picture
from tests.snapshot.still import Load, Still, never, still

Play = Callable[[Still], Awaitable[None]]
Size = tuple[int, int]
SCP = Wish(only=("scp",))
HOSTED = Wish(only=("hostedai",))


@dataclass(frozen=True)
class Scene:
    """One screen. `shows` holds it to its name: words that are on it at every size."""

    name: str
    play: Play
    shows: tuple[str, ...]
    wish: Wish = field(default_factory=Wish)
    load_all: Load | None = None


async def rendered(scene: Scene, size: Size, folder: Path, *, calm: bool = True) -> tuple[str, tuple[str, ...]]:
    """The picture of a scene, and words that no picture may show: they would differ on another machine."""
    async with still(folder, replace(scene.wish, size=size), calm=calm, load_all=scene.load_all) as here:
        await scene.play(here)
        assert here.clouds is not None
        ports = tuple(f":{url.rsplit(':', 1)[1]}" for url in here.clouds.urls.values())
        svg = await picture(here)
        found = strangers(here.app, theme_of(scene.wish.theme, folder))
        assert not found, found
        return svg, (str(folder), *ports)


async def fleet(here: Still) -> None:
    """All machines of all profiles."""
    await here.loaded()
    expected = sum(len(here.store.machines(name)) for name in here.store.tabs)
    await here.until(lambda: here.page.total_count == expected)


async def nodes(here: Still) -> None:
    """The machine view of the first tab, with the cursor on a machine that runs."""
    await here.loaded()
    await here.go("1")
    await here.choose("gpu-node-014")


async def details(here: Still) -> None:
    """Everything about one node."""
    await nodes(here)
    await here.press("d")
    await here.until(lambda: here.shows(RowDetails))
    screen = here.app.screen
    assert isinstance(screen, RowDetails)
    await here.until(lambda: "pool POOL" in str(screen.pages.lines))


async def help_page(here: Still) -> None:
    """The help over a node."""
    await nodes(here)
    await here.press("question_mark")
    await here.until(lambda: here.shows(Reader))


async def commands(here: Still) -> None:
    """The command line over the nodes."""
    await nodes(here)
    await here.press("colon")
    await here.until(lambda: isinstance(here.app.screen, WaitingPalette))
    palette = here.app.screen
    assert isinstance(palette, WaitingPalette)
    await here.until(lambda: palette._hits is not None and palette._hits.is_finished and palette.query(OptionList))


async def stop_dialog(here: Still) -> None:
    """The question before one node is stopped."""
    await nodes(here)
    await here.press("X")
    await here.dialog()


async def delete_dialog(here: Still) -> None:
    """The question before one node is deleted."""
    await nodes(here)
    await here.press("ctrl+d")
    await here.dialog()


async def address_chooser(here: Still) -> None:
    """Which reserved address a node is to have."""
    await nodes(here)
    await here.press("I")
    await here.until(lambda: isinstance(here.app.screen, Form) and here.app.screen.ripe)
    form = here.app.screen
    assert isinstance(form, Form)
    await here.offered(form, "public_ip_address_id")
    await here.press("enter")


async def menu(here: Still) -> None:
    """Every verb of a node, and why some are off."""
    await nodes(here)
    await here.press("a")
    await here.until(lambda: here.shows(Menu))


async def create_form(here: Still) -> None:
    """The inputs for new nodes, the first of them chosen."""
    await nodes(here)
    await here.press("N")
    await here.until(lambda: isinstance(here.app.screen, Form) and here.app.screen.ripe)
    form = here.app.screen
    assert isinstance(form, Form)
    await here.offered(form, "image_id")
    await here.offered(form, "vpc_id")
    await here.press("tab", "enter", "enter")
    await here.offered(form, "subnet_id")


async def metrics(here: Still) -> None:
    """What a pool does with its GPUs."""
    await here.loaded()
    await here.go("1", view="pools")
    await here.choose("training-dedicated")
    await here.press("m")
    await here.until(lambda: isinstance(here.app.screen, MetricsScreen) and here.app.screen.has_read)


async def inference_metrics(here: Still) -> None:
    """The metrics of an inference, with the cursor on a time of the hour."""
    await here.loaded()
    number = next(at for at, name in enumerate(here.store.tabs, 1) if name == "runai")
    await here.go(str(number), view="inferences")
    running = min(row.name for row in here.page.rows.values() if row.state == "Running")
    await here.choose(running)
    await here.press("m")
    await here.until(lambda: isinstance(here.app.screen, MetricsScreen) and here.app.screen.has_read)
    await here.press("shift+left", "shift+left", "shift+left")


async def narrowed(here: Still) -> None:
    """Three nodes marked, one of which the filter hides."""
    await here.loaded()
    await here.go("1")
    rows = here.rows()
    here.page.set_marks(rows[name].ref for name in ("gpu-node-007", "gpu-node-014", "gpu-node-038"))
    await here.press("slash", *"error", "enter")
    await here.until(lambda: here.page.hidden_marks == 1)


async def refused(here: Still) -> None:
    """A profile whose key is refused, beside one that works."""
    await here.until(lambda: set(here.store.clouds) == set(here.store.tabs))
    await here.until(lambda: here.store.state("samsung").problem and here.store.machines("datenfab"))
    await here.press("1")
    await here.until(lambda: "r tries at once" in here.bar("banner"))


async def connecting(here: Still) -> None:
    """The first tab before its profile is connected."""
    await here.press("1")
    await here.until(lambda: "connecting to" in here.bar("banner"))


async def first_frame(here: Still) -> None:
    """The fleet before anything is connected."""
    await here.until(lambda: "connecting:" in here.bar("banner"))


async def inferences(here: Still) -> None:
    """The inferences of Run:ai."""
    await here.loaded()
    await here.go("1", view="inferences")


async def links(here: Still) -> None:
    """What an instance serves; the notebook's token is starred."""
    await here.loaded()
    await here.go("1", view="instances")
    await here.choose(next(row.name for row in here.page.rows.values() if row.state == "Running"))
    await here.press("b")
    await here.until(lambda: here.shows(Picker))


async def run_answers(here: Still) -> None:
    """What a command on all nodes has brought: nobody logs in to a picture, so the answers are made."""
    await nodes(here)
    app, refs = here.app, here.page.shown_refs
    targets = await find_targets(here.store, app.ssh, tuple(refs), about="shown")
    app.push_screen(Answering(app, targets, "nvidia-smi --query-gpu=driver_version --format=csv,noheader", here.page))
    await here.until(lambda: isinstance(app.screen, Answering) and app.screen.report.groups)


class Answering(FanOutScreen):
    """Every machine has answered before anything was sent."""

    def _run(self, machines: Sequence[Machine]) -> None:
        down = Problem(Cause.TIMEOUT, "the machine was not done in 60 s", "allow more time, or look there")
        for at, machine in enumerate(machines):
            out, status = ("550.54.15\n" * 8, 0) if at % 17 else ("550.54.14\n" * 8, 0)
            answer = CommandResult(machine, status, out.encode(), b"", 0.4, None)
            if at in (5, 6, 7):
                answer = CommandResult(machine, None, b"", b"", 60.0, down)
            elif at == 30:
                failed = b"NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.\n"
                answer = CommandResult(machine, 9, failed, b"", 0.4, None)
            self.rounds._machines[machine.ref], self.rounds._answers[machine.ref] = machine, answer
        self.rounds._over, self.rounds._took = True, 60.0
        self._moved()


async def gpus(here: Still) -> None:
    """The GPUs of a node, one of which is too hot."""
    await nodes(here)
    on_paper(here)
    await here.choose("gpu-node-052")
    await here.press("m")
    await here.until(lambda: isinstance(here.app.screen, GpuScreen) and here.app.screen.blocks.lines)
    screen = here.app.screen
    assert isinstance(screen, GpuScreen)
    with_a_past(screen)
    await here.press("r")
    await here.until(lambda: sum(char in "▁▂▃▄▅▆▇█" for char in screen.blocks.text.split("\n")[1]) > 5)


async def gpu_list(here: Still) -> None:
    """The GPUs of all nodes, the worst first."""
    await nodes(here)
    on_paper(here)
    await here.press("colon", *"gpus", "enter")
    await here.until(lambda: here.shows(GpuList))
    screen = here.app.screen
    assert isinstance(screen, GpuList)
    await here.until(lambda: not any(row.health.word in ("changing", "unknown") for row in screen._rows.values()))
    await here.press("g")


SCENES = (
    Scene("fleet", fleet, ("Fleet", "NAME", "HEALTH")),
    Scene("nodes", nodes, ("Nodes 64 · Fabrics", "gpu-node-014", "● ok"), SCP),
    Scene("details", details, ("Details of gpu-node-014 in samsung", "identity"), SCP),
    Scene("help", help_page, ("gputui help", "verbs of gpu-node-014"), SCP),
    Scene("commands", commands, ("nodes @samsung", "fleet"), SCP),
    Scene("stop", stop_dialog, ("Stop gpu-node-014 in samsung?", "Cancel"), SCP),
    Scene("delete", delete_dialog, ("Delete gpu-node-014 in samsung?", "Type  gpu-node-014"), SCP),
    Scene("address", address_chooser, ("Assign public IP gpu-node-014", "Public IP", "127.203.113.9"), SCP),
    Scene("menu", menu, ("What can be done to gpu-node-014, RUNNING?", "Stop", "disrupts"), SCP),
    Scene("form", create_form, ("New nodes in samsung", "Region", "VPC"), SCP),
    Scene("metrics", metrics, ("Metrics of training-dedicated in hosted", "gpu utilization"), HOSTED),
    Scene("charts", inference_metrics, ("in runai", "1h", "throughput", "▸ "), Wish(only=("runai",))),
    Scene("narrowed", narrowed, ("/error", "3 marked (1 hidden)", "gpu-node-007"), SCP),
    Scene(
        "refused",
        refused,
        ("credentials refused", "r tries at once"),
        Wish(only=("scp", "datenfab"), profile_changes={"samsung": {"secret_key": "wrong"}}),
    ),
    Scene("connecting", connecting, ("connecting to samsung…",), load_all=never),
    Scene("first-frame", first_frame, ("connecting: samsung, nsml",), load_all=never),
    Scene("links", links, ("Jupyter", "token=***", "TensorBoard"), Wish(only=("datenfab",))),
    Scene("run-answers", run_answers, ("exit 9", "no answer", "550.54.15"), SCP),
    Scene("gpus", gpus, ("GPUs of gpu-node-052 in samsung", "do: take work away", "live"), SCP),
    Scene("gpu-list", gpu_list, ("GPUs of 64 machines shown", "gpu-node-038", "GPU 3 fell off the bus"), SCP),
    Scene("inferences", inferences, ("Inferences",), Wish(only=("runai",))),
    Scene("light", nodes, ("Nodes 64 · Fabrics", "gpu-node-014"), replace(SCP, theme="gputui-light")),
)
SIZES: tuple[Size, ...] = ((80, 24), (200, 50))
EXTRA: tuple[tuple[str, Size], ...] = (("fleet", (120, 36)), ("fleet", (40, 10)))
