"""Validation of Datenfab's forms: the rules of its document, and those for image names, with messages."""

from __future__ import annotations

import re
from collections.abc import Callable

from gputui.core.text import clean
from gputui.providers.pages import whole

AS_YOU_GO = "1"
UNITS = {"2": "M", "3": "W", "4": "D"}
"""The unit of a duration, by cost type: months, weeks, days."""
LONGEST_GRACE = 3600
LARGEST_DISK = 100_000
LONGEST_NAME = 64
_DURATION = re.compile(r"[1-9][0-9]{0,2}[DWM]")
_IMAGE_NAME = re.compile(r"[a-z0-9]+([._-]+[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]*[A-Za-z0-9]")
_PATH = re.compile(r"(/[A-Za-z0-9_.-]+)+")


def between(least: int, most: int) -> Callable[[str], str | None]:
    """A check for a whole number between these bounds, both included."""

    def check(text: str) -> str | None:
        number = whole(text)
        return None if number is not None and least <= number <= most else f"a whole number, {least} to {most}"

    return check


def image_name(text: str) -> str | None:
    """A check of the name under which an instance is saved."""
    return None if _IMAGE_NAME.fullmatch(text) else "a-z and 0-9, with . _ or - in between"


def tag(text: str) -> str | None:
    """A check of the version under which an instance is saved."""
    return None if _TAG.fullmatch(text) else "A-Z, a-z, 0-9 and . _ -, as in v1.1.0"


def image(text: str) -> str | None:
    """A check of the image from which an instance is created."""
    if text.endswith("/"):
        return "the image's own name is missing, as in tensorflow:2.15.0"
    return None if _IMAGE.fullmatch(text) else "an image as registries name it, as in registry/group/name:tag"


def display_name(text: str) -> str | None:
    """A check of the display name of an instance."""
    if clean(text) != text:
        return "it holds characters that cannot be seen"
    return None if 1 <= len(text) <= LONGEST_NAME else f"1 to {LONGEST_NAME} characters"


def mount(text: str) -> str | None:
    """A check of the path at which the data disk is mounted."""
    plain = _PATH.fullmatch(text) and not {".", ".."} & set(text.split("/"))
    return None if plain else "a path from the root, as in /root/data"


def disk_sku(text: str) -> str | None:
    """A check of the kind of disk."""
    return None if text == "1" else "there is only 1 so far, says the document"


def coupon(text: str) -> str | None:
    """A check of a coupon's id."""
    return None if text.isascii() and text.isalnum() else "letters and digits"


def duration(text: str) -> str | None:
    """A check of the prepaid duration."""
    return None if _DURATION.fullmatch(text) else "a number with D, W or M behind: 3D, 2W, 1M"


def duration_of(text: str, cost_type: str) -> str | None:
    """Check that a duration has the unit of its cost type."""
    unit = UNITS.get(cost_type)
    return None if unit is None or text.endswith(unit) else f"this one is sold in {unit}: 1{unit}, 2{unit} …"
