"""What `gputui get` says and how it ends, each case alone: whole, failed, lacking something, odd in its entries."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from gputui.commands import get as module
from gputui.commands.context import CliContext
from gputui.commands.get import ViewReading, run_get
from gputui.commands.options import GetOptions, GlobalOptions
from gputui.config import providers
from gputui.config.paths import Places
from gputui.core.cells import Column
from gputui.core.feed import Phase
from gputui.core.gaps import Gap
from gputui.core.problem import Cause, Failed, Problem
from gputui.core.provider import Settings
from gputui.core.rows import Item, Listing, Unreadable
from tests.toy import NODES, Machine, ToyClient
from tests.toy import PROVIDER as TOY

MACHINES = (Machine("m1", "toy-1"), Machine("m2", "toy-2", "ERROR"))
DOWN = Failed(Problem(Cause.NETWORK, "nobody answers", "look at the network"))
answers: dict[str, Callable[[], Listing[Machine]]] = {}


@dataclass
class Answering(ToyClient):
    profile: str = field(default="")

    async def list(self) -> Listing[Machine]:
        return answers[self.profile]()


def connect(settings: Settings) -> Answering:
    return Answering(profile=settings.profile)


PROVIDER = replace(TOY, connect=connect, views=(replace(NODES, fetch=Answering.list),))


def listing(*machines: Machine, **more: Any) -> Listing[Machine]:
    return Listing(tuple(Item(one, {"id": one.id}) for one in machines or MACHINES), **more)


def fails(error: Exception = DOWN) -> Callable[[], Listing[Machine]]:
    def fetch() -> Listing[Machine]:
        raise error

    return fetch


@pytest.fixture
def get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Reads the profiles named, each with its answer."""
    entry = EntryPoint("toy", f"{__name__}:PROVIDER", providers.GROUP)
    monkeypatch.setattr(providers, "_installed", lambda path: (entry,))
    path = tmp_path / "config.toml"

    def reading(asked: GetOptions | None = None, **given: Callable[[], Listing[Machine]]) -> tuple[int, str, str]:
        answers.clear()
        answers.update(given)
        path.touch(mode=0o600)
        path.write_text("".join(f'[profiles.{name}]\nprovider = "toy"\nsize = "1"\n' for name in given))
        ctx = CliContext({}, Places(tmp_path, tmp_path / "state", tmp_path), io.StringIO(), io.StringIO(), lambda: 9.0)
        code = run_get(asked or GetOptions("nodes"), GlobalOptions(path), ctx)
        assert isinstance(ctx.out, io.StringIO)
        assert isinstance(ctx.err, io.StringIO)
        return code, ctx.out.getvalue(), ctx.err.getvalue()

    return reading


Get = Callable[..., tuple[int, str, str]]


def test_a_whole_list_is_all_there_is_to_say(get: Get) -> None:
    code, out, err = get(a=listing)
    assert (code, err) == (0, "")
    assert out.count("toy-") == 2


def test_faults_that_were_asked_for_and_found_are_1_and_none_are_0(get: Get) -> None:
    assert get(GetOptions("nodes", faults=True), a=listing)[0] == 1
    assert get(GetOptions("nodes", faults=True), a=lambda: listing(MACHINES[0]))[0] == 0


def test_where_nothing_could_be_read_there_is_no_list_at_all(get: Get) -> None:
    code, out, err = get(a=fails(), b=fails())
    assert (code, out) == (2, "")
    assert err.count("nobody answers (look at the network)") == 2
    assert get(GetOptions("nodes", partial=True), a=fails())[:2] == (2, "")


def test_an_empty_list_was_read_and_is_written(get: Get) -> None:
    code, out, err = get(GetOptions("nodes", output="json"), a=lambda: Listing(()))
    assert (code, json.loads(out), err) == (0, [], "")
    code, out, _ = get(GetOptions("nodes", output="json", partial=True), a=lambda: Listing(()), b=fails())
    assert (code, json.loads(out)) == (0, [])


@pytest.mark.parametrize(("partial", "code"), [(False, 2), (True, 0)])
def test_one_that_fails_is_said_and_costs_the_exit_code_unless_that_is_fine(get: Get, partial: bool, code: int) -> None:
    ended, out, err = get(GetOptions("nodes", partial=partial), a=listing, b=fails())
    assert (ended, out.count("toy-")) == (code, 2)
    assert "b: " in err and "nobody answers (look at the network)" in err and "a: " not in err


@pytest.mark.parametrize(("partial", "code"), [(False, 2), (True, 0)])
def test_what_is_missing_is_said_with_its_remedy(get: Get, partial: bool, code: int) -> None:
    gap = Gap("region west", Problem(Cause.SERVER, "out of order", "wait"))
    ended, out, err = get(GetOptions("nodes", partial=partial), a=lambda: listing(missing=(gap,)))
    assert (ended, out.count("toy-")) == (code, 2)
    assert "a: missing: region west" in err and "(wait)" in err


def test_what_is_missing_nobody_knows_why_is_said_as_well(get: Get) -> None:
    code, out, err = get(a=lambda: listing(missing=(Gap("region west"),)))
    assert (code, out.count("toy-"), err) == (2, 2, "gputui: a: missing: region west\n")


def test_cells_that_a_provider_cannot_make_are_counted(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(machine: Machine) -> Any:
        raise ZeroDivisionError(machine)

    view = replace(PROVIDER.views[0], columns=(Column("ODD", broken),))
    monkeypatch.setattr(sys.modules[__name__], "PROVIDER", replace(PROVIDER, views=(view,)))
    code, out, err = get(a=listing)
    assert (code, out.count("toy-")) == (0, 2)
    assert "2 cells of nodes could not be made: provider bug (--log-file tells more)" in err


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: listing(*MACHINES, MACHINES[0]), "1 entries repeat an id"),
        (lambda: listing(unreadable=(Unreadable("m9", "no id", {}),)), "1 entries of nodes cannot be read"),
    ],
    ids=["twice", "unreadable"],
)
def test_odd_entries_are_told(get: Get, made: Callable[[], Listing[Machine]], words: str) -> None:
    code, out, err = get(a=made)
    assert code == 0
    assert words in err
    assert "toy-1" in out


def test_a_bug_of_a_provider_is_told_and_costs_its_profile_only(get: Get) -> None:
    code, out, err = get(a=listing, b=fails(ZeroDivisionError("odd")))
    assert (code, out.count("toy-")) == (2, 2)
    assert Cause.BUG.value in err and "b: " in err


def test_a_span_of_time_belongs_to_changes_alone(get: Get) -> None:
    code, out, err = get(GetOptions("nodes", since="1h"), a=listing)
    assert (code, out) == (2, "")
    assert "--since" in err


def test_a_name_that_nothing_has_is_an_error_and_so_is_a_kind(get: Get) -> None:
    code, out, err = get(GetOptions("nodes", name="toy-9"), a=listing)
    assert (code, out.count("toy-")) == (2, 0)
    assert "nothing called toy-9" in err
    assert get(GetOptions("nodes", name="toy-1"), a=listing)[1].count("toy-") == 1
    code, out, err = get(GetOptions("pools"), a=listing)
    assert (code, out) == (2, "")
    assert "no kind pools" in err and "kinds: fleet, nodes" in err


def test_a_kind_stays_in_the_order_of_the_cloud_and_the_fleet_has_the_worst_first(get: Get) -> None:
    def names(kind: str) -> list[str]:
        rows = json.loads(get(GetOptions(kind, output="json"), a=listing, b=lambda: listing(Machine("m0", "toy-0")))[1])
        return [row["name"] for row in rows]

    assert names("nodes") == ["toy-1", "toy-2", "toy-0"]
    assert names("fleet") == ["toy-2", "toy-1", "toy-0"]


def test_a_filter_that_cannot_be_read_lists_nothing(get: Get) -> None:
    code, out, err = get(GetOptions("nodes", filter="/(/"), a=listing)
    assert (code, out) == (2, "")
    assert err


def test_a_profile_whose_provider_is_not_there_is_said(get: Get, tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.touch(mode=0o600)
    path.write_text('[profiles.a]\nprovider = "toy"\n[profiles.b]\nprovider = "gone"\n')
    answers["a"] = listing
    ctx = CliContext({}, Places(tmp_path, tmp_path / "state", tmp_path), io.StringIO(), io.StringIO(), lambda: 9.0)
    assert run_get(GetOptions("nodes"), GlobalOptions(path), ctx) == 2
    assert isinstance(ctx.out, io.StringIO)
    assert isinstance(ctx.err, io.StringIO)
    assert ctx.out.getvalue().count("toy-") == 2
    assert "gone" in ctx.err.getvalue()


def test_what_was_read_in_spite_of_a_problem_is_written(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that has rows and a problem is one that lacks something, not one that failed."""
    real = module.read_view

    async def with_problem(*given: Any) -> ViewReading:
        reading = await real(*given)
        return replace(reading, state=replace(reading.state, phase=Phase.FAILING, problem=DOWN.problem))

    monkeypatch.setattr(module, "read_view", with_problem)
    code, out, err = get(a=listing)
    assert (code, out.count("toy-")) == (2, 2)
    assert "nobody answers" in err


def test_a_filter_that_nothing_matches_says_among_how_many(get: Get) -> None:
    code, out, err = get(GetOptions("nodes", filter="toy-9"), a=listing)
    assert (code, out.count("toy-")) == (0, 0)
    assert "nothing matches 'toy-9' among 2 of the nodes" in err
    code, _, err = get(GetOptions("nodes", filter="toy-1"), a=listing)
    assert (code, err) == (0, "")
    code, _, err = get(GetOptions("nodes", filter="toy-9"), a=lambda: Listing(()))
    assert (code, err) == (0, "")
