"""Promise 8, aspect: a text of a megabyte is a text. It is shown in part, written whole, and never holds a key up."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.widgets import Static

from gputui.commands.formats import WIDEST, width, write_table
from gputui.core.cells import sort_key
from gputui.core.csv_text import write_csv
from gputui.core.filter import parse
from gputui.core.problem import Cause, Problem
from gputui.core.text import clean
from gputui.ui.act.menu import Menu
from gputui.ui.list.targets import LONGEST_CALLED, called
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.reader import Reader
from gputui.ui.widgets.wrapping import LONGEST_LINE, LONGEST_TEXT, bounded, wrapped
from tests.pilot.consoles import Console
from tests.promises.long_texts import MEGABYTE, TEXTS, long_console, turns

LONGEST_TURN = 0.25
"""Seconds of this thread: five times what a turn may take on a free machine, for tests share theirs."""


def reader(here: Console) -> Reader:
    assert isinstance(here.app.screen, Reader)
    return here.app.screen


def text_of(here: Console) -> str:
    return "\n".join("".join(text for text, _ in line) for line in reader(here).pages.lines)


def is_whole(written: str, text: str, *, as_json: bool) -> bool:
    """Whether a file holds all of a text, as it is or as JSON."""
    if not as_json:
        return clean(text).strip() in written
    try:
        return written.isascii() and bool(json.loads(written)["text"] == text)
    except ValueError:
        return False


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_no_key_is_held_up_by_a_long_text_and_w_writes_it_whole(tmp_path: Path, text: str) -> None:
    async with long_console(tmp_path, text) as here:
        for key in ("y", "d"):
            with turns() as found:
                await here.press(key)
                await here.until(lambda: here.shows(Reader))
                for move in ("G", "g", "j", "pagedown"):
                    await here.press(move)
            assert found.longest < LONGEST_TURN, key
            assert "more: w writes it to a file" in text_of(here)
            assert len(text_of(here)) < 4 * LONGEST_TEXT
            await here.press("w")
            dumps = tmp_path / "state" / "dumps"
            await here.until(lambda dumps=dumps: list(dumps.glob("text-*")))
            [file] = dumps.iterdir()
            assert file.stat().st_mode & 0o777 == 0o600
            # No assertion: pytest would take minutes to show how megabytes differ. It may still be being written.
            await here.until(lambda file=file, key=key: is_whole(file.read_text(), text, as_json=key == "y"))
            file.unlink()
            await here.press("q")
            await here.until(lambda: not here.shows(Reader))


@pytest.mark.parametrize("text", [TEXTS["words"], TEXTS["emoji"]], ids=["words", "emoji"])
async def test_logs_answers_the_table_the_filter_menus_and_dialogs_are_not_held_up(tmp_path: Path, text: str) -> None:
    async with long_console(tmp_path, text) as here:
        for keys in (("l", "G", "q"), ("m", "q"), ("j", "k", "w", "o"), ("escape",), ("a", "escape"), ("X", "escape")):
            with turns() as found:
                await here.press(*keys)
            assert found.longest < LONGEST_TURN, keys
        for letter in ("slash", "x", "y", "enter", "ctrl+u"):
            with turns() as found:
                await here.press(letter)
            assert found.longest < LONGEST_TURN, letter


async def test_of_a_long_log_the_newest_lines_are_shown(tmp_path: Path) -> None:
    async with long_console(tmp_path, "short and last") as here:
        await here.press("l")
        await here.until(lambda: here.shows(Reader) and "short and last" in text_of(here))
        assert "line 4999" in text_of(here)


@pytest.mark.parametrize("deep", [10, 60])
@pytest.mark.parametrize("key", ["y", "d"])
async def test_deep_nesting_ends_nothing(tmp_path: Path, deep: int, key: str) -> None:
    async with long_console(tmp_path, "short", deep=deep) as here:
        with turns() as found:
            await here.press(key)
            await here.until(lambda: here.shows(Reader))
        assert found.longest < LONGEST_TURN
        await here.press("w", "q")
        await here.until(lambda: not here.shows(Reader))


LINES = st.text(st.characters(codec="utf-8"), max_size=300).map(clean)


@given(LINES, st.integers(20, 100))
def test_wrapping_loses_nothing_but_blanks_and_fits(text: str, columns: int) -> None:
    lines = ["".join(part for part, _ in line) for line in wrapped(((text, ""),), columns)]
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= columns for line in lines)


@pytest.mark.parametrize("size", [LONGEST_LINE - 1, LONGEST_LINE, LONGEST_LINE + 1])
def test_the_bound_of_a_line(size: int) -> None:
    lines = bounded([(("x" * size, ""),)])
    assert len(lines) == (1 if size <= LONGEST_LINE else 2)
    assert "1 characters more" in lines[-1][0][0] or size <= LONGEST_LINE


@pytest.mark.parametrize("end", [False, True])
def test_the_bound_of_all_lines_keeps_the_end_that_is_wanted(end: bool) -> None:
    lines = [((f"{number:99}", ""),) for number in range(5000)]
    shown = bounded(lines, end=end)
    assert sum(len(line[0][0]) for line in shown) <= LONGEST_TEXT + 200
    assert lines[-1 if end else 0] in shown
    assert f"{len(lines) - len(shown) + 1:,} lines more, not shown here" in shown[0 if end else -1][0][0]


def test_a_table_is_cut_and_the_other_forms_are_whole() -> None:
    lines = [[f"m{number}", TEXTS["korean"]] for number in range(30)]
    out = io.StringIO()
    write_table(["NAME", "NOTE"], lines, out, right=[False, False])
    assert len(out.getvalue()) < 30 * 1000
    assert all(width(line) <= WIDEST + 10 for line in out.getvalue().splitlines())
    assert "…" in out.getvalue()
    whole = io.StringIO()
    write_csv([{"note": TEXTS["ascii"]}], ["note"], whole)
    csv.field_size_limit(2 * MEGABYTE)
    assert next(iter(csv.DictReader(io.StringIO(whole.getvalue()))))["note"] == TEXTS["ascii"]


@pytest.mark.parametrize("size", [WIDEST - 1, WIDEST, WIDEST + 1])
def test_the_bound_of_a_cell(size: int) -> None:
    out = io.StringIO()
    write_table(["X"], [["x" * size]], out, right=[False], headers=False)
    assert width(out.getvalue().rstrip()) == min(size, WIDEST)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_problems_keys_to_sort_by_and_filters_look_at_a_part(text: str) -> None:
    problem = Problem(Cause.SERVER, text, text)
    assert len(problem.text) <= 400
    assert len(problem.remedy) <= 2000
    kind, _, key = sort_key(text)
    assert (kind, len(key) <= 6000) == (1, True)
    assert not parse(text.replace(" ", "")[:50]).complaint or text.isspace()


def test_cleaning_is_the_same_however_long(monkeypatch: Any) -> None:
    for text in TEXTS.values():
        assert clean(text)[:600] == clean(text[:600])


@pytest.mark.parametrize("key", ["X", "a"])
async def test_a_long_name_leaves_what_is_asked_and_the_way_out_on_the_screen(tmp_path: Path, key: str) -> None:
    async with long_console(tmp_path, TEXTS["words"]) as here:
        profile = next(iter(here.store.tabs))
        await here.press(key)
        await here.until(lambda: here.shows(Dialog if key == "X" else Menu))
        title = str(here.app.screen.query_one(".title", Static).render())
        assert len(title) < 200
        for part in (".title", ".hint", *(["#cancel"] if key == "X" else [])):
            seen = here.app.screen.query_one(part).region
            assert seen.height, part
            assert seen.bottom < here.app.size.height, part
        if key == "X":
            assert f"in {profile}?" in title


async def test_what_is_said_of_a_long_name_is_short(tmp_path: Path) -> None:
    async with long_console(tmp_path, TEXTS["words"]) as here:
        row = next(iter(here.page.rows.values()))
        assert len(called(row.name)) == LONGEST_CALLED
        assert called("x" * LONGEST_CALLED) == "x" * LONGEST_CALLED
