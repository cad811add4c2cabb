"""What is remembered: any file can be read, two consoles keep each other's, the file is private."""

from __future__ import annotations

import asyncio
import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.preferences import (
    MOST_TYPED,
    Preferences,
    ViewPreference,
    preferences_text,
    read_preferences,
)
from gputui.engine.preferences_file import Edit, PreferencesFile, read_file, rewrite

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["views", "filters", "typed", "sort", "order", "hidden", "x"]), inner, max_size=4
        )
    ),
)
BY_GPU = ViewPreference("gpu", falling=True, wide=True, order=("name", "gpu"), hidden=("lock",), pinned=("vpc",))


def view(name: str, sort: str) -> Edit:
    return partial(Preferences.with_view, name=name, wanted=ViewPreference(sort))


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_file_can_be_read_and_written_again(data: bytes) -> None:
    found = read_preferences(data)
    assert read_preferences(preferences_text(found)) == found


def test_what_is_written_is_read() -> None:
    wanted = Preferences().with_view("scp.nodes", BY_GPU).with_filter("broken", "health:bad").with_typed("filter", "a")
    assert read_preferences(preferences_text(wanted)) == wanted


def test_a_view_as_usual_needs_no_entry_and_a_history_is_bounded_without_repeats() -> None:
    assert not Preferences().with_view("a", BY_GPU).with_view("a", ViewPreference()).views
    typed = Preferences()
    for number in (*range(MOST_TYPED + 10), MOST_TYPED):
        typed = typed.with_typed("filter", str(number))
    assert len(typed.typed["filter"]) == len(set(typed.typed["filter"])) == MOST_TYPED
    assert typed.typed["filter"][-1] == str(MOST_TYPED)


@pytest.mark.parametrize("content", [b"\xff\x00", b"[1, 2", b'{"views": 3}', b"null", b"[" * 100_000])
def test_a_corrupt_file_is_ignored_and_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state" / "views.json"
    rewrite(path, ())
    path.write_bytes(content)
    assert read_file(path) == Preferences()
    rewrite(path, (view("a", "gpu"),))
    assert read_file(path).views == {"a": ViewPreference("gpu")}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    aside = [one.read_bytes() for one in path.parent.glob("views.json.corrupt-*")]
    assert aside == ([content] if content != b'{"views": 3}' else []), "what a person may still read is kept"


def test_a_file_that_others_may_write_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "views.json"
    rewrite(path, (view("a", "gpu"),))
    path.chmod(0o666)
    assert read_file(path) == Preferences()


def test_two_consoles_keep_each_others_views(tmp_path: Path) -> None:
    path, ready = tmp_path / "views.json", threading.Barrier(2)

    def write(name: str) -> None:
        ready.wait(10)
        for number in range(20):
            rewrite(path, (view(f"{name}{number}", "gpu"),))

    with ThreadPoolExecutor(2) as writers:  # each write opens the lock anew, as another process does
        list(writers.map(write, "ab"))
    assert len(read_file(path).views) == 40


async def test_the_last_writer_of_a_view_wins_and_filters_of_others_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "views.json"
    one, other = PreferencesFile(path), PreferencesFile(path)
    await asyncio.gather(one.load(), other.load())
    one.change(view("a", "gpu"))
    await one.written()
    one.change(partial(Preferences.with_filter, name="mine", text="x"))
    await one.written()
    other.change(view("a", "age"))
    await other.written()
    assert read_file(path).views == {"a": ViewPreference("age")}
    assert other.now.filters == {"mine": "x"}
    assert one.now.views == {"a": ViewPreference("gpu")}


async def test_what_is_changed_before_the_file_is_read_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "views.json"
    rewrite(path, (view("a", "gpu"),))
    file = PreferencesFile(path)
    file.change(view("b", "age"))
    await file.load()
    assert file.now.views == {"a": ViewPreference("gpu"), "b": ViewPreference("age")}
    await file.aclose()
    assert read_file(path) == file.now


async def test_where_nothing_can_be_written_it_holds_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    file = PreferencesFile(tmp_path / "state" / "views.json")
    await file.load()
    file.change(view("a", "gpu"))
    assert await file.written()
    assert file.now.views == {"a": ViewPreference("gpu")}
