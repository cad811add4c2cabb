"""The objects of CLOVA NSML as the simulator stores them, and their JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

Wire = dict[str, object]
CREATOR = "research-admin"
IN_PROGRESS, COMPLETED, FAILED = "RUN_STATE_IN_PROGRESS", "RUN_STATE_COMPLETED", "RUN_STATE_FAILED"
RUNNING, PENDING = "NODE_STATE_RUNNING", "NODE_STATE_PENDING"
NODE_COMPLETED, NODE_FAILED = "NODE_STATE_COMPLETED", "NODE_STATE_FAILED"


def korean(at: float) -> str:
    """Format a time as in runs, projects and keys: Korean time, with a space, without a zone."""
    return datetime.fromtimestamp(at, timezone(timedelta(hours=9))).strftime("%Y-%m-%d %H:%M:%S")


def universal(at: float) -> str:
    """Format a time as in nodes: UTC, with a T, without a zone."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True, slots=True)
class Product:
    """A type of GPU server; its English name may begin with a bracket."""

    code: int
    use: str
    title: str
    name: str
    gpus: int
    gpu: str
    counts: tuple[int, ...]

    def wire(self) -> Wire:
        """Return the JSON of the product list."""
        return {
            "gpuSvrCode": self.code,
            "nodeCounts": list(self.counts),
            "useType": self.use,
            "serverProductCode": f"SVR.NSML.{self.use}.{self.code:03d}",
            "productName": self.name,
            "engFullName": self.title,
        }


@dataclass(slots=True)
class Node:
    """A container on a GPU server; without an address until it runs, then it listens at `home`."""

    id: str
    rank: int
    state: str
    created: float
    updated: float
    host: str = ""
    port: int = 0
    tcp: tuple[int, ...] = ()
    exit: int = -1
    home: str = "127.0.0.1"

    def wire(self, run: Run) -> Wire:
        """Return the JSON of its run's node list."""
        return {
            "nodeId": self.id,
            "projectId": run.project.id,
            "projectName": run.project.name,
            "runName": run.name,
            "state": self.state,
            "resourceType": run.product.title,
            "containerImage": run.image,
            "rank": self.rank,
            "exitCode": self.exit,
            "host": self.host,
            "sshPort": self.port,
            "tcpPorts": list(self.tcp),
            "command": run.command,
            "createTime": universal(self.created),
            "updateTime": universal(self.updated),
        }


@dataclass(slots=True)
class Run:
    """A job or notebook of a project; its name is a number counted within the project."""

    name: str
    project: Project
    product: Product
    image: str
    command: str
    status: str
    created: float
    updated: float
    nodes: list[Node] = field(default_factory=list)

    @property
    def lasts(self) -> bool:
        """Whether it has not ended."""
        return self.status not in (COMPLETED, FAILED)

    def wire(self) -> Wire:
        """Return the JSON of the list of all runs."""
        return {
            "runName": self.name,
            "runType": "NOTEBOOK" if self.product.use == "DEV" else "TRAIN",
            "projectId": self.project.id,
            "projectName": self.project.name,
            "status": self.status,
            "creator": CREATOR,
            "createTime": korean(self.created),
            "updateTime": korean(self.updated),
        }

    def detail(self) -> Wire:
        """Return the JSON of its details."""
        return {
            "runName": self.name,
            "projectId": self.project.id,
            "projectName": self.project.name,
            "status": self.status,
            "creator": CREATOR,
            "engFullName": self.product.title,
            "gpuSvrCode": self.product.code,
            "imageType": "BASE",
            "imagePath": self.image,
            "command": self.command,
            "envs": {"NCCL_DEBUG": "WARN"} if self.command else {},
            "note": "",
        }


@dataclass(slots=True)
class Project:
    """A team's project, with its volume."""

    id: str
    number: int
    name: str
    status: str
    volume_gb: int
    note: str
    created: float
    runs: list[Run] = field(default_factory=list, repr=False)

    def wire(self) -> Wire:
        """Return the JSON of the project list."""
        return {
            "projectId": self.id,
            "vpcNo": 48213,
            "projectName": self.name,
            "status": self.status,
            "userNo": 2701442,
            "runCount": len(self.runs),
            "nodeCount": sum(len(run.nodes) for run in self.runs if run.status == IN_PROGRESS),
            "createdDate": korean(self.created),
            "updatedDate": korean(self.created),
        }

    def detail(self) -> Wire:
        """Return the JSON of its details."""
        return {
            "projectId": self.id,
            "projectName": self.name,
            "status": self.status,
            "note": self.note,
            "runCount": len(self.runs),
            "nasVolumeSize": self.volume_gb,
            "createdDate": korean(self.created),
            "updatedDate": korean(self.created),
        }

    def volume(self) -> Wire:
        """Return the JSON of its network volume."""
        return {
            "projectId": self.id,
            "nasVolumeInstanceNo": str(27000000 + self.number),
            "nasIp": f"10.250.53.{70 + self.number}",
            "nasPath": f"/n2701442_{self.name.replace('-', '')}",
            "nasVolumeSize": self.volume_gb,
            "createdDate": korean(self.created),
            "updatedDate": korean(self.created),
        }
