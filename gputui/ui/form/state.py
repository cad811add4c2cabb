"""The state of a form: texts and their typed values, the complaints, and the choices to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from gputui.core.actions import Action, Choice, Field, Inputs, Query
from gputui.core.problem import Problem
from gputui.core.secret import Secret
from gputui.core.text import Json
from gputui.ui.form.edits import Edit
from gputui.ui.form.values import InvalidInput, typed, values_of

NEEDED = "is needed"
_NONE: Inputs = MappingProxyType({})

Verb: TypeAlias = "Action[Any] | Query[Any]"


@dataclass(frozen=True, slots=True)
class Filled:
    """A completed form: the typed inputs, the choices with their labels, and the texts to begin with next time.

    `body` is the request's body if it was edited as a file; `edits` are the fields that begin with what is there.
    """

    inputs: Inputs
    chosen: Mapping[str, Sequence[Choice]]
    draft: Mapping[str, str]
    body: Json = None
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceState:
    """The choices for one field; without `choices`, why there are none (initially: still being read)."""

    choices: tuple[Choice, ...] | None = None
    problem: Problem | None = None
    waits_for: str = ""

    @property
    def words(self) -> str:
        """Return why nothing can be chosen; empty if something can."""
        if self.choices:
            return ""
        if self.choices is not None:
            return "there is nothing to choose from"
        if self.problem is not None:
            return str(self.problem)
        return f"needs {self.waits_for} first" if self.waits_for else "reading…"


def must_ask(fields: Sequence[Field]) -> bool:
    """Whether a form is needed: not if every field is optional or has an initial value."""
    return any(callable(field.default) or (field.required and not field.default) for field in fields)


def matching(choices: Sequence[Choice], wanted: str) -> list[Choice]:
    """Return the choices whose label, note or value contain every word of `wanted`, ignoring case."""
    words = wanted.lower().split()
    return [c for c in choices if all(word in f"{c.label}\n{c.note}\n{c.value}".lower() for word in words)]


class FormModel:
    """The state of one form, without a screen. Its `repr` is empty, as there may be secrets.

    `given` are the inputs of this form when it was open before, for the same targets: its secrets are kept.
    """

    def __init__(self, verb: Verb, item: Any, draft: Mapping[str, str], given: Inputs = _NONE) -> None:
        self.fields = verb.fields
        self.item = item
        self._check = verb.check if isinstance(verb, Action) else None
        self._defaults = {field.name: _default(field, item) for field in self.fields}
        kept = {field.name: draft[field.name] for field in self.fields if _keeps(field) and field.name in draft}
        secrets = {name: value.reveal() for name, value in given.items() if isinstance(value, Secret)}
        self._texts = self._defaults | kept | {f.name: secrets[f.name] for f in self.fields if f.name in secrets}
        self._touched: set[str] = set()
        self._insisted = False
        self._offers: dict[str, ChoiceState] = {}
        self._read_for: dict[str, tuple[Any, ...]] = {}
        self._dropped: dict[str, str] = {}

    # ------------------------------------------------------------------ texts and values

    def text(self, name: str) -> str:
        """Return the text of a field."""
        return self._texts[name]

    def put(self, name: str, text: str) -> None:
        """Set the text that a person entered."""
        if self._texts[name] != text:
            self._texts[name] = text
            self._touched.add(name)
            self._dropped.pop(name, None)

    def touch(self, name: str) -> None:
        """A person has been in that field."""
        self._touched.add(name)

    def insist(self) -> None:
        """From now on show every complaint: a person wants to go on."""
        self._insisted = True

    @property
    def draft(self) -> Mapping[str, str]:
        """Return what differs from the initial texts, without secrets."""
        return {
            field.name: self._texts[field.name]
            for field in self.fields
            if _keeps(field) and self._texts[field.name] != self._defaults[field.name]
        }

    @property
    def asked(self) -> tuple[Field, ...]:
        """The fields to fill in now."""
        return self._settled()[0]

    @property
    def inputs(self) -> Inputs:
        """Return the typed inputs so far: the valid values of visible fields."""
        return self._settled()[1]

    def _settled(self) -> tuple[tuple[Field, ...], dict[str, Any]]:
        """Evaluate the fields in order: whether one is visible depends on those before it."""
        asked: list[Field] = []
        inputs: dict[str, Any] = {}
        for field in self.fields:
            if _wanted(field, inputs):
                asked.append(field)
                value = None if self._wrong(field) else typed(field, self._texts[field.name])
                if value is not None:
                    inputs[field.name] = value
        return tuple(asked), inputs

    # ------------------------------------------------------------------ complaints

    def is_empty(self, name: str) -> bool:
        """Whether a field is empty."""
        return not self._texts[name].strip()

    def news(self, name: str) -> str:
        """Return why choices could not be read, or which chosen value is no longer offered."""
        problem = self.offer(name).problem
        if problem is None:
            return self._dropped.get(name, "")
        return " · ".join(part for part in (str(problem), problem.remedy) if part)

    @property
    def complaints(self) -> Mapping[str, str]:
        """Return all complaints by field: about each by itself, else about how the valid ones go together."""
        asked, inputs = self._settled()
        wrong = self._each_wrong(asked)
        return {**self._crossed(asked, inputs, whole=not wrong), **wrong}

    @property
    def shown_complaints(self) -> Mapping[str, str]:
        """Return those to show now: about fields that were touched, and then about how the valid ones go together."""
        asked, _ = self._settled()
        wrong = self._each_wrong(asked)
        if self._insisted:
            return self.complaints
        return {
            name: words
            for name, words in self.complaints.items()
            if (name in self._touched and not self._is_read(name) if name in wrong else self._touched)
        }

    def _each_wrong(self, asked: Sequence[Field]) -> dict[str, str]:
        wrong = {field.name: self._wrong(field) or self._unchosen(field) for field in asked}
        return {name: words for name, words in wrong.items() if words}

    def _crossed(self, asked: Sequence[Field], inputs: Inputs, *, whole: bool) -> dict[str, str]:
        """Hold the inputs against each other, also while some are missing: the check may only fail if it has all."""
        if self._check is None or not asked:
            return {}
        names = [field.name for field in asked]
        crossed = _judged(self._check, inputs) or {}
        if isinstance(crossed, str):
            return {names[-1]: crossed} if whole else {}
        return {name if name in names else names[-1]: words for name, words in crossed.items()}

    def _is_read(self, name: str) -> bool:
        """Whether the choices of a field with a value are still being read, which is no mistake."""
        offer = self.offer(name)
        return offer.choices is None and offer.problem is None and not self.is_empty(name)

    def _wrong(self, field: Field) -> str:
        """Return the complaint about a text, regardless of the choices."""
        text = self._texts[field.name]
        try:
            value = typed(field, text)
        except InvalidInput as unfit:
            return str(unfit)
        if value is None:
            return NEEDED if field.required else ""
        if field.check is None:
            return ""
        return str(_judged(field.check, text.strip() if field.kind in ("text", "int") else text) or "")

    def _unchosen(self, field: Field) -> str:
        """Return why a chosen value is not valid yet: the choices are not known."""
        if field.kind not in ("choice", "choices") or self.is_empty(field.name):
            return ""
        offer = self.offer(field.name)
        if offer.problem is not None:
            return "whether this is offered is not known"
        return "" if offer.choices is not None else offer.words

    # ------------------------------------------------------------------ choices

    def offer(self, name: str) -> ChoiceState:
        """Return the choices as far as they are known."""
        return self._offers.get(name, ChoiceState(choices=()) if self._field(name).choices is None else ChoiceState())

    def due(self) -> tuple[Field, ...]:
        """Return the fields whose choices must be read now, and mark them as being read."""
        asked, inputs = self._settled()
        return tuple(field for field in asked if field.choices is not None and self._turn(field, asked, inputs))

    def _turn(self, field: Field, asked: Sequence[Field], inputs: Inputs) -> bool:
        missing = [
            need.label for need in asked if need.name in field.needs and need.required and need.name not in inputs
        ]
        if missing:
            self._read_for.pop(field.name, None)
            self._offers[field.name] = ChoiceState(waits_for=missing[0])
            return False
        basis = tuple(inputs.get(name) for name in field.needs)
        if self._read_for.get(field.name) == basis:
            return False
        self._read_for[field.name] = basis
        self._offers[field.name] = ChoiceState()
        return True

    def read_again(self, name: str) -> None:
        """Discard the choices of a field, so that they are due."""
        self._read_for.pop(name, None)

    def take(self, name: str, offer: ChoiceState) -> None:
        """Store the choices that were read, and drop chosen values that are no longer offered."""
        if name not in self._read_for:
            return  # the inputs it was read for have changed
        self._offers[name] = offer
        if offer.choices is None:
            return
        values = values_of(self._texts[name])
        offered = {choice.value for choice in offer.choices}
        gone = [value for value in values if value not in offered]
        if gone:
            self._texts[name] = "\n".join(value for value in values if value in offered)
            self._dropped[name] = f"no longer offered: {', '.join(gone)}"
        elif self._single(self._field(name), offer.choices):
            # It counts as what was there at the beginning, not as filled in by a person.
            self._texts[name] = self._defaults[name] = offer.choices[0].value

    def _single(self, field: Field, choices: Sequence[Choice]) -> bool:
        """Whether a required, empty field has only one choice."""
        return field.kind == "choice" and field.required and not self._texts[field.name] and len(choices) == 1

    @property
    def chosen(self) -> Mapping[str, tuple[Choice, ...]]:
        """Return the chosen values with their labels."""
        found = {}
        for field in self.asked:
            by_value = {choice.value: choice for choice in self.offer(field.name).choices or ()}
            values = values_of(self._texts[field.name]) if field.kind in ("choice", "choices") else []
            if values:
                found[field.name] = tuple(by_value[value] for value in values if value in by_value)
        return found

    def _field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    def filled(self, body: Json = None) -> Filled:
        """Return the result of a form without complaints."""
        return Filled(self.inputs, self.chosen, self.draft, body, self._edits())

    def _edits(self) -> tuple[Edit, ...]:
        begun = [field for field in self.asked if callable(field.default)]
        return tuple(Edit(one, self._texts[one.name], self._labels(one.name)) for one in begun)

    def _labels(self, name: str) -> dict[str, str]:
        return {choice.value: choice.label for choice in self.offer(name).choices or ()}


def _keeps(field: Field) -> bool:
    return field.kind != "secret"


def _default(field: Field, item: Any) -> str:
    if isinstance(field.default, str):
        return field.default
    return field.default(item) if item is not None else ""


def _wanted(field: Field, inputs: Inputs) -> bool:
    try:
        return field.when is None or field.when(inputs)
    except Exception:  # noqa: BLE001 - a bug of a third-party provider asks for one field too many, no more
        return True


def _judged(check: Callable[[Any], Any], given: Any) -> Any:
    """Return the result of a provider's check, or a message about a bug in it."""
    try:
        return check(given)
    except Exception as error:  # noqa: BLE001 - a bug of a third-party provider affects its field only
        return f"{type(error).__name__} in the provider"
