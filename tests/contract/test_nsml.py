"""The nsml provider against the embedded cloud over real sockets: lists, details, pace, what refuses."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import pytest

from gputui.core.problem import Cause, Failed
from gputui.core.provider import Settings, SshTarget
from gputui.core.raw import raw_json
from gputui.core.request import Request, SendStatus
from gputui.core.rows import Listing
from gputui.core.secret import Secret
from gputui.core.text import as_object
from gputui.providers.nsml.client import NsmlClient
from gputui.providers.nsml.pace import Left, Pace
from gputui.providers.nsml.views import NODES, PROJECTS, PROVIDER, RUNS
from gputui.providers.nsml.wire import NsmlProject, Run
from gputui.sim.clock import ManualClock
from gputui.sim.faults import Fault
from gputui.sim.log import Seen
from gputui.sim.nsml.models import IN_PROGRESS
from gputui.sim.nsml.models import Run as CloudRun
from gputui.sim.nsml.state import Nsml
from gputui.sim.serve import Simulator
from tests.clocks import until

SECRETS = {setting.name for setting in PROVIDER.settings if setting.kind == "secret"}
WAIT = 10.0


@dataclass(frozen=True)
class Served:
    """The simulator, its cloud, and the settings that reach it."""

    simulator: Simulator
    cloud: Nsml
    clock: ManualClock
    values: dict[str, Any]

    @asynccontextmanager
    async def client(
        self, *, read_only: bool = False, pace: Pace | None = None, **changes: Any
    ) -> AsyncIterator[NsmlClient]:
        """A client of its own that lives by the simulator's clock."""
        settings = Settings("nsml", {**self.values, **changes}, read_only=read_only)
        client = NsmlClient(settings, now=self.clock.now, pace=pace)
        try:
            yield client
        finally:
            await client.aclose()

    @property
    def seen(self) -> list[Seen]:
        """What the cloud was asked."""
        return self.simulator.logs["nsml"].seen

    def open_runs(self) -> list[CloudRun]:
        """The runs that have not ended."""
        return [run for run in self.cloud.runs() if run.status in (IN_PROGRESS, "RUN_STATE_HIBERNATING")]

    def living(self) -> list[str]:
        """The ids of their nodes."""
        return [node.id for run in self.open_runs() for node in run.nodes]


@pytest.fixture
def served() -> Iterator[Served]:
    clock = ManualClock(1_750_000_000.0)
    with Simulator(only=["nsml"], calm=True, clock=clock) as simulator:
        cloud = simulator.world["nsml"]
        assert isinstance(cloud, Nsml)
        profiles = simulator.config()["profiles"]
        assert isinstance(profiles, dict)
        table = {key: value for key, value in profiles["nsml"].items() if key not in ("provider", "ssh")}
        assert set(table) <= {setting.name for setting in PROVIDER.settings}
        values = {key: Secret(value) if key in SECRETS else value for key, value in table.items()}
        yield Served(simulator, cloud, clock, values)


@pytest.fixture
async def client(served: Served) -> AsyncIterator[NsmlClient]:
    async with served.client() as client:
        yield client


async def test_the_nodes_are_those_of_all_runs_that_have_not_ended(served: Served, client: NsmlClient) -> None:
    listing = await client.nodes()
    assert not listing.unreadable
    assert not listing.notice
    assert sorted(item.value.key for item in listing.items) == sorted(served.living())
    assert len(listing.items) > 40
    first, *others = served.seen
    assert first.target == "/nsml/v1/projects/runs?page=1&pageSize=1000"
    assert [asked.target for asked in others] == [
        f"/nsml/v1/projects/{run.project.id}/runs/{run.name}/nodes?page=1&pageSize=1000" for run in served.open_runs()
    ]
    assert {asked.headers["content-type"] for asked in served.seen} == {"application/json"}
    assert {asked.status for asked in served.seen} == {200}


async def test_names_say_project_run_and_rank(served: Served, client: NsmlClient) -> None:
    shown = {NODES.label(item.value) for item in (await client.nodes()).items}
    assert shown == {f"{run.project.name}/{run.name}.{node.rank}" for run in served.open_runs() for node in run.nodes}


async def test_the_runs_and_projects_are_the_account_s(served: Served, client: NsmlClient) -> None:
    runs = {RUNS.key(item.value): item.value for item in (await client.runs()).items}
    assert {key: run.status for key, run in runs.items()} == {
        f"{run.project.id}/{run.name}": run.status for run in served.cloud.runs()
    }
    for run in served.cloud.runs():
        created = runs[f"{run.project.id}/{run.name}"].created
        assert created is not None
        assert created.timestamp() == int(run.created)
    projects = {item.value.project_id: item.value for item in (await client.projects()).items}
    assert {key: project.run_count for key, project in projects.items()} == {
        project.id: len(project.runs) for project in served.cloud.projects
    }


async def test_times_of_nodes_are_read_in_their_own_zone(served: Served, client: NsmlClient) -> None:
    made = {node.id: node.created for run in served.cloud.runs() for node in run.nodes}
    for item in (await client.nodes()).items:
        assert item.value.created is not None
        assert item.value.created.timestamp() == int(made[item.value.key])


async def test_ssh_leads_to_where_the_machine_really_listens(served: Served, client: NsmlClient) -> None:
    places = {node.id: (node.host, node.port) for run in served.cloud.runs() for node in run.nodes}
    assert NODES.ssh is not None
    for item in (await client.nodes()).items:
        host, port = places[item.value.key]
        target = NODES.ssh(item.value)
        if host:
            assert target == SshTarget(host, port, usual_user="root")
        else:
            assert isinstance(target, str)


async def test_the_projects_setting_limits_everything(served: Served) -> None:
    by_name, by_id = served.cloud.projects[0], served.cloud.projects[2]
    async with served.client(projects=[by_name.name, by_id.id]) as client:
        wanted = {by_name.id, by_id.id}
        assert {item.value.project_id for item in (await client.projects()).items} == wanted
        assert {item.value.project_id for item in (await client.runs()).items} == wanted
        assert {item.value.project_id for item in (await client.nodes()).items} == wanted
    asked = [seen.target for seen in served.seen if "/nodes" in seen.target]
    assert asked
    assert all(by_name.id in target or by_id.id in target for target in asked)


async def test_drill_down_reads_the_nodes_of_an_ended_run_too(served: Served, client: NsmlClient) -> None:
    ended = next(run for run in served.cloud.runs() if run.status == "RUN_STATE_COMPLETED" and run.nodes)
    run = next(
        item.value for item in (await client.runs()).items if RUNS.key(item.value) == f"{ended.project.id}/{ended.name}"
    )
    (inner,) = RUNS.children
    assert inner.fetch is not None
    listing = await inner.fetch(client, run)
    assert [item.value.key for item in listing.items] == [node.id for node in ended.nodes]
    assert all(inner.match(run, item.value) for item in listing.items)


async def test_details_are_read_anew(served: Served, client: NsmlClient) -> None:
    run = (await client.runs()).items[0].value
    project = (await client.projects()).items[0].value
    assert RUNS.show is not None
    assert PROJECTS.show is not None
    assert "envs" in as_object(await RUNS.show(client, run))
    assert "envs" in RUNS.secrets
    assert "nasVolumeSize" in as_object(await PROJECTS.show(client, project))
    assert [asked.target for asked in served.seen[-2:]] == [
        f"/nsml/v1/projects/{run.project_id}/runs/{run.run_name}",
        f"/nsml/v1/projects/{project.project_id}",
    ]


# -- paging -----------------------------------------------------------------------------------------------------------


def page(names: list[int], total: int | None) -> Fault:
    """An answer of the list of runs."""
    body: dict[str, object] = {"runList": [{"projectId": "p", "runName": str(name)} for name in names]}
    if total is not None:
        body["totalCount"] = total
    return Fault("status", status=200, body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("pages", "sizes", "notice"),
    [
        ([(list(range(16)), None)], [1000], ""),
        # Ten, twenty or a hundred may be a cap of the server's own: only the next page can tell.
        ([(list(range(10)), None), ([10], None)], [1000, 1000], ""),
        ([(list(range(100)), None), ([], None)], [1000, 1000], ""),
        # A server that gives less than it is asked for is asked for that.
        ([(list(range(10)), 13), ([10, 11, 12], 13)], [1000, 10], ""),
        ([(list(range(10)), 10)], [1000], ""),
        ([(list(range(3)), "5"), ([3, 4], "5")], [1000, 3], ""),  # type: ignore[list-item]
        # A total that is that of the page alone.
        ([(list(range(1000)), 1000), ([1000, 1001], 2)], [1000, 1000], ""),
        ([([1], 4), *[([], 4)] * 3], [1000, 1, 1, 1], "not complete: only 1 of 4 entries were read"),
    ],
)
async def test_a_list_is_read_to_its_end(
    served: Served, client: NsmlClient, pages: list[tuple[list[int], int | None]], sizes: list[int], notice: str
) -> None:
    for names, total in pages:
        served.simulator.faults["nsml"].next(page(names, total))
    listing = await client.runs()
    assert [item.value.run_name for item in listing.items] == [str(name) for names, _ in pages for name in names]
    assert listing.notice == notice
    assert [seen.target for seen in served.seen] == [
        f"/nsml/v1/projects/runs?page={number}&pageSize={size}" for number, size in enumerate(sizes, 1)
    ]


# -- pace -------------------------------------------------------------------------------------------------------------


async def test_every_request_waits_its_turn_also_one_that_is_repeated(served: Served) -> None:
    turns = 0

    class Counting(Pace):
        async def __call__(self) -> Left:
            nonlocal turns
            turns += 1
            return lambda: None

    served.simulator.faults["nsml"].next(Fault("status", status=503))
    async with served.client(pace=Counting(1.0)) as client:
        await client.nodes()
    assert turns == len(served.seen) > 10


async def test_after_a_stall_of_the_loop_requests_leave_an_interval_apart(served: Served) -> None:
    left: dict[int, float] = {}

    class Watched(Pace):
        async def __call__(self) -> Left:
            leaving, number = await super().__call__(), len(left)

            def seen() -> None:
                left.setdefault(number, time.monotonic())
                leaving()

            return seen

    async with served.client(pace=Watched(0.05)) as client:
        readings = [asyncio.create_task(read()) for read in (client.runs, client.projects) * 2]
        await until(lambda: left)
        time.sleep(0.3)  # the loop stands still: everybody's turn comes meanwhile
        await asyncio.gather(*readings)
    assert len(served.seen) == len(left) == len(readings)
    assert all(after - before >= 0.05 for before, after in pairwise(left.values()))


# -- what one run may do to the others --------------------------------------------------------------------------------


def nodes_of(served: Served) -> tuple[str, list[str]]:
    """The path of one run's nodes, and their ids."""
    run = next(run for run in served.cloud.runs() if run.status == IN_PROGRESS)
    return f"/projects/{run.project.id}/runs/{run.name}/nodes", [node.id for node in run.nodes]


NOT_FOUND = Fault("status", status=404, body=b'{"error": {"errorCode": "300", "message": "Not Found Exception"}}')


async def test_a_run_that_went_in_between_is_no_fault(served: Served, client: NsmlClient) -> None:
    path, ids = nodes_of(served)
    served.simulator.faults["nsml"].always(NOT_FOUND, match=path)
    listed = await client.runs()
    readings = [listed, replace(listed, items=tuple(run for run in listed.items if run.value.run_name not in path))]

    async def runs() -> Listing[Run]:
        return readings.pop(0)

    client.runs = runs  # type: ignore[method-assign]
    listing = await client.nodes()
    assert sorted(item.value.key for item in listing.items) == sorted(set(served.living()) - set(ids))
    assert (listing.missing, listing.unreadable) == ((), ())


async def test_the_nodes_of_a_run_that_is_there_and_not_found_are_missing(served: Served, client: NsmlClient) -> None:
    path, ids = nodes_of(served)
    served.simulator.faults["nsml"].always(NOT_FOUND, match=path)
    listing = await client.nodes()
    assert sorted(item.value.key for item in listing.items) == sorted(set(served.living()) - set(ids))
    (gap,) = listing.missing
    assert gap.problem is not None
    assert (gap.part.startswith("nodes of "), gap.problem.cause) == (True, Cause.MISSING)


@pytest.mark.parametrize(
    "fault",
    [Fault("status", status=403), Fault("status", status=404, body=b"<html>"), Fault("garbage"), Fault("cut")],
    ids=["403", "web page", "garbage", "cut"],
)
async def test_a_run_that_cannot_be_read_costs_itself_only(served: Served, client: NsmlClient, fault: Fault) -> None:
    path, ids = nodes_of(served)
    served.simulator.faults["nsml"].always(fault, match=path)
    listing = await asyncio.wait_for(client.nodes(), WAIT)
    assert sorted(item.value.key for item in listing.items) == sorted(set(served.living()) - set(ids))
    assert listing.notice.startswith("not complete: nodes of ")


async def test_a_name_that_leads_nowhere_costs_its_own_nodes_only(served: Served, client: NsmlClient) -> None:
    run = next(run for run in served.cloud.runs() if run.status == IN_PROGRESS)
    runs = [
        {"projectId": run.project.id, "projectName": "good", "runName": run.name, "status": "RUN_STATE_IN_PROGRESS"},
        {"projectId": "a\u001bb", "projectName": "odd", "runName": "1", "status": "RUN_STATE_IN_PROGRESS"},
        {"projectId": run.project.id, "projectName": "odd", "runName": "../1", "status": "RUN_STATE_IN_PROGRESS"},
    ]
    body = json.dumps({"runList": runs, "totalCount": 3}).encode()
    served.simulator.faults["nsml"].always(Fault("status", status=200, body=body), match="/projects/runs?")
    listing = await client.nodes()
    assert [item.value.key for item in listing.items] == [node.id for node in run.nodes]
    assert listing.notice.count("bad input") == 2


@pytest.mark.parametrize("fault", [Fault("status", status=429), Fault("status", status=401)], ids=["429", "401"])
async def test_what_one_run_meets_for_all_ends_the_reading(served: Served, client: NsmlClient, fault: Fault) -> None:
    path, _ = nodes_of(served)
    served.simulator.faults["nsml"].always(fault, match=path)
    with pytest.raises(Failed) as failed:
        await client.nodes()
    assert failed.value.problem.cause in (Cause.THROTTLED, Cause.CREDENTIALS)
    assert path in served.seen[-1].target


@pytest.mark.parametrize(
    ("fault", "asked"), [(Fault("status", status=403), None), (Fault("cut"), 2)], ids=["each refused", "unreachable"]
)
async def test_where_no_run_can_be_read_the_reading_fails(
    served: Served, client: NsmlClient, fault: Fault, asked: int | None
) -> None:
    """And soon: a cloud that cannot be reached is not asked for every run in turn."""
    served.simulator.faults["nsml"].always(fault, match="/nodes?")
    with pytest.raises(Failed):
        await asyncio.wait_for(client.nodes(), WAIT)
    runs = {seen.target for seen in served.seen if "/nodes?" in seen.target}
    assert asked is None or len(runs) == asked


async def test_the_nodes_of_an_unknown_state_are_looked_for(served: Served, client: NsmlClient) -> None:
    """The list of a run's states is not documented: what does not say that it ended may have nodes."""
    (odd,) = [run for run in served.cloud.runs() if run.status == "RUN_STATE_HIBERNATING"]
    found = {item.value.key for item in (await client.nodes()).items}
    assert {node.id for node in odd.nodes} <= found
    ended = [run for run in served.cloud.runs() if run.status == "RUN_STATE_COMPLETED" and run.nodes]
    assert ended
    assert not any(f"/{run.project.id}/runs/{run.name}/" in seen.target for run in ended for seen in served.seen)


async def test_a_secret_in_a_command_is_not_shown(served: Served, client: NsmlClient) -> None:
    run = (await client.runs()).items[0].value
    node = {"nodeId": "n", "command": "train.py --wandb-key abc123 --max-tokens 5", "state": "NODE_STATE_RUNNING"}
    body = json.dumps({"nodes": [node], "totalCount": 1}).encode()
    served.simulator.faults["nsml"].next(Fault("status", status=200, body=body))
    (item,) = (await client.nodes_of(run)).items
    assert item.value.command == as_object(raw_json(item.raw))["command"] == "train.py --wandb-key *** --max-tokens 5"


# -- who is refused ---------------------------------------------------------------------------------------------------

READS: list[Callable[[NsmlClient], Any]] = [NsmlClient.nodes, NsmlClient.runs, NsmlClient.projects]


@pytest.mark.parametrize("read", READS, ids=lambda read: read.__name__)
@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("access_key", "check the keys of this profile"),
        ("secret_key", "check the keys of this profile"),
        ("api_key", "check `api_key`: it must belong to a subscription to CLOVA NSML in API Gateway"),
    ],
)
async def test_a_wrong_key_is_refused_credentials_and_says_which(
    served: Served, key: str, remedy: str, read: Callable[[NsmlClient], Any]
) -> None:
    wrong: dict[str, Any] = {key: Secret("wrong")}
    async with served.client(**wrong) as client:
        with pytest.raises(Failed) as failed:
            await read(client)
    assert failed.value.problem.cause is Cause.CREDENTIALS
    assert failed.value.problem.remedy == remedy
    assert len(served.seen) == 1


async def test_a_clock_that_is_wrong_is_said_to_be(served: Served) -> None:
    fast = NsmlClient(Settings("nsml", served.values), now=lambda: served.clock.now() + 900)
    with pytest.raises(Failed) as failed:
        await fast.runs()
    await fast.aclose()
    assert failed.value.problem.cause is Cause.CREDENTIALS
    assert "clock is 900 s ahead" in failed.value.problem.remedy


async def test_an_address_without_a_path_is_enough(served: Served) -> None:
    async with served.client(base_url=served.simulator.urls["nsml"]) as client:
        assert (await client.projects()).items


async def test_an_odd_id_never_leads_to_another_address(served: Served, client: NsmlClient) -> None:
    for project_id, run_name in (("..", "1"), ("a/b", "1"), ("p", "1?x=y"), ("", "1")):
        with pytest.raises(Failed) as failed:
            await client.nodes_of(Run(project_id=project_id, run_name=run_name))
        assert failed.value.problem.cause is Cause.INPUT
    with pytest.raises(Failed):
        await client.show_project(NsmlProject(project_id="../projects"))
    assert served.seen == []


async def test_read_only_lets_no_change_out(served: Served) -> None:
    async with served.client(read_only=True) as client:
        outcome = await client.change(Request("POST", "/projects"))
    assert outcome.send_status is SendStatus.NOT_SENT
    assert served.seen == []


async def test_a_list_that_is_none_is_never_an_empty_one(served: Served, client: NsmlClient) -> None:
    for body in (b"", b"null", b'{"projects": {}}', b'{"error": "no"}'):
        served.simulator.faults["nsml"].next(Fault("status", status=200, body=body))
        with pytest.raises(Failed) as failed:
            await client.projects()
        assert failed.value.problem.cause is Cause.REPLY


async def test_the_gateway_is_asked_once_a_second_unless_told_otherwise(served: Served) -> None:
    """Through a tunnel the real one is on loopback, too."""
    values = {name: value for name, value in served.values.items() if name != "seconds_between_requests"}
    client = NsmlClient(Settings("nsml", values), now=served.clock.now)
    begun = time.monotonic()
    await client.projects()
    await client.projects()
    await client.aclose()
    assert time.monotonic() - begun >= 1.0
