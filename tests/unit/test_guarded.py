"""The guard around a provider: what it takes as it is, what it refuses, and what it puts in the place of a bug."""

from __future__ import annotations

import asyncio
import gc
import logging
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gputui.core import actions, cells, fitting, provider, typed_fields
from gputui.core.cells import BUG_CELL, Cell, Column
from gputui.core.guarded import RULES, GuardedClient, guarded
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Client, Provider, Settings
from gputui.core.request import Request, SendStatus
from gputui.core.text import clean
from tests import toy

MACHINE = toy.Machine("m1", "toy-1")


def declarations() -> list[type]:
    """Every dataclass of a declaration, found where declarations are defined."""
    found = [one for module in (provider, actions, cells) for one in vars(module).values()]
    return [one for one in found if isinstance(one, type) and is_dataclass(one) and _has_functions(one)]


def _has_functions(kind: type) -> bool:
    return any("Callable" in str(one.type) or "Choices" in str(one.type) for one in fields(kind))


def with_view(**changes: Any) -> Provider[Any]:
    return guarded(replace(toy.PROVIDER, views=(replace(toy.NODES, **changes),)))


def with_stop(**changes: Any) -> actions.Action[Any]:
    return with_view(actions=(replace(toy.STOP, **changes),)).views[0].actions[0]


def test_every_function_of_every_declaration_has_a_rule() -> None:
    functions = {
        (kind, one.name)
        for kind in declarations()
        for one in fields(kind)
        if "Callable" in str(one.type) or "Choices |" in str(one.type)
    }
    assert functions == set(RULES)


def test_a_function_without_a_rule_keeps_a_provider_from_being_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gputui.core.guarded.RULES", {key: rule for key, rule in RULES.items() if key[1] != "owner"})
    with pytest.raises(TypeError, match="nothing guards nodes"):
        with_view(owner=lambda item: "x")


BUG = Problem(Cause.BUG, "ValueError in it")
IN_ITS_PLACE: dict[tuple[type, str], Any] = {
    # Harmless where one reads on: that there is no way in, that it may not be done, that nothing is known of it.
    (provider.Provider, "check"): ("provider", str(BUG)),
    (provider.View, "ssh"): str(BUG),
    (provider.View, "owner"): str(BUG),
    (provider.View, "reasons"): (str(BUG),),
    (cells.Column, "cell"): BUG_CELL,
    (typed_fields.TypedField, "value"): None,
    (actions.Action, "blocked_reason"): str(BUG),
    (actions.Action, "warning"): str(BUG),
    (actions.Action, "progress"): actions.Progress.WAITING,
    (actions.Action, "makes"): (),
    (actions.Action, "check"): {"": str(BUG)},
    (actions.Action, "cost"): f"what it costs is not known: {BUG}",
    (actions.Action, "document"): (actions.Complaint(1, "", str(BUG)),),
    (actions.Field, "check"): str(BUG),
    (actions.Field, "when"): True,
    (actions.Query, "blocked_reason"): str(BUG),
}


@pytest.mark.parametrize("where", RULES, ids=lambda where: f"{where[0].__name__}.{where[1]}")
def test_what_stands_in_the_place_of_what_a_function_with_a_bug_should_have_given(where: tuple[type, str]) -> None:
    """Anything else is a failure: an id, a secret's name or a request must be right or not there at all."""
    if where in IN_ITS_PLACE:
        assert RULES[where].instead(BUG) == IN_ITS_PLACE[where]
        return
    with pytest.raises(Failed) as caught:
        RULES[where].instead(BUG)
    assert caught.value.problem is BUG


def test_where_it_is_not_known_what_is_secret_nothing_is_made() -> None:
    hides = with_stop(document=lambda text: (), hides=raising(ValueError("x"))).hides
    assert hides is not None
    with pytest.raises(Failed):
        hides({})


def test_guarding_twice_changes_nothing() -> None:
    once = guarded(toy.PROVIDER)
    assert guarded(once) is once
    assert (once.name, once.title, once.settings) == ("toy", toy.PROVIDER.title, toy.PROVIDER.settings)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "no\x1bdes"}, "unseen characters"),
        ({"title": None}, "title is NoneType"),
        ({"health": 7}, "health is no function"),
        ({"fetch": None}, "fetch is no function"),
        ({"key": "id"}, "key is no function"),
        ({"actions": (replace(toy.CREATE, fields=(actions.Field("a", "A", needs=("b\x1b",)),)),)}, "needs holds str"),
        ({"every": "5"}, "every is str"),
        ({"columns": [Column("A", lambda item: cells.EMPTY)]}, "columns is list"),
        ({"columns": (None,)}, "columns holds NoneType"),
    ],
)
def test_a_declaration_that_is_wrong_itself_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        with_view(**changes)


def test_texts_of_a_declaration_are_cleaned() -> None:
    made = with_view(title="No\x1b[2Jdes", absent={"ssh": "no\nway"})
    assert made.views[0].title == "No␛[2Jdes"
    assert made.views[0].absent == {"ssh": "no␊way"}
    assert with_stop(effect="\u202edeath").effect == "\ufffddeath"


@given(st.text(max_size=300))
def test_two_ids_never_become_one(text: str) -> None:
    shown = fitting.identity(text)
    assert clean(shown) == shown
    for other in (clean(text), text + "\u200b", text + "\x1b", text + "x"):
        assert (fitting.identity(other) == shown) == (other == text)


def test_a_host_is_never_cleaned_into_another() -> None:
    target = provider.SshTarget("10.0.0.1\u200b")
    assert with_view(ssh=lambda item: target).views[0].ssh(MACHINE) is target  # type: ignore[misc]


@pytest.mark.parametrize(
    "cell",
    [
        Cell("a", "a"),
        Cell("8", 8),
        Cell("–", None, "dim"),
        Cell("", datetime(2026, 1, 2, tzinfo=UTC)),
        Cell("日本", "日本", "bad"),
    ],
)
def test_a_cell_that_is_well_stays_as_it_is(cell: Cell) -> None:
    assert fitting.cell(cell) == cell


@pytest.mark.parametrize(
    "cell",
    [
        None,
        "a",
        Cell(None),  # type: ignore[arg-type]
        Cell(7),  # type: ignore[arg-type]
        Cell(b"a"),  # type: ignore[arg-type]
        Cell("a", tone="pink"),  # type: ignore[arg-type]
        Cell("a", object()),  # type: ignore[arg-type]
        Cell("", datetime.max.replace(tzinfo=timezone(timedelta(hours=-9)))),
    ],
)
def test_a_cell_that_is_none_is_a_bug(cell: Any) -> None:
    column = with_view(columns=(Column("A", lambda item: cell),)).views[0].columns[0]
    assert column.cell(MACHINE) is BUG_CELL


def test_a_long_text_is_cut_and_its_value_is_not() -> None:
    long = "x" * 1_000_000
    made = fitting.cell(Cell(long, long))
    assert (len(made.text), made.value) == (fitting.LONGEST_TEXT, long)


def raising(error: BaseException) -> Any:
    def function(*given: Any) -> Any:
        raise error

    return function


@pytest.mark.parametrize(
    "error", [ValueError("x"), SystemExit(3), KeyboardInterrupt(), RecursionError(), MemoryError()]
)
def test_whatever_a_precondition_raises_switches_its_verb_off(error: BaseException) -> None:
    reason = with_stop(blocked_reason=raising(error)).blocked_reason(MACHINE)
    assert reason == f"provider bug: {type(error).__name__} in nodes.stop.blocked_reason (see the log)"


def test_a_traceback_is_logged_once_for_each_place(caplog: pytest.LogCaptureFixture) -> None:
    def can(item: Any) -> str | None:
        if item == "other":
            raise ValueError("second")
        raise ValueError("first")

    stop = with_stop(blocked_reason=can, cost=raising(KeyError("third")))
    assert stop.cost is not None
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            stop.blocked_reason("one")
            stop.blocked_reason("other")
            stop.cost({})
    assert [record.exc_info is not None for record in caplog.records] == [True] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "a bug in nodes.stop.blocked_reason of the provider toy",
        "a bug in nodes.stop.blocked_reason of the provider toy",
        "a bug in nodes.stop.cost of the provider toy",
    ]


def test_a_request_with_something_hidden_in_its_address_is_refused() -> None:
    for path in ("/a\x1b", "/a b", "a", "/ä"):
        with pytest.raises(Failed) as caught:
            with_stop(request=lambda items, inputs, path=path: Request("POST", path)).request([MACHINE], {})
        assert caught.value.problem.cause is Cause.BUG


def test_a_failure_as_agreed_passes_and_one_that_cannot_be_shown_does_not() -> None:
    agreed = Failed(Problem(Cause.INPUT, "no"))
    with pytest.raises(Failed) as caught:
        with_stop(request=raising(agreed)).request([MACHINE], {})
    assert caught.value is agreed
    for wrong in ({"cause": "x"}, {"status": "404"}):
        odd = Failed(Problem(Cause.THROTTLED, "no"))
        odd.problem = replace(odd.problem, **wrong)  # type: ignore[arg-type]
        with pytest.raises(Failed) as caught:
            with_stop(request=raising(odd)).request([MACHINE], {})
        assert caught.value.problem.cause is Cause.BUG


class Client_(toy.ToyClient):
    async def change(self, request: Request) -> Any:
        raise SystemExit

    async def aclose(self) -> None:
        raise KeyboardInterrupt


async def test_a_client_that_breaks_leaves_a_change_unknown_and_closes() -> None:
    client: Client = guarded(replace(toy.PROVIDER, connect=lambda settings: Client_())).connect(Settings("toy", {}))
    outcome = await client.change(Request("POST", "/stop"))
    assert (outcome.send_status, outcome.problem and outcome.problem.cause) == (SendStatus.UNKNOWN, Cause.BUG)
    await client.aclose()
    assert isinstance(client, GuardedClient)
    client.forget()  # it keeps nothing
    client.inner.forget = lambda: 1 / 0  # type: ignore[attr-defined]
    client.forget()


async def test_functions_get_the_client_that_their_provider_made() -> None:
    got: list[Any] = []

    async def fetch(client: Any) -> Any:
        got.append(client)
        return await toy.ToyClient.list(client)

    made = with_view(fetch=fetch)
    client = made.connect(Settings("toy", {}))
    await made.views[0].fetch(client)
    assert isinstance(client, GuardedClient)
    assert got == [client.inner]


async def test_being_cancelled_passes_and_a_made_up_cancellation_does_not() -> None:
    begun = asyncio.Event()

    async def fetch(client: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(with_view(fetch=fetch).views[0].fetch(None))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(Failed) as caught:
        await with_view(fetch=raising(asyncio.CancelledError())).views[0].fetch(None)
    assert caught.value.problem.cause is Cause.BUG


@pytest.mark.parametrize("text", ["a\x1b[2J", "a\u202eb", "a\nb", "\x7f", "\x9b31m", "a\u200b"])
def test_what_is_unseen_in_a_cell_is_made_visible(text: str) -> None:
    made = fitting.cell(Cell(text, text, "bad"))
    assert (made.text, made.value, made.tone) == (clean(text), clean(text), "bad")
    assert fitting.cell(Cell(text, 7)).text == clean(text)
    assert fitting.cell(Cell("a", text)).value == clean(text)
    assert fitting.text(text) == clean(text) != text


def test_another_kind_of_error_in_the_same_place_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    errors = iter((ValueError("a"), KeyError("b"), ValueError("c")))

    def can(item: Any) -> str | None:
        raise next(errors)

    stop = with_stop(blocked_reason=can)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            stop.blocked_reason(MACHINE)
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError, KeyError]


def test_every_part_of_a_declaration_is_wrapped() -> None:
    """No function that a provider's author wrote is still reachable as he wrote it."""
    from tests.promises import stranger

    provider = guarded(stranger.WELL)
    for broken in stranger.functions():
        if broken[0] is not stranger.Client:
            assert stranger.found(provider, broken) is not stranger.found(stranger.WELL, broken), broken


def test_a_coroutine_in_the_place_of_a_value_is_closed(
    recwarn: pytest.WarningsRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gputui.core.guarded._log.error", lambda *given, **named: None)  # a record would keep it

    async def can(item: Any) -> str | None:
        return None

    assert "gave coroutine" in (with_stop(blocked_reason=can).blocked_reason(MACHINE) or "")
    gc.collect()
    assert not recwarn.list  # a warning of python's would be written into the midst of the screen


async def _never(*given: Any) -> Any:
    await asyncio.Event().wait()


async def test_a_call_that_never_returns_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gputui.core.guarded.LONGEST_CALL", 0.02)
    view = with_view(fetch=_never, read_one=_never).views[0]
    assert view.read_one is not None
    for call in (view.fetch(toy.ToyClient()), view.read_one(toy.ToyClient(), MACHINE)):
        with pytest.raises(Failed, match="no answer for 0 s in nodes") as told:
            await call
        assert told.value.problem.cause is Cause.BUG


async def test_a_change_that_never_returns_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gputui.core.guarded.LONGEST_CALL", 0.02)
    monkeypatch.setattr(toy.ToyClient, "change", _never)
    client = guarded(replace(toy.PROVIDER, connect=lambda settings: toy.ToyClient())).connect(Settings("toy", {}))
    outcome = await client.change(Request("POST", "/stop"))
    assert (outcome.send_status, outcome.problem and outcome.problem.cause) == (SendStatus.UNKNOWN, Cause.BUG)


async def test_a_timeout_of_the_provider_itself_is_called_what_it_is() -> None:
    async def fetch(client: Any) -> Any:
        raise TimeoutError

    with pytest.raises(Failed, match=r"TimeoutError in nodes\.fetch"):
        await with_view(fetch=fetch).views[0].fetch(toy.ToyClient())


async def test_a_client_is_told_to_forget_and_to_close() -> None:
    told: list[str] = []

    class Keeping(toy.ToyClient):
        def forget(self) -> None:
            told.append("forget")

        async def aclose(self) -> None:
            told.append("aclose")

    client = guarded(replace(toy.PROVIDER, connect=lambda settings: Keeping())).connect(Settings("toy", {}))
    client.forget()
    await client.aclose()
    assert told == ["forget", "aclose"]


def test_only_a_failure_where_one_may_be_is_an_answer() -> None:
    class Alike(Exception):
        problem = Problem(Cause.SERVER, "down")

    with pytest.raises(Failed) as caught:
        with_view(label=raising(Failed(Alike.problem))).views[0].label(MACHINE)
    assert caught.value.problem.cause is Cause.BUG
    with pytest.raises(Failed) as caught:
        with_stop(request=raising(Alike())).request([MACHINE], {})
    assert caught.value.problem.cause is Cause.BUG
