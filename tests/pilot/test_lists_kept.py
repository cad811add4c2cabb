"""What a console over real answers leaves for the next one, and that nothing stays without history."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from gputui.commands.context import CliContext
from gputui.commands.loading import cached_lists
from gputui.config.paths import Places
from gputui.config.profiles import load
from gputui.engine.cached.lists import UNREAD
from tests.pilot.consoles import Wish, console


async def test_each_machine_list_is_kept_without_secrets_until_history_is_off(tmp_path: Path) -> None:
    ctx = CliContext({}, Places(tmp_path, tmp_path / "state", tmp_path), StringIO(), StringIO())
    async with console(tmp_path, Wish(only=("datenfab",), general={"history_days": 1})) as here:
        await here.until(lambda: here.store.machines("datenfab"))
        shown = dict(here.store.machines("datenfab"))
    config = load(tmp_path / "config.toml", home=tmp_path)
    (cached,) = cached_lists(config, config.profiles, ctx, here.store.clock.now())["datenfab"]
    assert cached.rows.keys() == shown.keys()
    assert {row.withheld for row in cached.rows.values()} == {UNREAD}
    (file,) = (tmp_path / "state" / "lists").iterdir()
    text = file.read_text()
    assert str(config.profiles[0].own["token"]) not in text
    assert "password" not in text.casefold()
    async with console(tmp_path, Wish(only=("datenfab",), general={"history_days": 0})) as here:
        await here.until(lambda: here.store.machines("datenfab"))
    assert not list((tmp_path / "state" / "lists").iterdir())
    assert cached_lists(load(tmp_path / "config.toml", home=tmp_path), config.profiles, ctx, 0.0) == {}
