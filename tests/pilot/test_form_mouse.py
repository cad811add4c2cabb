"""The mouse in a form's choices: a click opens the list, one on a line chooses it or, of several, marks it."""

from __future__ import annotations

from dataclasses import replace

from tests.pilot.form_app import CREATE, IMAGES, NAME, REGION, Here, form

CHOICES = replace(CREATE, fields=(NAME, REGION, IMAGES), check=None)


async def click(here: Here, name: str, line: int) -> None:
    """Click on a line of the field: 0 is what is chosen or the filter, below it stands the open list."""
    await here.pilot.click(here.choice(name), offset=(3, line))
    await here.press()


async def ready(here: Here) -> None:
    await here.until(lambda: all(here.form.sheet.offer(name).choices for name in ("region", "images")))


async def test_a_click_opens_the_list_and_one_on_a_line_chooses_it() -> None:
    async with form(CHOICES) as here:
        await ready(here)
        await click(here, "region", 0)
        assert here.choice("region").opened
        assert here.form.sheet.text("region") == ""
        await click(here, "region", 2)
        assert not here.choice("region").opened
        assert here.form.sheet.text("region") == "east"
        assert here.focus == "images"  # as after enter


async def test_of_several_a_click_marks_and_another_unmarks() -> None:
    async with form(CHOICES) as here:
        await ready(here)
        await click(here, "images", 0)
        await click(here, "images", 1)
        await click(here, "images", 3)
        assert here.choice("images").opened
        assert here.form.sheet.text("images") == "i0\ni2"
        await click(here, "images", 1)
        assert here.form.sheet.text("images") == "i2"


async def test_a_click_means_the_line_that_is_seen_there_however_far_the_list_has_moved() -> None:
    async with form(CHOICES) as here:
        await ready(here)
        await here.go("images")
        await here.press("enter", "end")
        line = next(at for at, text in enumerate(here.shown("images").split("\n")) if "image 27" in text)
        await click(here, "images", line)
        assert here.form.sheet.text("images") == "i27"


async def test_a_click_on_the_filter_or_below_the_last_line_chooses_nothing() -> None:
    async with form(CHOICES) as here:
        await ready(here)
        await click(here, "region", 0)
        await click(here, "region", 0)
        assert here.form.sheet.text("region") == ""
        await here.type("zz")
        await click(here, "region", 1)  # "nothing matches"
        assert here.form.sheet.text("region") == ""


async def test_where_nothing_can_be_chosen_a_click_opens_nothing() -> None:
    async with form(CHOICES) as here:
        here.cloud.networks.clear()
        here.form.sheet.read_again("region")
        here.form._settle()
        await here.until(lambda: here.shown("region") == "there is nothing to choose from")
        await click(here, "region", 0)
        assert not here.choice("region").opened
