"""No name of a style, a class or a look that is used is unknown where it is drawn."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from gputui.core.cells import TONES, HealthTone
from gputui.ui.table.styles import COMPONENTS, PREFIX
from gputui.ui.widgets.bars import Bar
from gputui.ui.widgets.outline_view import OutlineView
from gputui.ui.widgets.pages import Pages
from gputui.ui.widgets.part_lines import PartLines
from gputui.ui.widgets.styles import StyleName, component
from tests.sources import FILES, ROOT, name_of, nodes

CLASS_CALLS = ("add_class", "remove_class", "set_class", "has_class", "toggle_class")


@pytest.mark.parametrize(
    ("widget", "prefix"), [(Bar, "bar"), (Pages, "pages"), (PartLines, "part-lines"), (OutlineView, "outline")]
)
def test_every_widget_that_draws_parts_knows_every_style(widget: type[Bar], prefix: str) -> None:
    wanted = {component(prefix, name) for name in get_args(StyleName) if name}
    assert wanted == widget.COMPONENT_CLASSES
    for name in wanted:
        assert f".{name} " in widget.DEFAULT_CSS


def test_every_tone_of_a_health_is_a_style_and_every_tone_a_look_of_the_table() -> None:
    assert set(get_args(HealthTone)) < set(get_args(StyleName))
    assert {f"{PREFIX}tone-{tone}" for tone in TONES} < COMPONENTS


def test_every_class_that_is_set_stands_in_a_style_sheet_of_its_file() -> None:
    in_ui = [path for path in FILES if path.is_relative_to(ROOT / "ui")]
    assert [(name_of(path), name) for path in in_ui for name in unknown(path)] == []


def unknown(path: Path) -> Iterator[str]:
    """The classes that a file sets and no text of it names as a style sheet does."""
    texts = [node.value for node in nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    known = set(re.findall(r"\.(-?[a-z][a-z-]*)", "\n".join(texts)))
    for node in nodes(path):
        if isinstance(node, ast.Call):
            yield from (name for name in classes(node) if name not in known)


def classes(call: ast.Call) -> list[str]:
    """The literal names of classes that a call sets, or of component classes that it asks for."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "classes"]
    if isinstance(call.func, ast.Attribute) and call.func.attr in (*CLASS_CALLS, "get_component_rich_style"):
        given += call.args
    texts = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return [name for text in texts for name in text.split()]
