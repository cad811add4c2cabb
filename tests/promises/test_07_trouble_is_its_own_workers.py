"""Promise 7: a bug in what is done beside a screen costs that alone: it is said there, and is in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gputui.ssh.gpus.watch import GpuWatch
from gputui.ui.inspect.live_reader import LiveReader
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console, Wish, console
from tests.promises.seen import screen_text

HOSTED, SAMSUNG = Wish(only=("hostedai",), notices=True), Wish(only=("scp",), notices=True)
SAID = "bug of gputui: KeyError in "


def bug(*given: Any, **named: Any) -> Any:
    raise KeyError("oops")


async def async_bug(*given: Any, **named: Any) -> Any:
    raise KeyError("oops")


def tracebacks(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.name for record in caplog.records if record.exc_info and record.levelno >= logging.ERROR]


async def says(here: Console, words: str) -> None:
    await here.until(lambda: words in " ".join(screen_text(here.app).split()))


async def goes_on(here: Console) -> None:
    """The list is there, and reads."""
    while here.app.screen is not here.app.console_screen:
        before = here.app.screen
        await here.press("escape")
        await here.until(lambda before=before: here.app.screen is not before)
    taken = here.page.snapshot.taken_at
    assert taken is not None
    await here.until(lambda: (here.page.snapshot.taken_at or 0) > taken)


async def test_metrics_that_cannot_be_shown_say_so_and_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with console(tmp_path, HOSTED) as here:
        await here.go("1")
        with monkeypatch.context() as broken:
            broken.setattr("gputui.ui.inspect.live_reader.answer_lines", bug)
            await here.press("l")
            await says(here, f"{SAID}LiveReader")
            assert "reading…" not in screen_text(here.app)
            assert tracebacks(caplog) == ["gputui.ui.widgets.worker_errors"]
        await here.press("r")
        await here.until(lambda: SAID not in screen_text(here.app))
        assert isinstance(here.app.screen, LiveReader)
        await goes_on(here)


async def test_details_stay_what_the_list_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with console(tmp_path, SAMSUNG) as here:
        await here.go("1")
        monkeypatch.setattr(type(here.store.clouds["samsung"].provider.views[0]), "show", None, raising=False)
        view = here.store.clouds["samsung"].provider.views[0]
        object.__setattr__(view, "show", async_bug)
        await here.press("d")
        await says(here, SAID)
        assert isinstance(here.app.screen, Reader)
        assert "identity" in screen_text(here.app)
        assert len(tracebacks(caplog)) == 1
        await goes_on(here)


@pytest.mark.parametrize(
    ("broken", "keys"),
    [
        ("gputui.ui.inspect.history.audit_lines", (":", *"audit", "enter")),
        ("gputui.ui.inspect.copying.pieces", ("c",)),
        ("gputui.ui.ssh.sessions.open_session", ("s",)),
        ("gputui.ui.act.verbs.Verbs.carry_out", ("X",)),
        ("gputui.ui.shell.console.drill_down", ("enter",)),
    ],
    ids=["journal", "copy", "ssh", "verb", "drill down"],
)
async def test_a_key_of_the_list_that_breaks_says_so_and_may_be_pressed_again(
    broken: str,
    keys: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with console(tmp_path, SAMSUNG) as here:
        await here.go("1")
        await here.until(lambda: any(row.state == "RUNNING" for row in here.page.rows.values()))
        await here.choose(next(row.name for row in here.page.rows.values() if row.state == "RUNNING"))
        monkeypatch.setattr(broken, async_bug if broken.endswith(("session", "carry_out", "drill_down")) else bug)
        for times in (1, 2):
            await here.press(*keys)
            await here.until(lambda times=times: len(tracebacks(caplog)) == times)
            await says(here, SAID)
            here.app.clear_notifications()
        assert not here.page.asking
        await goes_on(here)


@pytest.mark.parametrize("keys", [("m",), (":", *"gpus", "enter")], ids=["one machine", "many"])
async def test_gpus_that_are_read_no_more_do_not_look_as_if(
    keys: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with console(tmp_path, SAMSUNG) as here:
        await here.go("1")
        with monkeypatch.context() as broken:
            broken.setattr(GpuWatch, "run", async_bug)
            await here.press(*keys)
            await says(here, SAID)
            await says(here, "r tries again")
            assert len(tracebacks(caplog)) == 1
        await here.press("r")
        await here.until(lambda: SAID not in screen_text(here.app))
        await goes_on(here)


Shown = Callable[[Console], None]
