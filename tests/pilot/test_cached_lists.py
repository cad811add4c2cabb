"""Lists of an earlier console: cursor and marks stay on their machines as they are read."""

from __future__ import annotations

from pathlib import Path

from gputui.core.rows import Ref
from tests.clocks import until
from tests.promises.second_console import first_console, second_console, toy
from tests.promises.toy_console import TOY


async def test_cursor_and_marks_stay_on_their_machines_when_the_cloud_answers(tmp_path: Path) -> None:
    later = await first_console(tmp_path)
    client = toy("a0", "a3", "a4")
    async with second_console(tmp_path, client, later) as here:
        await until(lambda: client.reads)
        assert here.page.choose(Ref("a", "nodes", "a4"))
        here.page.set_marks([Ref("a", "nodes", "a3"), Ref("a", "nodes", "a2")])
        client.free.set()
        await here.until(lambda: "toy-a0" in here.rows())
        await here.pilot.pause()
        assert here.page.cursor_ref == Ref("a", "nodes", "a4")
        assert here.page.marks == {Ref("a", "nodes", "a3")}  # the other is gone
        assert {row.cells[1].text for row in here.page.rows.values()} == {"● ok"}
        assert "as of" not in here.bar("banner")
        assert not here.store.changes  # what changed while nobody watched is for the history to tell


async def test_the_tab_of_a_profile_shows_them_too(tmp_path: Path) -> None:
    later = await first_console(tmp_path)
    client = toy("a1")
    async with second_console(tmp_path, client, later) as here:
        await until(lambda: client.reads)
        await here.go("1")
        assert set(here.rows()) == {"toy-a1", "toy-a2", "toy-a3", "toy-a4"}
        assert {cell.tone for row in here.page.rows.values() for cell in row.cells} == {"dim"}
        assert "reading… until then the rows are as of 3m ago" in here.bar("banner")
        client.free.set()
        await here.until(lambda: set(here.rows()) == {"toy-a1"})


async def test_a_list_that_the_provider_has_no_more_goes_when_it_is_connected(tmp_path: Path) -> None:
    later = await first_console(tmp_path)
    kept = tmp_path / "lists" / "nodes@a.jsonl"
    kept.with_name("hosts@a.jsonl").write_text(kept.read_text().replace('"view": "nodes"', '"view": "hosts"'))
    client = toy()
    async with second_console(tmp_path, client, later, connects=False) as here:
        assert {ref.view for ref in here.page.rows} == {"nodes", "hosts"}
        here.store.connect("a", TOY, client)
        await here.until(lambda: {ref.view for ref in here.page.rows} == {"nodes"})
