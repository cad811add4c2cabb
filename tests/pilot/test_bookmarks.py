"""Bookmarks: a place with what narrows it, by name at `:`, over a restart; and the places of a while ago."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from gputui.core.preferences import Bookmark, Preferences, preferences_text, read_preferences
from tests.pilot.consoles import Console
from tests.pilot.test_command_words import entered, hits, said
from tests.promises.toy_console import TOY, VIEW, toy_console

DISKS = replace(VIEW, name="disks", title="Disks", machine=False)
TWO = replace(TOY, views=(VIEW, DISKS))


def where(here: Console) -> tuple[str, str, str, bool]:
    screen = here.app.console_screen
    return screen.trail.here.tab, screen.trail.here.view, screen.options.filter.text, screen.options.faults


async def test_a_bookmark_leads_back_to_place_and_filter_also_after_a_restart(tmp_path: Path) -> None:
    async with toy_console(tmp_path, provider=TWO, notices=True) as here:
        await entered(here, "disks @b /b-1")
        await here.press("f")
        await here.until(lambda: where(here) == ("b", "disks", "b-1", True))
        for name, why in (("nodes", "something else"), ("", "one word"), ("two words", "one word")):
            await entered(here, f"bookmark {name}")
            assert why in said(here)
        await entered(here, "bookmark mine")
        assert "leads to disks @b /b-1, faults only" in said(here)
        await entered(here, "save mine")
        assert "mine means something else here" in said(here)
        await here.app.preferences.written()
    async with toy_console(tmp_path, provider=TWO, notices=True) as here:
        assert where(here) == ("", "", "", False)
        await here.until(lambda: here.app.preferences.now.bookmarks)
        assert [hit.text for hit in await hits(here, "mi")] == ["to mine"]
        await entered(here, "mine")
        await here.until(lambda: where(here) == ("b", "disks", "b-1", True))
        await entered(here, "forget mine")
        assert "forgotten: mine" in said(here)
        assert not here.app.preferences.now.bookmarks


async def test_a_bookmark_of_what_is_no_longer_there_says_so(tmp_path: Path) -> None:
    async with toy_console(tmp_path, provider=TWO, notices=True) as here:
        gone = {
            "old": Bookmark("nowhere"),
            "bare": Bookmark("a", "tapes"),
            "in": Bookmark("a", "nodes", ("a", "x", "y")),
        }
        for name, one in gone.items():
            here.app.preferences.change(lambda now, name=name, one=one: Preferences.with_bookmark(now, name, one))
            await entered(here, name)
        assert "old: there is no profile nowhere" in said(here)
        assert "bare: a has no tapes" in said(here)
        assert "in: y is gone" in said(here)
        assert where(here)[0] == ""


async def test_recent_places_are_offered_the_last_one_first(tmp_path: Path) -> None:
    async with toy_console(tmp_path, provider=TWO) as here:
        for place in ("disks @a", "nodes @b", "disks @a", "nodes @a"):
            await entered(here, place)
        found = [hit.text for hit in await hits(here, "recent")]
        assert found == ["recent disks @a", "recent nodes @b", "recent fleet"]
        await entered(here, "recent nodes @b")
        assert where(here)[:2] == ("b", "nodes")


async def test_a_mistyped_machine_or_view_is_answered_with_what_was_meant(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        for text, meant in (("a-11x", "a-1"), ("ndoes @a", "nodes @a"), ("ndoes @a /b", "nodes @a /b")):
            [answer] = await hits(here, text)
            assert str(answer.match_display) == f"nothing here is called {text}; did you mean {meant}?"
            assert answer.text == meant


def test_bookmarks_are_read_as_they_were_written_and_no_foreign_file_fails() -> None:
    one = Bookmark("b", "disks", ("b", "nodes", "b1"), "x y", True)
    kept = Preferences().with_bookmark("mine", one).with_bookmark("other", Bookmark())
    assert read_preferences(preferences_text(kept)).bookmarks == kept.bookmarks
    odd = {"bookmarks": {"a": 1, "b": {"tab": 7, "parent": ["x"], "filter": None, "faults": "yes"}}}
    assert read_preferences(json.dumps(odd).encode()).bookmarks == {"a": Bookmark(), "b": Bookmark("7")}
