"""Promise 4: nothing is sent twice. While a request waits for its answer, that is said, and the same is not sent again
by mistake, whichever way it is asked for; who insists has read what may happen.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import gputui.ui.act.verbs
import gputui.ui.widgets.timed_dialog
from gputui.core.health import Health
from gputui.core.request import SendStatus
from gputui.ui.form.screen import Form
from gputui.ui.inspect.history import show_operations
from gputui.ui.widgets.dialogs import Dialog
from gputui.ui.widgets.reader import Reader
from tests.pilot.consoles import Console
from tests.pilot.every_hand import Hand
from tests.promises.held import Held, held_console

ORDER = {"region": "", "sku": "4090", "cost_type": "", "name": "once-1", "image": "tensorflow:2.15.0", "namespace": ""}


@pytest.fixture(autouse=True)
def no_other_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stops a hasty person would stop these, too: the dead time of a dialog, and that of a repeated key."""
    monkeypatch.setattr(gputui.ui.widgets.timed_dialog, "DEAD_SECONDS", -60.0)
    monkeypatch.setattr(gputui.ui.act.verbs, "REPEAT_SECONDS", 0.0)


async def order(hand: Hand) -> None:
    """`N`, the form filled in, `y`: the request is on its way."""
    await hand.press("N")
    await hand.fill(await hand.screen(Form), ORDER)
    await hand.agree()


async def order_again(hand: Hand) -> Dialog:
    """`N`, the form as it was, `ctrl+s`."""
    await hand.press("N")
    form = await hand.screen(Form)
    await hand.here.until(lambda: form.ripe and not hand._unread(form))
    await hand.press("ctrl+s")
    return await hand.screen(Dialog)


async def restart(here: Console, hand: Hand, held: Held) -> str:
    """`B` and `y` on a healthy node: its name, once the request is on its way."""
    name = next(row.name for row in here.page.rows.values() if row.state == "healthy" and "worker" in row.name)
    await hand.choose(name)
    await hand.press("B")
    await hand.agree()
    await here.until(lambda: held.changes)
    return name


async def test_the_same_form_unchanged_gives_one_instance_while_the_answer_is_awaited(tmp_path: Path) -> None:
    async with held_console(tmp_path, "datenfab") as (here, held):
        hand = Hand(here, "datenfab")
        await here.go("1")
        await order(hand)
        await here.until(lambda: held.changes)
        dialog = await order_again(hand)
        assert dialog.question.type_this == "again"
        assert any("two instances may be created and billed" in line for line in dialog.question.told)
        await hand.press("y", "enter")
        await hand.press("escape")
        held.let_go()
        await here.until(lambda: here.store.operations.everything()[0].send_status is SendStatus.ACCEPTED)  # type: ignore[index]
        assert len(held.changes) == 1
        assert len(here.changes("datenfab")) == 1


async def test_a_node_is_rebooted_once_while_the_answer_is_awaited(tmp_path: Path) -> None:
    async with held_console(tmp_path, "hostedai") as (here, held):
        hand = Hand(here, "hostedai")
        await here.go("1")
        await restart(here, hand, held)
        await hand.press("B")
        await hand.screen(Dialog)
        await hand.press("y", "enter", "escape")
        held.let_go()
        await here.until(lambda: not any(one.sending for one in here.store.operations.everything()))
        assert len(held.changes) == 1


async def test_who_insists_types_it_is_asked_as_ever_and_sends_a_second_one(tmp_path: Path) -> None:
    async with held_console(tmp_path, "datenfab") as (here, held):
        hand = Hand(here, "datenfab")
        await here.go("1")
        await order(hand)
        await here.until(lambda: held.changes)
        await order_again(hand)
        await hand.agree()
        usual = await hand.screen(Dialog)
        assert not usual.question.type_this
        await hand.agree()
        await here.until(lambda: len(held.changes) == 2)


async def test_another_form_is_another_thing(tmp_path: Path) -> None:
    async with held_console(tmp_path, "datenfab") as (here, held):
        hand = Hand(here, "datenfab")
        await here.go("1")
        await order(hand)
        await hand.press("N")
        await hand.fill(await hand.screen(Form), {"name": "once-2"})
        dialog = await hand.screen(Dialog)
        assert not dialog.question.type_this
        await hand.agree()
        await here.until(lambda: len(held.changes) == 2)


async def test_the_command_line_is_no_way_around(tmp_path: Path) -> None:
    async with held_console(tmp_path, "hostedai") as (here, held):
        hand = Hand(here, "hostedai")
        await here.go("1")
        await restart(here, hand, held)
        await hand.press("colon")
        await hand.write("reboot")
        await hand.press("enter")
        dialog = await hand.screen(Dialog)
        assert dialog.question.type_this == "again"
        assert len(held.changes) == 1


async def test_while_it_is_sent_the_row_the_header_and_ops_say_so(tmp_path: Path) -> None:
    async with held_console(tmp_path, "hostedai") as (here, held):
        hand = Hand(here, "hostedai")
        await here.go("1")
        name = await restart(here, hand, held)
        row = here.rows()[name]
        await here.until(lambda: "sending… " in " ".join(cell.text for cell in here.page.rows[row.ref].cells))
        await here.until(lambda: here.page.rows[row.ref].health is Health.CHANGING)
        assert here.page.rows[row.ref].cells[1].text == "◌ changing"
        await here.until(lambda: "1 sending… " in here.bar("views"))
        await hand.press("0")
        await here.until(lambda: "sending… " in here.page.rows[row.ref].cells[2].text)
        show_operations(here.app)
        reader = await hand.screen(Reader)
        said = " ".join(text for line in reader.pages.lines for text, _ in line)
        assert "Reboot: sending… " in " ".join(said.split()) + " "


async def test_the_seconds_of_sending_go_on(tmp_path: Path) -> None:
    async with held_console(tmp_path, "hostedai") as (here, held):
        hand = Hand(here, "hostedai")
        await here.go("1")
        name = await restart(here, hand, held)
        await here.until(lambda: "sending… 2 s" in here.rows()[name].cells[2].text)


async def test_a_lost_answer_is_looked_for_and_not_sent_again(tmp_path: Path) -> None:
    async with held_console(tmp_path, "hostedai") as (here, held):
        hand = Hand(here, "hostedai")
        await here.go("1")
        held.lose()
        name = await restart(here, hand, held)
        ref = here.rows()[name].ref
        await here.until(lambda: here.store.operations.of(ref).send_status is SendStatus.UNKNOWN)  # type: ignore[union-attr]
        assert "looking" in here.store.operations.of(ref).outcome  # type: ignore[union-attr]
        await here.until(lambda: here.store.operations.of(ref).began)  # type: ignore[union-attr]
        assert len(held.changes) == 1
