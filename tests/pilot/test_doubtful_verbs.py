"""Verbs that no document rules out in a row's state: offered with a warning, sent once, followed to the end."""

from __future__ import annotations

from pathlib import Path

from gputui.core.rows import Ref
from gputui.sim.datenfab.state import Datenfab
from gputui.ui.act.menu import Menu
from gputui.ui.list.page import Page
from tests.pilot.consoles import Console, Wish, console
from tests.pilot.every_hand import Hand

WARNING = "state is Failed: documented for Shutdown only, it may be refused"


def in_state(page: Page, state: str) -> list[Ref]:
    return [ref for ref in page.shown_refs if page.rows[ref].state == state]


def cloud(here: Console) -> Datenfab:
    assert here.clouds is not None
    found = here.clouds.world["datenfab"]
    assert isinstance(found, Datenfab)
    return found


async def test_a_failed_instance_is_deleted_after_a_warning(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("datenfab",))) as here:
        hand = Hand(here, "datenfab")
        await here.go("1")
        (failed, *_) = in_state(here.page, "Failed")
        await hand.to(failed)
        await hand.press("a")
        menu = await hand.screen(Menu)
        notes = {offer.verb.name: offer.note for offer in menu.offers if offer.verb is not None}
        assert notes["delete"] == f"destroys: {WARNING}"
        assert notes["start"].startswith("reversible: state is Failed")
        await hand.back()
        await hand.press("ctrl+d")
        dialog = await here.dialog()
        assert f"Warning: {WARNING}." in dialog.question.effect
        await hand.agree()
        await hand.passing(lambda: failed not in here.page.rows)
        assert failed.id.rpartition("/")[2] not in cloud(here).instances


async def test_of_several_the_doubtful_one_is_left_out_by_name(tmp_path: Path) -> None:
    async with console(tmp_path, Wish(only=("datenfab",))) as here:
        hand = Hand(here, "datenfab")
        await here.go("1")
        for ref in (in_state(here.page, "Failed")[0], in_state(here.page, "Shutdown")[0]):
            await hand.to(ref)
            await hand.press("space")
        await hand.press("ctrl+d")
        dialog = await here.dialog()
        (left_out,) = (line for line in dialog.question.aside if line.startswith("left out: "))
        assert left_out.endswith(f"({WARNING})")
        assert dialog.question.type_this == "1"
