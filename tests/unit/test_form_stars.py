"""Bodies as files: secrets are not in them, come back whole, and are in no complaint."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.actions import Action, Risk
from gputui.core.request import Request
from gputui.ui.form.editor import mistakes
from gputui.ui.form.redaction import redact

NAMES = frozenset({"password", "token"})
secrets = st.text(min_size=12).map(lambda text: f"§{text}§") | st.integers(10**11, 10**12)
leaves = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8)
bodies = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
        | st.fixed_dictionaries({"password": secrets, "more": inner})
        | st.fixed_dictionaries({"token": secrets})
    ),
    max_leaves=20,
)


def secrets_of(body: Any) -> list[Any]:
    if isinstance(body, dict):
        found = [value for key, value in body.items() if key in NAMES and value]
        return found + [one for key, value in body.items() if key not in NAMES for one in secrets_of(value)]
    return [one for value in body for one in secrets_of(value)] if isinstance(body, list) else []


@given(bodies)
def test_secrets_are_not_in_the_text_and_come_back_from_it(body: Any) -> None:
    made = redact(body, NAMES)
    assert json.loads(made.revealed(made.text)) == body
    assert made.revealed(made.text).count("\n") == made.text.count("\n")  # complaints count lines
    for secret in secrets_of(body):
        assert json.dumps(secret, ensure_ascii=False) not in made.text
        assert json.dumps(secret, ensure_ascii=False) not in repr(made)
        words = made.hidden(f"{secret} is wrong, {secret!r} and {json.dumps(secret)}")
        assert str(secret) not in words


def test_a_secret_follows_its_stars_and_a_new_one_stays_as_it_was_typed() -> None:
    made = redact({"env": [{"name": "a", "token": "first!"}, {"name": "b", "token": "second"}]}, NAMES)
    assert '"token": "***"' in made.text
    edited = '{"env": [{"token": "***2"}, {"token":"***"}, {"token": "new"}, {"other": "***"}, {"token": "***9"}]}'
    assert json.loads(made.revealed(edited)) == {
        "env": [{"token": "second"}, {"token": "first!"}, {"token": "new"}, {"other": "***"}, {"token": "***9"}]
    }


def test_what_is_empty_is_no_secret() -> None:
    assert redact({"password": ""}, NAMES).text == '{\n  "password": ""\n}\n'


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": [Infinity]}', '{"a": -Infinity}', "{", "[" * 100_000])
def test_what_is_no_json_is_a_mistake_whatever_the_verb_says_of_it(text: str) -> None:
    """Python reads more as JSON than any cloud does."""
    edit: Action[Any] = Action(
        "edit", "Edit", Risk.REVERSIBLE, lambda items, inputs: Request("PUT", "/a"), document=lambda text: ()
    )
    (found,) = mistakes(edit, redact({"a": 1}, frozenset()), text)
    assert found.text.startswith("this is not JSON")
    assert mistakes(edit, redact({"a": 1}, frozenset()), '{"a": 2.5}') == []
