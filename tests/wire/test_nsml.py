"""NSML's documented examples against our models, what odd objects do, and what the screen makes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gputui.core.cells import EMPTY, Cell, Role
from gputui.core.health import Health
from gputui.core.provider import SshTarget, View
from gputui.core.reading import columns, rows
from gputui.core.rows import Item, Listing
from gputui.core.text import Json
from gputui.providers.nsml.hardware import gpus_of
from gputui.providers.nsml.states import node_health, project_health, run_health
from gputui.providers.nsml.views import NODES, PROJECTS, PROVIDER, RUNS
from gputui.providers.nsml.wire import NsmlNode, NsmlProject, Run
from gputui.providers.wire import Wire, read_rows

NODE: Json = json.loads("""
{
    "nodeId": "******0lonwq7k******",
    "projectId": "******ygz0iujn******",
    "projectName": "project",
    "runName": "2",
    "state": "NODE_STATE_RUNNING",
    "resourceType": "[Notebook] 4vCPU, 16GB Mem",
    "containerImage": "nvcr.io/nvidia/tensorflow:21.02-tf1-py3",
    "rank": 0,
    "exitCode": -1,
    "host": "223.130.154.166",
    "sshPort": 15001,
    "tcpPorts": [
        15002,
        15003
    ],
    "command": "",
    "createTime": "2024-09-03T01:38:26",
    "updateTime": "2024-09-03T01:39:51"
}
""")
# The listing calls are in no seed: these have the keys and formats that the reference gives for them.
RUN: Json = json.loads("""
{
    "runName": "2",
    "runType": "NOTEBOOK",
    "projectId": "******ygz0iujn******",
    "projectName": "project",
    "status": "RUN_STATE_IN_PROGRESS",
    "creator": "creator",
    "createTime": "2024-09-03 10:38:21",
    "updateTime": "2024-09-03 10:39:51"
}
""")
PROJECT: Json = json.loads("""
{
    "projectId": "******ygz0iujn******",
    "vpcNo": 12345,
    "projectName": "project",
    "status": "CREATED",
    "userNo": 67890,
    "runCount": 2,
    "nodeCount": 1,
    "createdDate": "2024-09-03 10:30:00",
    "updatedDate": "2024-09-03 10:30:00"
}
""")


@pytest.mark.parametrize(
    ("model", "example"), [(NsmlNode, NODE), (Run, RUN), (NsmlProject, PROJECT)], ids=["node", "run", "project"]
)
def test_an_example_comes_back_as_it_was(model: type[Wire], example: Json) -> None:
    assert model.model_validate(example).model_dump(by_alias=True, exclude_unset=True) == example


def node(**changes: Any) -> NsmlNode:
    """The documented node, changed."""
    assert isinstance(NODE, dict)
    return NsmlNode.model_validate({**NODE, **changes})


def cells(view: View[Any, Any], value: Any) -> dict[str, tuple[str, Any]]:
    """What a row of `value` shows, by the columns' ids."""
    shown, _ = rows(view, "p", Listing((Item(value, None),)))
    (row,) = shown.values()
    assert row.item is value, row.cells[-1].text
    return {column.id: (cell.text, cell.value) for column, cell in zip(columns(view), row.cells, strict=True)}


def test_the_row_of_a_node_says_what_counts_at_night() -> None:
    shown = cells(NODES, node())
    assert shown["name"][0] == "project/2.0"
    assert shown["state"][0] == "RUNNING"
    assert shown["gpu"][0] == "[Notebook] 4vCPU, 16GB Mem"
    assert shown["address"][0] == "223.130.154.166:15001"
    assert shown["exit"] == (EMPTY.text, None)
    assert shown["ports"][0] == "15002, 15003"


def test_nodes_are_in_utc_and_runs_in_korean_time() -> None:
    run = Run.model_validate(RUN)
    assert node().updated == run.updated == datetime(2024, 9, 3, 1, 39, 51, tzinfo=UTC)
    assert node().created == datetime(2024, 9, 3, 1, 38, 26, tzinfo=UTC)
    assert NsmlProject.model_validate(PROJECT).created == datetime(2024, 9, 3, 1, 30, tzinfo=UTC)


def test_ports_are_read_under_the_misspelt_key_too() -> None:
    assert isinstance(NODE, dict)
    table = {key: value for key, value in NODE.items() if key != "tcpPorts"}
    assert NsmlNode.model_validate({**table, "tcpProts": [15002]}).ports == ("15002",)
    assert node(tcpProts=[1]).ports == ("15002", "15003")
    assert NsmlNode.model_validate(table).ports == ()
    assert node(tcpPorts=None).ports == ()


@pytest.mark.parametrize("absent", [key for key in json.loads(json.dumps(NODE)) if key != "nodeId"])
@pytest.mark.parametrize("how", ["missing", "null"])
def test_a_node_with_an_id_may_lack_anything_else(absent: str, how: str) -> None:
    assert isinstance(NODE, dict)
    odd: Json = {key: value for key, value in NODE.items() if key != absent}
    if how == "null":
        odd = {**NODE, absent: None}
    listing = read_rows(NsmlNode, [odd])
    assert not listing.unreadable
    cells(NODES, listing.items[0].value)


@pytest.mark.parametrize("no_id", ["", None])
def test_without_an_id_project_run_and_rank_are_one(no_id: str | None) -> None:
    assert NODES.key(node(nodeId=no_id, rank=3)) == "******ygz0iujn******/2/3"
    assert NODES.key(node()) == "******0lonwq7k******"


def test_what_cannot_be_identified_stands_beside_the_good_ones() -> None:
    assert isinstance(NODE, dict)
    nameless = {**NODE, "nodeId": None, "rank": None}
    listing = read_rows(NsmlNode, [NODE, nameless, "text", None])
    assert len(listing.items) == 1
    assert [entry.raw for entry in listing.unreadable] == [nameless, "text", None]
    assert "neither nodeId nor" in listing.unreadable[0].reason


def test_a_run_may_come_with_its_number_as_one() -> None:
    assert isinstance(RUN, dict)
    assert Run.model_validate({**RUN, "runName": 2}).title == "project/2"
    assert node(runName=2).title == "project/2.0"


def test_a_node_that_says_little_is_called_by_what_it_has() -> None:
    assert node(projectName=None).title == "******ygz0iujn******/2.0"
    assert node(runName=None).title == "******0lonwq7k******"


@pytest.mark.parametrize(
    ("state", "exit_code", "expected"),
    [
        ("NODE_STATE_RUNNING", -1, Health.OK),
        ("NODE_STATE_COMPLETED", 0, Health.OFF),
        ("NODE_STATE_COMPLETED", 1, Health.BAD),
        ("NODE_STATE_FAILED", 137, Health.BAD),
        ("NODE_STATE_START_ERROR", None, Health.BAD),
        ("NODE_STATE_PENDING", -1, Health.CHANGING),
        ("NODE_STATE_DRAINING", -1, Health.UNKNOWN),
        (None, None, Health.UNKNOWN),
    ],
)
def test_the_health_of_a_node(state: str | None, exit_code: int | None, expected: Health) -> None:
    assert node_health(node(state=state, exitCode=exit_code)) is expected


@pytest.mark.parametrize(
    ("status", "shown", "expected"),
    [
        ("RUN_STATE_IN_PROGRESS", "IN_PROGRESS", Health.OK),
        ("RUN_STATE_COMPLETED", "COMPLETED", Health.OFF),
        ("RUN_STATE_FAILED", "FAILED", Health.BAD),
        ("RUN_STATE_ARCHIVED", "ARCHIVED", Health.UNKNOWN),
        (None, "", Health.UNKNOWN),
    ],
)
def test_the_health_of_a_run(status: str | None, shown: str, expected: Health) -> None:
    assert isinstance(RUN, dict)
    run = Run.model_validate({**RUN, "status": status})
    assert RUNS.state is not None
    assert RUNS.state(run) == shown
    assert run_health(run) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("CREATING", Health.CHANGING),
        ("CREATED", Health.OK),
        ("CHANGING", Health.CHANGING),
        ("DELETING", Health.CHANGING),
        ("DELETED", Health.OFF),
    ],
)
def test_the_health_of_a_project(status: str, expected: Health) -> None:
    assert project_health(NsmlProject(project_id="p", status=status)) is expected


def test_an_exit_code_that_tells_of_a_failure_stands_out() -> None:
    column = next(column for column in NODES.columns if column.title == "EXIT")
    assert column.cell(node(exitCode=-1)) == EMPTY
    assert column.cell(node(exitCode=0)).tone == "plain"
    failed = column.cell(node(exitCode=137))
    assert (failed.text, failed.value, failed.tone) == ("137", 137, "bad")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("[Train] 128vCPU, 1,900GB Mem, A100 8EA", (8, "A100")),
        ("[Notebook] 8vCPU, 60GB Mem, T4 1EA", (1, "T4")),
        ("GPU 2EA, vCPU 8EA, Memory 60GB", (2, "")),
        ("8x H100 80GB", (8, "H100")),
        ("V100 × 4", (4, "V100")),
        ("[Train] A100 80GB x 8", (8, "A100")),
        ("[Train] 96vCPU, 1,800GB Mem, A100 (80GB) x 8", (8, "A100")),
        ("A100-SXM4-80GB x8", (8, "A100")),
        ("H100 80GB HBM3 8EA", (8, "H100")),
        ("H100 80G * 8", (8, "H100")),
        ("8xA100-SXM4-80GB", (8, "A100")),
        ("8x NVIDIA H200 141GB", (8, "H200")),
        ("L40S 48GB ×4", (4, "L40S")),
        ("RTX A6000 x 2", (2, "RTX A6000")),
        ("RTX 4090 24GB x 2", (2, "RTX 4090")),
        ("GB200 x 4", (4, "GB200")),
        ("GPU x 8", (8, "")),
        ("A100 80GB 8장", (8, "A100")),
        ("A100 80GB", None),
        ("A100, 8 x 3.2TB NVMe", None),
        ("A100 80GB, vCPU 8EA", None),
        ("2 x 40GB disks, V100", None),
        ("16 GPUs (A100)", (16, "A100")),
        ("[Notebook] 4vCPU, 16GB Mem", None),
        ("vCPU 8EA, Memory 30GB", None),
        ("", None),
        (None, None),
    ],
)
def test_gpus_are_read_only_off_plain_names(name: str | None, expected: object) -> None:
    assert gpus_of(name) == expected


def test_the_gpu_column_says_the_count_and_the_model() -> None:
    column = next(column for column in NODES.columns if column.role is Role.GPU)
    assert column.cell(node(resourceType="[Train] A100 80GB x 8")) == Cell("8×A100", 8)


def test_ssh_goes_to_the_node_s_own_port_as_root() -> None:
    assert NODES.ssh is not None
    assert NODES.ssh(node()) == SshTarget("223.130.154.166", 15001, usual_user="root")


@pytest.mark.parametrize(
    "changes", [{"host": ""}, {"host": None}, {"sshPort": 0}, {"sshPort": None}, {"sshPort": 70000}]
)
def test_a_node_without_an_address_says_so(changes: dict[str, Any]) -> None:
    assert NODES.ssh is not None
    reason = NODES.ssh(node(state="NODE_STATE_PENDING", **changes))
    assert reason == "the API gives no SSH address for it yet: it is PENDING"


def test_the_views_stand_in_the_order_of_the_screen_and_are_read_seldom() -> None:
    assert [(view.name, view.title, view.machine, view.every) for view in PROVIDER.views] == [
        ("nodes", "Nodes", True, 10.0),
        ("runs", "Runs", False, 10.0),
        ("projects", "Projects", False, 10.0),
    ]


def test_the_keys_of_a_profile_are_those_of_the_contract() -> None:
    assert {setting.name: setting.kind for setting in PROVIDER.settings} == {
        "access_key": "secret",
        "secret_key": "secret",
        "api_key": "secret",
        "projects": "texts",
        "base_url": "url",
        "seconds_between_requests": "text",
    }


def test_verbs_that_the_api_lacks_are_not_there_and_say_why() -> None:
    assert not any(view.actions for view in PROVIDER.views)
    for verb in ("start", "stop", "delete"):
        assert NODES.absent[verb] == RUNS.absent[verb] == f"this API has no {verb} call in its published reference"


def test_drill_down_leads_from_projects_to_runs_to_nodes() -> None:
    run, project = Run.model_validate(RUN), NsmlProject.model_validate(PROJECT)
    (of_run,) = RUNS.children
    assert of_run.view == "nodes"
    assert of_run.fetch is not None
    assert of_run.match(run, node())
    assert not of_run.match(run, node(runName="3"))
    assert not of_run.match(run, node(projectId="other"))
    runs, nodes = PROJECTS.children
    assert (runs.view, nodes.view) == ("runs", "nodes")
    assert runs.match(project, run)
    assert nodes.match(project, node())
    assert not nodes.match(project, node(projectId="other"))
