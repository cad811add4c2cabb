"""An app that sends its terminal little: only what it does not show already, and only while it takes what is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import ReturnType
from textual.events import DescendantFocus
from textual.geometry import Offset
from textual.screen import Screen

from gputui.core.splash import Splash
from gputui.core.traffic import DrawnFrames
from gputui.ui.terminal.driver import ConsoleDriver
from gputui.ui.terminal.screen_model import ScreenModel
from gputui.ui.terminal.themed_app import ThemedApp

_SEEN_AT_ONCE = 512
"""Characters of a frame up to which no synchronized update is needed: it arrives in one piece."""


class FrugalApp(ThemedApp[ReturnType]):
    """Keeps a model of what the terminal shows, and sends what differs from what Textual has drawn since.

    The model is forgotten when another program had the terminal, when its size has changed, and by `action_redraw`.
    While the terminal has not taken the last frame no other is made; when it has, the newest state is sent.
    """

    def __init__(
        self,
        *given: Any,
        splash: Splash | None = None,
        full_frames: bool = False,
        erases: bool = False,
        **options: Any,
    ) -> None:
        self.splash = splash or Splash()
        self._full_frames = full_frames
        self._model = ScreenModel(erases=erases)
        self._takes = self._frames = self._skipped = 0
        self._drawn: list[Callable[[], None]] = []
        self._sent: list[Callable[[], None]] = []
        """What is told when it has been seen what was drawn: by the next frame, and by the one that is under way."""
        super().__init__(*given, **options)

    def on_resize(self) -> None:
        """Draw anew: what a terminal leaves of a frame is its own affair. Textual may skip a size equal to the last."""
        self._model.forget()
        if self._frames:
            self.refresh(layout=True)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Keep the cursor of a text still: blinking, it would be sent twice a second for as long as it is there."""
        if hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False

    def action_redraw(self) -> None:
        """Draw everything again, after another program has written on the terminal."""
        self._model.forget()
        self.refresh(layout=True)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Textual: called for everything that is drawn."""
        if self._full_frames or self.is_headless or not isinstance(renderable, (LayoutUpdate, ChopsUpdate)):
            super()._display(screen, renderable)
            return
        self._model.resize(*self.size)
        self._model.take(renderable)
        if not self._draw():
            self._skipped += 1
        self.post_display_hook()

    def _set_pointer_shape(self, shape: str) -> None:
        """Textual: the mouse is over something else. Nothing is sent for it where the mouse is off."""
        if self._driver is not None and self._driver._mouse:
            super()._set_pointer_shape(shape)

    def _end_batch(self) -> None:
        """Textual: what was drawn during a batch may be seen now. Textual itself would drop it."""
        super()._end_batch()
        self._draw()

    @property
    def frames_drawn(self) -> DrawnFrames:
        """What was sent to the terminal since the start."""
        drawn = self._driver.drawn if isinstance(self._driver, ConsoleDriver) else 0
        return DrawnFrames(self._frames, drawn, self._skipped)

    def when_seen(self, then: Callable[[], None]) -> None:
        """Call `then` once the terminal has taken a frame with everything that has been drawn by now."""
        if self.is_headless:
            then()
            return
        self._drawn.append(then)
        self._draw()

    def _draw(self) -> bool:
        """Send what differs, if the terminal can take it now: otherwise once it can. Return whether it can."""
        driver = self._driver
        if not isinstance(driver, ConsoleDriver) or self._batch_count or not self._running or self._closed:
            return True
        if driver.takes != self._takes:
            self._takes = driver.takes
            self._model.forget()
        if not self.screen_stack or not driver.free(self._draw):
            return False
        seen, self._sent, self._drawn = self._sent, self._drawn, []
        if frame := "" if self._full_frames else self._model.frame(self._typed_at):
            self._send(driver, frame)
        for then in seen:
            then()
        if self._sent and driver.free(self._draw):
            self._draw()
        return True

    @property
    def _typed_at(self) -> Offset | None:
        """Where text is typed: terminals show there what an input method is composing."""
        offset: Offset | None = getattr(self.focused, "cursor_screen_offset", None)  # Input and TextArea have one
        return self.screen.outer_size.clamp_offset(offset) if offset is not None else None

    def _send(self, driver: ConsoleDriver, frame: str) -> None:
        self._frames += 1
        together = len(frame) > _SEEN_AT_ONCE
        if together:
            self._begin_update()
        driver.write(frame)
        if together:
            self._end_update()
        driver.flush()

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """Textual: the visible screens behind the top one.

        Textual names one even if it is fully covered, and would then send the whole covering screen again at every
        change.
        """
        hides = bool(self.screen_stack) and self.screen.styles.background.a == 1
        return [] if hides else super()._background_screens
