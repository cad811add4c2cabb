"""Naver CLOVA NSML: its profile keys, views and columns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gputui.core.actions import KnownVerb
from gputui.core.cells import EMPTY, Cell, Column, Role, gpus, moment, number, words
from gputui.core.exit_codes import exit_in_words
from gputui.core.links import Port
from gputui.core.provider import Children, Provider, Setting, SshTarget, View
from gputui.core.typed_fields import TypedField, gpu_fields
from gputui.providers.nsml.client import NsmlClient
from gputui.providers.nsml.hardware import gpus_of
from gputui.providers.nsml.states import node_health, project_health, run_health
from gputui.providers.nsml.wire import NsmlNode, NsmlProject, Run
from gputui.providers.secrecy import FIELDS

EVERY = 10.0
"""Seconds between readings: the gateway allows about one request a second, and every run takes one."""
LOGIN_USER = "root"
_HIGHEST_PORT = 65535


def _absent(*verbs: str) -> Mapping[str, str]:
    reasons = {verb: f"this API has no {verb} call in its published reference" for verb in verbs}
    return MappingProxyType({"new": "this console only reads NSML: runs and projects are made elsewhere", **reasons})


def _gpus(node: NsmlNode) -> Cell:
    known = gpus_of(node.resource_type)
    return gpus(*known) if known else words(node.resource_type)


def _reachable(node: NsmlNode) -> bool:
    return bool(node.host) and 0 < (node.ssh_port or 0) <= _HIGHEST_PORT


def _address(node: NsmlNode) -> Cell:
    return words(f"{node.host}:{node.ssh_port}" if _reachable(node) else node.host)


def _ssh(node: NsmlNode) -> SshTarget | str:
    """Where to log in: by key, on a port of a host that many nodes share."""
    if not node.host or not _reachable(node):
        return f"the API gives no SSH address for it yet: it is {node.status or 'in no state'}"
    return SshTarget(node.host, node.ssh_port, usual_user=LOGIN_USER)


def _ports(node: NsmlNode) -> tuple[Port, ...]:
    """The ports that the run itself serves: inside the node these are its NSML_PORT variables."""
    numbers = (int(text) for text in node.ports if text.isascii() and text.isdigit() and len(text) <= 5)
    return tuple(Port("TCP port", number) for number in numbers if 0 < number <= _HIGHEST_PORT)


def _exit(node: NsmlNode) -> Cell:
    """The exit code; -1 means that there is none yet."""
    if node.exit_code is None or node.exit_code == -1:
        return EMPTY
    return Cell(str(node.exit_code), node.exit_code, "bad" if node.failed_with else "plain")


def _reasons(node: NsmlNode) -> tuple[str, ...]:
    known = node.exit_code is not None and node.exit_code >= 0
    return (exit_in_words(node.exit_code),) if known and node.exit_code is not None else ()


def _of_project(project: NsmlProject, run: Run) -> bool:
    return run.project_id == project.project_id


def _of_run(run: Run, node: NsmlNode) -> bool:
    return node.project_id == run.project_id and node.run_name == run.run_name


def _nodes_of_project(project: NsmlProject, node: NsmlNode) -> bool:
    return node.project_id == project.project_id


NODES: View[NsmlClient, NsmlNode] = View(
    name="nodes",
    title="Nodes",
    fetch=NsmlClient.nodes,
    key=lambda node: node.key,
    label=lambda node: node.title,
    columns=(
        Column("GPU", _gpus, max_width=14, role=Role.GPU),
        Column("ADDRESS", _address, role=Role.ADDRESS),
        Column("AGE", lambda node: moment(node.created), right=True, role=Role.AGE),
        Column("EXIT", _exit, right=True, kind="number"),
        Column("RESOURCE", lambda node: words(node.resource_type), wide=True),
        Column("IMAGE", lambda node: words(node.container_image), wide=True, max_width=50, role=Role.IMAGE),
        Column("COMMAND", lambda node: words(node.command), wide=True),
        Column("PORTS", lambda node: words(", ".join(node.ports)), wide=True),
        Column("PROJECT", lambda node: words(node.project_name), wide=True, role=Role.GROUP),
        Column("RUN", lambda node: words(node.run_name), wide=True),
        Column("RANK", lambda node: number(node.rank), right=True, wide=True, kind="number"),
        Column("UPDATED", lambda node: moment(node.updated), right=True, wide=True, kind="moment"),
        Column("NODE ID", lambda node: words(node.node_id), wide=True),
    ),
    state=lambda node: node.status,
    health=node_health,
    machine=True,
    every=EVERY,
    ssh=_ssh,
    reasons=_reasons,
    ports=_ports,
    read_one=NsmlClient.node_again,
    secrets=FIELDS,
    fields=(
        *gpu_fields(lambda node: gpus_of(node.resource_type)),
        TypedField("project_id", lambda node: node.project_id),
        TypedField("port_list", lambda node: [port.number for port in _ports(node)]),
    ),
    absent=_absent("start", "stop", "reboot", "lock", "edit", "delete", KnownVerb.METRICS, "logs"),
)

RUNS: View[NsmlClient, Run] = View(
    name="runs",
    title="Runs",
    fetch=NsmlClient.runs,
    key=lambda run: f"{run.project_id}/{run.run_name}",
    label=lambda run: run.title,
    columns=(
        Column("TYPE", lambda run: words(run.run_type)),
        Column("CREATOR", lambda run: words(run.creator), role=Role.OWNER),
        Column("AGE", lambda run: moment(run.created), right=True, role=Role.AGE),
        Column("UPDATED", lambda run: moment(run.updated), right=True, kind="moment"),
        Column("PROJECT", lambda run: words(run.project_name), wide=True),
        Column("PROJECT ID", lambda run: words(run.project_id), wide=True),
    ),
    state=lambda run: run.state,
    health=run_health,
    every=EVERY,
    show=NsmlClient.show_run,
    read_one=NsmlClient.run_again,
    children=(Children("nodes", _of_run, NsmlClient.nodes_of),),
    secrets=FIELDS | {"envs", "env"},
    fields=(TypedField("run", lambda run: run.run_name),),
    absent=_absent("start", "stop", "edit", "delete", KnownVerb.METRICS, "logs"),
)

PROJECTS: View[NsmlClient, NsmlProject] = View(
    name="projects",
    title="Projects",
    fetch=NsmlClient.projects,
    key=lambda project: project.project_id,
    label=lambda project: project.project_name or project.project_id,
    columns=(
        Column("RUNS", lambda project: number(project.run_count), right=True, kind="number"),
        Column("NODES", lambda project: number(project.node_count), right=True, kind="number"),
        Column("AGE", lambda project: moment(project.created), right=True, role=Role.AGE),
        Column("UPDATED", lambda project: moment(project.updated), right=True, wide=True, kind="moment"),
        Column("PROJECT ID", lambda project: words(project.project_id), wide=True),
    ),
    state=lambda project: project.status or "",
    health=project_health,
    every=EVERY,
    show=NsmlClient.show_project,
    children=(Children("runs", _of_project), Children("nodes", _nodes_of_project)),
    secrets=FIELDS,
    absent=_absent("edit"),
)

PROVIDER: Provider[NsmlClient] = Provider(
    name="nsml",
    title="Naver CLOVA NSML",
    settings=(
        Setting("access_key", "secret", required=True, help="the access key of the account or a sub account"),
        Setting("secret_key", "secret", required=True, help="the secret key of the same pair"),
        Setting("api_key", "secret", required=True, help="the API Gateway key approved for CLOVA NSML"),
        Setting("projects", "texts", help="names or ids of the projects to show; all where it is left out"),
        Setting("base_url", "url", help="another address for the API"),
        Setting(
            "seconds_between_requests",
            default="1",
            allowed=("0", "0.5", "1", "2", "5"),
            help="how slowly the API is asked: its gateway turns away who asks faster than once a second",
        ),
    ),
    connect=NsmlClient,
    views=(NODES, RUNS, PROJECTS),
)
