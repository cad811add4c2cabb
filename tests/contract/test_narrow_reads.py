"""What follows a change without reading a whole list: one thing alone, or those in a state, over real sockets."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from gputui.config import providers
from gputui.core.problem import Cause, Failed
from gputui.core.provider import Provider, Settings, View
from gputui.core.reading import rows
from gputui.core.rows import Listing, Ref, Row
from gputui.core.secret import Secret
from gputui.sim.clock import ManualClock
from gputui.sim.serve import PROFILES, Simulator

NAMES = ("scp", "nsml", "hostedai", "runai", "datenfab")
NARROW = {
    "scp": {"nodes", "fabrics"},
    "nsml": {"nodes", "runs"},
    "hostedai": {"nodes", "pools"},
    "runai": {"inferences", "pods"},
    "datenfab": {"instances"},
}
ONE_OF_EACH_STATE = 1


@asynccontextmanager
async def connected(name: str) -> AsyncIterator[tuple[Provider[Any], Any, Simulator]]:
    provider = providers.load(name)
    assert isinstance(provider, Provider)
    secret = {setting.name for setting in provider.settings if setting.kind == "secret"}
    with Simulator(calm=True, clock=ManualClock(time.time()), only=(name,)) as simulator:
        profiles: Any = simulator.config()["profiles"]
        told = profiles[PROFILES[name]].items()
        values = {
            key: Secret(value) if key in secret else value for key, value in told if key not in ("provider", "ssh")
        }
        defaults = {setting.name: setting.default for setting in provider.settings if setting.default is not None}
        client = provider.connect(Settings(name, {**defaults, "seconds_between_requests": "0", **values}))
        try:
            yield provider, client, simulator
        finally:
            await client.aclose()


def shown(view: View[Any, Any], listing: Listing[Any]) -> dict[Ref, Row]:
    assert not listing.missing
    return dict(rows(view, "p", listing)[0])


@pytest.mark.parametrize("name", NAMES)
async def test_one_thing_is_read_as_the_list_has_it(name: str) -> None:
    async with connected(name) as (provider, client, simulator):
        assert {view.name for view in provider.views if view.read_one is not None} == NARROW[name]
        for view in provider.views:
            if view.read_one is None:
                continue
            listed = shown(view, await view.fetch(client))
            seen = Counter[str]()
            for ref, row in listed.items():
                seen[row.state] += 1
                if seen[row.state] > ONE_OF_EACH_STATE:
                    continue
                simulator.logs[name].clear()
                alone = shown(view, Listing((await view.read_one(client, row.item),)))
                assert alone == {ref: row}, view.name
                assert alone[ref].item == row.item, "its password, too, which is not shown"
                assert alone[ref].raw == row.raw or name in ("nsml", "runai"), "no secret is in what is kept"
                assert len(simulator.logs[name].seen) == 1, f"{view.name}: one request"


@pytest.mark.parametrize("name", ["scp", "runai"])
async def test_those_in_some_states_are_read_as_the_list_has_them(name: str) -> None:
    async with connected(name) as (provider, client, simulator):
        (view,) = (view for view in provider.views if view.read_states is not None)
        assert view.read_states is not None
        listed = shown(view, await view.fetch(client))
        states = Counter(row.state for row in listed.values())
        few = [state for state, _ in states.most_common()[1:4]]
        simulator.logs[name].clear()
        found = shown(view, await view.read_states(client, few))
        assert found == {ref: row for ref, row in listed.items() if row.state in few}
        assert 0 < len(found) < len(listed)
        assert len(simulator.logs[name].seen) == len(few), "one request for each"
        assert (await view.read_states(client, ["NO_SUCH_STATE"])).items == ()


def without_node(item: Any) -> Any:
    return item.model_copy(update={"id": "0" * 32})


def without_instance(item: Any) -> Any:
    return replace(item, body=item.body.model_copy(update={"name": "instance-none"}))


@pytest.mark.parametrize(
    ("name", "view_name", "gone"),
    [
        ("scp", "nodes", without_node),
        ("scp", "fabrics", without_node),
        ("nsml", "nodes", lambda node: node.model_copy(update={"node_id": "none"})),
        ("nsml", "runs", lambda run: run.model_copy(update={"run_name": "99999"})),
        ("hostedai", "nodes", lambda node: node.model_copy(update={"upper_id": 99999, "lower_id": 99999})),
        ("runai", "pods", lambda one: replace(one, pod=one.pod.model_copy(update={"id": "none"}))),
        ("datenfab", "instances", without_instance),
    ],
)
async def test_what_is_gone_is_missing(name: str, view_name: str, gone: Callable[[Any], Any]) -> None:
    async with connected(name) as (provider, client, _):
        view = provider.view(view_name)
        assert view is not None and view.read_one is not None
        item = (await view.fetch(client)).items[0].value
        with pytest.raises(Failed) as failed:
            await view.read_one(client, gone(item))
        assert failed.value.problem.cause is Cause.MISSING
