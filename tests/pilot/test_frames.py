"""What of Textual the frames depend on; that they are right on every screen is in `test_every_screen`."""

from __future__ import annotations

import inspect
from typing import Any

from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.widget import Widget

from gputui.ui.app import ConsoleApp
from gputui.ui.terminal.frugal_app import FrugalApp


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
