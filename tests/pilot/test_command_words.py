"""What is typed at `:` is understood or answered: places, machines, commands, verbs, and what hands know."""

from __future__ import annotations

from pathlib import Path

from textual.command import CommandPalette, DiscoveryHit, Hit
from textual.widgets import Input

from gputui.ui.shell.palette import ConsoleCommands
from gputui.ui.shell.palette_lines import Level
from gputui.ui.shell.waiting_palette import WaitingPalette
from tests.pilot.consoles import Console
from tests.promises.toy_console import ToyConsole, toy_console


async def hits(here: Console, text: str) -> list[Hit]:
    """What is found for a text, in the order in which it is shown."""
    provider = ConsoleCommands(here.app.console_screen)
    await provider.startup()
    found = [hit async for hit in provider.search(text)]
    assert all(isinstance(hit, Hit) for hit in found)
    return sorted((hit for hit in found if not isinstance(hit, DiscoveryHit)), key=lambda hit: hit.score, reverse=True)


async def entered(here: Console, text: str) -> None:
    """What Enter does on a text."""
    (await hits(here, text))[0].command()
    await here.pilot.pause()


def said(here: Console) -> str:
    return " | ".join(notice.message for notice in here.app._notifications)


async def typed(here: ToyConsole, text: str, *keys: str) -> str:
    """Type a text at `:`, press these keys, and return what stands in the line."""
    await here.press("colon")
    await here.until(lambda: here.shows(CommandPalette))
    await here.press(*text, *keys)
    palette = here.app.screen
    if not isinstance(palette, WaitingPalette):
        return ""
    await here.until(lambda: palette._hits is not None and palette._hits.is_finished)
    return palette.query_one(Input).value


async def test_no_verb_is_guessed_and_unknown_words_are_answered(tmp_path: Path) -> None:
    async with toy_console(tmp_path, notices=True) as here:
        await here.choose("a-3")
        for text, answer in (
            ("top", "top: m shows the GPUs of the row"),
            ("del", "del: delete is typed in full"),
            ("sto", "sto: stop is typed in full"),
            ("vlan", "nothing here is called vlan; "),
            ("dlete", "nothing here is called dlete; did you mean delete?"),
            ("stop a-1", "Stop: it is about a-3; go to the other row first"),
            ("nodes @nope", "nodes has no nope; there is a, b"),
            ("nodes@nope ERROR", "nodes has no nope; there is a, b"),
            ("theme nope", "theme has no nope; there is gputui-dark"),
            ("profile nope", "profile has no nope; there is a, b"),
            ("logs", "logs: what is chosen here has no logs"),
            ("w", "w: nothing here has to be saved"),
        ):
            (only,) = await hits(here, text)
            assert only.score == Level.ANSWER
            assert str(only.prompt).startswith(answer)
            here.app.clear_notifications()
            only.command()
            await here.until(lambda answer=answer: answer in said(here))
            assert here.app.screen is here.app.console_screen
        theme = here.app.theme
        for text, answer in (("ctx", "profiles: a, b; :profile NAME"), ("theme", f"{theme}")):
            here.app.clear_notifications()
            await entered(here, text)
            assert answer in said(here)
        assert here.app.theme == theme


async def test_verbs_are_typed_in_full_and_come_after_places_and_commands(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        await here.choose("a-3")
        for text, first in (
            ("stop", "stop"),
            ("stop a-3", "stop"),
            ("ops", "ops"),
            ("run", "run"),
            ("0", "fleet"),
            ("q!", "quit"),
            ("wq", "quit"),
            ("no", "nodes @a"),
            ("nodes b", "nodes @b"),
            ("b", "profile b"),
            ("b nodes", "nodes @b"),
            ("nodes@b", "nodes @b"),
            ("theme dark", "theme gputui-dark"),
            ("2", "profile b"),
            ("a-3", "a-3"),
            ("b/b-1", "b-1"),
            ("b1", "b-1"),
        ):
            found = await hits(here, text)
            assert (found[0].text or "").strip() == first, text


async def test_places_profiles_and_machines_are_gone_to(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        trail, options = here.app.console_screen.trail, here.app.console_screen.options
        here.toys["b"].set("b2", "ERROR")
        await here.read("b")
        await entered(here, "nodes @b ERROR")
        assert (trail.here.tab, trail.here.view, options.filter.text) == ("b", "nodes", "ERROR")
        assert [here.page.rows[ref].name for ref in here.page.shown_refs] == ["b-2"]
        assert here.page.cursor_ref == here.rows()["b-2"].ref
        await entered(here, "nodes @a /a-1")
        assert (trail.here.tab, options.filter.text) == ("a", "a-1")
        await entered(here, r"fleet /[ab]-1/")
        assert (trail.here.tab, options.filter.text, here.page.shown_count) == ("", "/[ab]-1/", 2)
        await entered(here, "ctx b")
        assert trail.here.tab == "b"
        await entered(here, "a-4")
        assert (trail.here.tab, options.filter.text) == ("a", ""), "the filter that hides it is gone"
        assert here.page.cursor_ref == here.rows()["a-4"].ref
        await entered(here, "fleet")
        await entered(here, "b-5")
        assert trail.here.tab == "", "it is in the list that is shown"
        assert here.page.cursor_ref == here.rows()["b-5"].ref


async def test_tab_completes_and_enter_takes_what_it_made(tmp_path: Path) -> None:
    async with toy_console(tmp_path) as here:
        await here.choose("a-3")
        for text, whole in (("no", "nodes @"), ("sess", "sessions"), ("b-", "b-0")):
            assert await typed(here, text, "tab") == whole
            await here.press("escape")
            await here.until(lambda: here.app.screen is here.app.console_screen)
        await typed(here, "del", "tab", "enter")
        assert "Delete a-3" in (await here.dialog()).question.title
