"""Forms under real keys: what is asked, said, read, dropped, kept and handed over, and what never is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gputui.core.actions import Choice
from gputui.core.problem import Cause, Problem
from gputui.core.secret import Secret
from gputui.ui.form.drafts import DraftKey, Drafts
from gputui.ui.form.fields import SecretLine, TextLine
from gputui.ui.form.screen import Form
from gputui.ui.form.state import NEEDED
from tests.pilot.form_app import CREATE, FIELDS, IMAGES, NAME, NETWORK, REGION, ROW, form
from tests.pilot.table_app import screen_lines

READ = replace(CREATE, fields=(REGION,), check=None)


def lines(here: Any) -> str:
    return "\n".join(screen_lines(here.app))


async def test_every_kind_of_field_is_filled_in_by_keys_alone() -> None:
    async with form() as here:
        assert here.focus == "name"
        await here.until(lambda: here.form.sheet.offer("region").choices and here.form.sheet.offer("images").choices)
        await here.type("gpu")
        await here.press("enter")
        assert here.focus == "count"
        await here.press("backspace", "3", "tab")
        await here.press("enter", "down", "enter")  # opens, moves, chooses, goes on
        assert here.focus == "network"
        await here.until(lambda: here.form.sheet.offer("network").choices)
        await here.press("enter", "enter")
        assert here.focus == "images"
        await here.press("space", "down", "down", "space", "enter")
        assert here.focus == "public"
        await here.press("space", "down")
        assert here.focus == "port"
        await here.type("443")
        await here.press("down")
        await here.type("s3cret")
        await here.press("down")
        await here.type("a b\n\n  c")
        await here.press("tab", "end")
        await here.type("\nx=y")
        await here.go_on()
        await here.until(lambda: here.app.closed)
        filled = here.app.filled
        assert filled is not None
        assert filled.inputs == {
            "name": "gpu",
            "count": 3,
            "region": "east",
            "network": "vpc-2",
            "images": ("i2",),
            "public": True,
            "port": 443,
            "password": Secret("s3cret"),
            "script": ("a b", "  c"),
            "tags": (("team", "ml"), ("x", "y")),
        }
        assert [choice.label for choice in filled.chosen["region"]] == ["East"]
        assert [choice.label for choice in filled.chosen["images"]] == ["image 02"]
        assert filled.body is None


async def test_what_is_wrong_is_said_beside_the_field_while_one_types_and_holds_nobody() -> None:
    async with form() as here:
        await here.type("much-too-long")
        assert here.note("name") == "✖ is longer than 8 characters"
        await here.press("tab", "x")
        assert here.focus == "count"
        assert here.note("count") == "✖ is not a whole number"
        await here.press("backspace", "backspace", "9")
        assert here.note("count") == "✖ has to be 2 to 5"
        await here.press("backspace", "2")
        assert here.note("count") == "2 to 5"
        assert here.note("password") == "never kept"  # nobody has been there yet
        await here.go("password")
        await here.press("tab")
        assert here.note("password") == f"✖ {NEEDED}"


async def test_review_is_refused_with_the_focus_on_the_first_complaint() -> None:
    async with form() as here:
        await here.type("one")
        await here.go("tags")
        await here.go_on()
        assert not here.app.closed
        assert here.focus == "region"
        assert here.note("password") == f"✖ {NEEDED}"


async def test_inputs_are_held_against_each_other() -> None:
    async with form() as here:
        await here.fill()
        await here.go("name")
        await here.press("ctrl+u")
        await here.type("taken")
        assert here.note("name") == "✖ is taken in this network"
        await here.go_on()
        assert not here.app.closed
        await here.press("x")
        await here.go_on()
        await here.until(lambda: here.app.closed)
        assert here.app.filled is not None


async def test_the_last_character_typed_is_in_what_is_handed_over() -> None:
    async with form(replace(CREATE, fields=(NAME,), check=None)) as here:
        await here.until(lambda: here.form.ripe)
        await here.press("a", "b", "ctrl+s")
        await here.until(lambda: here.app.closed)
        assert here.app.filled is not None
        assert here.app.filled.inputs == {"name": "ab"}


async def test_haste_submits_nothing() -> None:
    async with form(replace(CREATE, fields=(NAME,), check=None), draft={"name": "one"}) as here:
        here.form.seen_at += 1000
        await here.press("ctrl+s")
        assert not here.app.closed
        here.form.seen_at -= 2000
        await here.press("ctrl+s")
        await here.until(lambda: here.app.closed)


# ---------------------------------------------------------------------- choices


async def test_choices_say_that_they_are_being_read_and_a_slow_reader_holds_nobody() -> None:
    async with form() as here:
        here.cloud.gate.clear()
        here.cloud.networks["north"] = ["vpc-9"]
        here.form.sheet.read_again("region")
        here.form._settle()
        await here.until(lambda: here.shown("region") == "reading…")
        await here.go("region")
        await here.press("w")  # nothing to filter yet
        assert not here.choice("region").opened
        await here.press("tab")
        assert here.focus == "network"
        assert here.shown("network") == "needs Region first"
        here.cloud.gate.set()
        await here.until(lambda: "enter chooses from 3" in here.shown("region"))


async def test_a_reader_that_fails_says_why_and_is_asked_again_with_r() -> None:
    async with form(READ) as here:
        here.cloud.problem = Problem(Cause.FORBIDDEN, "[red]no right to list[/]")
        here.form.sheet.read_again("region")
        here.form._settle()
        await here.until(lambda: here.shown("region") == "✖ not allowed: r tries again")
        assert "▲ not allowed: [red]no right to list[/]" in here.note("region")
        here.cloud.problem = None
        await here.press("r")
        await here.until(lambda: "enter chooses from 2" in here.shown("region"))
        here.cloud.broken = True
        here.form.sheet.read_again("region")
        here.form._settle()
        await here.until(lambda: "provider bug: KeyError" in here.note("region"))
        await here.type("a")
        assert not here.app.closed


async def test_an_empty_offer_says_so() -> None:
    async with form(READ) as here:
        here.cloud.networks.clear()
        here.form.sheet.read_again("region")
        here.form._settle()
        await here.until(lambda: here.shown("region") == "there is nothing to choose from")


async def test_typing_narrows_the_list_down_and_escape_only_closes_it() -> None:
    async with form(replace(CREATE, fields=(IMAGES, NAME), check=None)) as here:
        await here.until(lambda: here.form.sheet.offer("images").choices)
        await here.type("1")
        assert "filter: 1▌  12 of 30" in here.shown("images")
        await here.type("7")
        assert "image 17" in here.shown("images")
        await here.press("space", "backspace", "backspace")
        assert "30 of 30 · 1 chosen" in here.shown("images")
        await here.press("x", "x")
        assert "nothing matches" in here.shown("images")
        await here.press("escape")
        assert not here.app.closed
        assert here.shown("images") == "1 chosen: image 17"
        await here.press("backspace")
        assert here.form.sheet.text("images") == ""
        await here.press("enter", "end")
        assert "› [ ] image 29" in here.shown("images")
        await here.press("tab")  # left without choosing
        assert here.focus == "name"
        assert here.form.sheet.text("images") == ""


async def test_what_hangs_on_a_choice_is_read_again_and_what_is_no_longer_offered_dropped() -> None:
    async with form() as here:
        await here.choose("region", "west")
        await here.choose("network", "vpc-1")
        assert here.cloud.count("networks") == 1
        await here.go("region")
        await here.press("enter")
        await here.type("east")
        await here.press("enter")
        await here.until(lambda: here.note("network") == f"▲ no longer offered: vpc-1 ✖ {NEEDED}")
        read, inputs = here.cloud.reads[-1]
        assert (read, inputs["region"], inputs["count"]) == ("networks", "east", 2)
        await here.choose("network", "vpc-2")
        assert here.note("network") == "of that region"
        await here.go("region")
        await here.press("enter")
        await here.type("west")
        await here.press("enter")
        await here.until(lambda: here.cloud.count("networks") == 3)
        await here.until(lambda: here.shown("network").startswith("VPC-2"))  # offered there, too: kept
        assert here.note("network") == "of that region"


async def test_what_hangs_on_a_text_is_read_once_the_typing_rests() -> None:
    network = replace(NETWORK, needs=("name", "region"))
    async with form(replace(CREATE, fields=(NAME, REGION, network), check=None), draft={"region": "west"}) as here:
        await here.until(lambda: here.form.sheet.offer("region").choices)
        assert here.shown("network") == "needs Name first"
        await here.type("abcdef")
        await here.until(lambda: here.form.sheet.offer("network").choices)
        assert [inputs["name"] for read, inputs in here.cloud.reads if read == "networks"] == ["abcdef"]


async def test_fields_that_are_not_asked_for_are_not_there() -> None:
    async with form() as here:
        await here.go("public")
        assert "Public port" not in lines(here)
        await here.press("space")
        await here.until(lambda: "Public port" in lines(here))
        await here.press("tab")
        assert here.focus == "port"
        await here.press("shift+tab", "space")
        await here.until(lambda: "Public port" not in lines(here))
        await here.press("tab")
        assert here.focus == "password"


# ---------------------------------------------------------------------- text from elsewhere


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_text_from_the_cloud_is_text(size: tuple[int, int]) -> None:
    async with form(READ, size=size) as here:
        await here.until(lambda: here.form.sheet.offer("region").choices)
        await here.press("enter")
        await here.until(lambda: "West   [bold]a note[/]" in lines(here))
        assert "Create machines in [red]toy" in lines(here)


async def test_pasting_fills_in_and_never_submits_or_brings_what_nobody_sees() -> None:
    async with form() as here:
        await here.until(lambda: here.form.ripe)
        await here.paste("a\x1b\x00b\n\u202ec\r\n")
        assert here.form.sheet.text("name") == "abc"
        assert here.focus == "name"
        await here.go("password")
        await here.paste("p\x07w\n")
        assert here.form.sheet.text("password") == "pw"
        await here.go("script")
        await here.paste("one\r\ntwo\x1b[31m\n")
        assert here.form.sheet.text("script") == "one\ntwo[31m\n"
        await here.go("public")
        await here.paste("\x13 y")
        assert here.form.sheet.text("public") == ""
        assert not here.app.closed


# ---------------------------------------------------------------------- secrets and drafts


async def test_a_secret_is_shown_nowhere() -> None:
    async with form() as here:
        await here.go("password")
        await here.type("Tr0ub4dor")
        await here.press("ctrl+shift+a", "ctrl+x")
        assert here.form.sheet.inputs["password"] == Secret("Tr0ub4dor")
        assert here.app.clipboard == ""
        editor = here.form.boxes["password"].editor
        assert isinstance(editor, SecretLine)
        told = SecretLine.Changed(editor, editor.value, None)
        shown = [here.app.export_screenshot(), repr(here.form), repr(here.form.sheet), repr(editor), repr(told)]
        shown += [repr(here.form.boxes), repr(here.form.draft), repr(here.form.sheet.filled()), str(here.app.tree)]
        assert all("Tr0ub4dor" not in text for text in shown)
        assert "•••••••••" in lines(here)


async def test_a_form_that_is_left_keeps_its_draft_without_secrets_and_says_so_once() -> None:
    drafts, occasion = Drafts(), DraftKey("toy", "machines", "create")
    async with form() as here:
        await here.fill()
        await here.press("escape")
        await here.until(lambda: here.app.closed)
        assert here.app.filled is None
        drafts.keep(occasion, here.form.draft)
        assert drafts.of(occasion) == {"name": "one", "region": "west", "network": "vpc-1"}
        assert len(here.app._notifications) == 1
        here.app.open(Form(CREATE, here.cloud, (), "again", drafts.of(occasion)))
        await here.until(lambda: here.focus == "name")
        await here.until(lambda: not {"region", "network"} & here.form.sheet.complaints.keys())
        assert here.shown("network").startswith("VPC-1")
        assert "as you left it" in lines(here)
        assert here.form.sheet.text("password") == ""
        await here.press("x", "escape")
        await here.until(lambda: here.app.closed)
        assert here.form.draft["name"] == "onex"
        assert len(here.app._notifications) == 1


async def test_an_untouched_form_leaves_nothing() -> None:
    async with form() as here:
        await here.press("escape")
        await here.until(lambda: here.app.closed)
        assert here.form.draft == {}
        assert not here.app._notifications


async def test_the_only_choice_is_the_form_s_own_and_no_draft() -> None:
    async def one_region(*_: Any) -> list[Choice]:
        return [Choice("west", "West")]

    async with form(replace(READ, fields=(NAME, replace(REGION, choices=one_region)))) as here:
        await here.until(lambda: here.form.sheet.text("region") == "west")
        await here.press("escape")
        await here.until(lambda: here.app.closed)
        assert here.form.draft == {}
        assert not here.app._notifications


async def test_what_is_there_is_read_off_the_first_target() -> None:
    edit = replace(CREATE, fields=(replace(NAME, default=lambda item: item["name"]),), on="rows", check=None)
    async with form(edit, rows=(ROW,)) as here:
        editor = here.form.boxes["name"].editor
        assert isinstance(editor, TextLine)
        assert editor.value == "old"
        await here.type("er")
        await here.go_on()
        await here.until(lambda: here.app.closed)
        assert here.app.filled is not None
        assert here.app.filled.inputs == {"name": "older"}
        assert here.app.filled.draft == {"name": "older"}


# ---------------------------------------------------------------------- the screen


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (120, 36)])
async def test_where_one_is_is_always_seen(size: tuple[int, int]) -> None:
    async with form(size=size) as here:
        for field in [one for one in FIELDS if one.name != "port"]:
            assert here.focus == field.name
            await here.until(lambda field=field: f"▌ {field.label}" in lines(here))
            editor = here.form.boxes[field.name].editor
            await here.until(lambda editor=editor: here.form.region.contains_region(editor.region))
            await here.press("tab")
        assert here.focus == "name"


async def test_arrows_stop_at_the_ends_and_leave_lists_of_lines_at_theirs() -> None:
    async with form() as here:
        await here.press("up")
        assert here.focus == "name"
        await here.go("script")
        await here.type("a\nb")
        await here.press("up")
        assert here.focus == "script"
        await here.press("up")
        assert here.focus == "password"
        await here.press("down", "down", "down")
        assert here.focus == "tags"
        await here.press("down", "down")
        assert here.focus == "tags"


async def test_the_file_is_offered_only_where_there_is_one() -> None:
    async with form() as here:
        await here.type("ab")
        await here.press("home", "ctrl+e", "c")
        assert here.form.sheet.text("name") == "abc"  # the end of the line, as in any input
        assert "As a file" not in lines(here)


async def test_no_cursor_blinks() -> None:
    """Over a slow line every byte counts: nothing is drawn while nothing changes."""
    async with form() as here:
        for name in ("name", "password", "script"):
            assert here.form.boxes[name].editor.cursor_blink is False  # type: ignore[union-attr]
