"""Evidence about a row as groups of fields: its verdict, what happened lately, what was told, what is around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from gputui.core.cells import age, health_tone
from gputui.core.health import Health
from gputui.engine.evidence import Evidence, Topic
from gputui.ui.widgets.field_layout import DetailField, DetailGroup, Form
from gputui.ui.widgets.styles import StyleName

_VERDICT = (Topic.STATE, Topic.WHY, Topic.GPUS, Topic.CHANGE, Topic.WELL, Topic.DATA)
_LABELS = {Topic.STATE: "state", Topic.WHY: "why", Topic.GPUS: "GPUs", Topic.CHANGE: "change", Topic.DATA: "data"}
_TITLES = {Topic.LATELY: "lately", Topic.TOLD: "what logs and events tell", Topic.AROUND: "around it"}


def evidence_groups(found: Sequence[Evidence], now: float, *, ascii_only: bool) -> list[DetailGroup]:
    """Return the groups of what is known; a topic of which nothing is known has none."""
    made = [_group("", found, _VERDICT, now, "whole", ascii_only=ascii_only)]
    for topic, title in _TITLES.items():
        form: Form = "whole" if topic is Topic.TOLD else "beside"
        made.append(_group(title, found, (topic,), now, form, ascii_only=ascii_only))
    return [group for group in made if group.fields]


def _group(
    title: str, found: Iterable[Evidence], topics: Sequence[Topic], now: float, form: Form, *, ascii_only: bool
) -> DetailGroup:
    fields = tuple(_field(one, now, ascii_only=ascii_only) for one in _of(found, *topics))
    return DetailGroup(title, fields, form)


def _of(found: Iterable[Evidence], *topics: Topic) -> list[Evidence]:
    return sorted((one for one in found if one.topic in topics), key=lambda one: topics.index(one.topic))


def _field(one: Evidence, now: float, *, ascii_only: bool) -> DetailField:
    ago = "" if one.at is None else _ago(one.at, now)
    text = _in_ascii(one.text, ascii_only)
    style: StyleName = "" if one.health is None else health_tone(one.health)
    if one.topic is Topic.AROUND:
        return DetailField(_glyph(one.health, ascii_only), text, "", opens=one.opens, label_style=style or "dim")
    if one.topic in (Topic.LATELY, Topic.TOLD):
        mark = f"{_glyph(one.health, ascii_only)} {ago}".strip()
        return DetailField(mark or "·", text, "", label_style=style or "dim")
    note = f"{one.source}, {ago} ago" if ago else one.source
    mark = f"{_glyph(one.health, ascii_only)} " if one.health is not None else ""
    return DetailField(_LABELS.get(one.topic, "well"), f"{mark}{text}", style, note)


def _glyph(health: Health | None, ascii_only: bool) -> str:
    return "" if health is None else health.ascii_glyph if ascii_only else health.glyph


def _in_ascii(text: str, ascii_only: bool) -> str:
    return text.replace("→", "->") if ascii_only else text


def _ago(at: float, now: float) -> str:
    return age(datetime.fromtimestamp(at, UTC), now)
