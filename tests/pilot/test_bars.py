"""The tab line in any width: the fleet and the active tab whole, no count of bad machines lost, no room wasted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from gputui.core.clock import SystemClock
from gputui.core.feed import Phase
from gputui.core.problem import Cause
from gputui.engine.journal import Journal
from gputui.engine.store import Store, Tab
from gputui.ui.list.location import Location
from gputui.ui.shell.list_options import ListOptions
from gputui.ui.shell.status_text import view_parts
from gputui.ui.widgets.bars import ACTIVE_NAME, Banner, Part, TabLabel, tab_line
from tests.toy import PROVIDER, ToyClient

NAMES = ("samsung", "nsml", "hosted", "runai", "datenfab")
BAD = (2, 1, 2, 1, 4)
TABS = [
    TabLabel(0, "Fleet", 10, 1),
    *(TabLabel(n, name, bad) for n, (name, bad) in enumerate(zip(NAMES, BAD, strict=True), 1)),
]


def tab_parts(tabs: Sequence[TabLabel], active: int, width: int, *, ascii_only: bool) -> list[Part]:
    """The parts of the tab line, without whose they are."""
    return [part for _, parts in tab_line(tabs, active, width, ascii_only=ascii_only) for part in parts]


def line(tabs: list[TabLabel], active: int, width: int, *, ascii_only: bool = False) -> str:
    return "".join(text for text, _ in tab_parts(tabs, active, width, ascii_only=ascii_only))


def test_all_names_are_whole_where_they_fit() -> None:
    assert line(TABS, 0, 81) == " 0 Fleet ✖10 ▲1  1 samsung ✖2  2 nsml ✖1  3 hosted ✖2  4 runai ✖1  5 datenfab ✖4 "


def test_names_are_cut_no_more_than_must_be_and_the_fleet_never() -> None:
    assert line(TABS, 1, 79) == " 0 Fleet ✖10 ▲1  1 samsung ✖2  2 nsml ✖1  3 hosted ✖2  4 runai ✖1  5 datenf… ✖4 "
    assert line(TABS, 5, 76) == " 0 Fleet ✖10 ▲1  1 sam… ✖2  2 nsml ✖1  3 hos… ✖2  4 run… ✖1  5 datenfab ✖4 "
    for width in range(70, 90):
        assert " 0 Fleet ✖10 ▲1 " in line(TABS, 2, width)


def test_then_only_the_active_tab_has_a_name() -> None:
    assert line(TABS, 1, 55) == " 0 ✖10 ▲1  1 samsung ✖2  2 ✖1  3 ✖2  4 ✖1  5 ✖4 "


def test_last_the_neighbours_are_shown_and_signs_point_at_the_others() -> None:
    assert line(TABS, 1, 40) == " 0 ✖10  1 samsung ✖2  2 ✖1  3 ✖2  4 ✖1 ›"
    assert line(TABS, 5, 36, ascii_only=True) == "< 2 X1  3 X2  4 X1  5 datenfab X4 "
    assert tab_parts(TABS, 1, 40, ascii_only=False)[-1][1] == "bad"
    calm = [TabLabel(n, name) for n, name in enumerate(("Fleet", *NAMES))]
    assert tab_parts(calm, 1, 20, ascii_only=False)[-1] == ("›", "dim")


def test_a_tab_says_in_words_what_is_wrong_at_80_columns() -> None:
    """Names give way to the words; where too many fail for that, one word each is left."""
    one = [*TABS[:3], TabLabel(3, "hosted", trouble=("credentials refused", "login"), phase=Phase.FAILING), *TABS[4:]]
    assert line(one, 1, 80) == " 0 Fleet ✖10 ▲1  1 samsung ✖2  2 nsml ✖1  3 hos… ✖ login  4 run… ✖1  5 dat… ✖4 "
    assert "✖ credentials refused" in line(one, 1, 100)
    down = ("unreachable", "down")
    every = [TABS[0], *(TabLabel(n, name, trouble=down, phase=Phase.FAILING) for n, name in enumerate(NAMES, 1))]
    two = [*TABS[:2], *every[2:4], *TABS[4:]]
    assert line(two, 1, 80) == " 0 Fleet ✖10 ▲1  1 samsung ✖2  2 ns… ✖ down  3 ho… ✖ down  4 ru… ✖1  5 da… ✖4 "
    assert line(every, 1, 80) == " 0 ✖10 ▲1  1 samsung ✖ down  2 ✖ down  3 ✖ down  4 ✖ down  5 ✖ down "
    stale = [*TABS[:5], TabLabel(5, "datenfab", trouble=("stale", "stale"), phase=Phase.STALE)]
    assert "? stale" in line(stale, 1, 80)
    partial = [*TABS[:5], TabLabel(5, "datenfab", trouble=("kr-west1 +2", "partial"), phase=Phase.PARTIAL)]
    assert "◐ kr-west1 +2" in line(partial, 5, 95) and "◐ partial" in line(partial, 1, 80)


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_a_word_that_a_narrow_tab_holds(cause: Cause) -> None:
    assert 0 < len(cause.word) <= 7


LABELS = st.builds(
    TabLabel, st.just(0), st.text("aé漢字-", min_size=1, max_size=40), st.integers(0, 999), st.integers(0, 99)
)


@given(st.lists(LABELS, min_size=1, max_size=14), st.integers(0, 13), st.integers(32, 250))
def test_whatever_the_tabs_the_active_one_is_there_and_nothing_is_beyond_the_edge(
    labels: list[TabLabel], active: int, width: int
) -> None:
    tabs = [TabLabel(n, label.name, label.bad, label.degraded) for n, label in enumerate(labels)]
    active = min(active, len(tabs) - 1)
    tabs[0] = TabLabel(0, "Fleet", tabs[0].bad)
    parts = tab_parts(tabs, active, width, ascii_only=False)
    assert cell_len("".join(text for text, _ in parts).rstrip()) <= width
    (chosen,) = (text for text, style in parts if style == "active")
    assert tabs[active].name[: ACTIVE_NAME // 2 - 1] in chosen


async def test_a_tab_that_was_connected_a_moment_ago_has_its_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "audit.jsonl", "tester", SystemClock().now)
    store = Store([Tab("p", "toy")], journal=journal, clock=SystemClock(), rng=random.Random(1))
    store.connect("p", PROVIDER, ToyClient({}))
    for width in (10, 80):  # its first view is chosen with the next drawing only
        assert view_parts(store, Location("p"), None, ListOptions(), width)[0] == [(" toy", "strong")]
    await store.aclose()


class BannerApp(App[None]):
    """A banner over a list."""

    def compose(self) -> ComposeResult:
        yield Banner(id="banner")


async def test_a_banner_of_which_the_window_shows_only_a_part_says_so() -> None:
    words = " ".join(f"word{n}" for n in range(60))
    app = BannerApp()
    async with app.run_test(size=(40, 10)) as pilot:
        banner = app.query_one(Banner)
        banner.say(["short", words])
        await pilot.pause()
        lines = [strip.text for strip in app.screen._compositor.render_strips()]
        assert banner.size.height == 5
        assert lines[0].strip() == "short" and lines[1].startswith(" word0 word1 ")
        assert lines[4].rstrip().endswith("…") and max(map(cell_len, lines)) == 40
        banner.say(["short"])
        await pilot.pause()
        assert banner.size.height == 1
        assert "…" not in "".join(strip.text for strip in app.screen._compositor.render_strips())
