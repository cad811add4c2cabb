"""Widgets whose component styles are computed when one is first drawn with: a restyling computes only those in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.css.styles import RenderStyles
from textual.dom import DOMNode

if TYPE_CHECKING:
    from textual.widget import Widget as _Base
else:
    _Base = object  # of several bases that are widgets, Textual takes the style sheet of the first only


class LazyComponents(_Base):
    """A base beside a widget.

    Without it Textual computes all of `COMPONENT_CLASSES` of all widgets whenever the focus moves or a dialog opens.
    """

    def _get_component_classes(self) -> frozenset[str]:  # type: ignore[override]  # Textual asks instances only
        return frozenset(self._component_styles)

    def get_component_styles(self, *names: str) -> RenderStyles:
        """Return the styles of these components together. Raises KeyError for one that no class declares."""
        for name in names:
            if name not in self._component_styles and name in super()._get_component_classes():
                node = DOMNode(classes=name)
                node._attach(self)
                self.app.stylesheet.apply(node)
                self._component_styles[name] = node.styles
        return super().get_component_styles(*names)
