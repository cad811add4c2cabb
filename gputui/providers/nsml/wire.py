"""The objects of the NSML API, as received."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Self

from pydantic import ConfigDict, model_validator
from pydantic.alias_generators import to_camel

from gputui.providers.wire import Wire, read_moment

RUN_PREFIX, NODE_PREFIX = "RUN_STATE_", "NODE_STATE_"
IN_PROGRESS = "IN_PROGRESS"
_ENDED = ("COMPLET", "SUCCE", "FAIL", "ERROR", "STOPPED", "CANCEL", "KILLED", "TERMINATED", "DELETED")
"""Parts of the status of ended runs; the reference documents the first, and does not name the others."""


def _korea() -> tzinfo:
    """The zone of runs and projects: times of nodes are nine hours earlier, in UTC, and neither names its zone."""
    return timezone(timedelta(hours=9), "KST")


class Named(Wire):
    """An object with keys in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class NsmlProject(Named):
    """A project; the list gives counts, the details a note."""

    project_id: str
    project_name: str | None = None
    status: str | None = None
    vpc_no: int | str | None = None
    user_no: int | str | None = None
    run_count: int | None = None
    node_count: int | None = None
    nas_volume_size: int | str | None = None
    note: str | None = None
    created_date: str | None = None
    updated_date: str | None = None

    @property
    def created(self) -> datetime | None:
        """When it was created."""
        return read_moment(self.created_date, _korea())

    @property
    def updated(self) -> datetime | None:
        """When it was last changed."""
        return read_moment(self.updated_date, _korea())


class Run(Named):
    """A run of a project: its name is a number, unique in the project only."""

    project_id: str
    run_name: str
    run_type: str | None = None
    project_name: str | None = None
    status: str | None = None
    creator: str | None = None
    create_time: str | None = None
    update_time: str | None = None

    @property
    def state(self) -> str:
        """The status without its prefix."""
        return (self.status or "").removeprefix(RUN_PREFIX)

    @property
    def title(self) -> str:
        """Its name for people: project and number."""
        return f"{self.project_name or self.project_id}/{self.run_name}"

    @property
    def has_nodes(self) -> bool:
        """Whether it may have nodes now: in every state that is not an end."""
        return not any(word in self.state.upper() for word in _ENDED)

    @property
    def created(self) -> datetime | None:
        """When it was started."""
        return read_moment(self.create_time, _korea())

    @property
    def updated(self) -> datetime | None:
        """When its state last changed."""
        return read_moment(self.update_time, _korea())


class NsmlNode(Named):
    """A node of a run: one container, reached at a port of a shared host."""

    node_id: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    run_name: str | None = None
    state: str | None = None
    resource_type: str | None = None
    container_image: str | None = None
    rank: int | None = None
    exit_code: int | None = None
    host: str | None = None
    ssh_port: int | None = None
    tcp_ports: list[int | str] | None = None
    tcp_prots: list[int | str] | None = None
    command: str | None = None
    create_time: str | None = None
    update_time: str | None = None

    @model_validator(mode="after")
    def _identified(self) -> Self:
        """Without an id of its own, project, run and rank identify it."""
        if not self.node_id and (not self.project_id or not self.run_name or self.rank is None):
            raise ValueError("neither nodeId nor projectId, runName and rank")
        return self

    @property
    def key(self) -> str:
        """Its unique key."""
        return self.node_id or f"{self.project_id}/{self.run_name}/{self.rank}"

    @property
    def title(self) -> str:
        """Its name for people: project, run and rank; only the id if the rest is missing."""
        project = self.project_name or self.project_id
        if not project or not self.run_name or self.rank is None:
            return self.key
        return f"{project}/{self.run_name}.{self.rank}"

    @property
    def status(self) -> str:
        """The state without its prefix."""
        return (self.state or "").removeprefix(NODE_PREFIX)

    @property
    def failed_with(self) -> int | None:
        """The exit code if it means a failure: -1 means that the node still runs."""
        return self.exit_code if self.exit_code is not None and self.exit_code > 0 else None

    @property
    def ports(self) -> tuple[str, ...]:
        """Its open TCP ports; the document's table spells the key `tcpProts`, its example `tcpPorts`."""
        return tuple(str(port) for port in self.tcp_ports or self.tcp_prots or ())

    @property
    def created(self) -> datetime | None:
        """When it was created."""
        return read_moment(self.create_time, UTC)

    @property
    def updated(self) -> datetime | None:
        """When its state last changed."""
        return read_moment(self.update_time, UTC)
