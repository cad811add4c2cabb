"""A person at a form, without the form: fields filled one after the other, choices read live, checks heeded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gputui.core.actions import Action, Choice, Field
from gputui.core.secret import Secret


@dataclass(frozen=True)
class Form:
    """What was filled in, what was offered on the way, and what the form would complain of."""

    inputs: dict[str, Any] = field(default_factory=dict)
    offered: dict[str, list[Choice]] = field(default_factory=dict)
    chosen: dict[str, list[Choice]] = field(default_factory=dict)
    complaints: dict[str, str] = field(default_factory=dict)


async def filled(client: Any, action: Action[Any], item: Any, typed: Mapping[str, Any]) -> Form:
    """Fill the form: a choice is picked by its label (else the first is), texts are typed as given, else left alone."""
    form = Form()
    for one in action.fields:
        if one.when is not None and not one.when(form.inputs):
            assert one.name not in typed, f"{one.name} is not asked for"
            continue
        if one.choices is not None:
            form.offered[one.name] = list(await one.choices(client, item, form.inputs))
            chosen = _picked(one, form.offered[one.name], typed.get(one.name))
            form.chosen[one.name] = chosen
            if chosen:
                values = tuple(choice.value for choice in chosen)
                form.inputs[one.name] = values if one.kind == "choices" else values[0]
            elif one.required:
                form.complaints[one.name] = "nothing is chosen"
        else:
            _type(form, one, item, typed.get(one.name))
    unknown = typed.keys() - {one.name for one in action.fields}
    assert not unknown, f"there are no fields {unknown}"
    if action.check is not None and not form.complaints:
        form.complaints.update(action.check(form.inputs))
    return form


def _picked(one: Field, offered: Sequence[Choice], wanted: Any) -> list[Choice]:
    if one.kind == "choices":
        return [_labelled(one, offered, label) for label in wanted or ()]
    if wanted is not None:
        return [_labelled(one, offered, wanted)]
    return list(offered[:1]) if one.required else []


def _labelled(one: Field, offered: Sequence[Choice], label: str) -> Choice:
    found = next((choice for choice in offered if choice.label == label), None)
    assert found is not None, f"{one.name} offers {[choice.label for choice in offered]}, not {label}"
    return found


def _type(form: Form, one: Field, item: Any, given: Any) -> None:
    if one.kind in ("lines", "pairs"):
        if given:
            form.inputs[one.name] = tuple(given)
        return
    default = one.default(item) if callable(one.default) else one.default
    if one.kind == "flag":
        form.inputs[one.name] = (default == "yes") if given is None else bool(given)
        return
    text = default if given is None else str(given)
    if not text:
        if one.required:
            form.complaints[one.name] = "nothing is typed"
        return
    complaint = one.check(text) if one.check is not None else None
    if complaint is not None:
        form.complaints[one.name] = complaint
    elif one.kind == "int":
        form.inputs[one.name] = int(text)
    else:
        form.inputs[one.name] = Secret(text) if one.kind == "secret" else text
