"""The state of a form: whatever stands in it, what comes out is typed and complete, and no secret is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core.actions import Action, Choice, Field, Query, Risk
from gputui.core.problem import Cause, Problem
from gputui.core.request import Request
from gputui.core.secret import Secret
from gputui.ui.form.drafts import DraftKey, Drafts
from gputui.ui.form.screen import Form
from gputui.ui.form.state import (
    NEEDED,
    ChoiceState,
    FormModel,
    matching,
    must_ask,
)
from gputui.ui.form.values import YES, InvalidInput, typed

TYPES: Mapping[str, type] = {
    "text": str,
    "int": int,
    "choice": str,
    "choices": tuple,
    "secret": Secret,
    "flag": bool,
    "pairs": tuple,
    "lines": tuple,
}


async def nothing(client: Any, item: Any, inputs: Any) -> tuple[Choice, ...]:
    return ()


def action(*fields: Field, **more: Any) -> Action[Any]:
    return Action("do", "Do", Risk.REVERSIBLE, lambda items, inputs: Request("POST", "/"), fields=fields, **more)


def sheet(*fields: Field, item: Any = None, draft: Mapping[str, str] | None = None, **more: Any) -> FormModel:
    return FormModel(action(*fields, **more), item, draft or {})


def field(name: str, kind: Any = "text", **more: Any) -> Field:
    return Field(name, name.title(), kind, **more)


texts = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    ["yes", "12", "a=b\nc=d", "a\nb", "  ", "-3"]
)
fields = st.builds(
    Field, st.sampled_from("abcdef"), st.just("x"), st.sampled_from(sorted(TYPES)), required=st.booleans()
)
forms = st.lists(fields, unique_by=lambda one: one.name, min_size=1, max_size=6).map(tuple)


@given(forms, st.data())
def test_inputs_have_the_types_they_are_promised_with_and_nothing_that_is_wrong(
    given_fields: tuple[Field, ...], data: st.DataObject
) -> None:
    form = sheet(*given_fields)
    for one in given_fields:
        form.put(one.name, data.draw(texts))
    for one in given_fields:
        value = form.inputs.get(one.name)
        if value is not None:
            assert type(value) is TYPES[one.kind]
            assert value or value in (0, False)
        elif form.text(one.name).strip() and one.kind not in ("choice", "choices"):
            assert one.name in form.complaints  # typed, and not understood: that is said
        if one.required and value is None:
            assert one.name in form.complaints


@given(forms, st.data())
def test_a_draft_is_what_differs_and_brings_it_back_without_secrets(
    given_fields: tuple[Field, ...], data: st.DataObject
) -> None:
    form = sheet(*given_fields)
    for one in given_fields:
        form.put(one.name, data.draw(texts))
    again = sheet(*given_fields, draft=form.draft)
    for one in given_fields:
        secret = one.kind == "secret"
        assert not (secret and one.name in form.draft)
        assert again.text(one.name) == ("" if secret else form.text(one.name))
    assert again.draft == form.draft


@given(st.text(min_size=1))
def test_a_secret_is_in_no_repr(secret: str) -> None:
    hidden = f"<{secret}>"
    form = sheet(field("password", "secret"), field("name", default="x"))
    form.put("password", hidden)
    assert form.inputs["password"] == Secret(hidden)
    for shown in (repr(form), repr(form.inputs), repr(form.filled()), repr(form.draft)):
        assert hidden not in shown
    assert "password" not in sheet(field("password", "secret"), draft={"password": "old"}).inputs


@given(st.dictionaries(st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), st.from_regex(r"[a-z=]{0,8}", fullmatch=True)))
def test_pairs_are_what_was_written(pairs: dict[str, str]) -> None:
    text = "\n\n".join(f" {key} = {value}" for key, value in pairs.items())
    assert dict(typed(field("tags", "pairs"), text) or ()) == pairs


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("int", "two", "is not a whole number"),
        ("int", "1.5", "is not a whole number"),
        ("int", "٣", "is not a whole number"),
        ("pairs", "a=1\n\nb", "line 3 is not key=value"),
        ("pairs", "=1", "line 1 is not key=value"),
        ("pairs", "a=1\na=2", "line 2: a is there twice"),
    ],
)
def test_what_no_value_can_be_made_of_is_said_in_words(kind: str, text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{words}$"):
        typed(field("x", kind), text)


def test_lines_keep_their_indentation_and_lose_what_is_empty() -> None:
    assert typed(field("x", "lines"), "if a\n\n   then b  \n") == ("if a", "   then b")


def test_a_default_is_a_text_or_read_off_the_target() -> None:
    fields = (field("name", default=lambda item: item["name"]), field("size", default="small"))
    assert sheet(*fields, item={"name": "old"}).inputs == {"name": "old", "size": "small"}
    assert sheet(*fields).inputs == {"size": "small"}


def test_a_field_is_asked_for_where_those_before_it_say_so() -> None:
    public = field("public", "flag")
    port = field("port", "int", when=lambda inputs: inputs["public"])
    form = sheet(public, port)
    assert [one.name for one in form.asked] == ["public"]
    assert not form.complaints
    form.put("public", YES)
    assert form.complaints == {"port": NEEDED}
    form.put("port", "80")
    assert form.inputs == {"public": True, "port": 80}
    form.put("public", "")
    assert form.inputs == {"public": False}
    assert form.draft == {"port": "80"}  # typed once, not lost


def test_inputs_are_held_against_each_other_once_each_is_right() -> None:
    seen: list[dict[str, Any]] = []

    def check(inputs: Any) -> dict[str, str]:
        seen.append(dict(inputs))
        return {"most": "is below the least"} if inputs["least"] > inputs["most"] else {}

    form = sheet(field("least", "int"), field("most", "int"), check=check)
    assert form.complaints == {"least": NEEDED, "most": NEEDED}
    assert seen[-1] == {}, "it is asked at once, and what it cannot say yet is no complaint"
    form.put("least", "5")
    form.put("most", "4")
    assert form.complaints == {"most": "is below the least"}
    form.put("most", "6")
    assert not form.complaints


def test_a_complaint_about_a_field_that_is_not_asked_for_is_not_lost() -> None:
    form = sheet(field("a", default="1"), field("b", default="2"), check=lambda inputs: {"other": "no"})
    assert form.complaints == {"b": "no"}


def test_bugs_of_a_provider_end_at_their_field() -> None:
    def bug(given: Any) -> Any:
        raise KeyError("oops")

    assert sheet(field("a", default="1", check=bug)).complaints == {"a": "KeyError in the provider"}
    assert sheet(field("a", default="1", when=bug)).inputs == {"a": "1"}
    assert sheet(field("a", default="1"), check=bug).complaints == {"a": "KeyError in the provider"}


def test_the_fields_of_a_look_are_asked_for_as_those_of_an_action() -> None:
    async def read(client: Any, item: Any, inputs: Any) -> None:
        """Nothing."""

    look = Query[Any]("metrics", "Metrics", read, fields=(field("span", default="1h"),))
    assert FormModel(look, None, {}).inputs == {"span": "1h"}


# ---------------------------------------------------------------------- choices

REGION = field("region", "choice", choices=nothing)
NETWORK = field("network", "choice", choices=nothing, needs=("region",))
SUBNETS = field("subnets", "choices", choices=nothing, needs=("network", "zone"), required=False)
ZONE = field("zone", required=False)


def names(due: tuple[Field, ...]) -> list[str]:
    return [one.name for one in due]


def offer(*values: str) -> ChoiceState:
    return ChoiceState(tuple(Choice(value, value.upper()) for value in values))


def test_choices_are_read_when_what_they_need_is_there_and_again_when_it_changes() -> None:
    form = sheet(REGION, NETWORK, ZONE, SUBNETS)
    assert names(form.due()) == ["region"]
    assert form.due() == ()
    assert form.offer("network").words == "needs Region first"
    form.take("region", offer("west", "east"))
    form.put("region", "west")
    assert names(form.due()) == ["network"]
    assert form.offer("subnets").words == "needs Network first"
    form.take("network", offer("n1", "n2"))
    form.put("network", "n1")
    assert names(form.due()) == ["subnets"]
    form.put("zone", "a")
    assert names(form.due()) == ["subnets"]  # what may be left out is not waited for, but counts
    form.put("region", "east")
    assert names(form.due()) == ["network"]


def test_what_is_no_longer_offered_is_dropped_and_said_until_something_else_is_chosen() -> None:
    form = sheet(REGION, draft={"region": "gone"})
    form.due()
    assert form.complaints == {"region": "reading…"}
    form.take("region", offer("west"))
    assert form.complaints == {"region": NEEDED}
    assert form.news("region") == "no longer offered: gone"
    form.put("region", "west")
    assert form.news("region") == ""
    assert form.chosen == {"region": (Choice("west", "WEST"),)}


@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
def test_what_is_chosen_is_always_offered(chosen: set[str], offered: set[str]) -> None:
    form = sheet(replace(SUBNETS, needs=()), draft={"subnets": "\n".join(sorted(chosen))})
    form.due()
    form.take("subnets", offer(*sorted(offered)))
    assert set(form.inputs.get("subnets", ())) == chosen & offered
    assert {choice.value for choice in form.chosen.get("subnets", ())} == chosen & offered
    assert all(value in form.news("subnets") for value in chosen - offered)


def test_what_was_chosen_does_not_count_while_the_choices_cannot_be_read() -> None:
    form = sheet(REGION, draft={"region": "west"})
    form.due()
    form.take("region", ChoiceState(problem=Problem(Cause.TIMEOUT, "10 s", "wait")))
    assert form.complaints == {"region": "whether this is offered is not known"}
    assert form.news("region") == "timed out: 10 s · wait"
    form.read_again("region")
    assert names(form.due()) == ["region"]
    form.take("region", offer("west"))
    assert not form.complaints


def test_an_answer_to_a_question_that_is_no_longer_asked_is_not_taken() -> None:
    form = sheet(REGION, NETWORK, draft={"region": "west"})
    form.due()
    form.put("region", "")
    form.due()
    form.take("network", offer("n1"))
    assert form.offer("network").words == "needs Region first"


def test_an_empty_offer_and_one_that_nobody_reads_say_so() -> None:
    assert ChoiceState(()).words == "there is nothing to choose from"
    assert sheet(field("x", "choice")).offer("x").words == "there is nothing to choose from"
    assert offer("a").words == ""


def test_choices_match_by_every_word_in_label_note_or_value() -> None:
    choices = [Choice("id-1", "H100 large", "8 left"), Choice("id-2", "A100 large", "none left")]
    assert matching(choices, "large h100") == choices[:1]
    assert matching(choices, "LEFT id-2") == choices[1:]
    assert matching(choices, "") == choices
    assert matching(choices, "h100 none") == []


# ---------------------------------------------------------------------- drafts


def test_drafts_are_kept_by_occasion_and_forgotten_when_empty() -> None:
    drafts = Drafts()
    here, there = DraftKey("p", "nodes", "create"), DraftKey("p", "nodes", "edit", "m1")
    assert drafts.of(here) == {}
    drafts.keep(here, {"name": "one"})
    assert drafts.of(here) == {"name": "one"}
    assert drafts.of(there) == {}
    drafts.keep(here, {})
    assert drafts.of(here) == {}


def test_the_only_choice_of_a_needed_field_chooses_itself_but_replaces_nothing() -> None:
    form = sheet(REGION)
    form.due()
    form.take("region", offer("west"))
    assert form.inputs["region"] == "west"
    form = sheet(replace(REGION, required=False))
    form.due()
    form.take("region", offer("west"))
    assert "region" not in form.inputs


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ((), False),
        ((Field("a", "A", required=False),), False),
        ((Field("a", "A", default="x"),), False),
        ((Field("a", "A"),), True),
        ((Field("a", "A", required=False), Field("b", "B")), True),
        # what begins with what is there is there to be changed
        ((Field("a", "A", default=lambda item: "x"),), True),
        ((Field("a", "A", default=lambda item: "x", required=False),), True),
    ],
)
def test_a_form_is_shown_only_where_there_is_something_to_say(fields: tuple[Field, ...], asked: bool) -> None:
    assert must_ask(fields) is asked


@pytest.mark.parametrize(
    ("documented", "many", "rows", "as_a_file"),
    [
        (True, False, 0, True),
        (True, False, 1, True),
        (True, False, 2, False),  # two bodies, and one file for both
        (True, True, 2, True),
        (False, True, 1, False),
    ],
)
def test_what_is_sent_is_edited_as_a_file_only_where_it_is_one_body(
    documented: bool, many: bool, rows: int, as_a_file: bool
) -> None:
    verb = action(many=many, document=(lambda text: ()) if documented else None)
    form = SimpleNamespace(_verb=verb, _rows=(None,) * rows)
    documented_of = Form._documented.fget
    assert documented_of is not None
    assert documented_of(cast(Form, form)) is as_a_file


# ---------------------------------------------------------------------- what is shown, and when


def test_nothing_is_complained_about_before_a_person_has_been_there() -> None:
    form = sheet(field("name"), field("size", "int", default="x"), field("port", "int", default="80"))
    assert form.complaints == {"name": NEEDED, "size": "is not a whole number"}
    assert form.shown_complaints == {}
    form.put("port", "no")
    assert form.shown_complaints == {"port": "is not a whole number"}
    form.touch("name")
    assert form.shown_complaints == {"name": NEEDED, "port": "is not a whole number"}
    form.insist()
    assert form.shown_complaints == form.complaints


def test_two_that_do_not_go_together_are_told_at_once_while_others_are_missing() -> None:
    def check(inputs: Any) -> dict[str, str]:
        return {} if inputs.get("first") == inputs.get("again", inputs.get("first")) else {"again": "the two differ"}

    form = sheet(field("first", "secret"), field("again", "secret"), field("name"), check=check)
    form.put("first", "abc")
    assert "again" not in form.shown_complaints
    form.put("again", "abd")
    assert form.shown_complaints == {"again": "the two differ"}
    form.put("again", "abc")
    assert form.shown_complaints == {}
    assert form.complaints == {"name": NEEDED}


def test_a_check_that_needs_all_of_them_says_nothing_before() -> None:
    form = sheet(field("least", "int"), field("most", "int"), check=lambda inputs: {"most": str(1 // inputs["most"])})
    form.put("least", "1")
    assert form.complaints == {"most": NEEDED}
    form.put("most", "0")
    assert form.complaints == {"most": "ZeroDivisionError in the provider"}


def test_choices_that_are_still_being_read_are_no_mistake_but_hold_the_review() -> None:
    form = sheet(field("zone", "choice", default="a", choices=nothing))
    form.touch("zone")
    assert form.complaints == {"zone": "reading…"}
    assert form.shown_complaints == {}
    form.insist()
    assert form.shown_complaints == {"zone": "reading…"}


def test_secrets_of_the_same_form_come_back_and_are_in_no_draft() -> None:
    fields = field("name"), field("password", "secret")
    form = sheet(*fields)
    form.put("name", "x")
    form.put("password", "s3cret")
    again = FormModel(action(*fields), None, form.draft, form.filled().inputs)
    assert again.inputs == {"name": "x", "password": Secret("s3cret")}
    assert again.draft == {"name": "x"}
    assert "s3cret" not in repr(again.filled())
