"""The links and ports each provider names for its rows, read from the embedded clouds over real sockets."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gputui.config import providers
from gputui.core.links import Link, Port, flaw
from gputui.core.provider import Provider, Settings
from gputui.core.raw import raw_json
from gputui.core.rows import Item
from gputui.core.secret import Secret
from gputui.core.text import as_object
from gputui.sim.clock import ManualClock
from gputui.sim.serve import PROFILES, Simulator

Found = dict[str, list[tuple[Item[Any], tuple[Link, ...], tuple[Port, ...]]]]


async def named(name: str) -> Found:
    """For every view of a provider its items with the links and ports they have."""
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
            found: Found = {}
            for view in provider.views:
                items = (await view.fetch(client)).items
                found[view.name] = [
                    (one, view.links(one.value) if view.links else (), view.ports(one.value) if view.ports else ())
                    for one in items
                ]
            return found
        finally:
            await client.aclose()


async def test_datenfab_names_the_notebook_and_the_board_of_what_runs() -> None:
    found = await named("datenfab")
    running = 0
    for item, links, ports in found["instances"]:
        raw = as_object(raw_json(item.raw))
        assert not ports
        if raw["status"] != "Running":
            assert not links
            continue
        running += 1
        assert [link.name for link in links] == ["Jupyter", "TensorBoard"]
        assert [link.is_secret for link in links] == [True, False]
        assert all(flaw(link.url) == "" for link in links)
        assert links[0].shown.endswith("token=***") and links[0].shown != links[0].url
    assert running
    assert not any(links for name in ("skus", "clusters") for _, links, _ in found[name])


async def test_nsml_names_the_ports_of_its_nodes() -> None:
    found = await named("nsml")
    named_ports = 0
    for item, links, ports in found["nodes"]:
        assert not links
        assert [port.number for port in ports] == as_object(raw_json(item.raw))["tcpPorts"]
        named_ports += len(ports)
    assert named_ports


async def test_runai_names_where_an_inference_answers() -> None:
    found = await named("runai")
    addresses = {url for _, links, _ in found["inferences"] for url in (link.url for link in links)}
    assert addresses and all(flaw(url) == "" for url in addresses)
    assert any(links for _, links, _ in found["pods"])
    assert {link.name for _, links, _ in found["clusters"] for link in links} == {"Cluster"}


@pytest.mark.parametrize("name", ["scp", "hostedai"])
async def test_the_others_name_none_and_none_is_invented(name: str) -> None:
    assert not any(links or ports for rows in (await named(name)).values() for _, links, ports in rows)
