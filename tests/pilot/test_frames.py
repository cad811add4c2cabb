"""What of Textual the frames depend on; that they are right on every screen is in `test_every_screen`."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.widget import Widget
from textual.widgets import Input, TextArea

from gputui.ui.app import ConsoleApp
from gputui.ui.terminal.frugal_app import FrugalApp
from tests.pilot.consoles import Wish, console


def test_the_seam_is_where_textual_has_it() -> None:
    """Private names of the pinned Textual: with another version look at `App._display` and at what calls it."""
    assert [*inspect.signature(App._display).parameters] == ["self", "screen", "renderable"]
    assert {"_batch_count", "render_segments", "_begin_update", "_end_update"} <= {*_names(App._display)}
    assert "_display" in _names(inspect.unwrap(_compositor_refresh()))
    assert [*inspect.signature(LayoutUpdate).parameters] == ["strips", "region"]
    assert [*inspect.signature(ChopsUpdate).parameters] == ["chops", "spans", "chop_ends"]
    assert "_batch_count" in _names(App._end_batch)
    assert ConsoleApp._display is FrugalApp._display


def _compositor_refresh() -> Any:
    from textual.screen import Screen

    return Screen._compositor_refresh


def _names(function: Any) -> tuple[str, ...]:
    return tuple(function.__code__.co_names)


def test_only_the_app_draws() -> None:
    """No widget of Textual's writes to the terminal by itself: then it would show what the model does not know."""
    assert "_driver" not in {name for base in Widget.__mro__ for name in vars(base)}


@pytest.mark.parametrize("key", ["colon", "slash"])
async def test_no_cursor_blinks(key: str, tmp_path: Path) -> None:
    """It would be drawn twice a second for as long as a line waits for text."""
    async with console(tmp_path, Wish(only=("scp",))) as here:
        await here.go("1")
        await here.press(key)
        await here.until(lambda: isinstance(here.app.focused, (Input, TextArea)))
        typed_in = here.app.focused
        assert isinstance(typed_in, (Input, TextArea))
        await here.until(lambda: not typed_in.cursor_blink)
        assert typed_in._cursor_visible
