"""A widget's component styles: only those it draws with are computed, and they follow the theme and the focus."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

from gputui.ui.terminal.themes import textual_theme
from gputui.ui.widgets.bars import Bar
from tests.pilot.plain_app import PlainApp
from tests.pilot.table_app import shipped_theme


class OneBar(PlainApp):
    """A bar alone on the screen."""

    def compose(self) -> ComposeResult:
        self.bar = Bar(id="bar")
        yield self.bar

    def drawn(self) -> list[object]:
        """The colours of what the bar shows, as on the screen."""
        (line,) = self.screen._compositor.render_strips()[:1]
        return [segment.style.color for segment in line if segment.style and segment.text.strip()]


async def test_only_those_are_computed_that_are_drawn_with(monkeypatch: pytest.MonkeyPatch) -> None:
    app, applied = OneBar(), list[str]()
    real = Stylesheet.apply

    def apply(self: Stylesheet, node: DOMNode, **how: object) -> None:
        applied.extend(name for name in node.classes if name.startswith("bar--"))
        real(self, node, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Stylesheet, "apply", apply)
    async with app.run_test(size=(30, 3)) as pilot:
        app.bar.show([("good", "ok"), ("poor", "bad")])
        await pilot.pause()
        assert set(applied) == {"bar--ok", "bar--bad"}
        applied.clear()
        app.stylesheet.update(app)
        assert sorted(applied) == ["bar--bad", "bar--ok"]


async def test_another_theme_is_seen_at_once() -> None:
    app = OneBar()
    async with app.run_test(size=(30, 3)) as pilot:
        app.bar.show([("good", "ok"), ("poor", "bad")])
        await pilot.pause()
        before = app.drawn()
        app.register_theme(light := textual_theme(shipped_theme("gputui-light")))
        app.theme = light.name
        await pilot.pause()
        after = app.drawn()
    assert len(before) == len(after) == 2
    assert all(old != new for old, new in zip(before, after, strict=True))


async def test_a_component_that_nobody_declares_is_a_mistake() -> None:
    app = OneBar()
    async with app.run_test(size=(30, 3)):
        with pytest.raises(KeyError, match="bar--odd"):
            app.bar.get_component_styles("bar--odd")
