"""Run:ai's tenant and its objects: clusters, nodes, projects, and workloads with their phases."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal

from gputui.sim.clock import Clock
from gputui.sim.runai import seeding
from gputui.sim.runai.models import Cluster, Event, Kind, Node, NodePool, Phase, Pod, Project, Refused, Turn, Workload
from gputui.sim.runai.tokens import Tokens
from gputui.sim.scheduler import Scheduler

PODS_OF_A_NODE = 110  # as Kubernetes has it
Grant = Literal["app_token", "client_credentials", "v2"]


class RunAI:
    """The whole tenant (design 2.7).

    `version` (2.18 … 2.24) decides which paths exist. `tokens.seconds` and `tokens.opaque` configure the tokens,
    `sends_expires_in` adds their lifetime to the first token call, `grant` is the grant type in the profile.
    `partial_metrics` answers metrics with 207 and a gap. `as_documented` formats as the document's examples where they
    contradict the schema: numbers for ids, text for labels, times without a zone.
    """

    name = "runai"

    def __init__(self, clock: Clock, random: Random) -> None:
        self.clock = clock
        self.random = random
        self.life = Scheduler(clock, random)
        self.version = "2.20"
        self.grant: Grant = "app_token"
        self.client_id = f"gputui-{random.getrandbits(32):08x}"
        self.client_secret = f"{random.getrandbits(128):032x}"
        self.tokens = Tokens(clock, random)
        self.sends_expires_in = False
        self.partial_metrics = False
        self.as_documented = False
        tenant = seeding.tenant(random, clock.now())
        self.clusters = tenant.clusters
        self.pools = tenant.pools
        self.nodes = tenant.nodes
        self.projects = tenant.projects
        self.workloads = {one.id: one for one in tenant.workloads}
        for workload in tenant.workloads:
            self._remember_beginning(workload)

    @property
    def token_seconds(self) -> float:
        """The lifetime of a token in seconds."""
        return self.tokens.seconds

    @token_seconds.setter
    def token_seconds(self, seconds: float) -> None:
        self.tokens.seconds = seconds

    def tick(self) -> None:
        """Run what is due."""
        self.life.tick()

    def profile(self, base_url: str) -> dict[str, object]:
        """Return the profile's keys in config.toml; nothing here has SSH access."""
        return {
            "provider": "runai",
            "base_url": base_url.rstrip("/"),
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "grant": self.grant,
        }

    def is_at_least(self, version: str) -> bool:
        """Whether the control plane has that version or a later one."""
        here, there = ([int(part) for part in text.split(".")] for text in (self.version, version))
        return here >= there

    def needs(self, version: str) -> None:
        """Raise Refused with 404 if the control plane is older than that version."""
        if not self.is_at_least(version):
            raise Refused(404, "Not Found")

    def living(self) -> list[Workload]:
        """Return the workloads that are not deleted, oldest first."""
        return sorted((one for one in self.workloads.values() if one.deleted is None), key=lambda one: one.created)

    def buried(self) -> list[Workload]:
        """Return the deleted ones, which the API returns on request."""
        return [one for one in self.workloads.values() if one.deleted is not None]

    def workload(self, workload_id: str) -> Workload:
        """Return a workload, deleted or not. Raises Refused with 404."""
        found = self.workloads.get(workload_id.lower())
        if found is None:
            raise Refused(404, "Resource id not found.")
        return found

    def inference(self, workload_id: str) -> Workload:
        """Return an inference that is not deleted. Raises Refused with 404."""
        found = self.workload(workload_id)
        if found.kind != "Inference" or found.deleted is not None:
            raise Refused(404, "Resource id not found.")
        return found

    def cluster(self, cluster_id: str) -> Cluster:
        """Return a cluster. Raises Refused with 404."""
        for cluster in self.clusters:
            if cluster.id == cluster_id.lower():
                return cluster
        raise Refused(404, "Resource id not found.")

    def project(self, project_id: str) -> Project:
        """Return a project. Raises Refused with 404."""
        for project in self.projects:
            if project.id == project_id:
                return project
        raise Refused(404, "Resource id not found.")

    def default_pool(self, cluster: Cluster) -> NodePool:
        """Return the node pool that a cluster always has."""
        return next(pool for pool in self.pools if pool.cluster is cluster and pool.is_default)

    def nodes_in(self, pool: NodePool) -> list[Node]:
        """Return the nodes of one pool."""
        return [node for node in self.nodes if node.pool is pool]

    def allocated(self, project: Project) -> float:
        """Return the GPUs allocated to a project's running pods."""
        return sum(one.gpus * len(one.running) for one in self.living() if one.project is project)

    def create(self, kind: Kind, name: str, project: Project) -> Workload:
        """Create a workload in Creating."""
        pool = self.random.choice([pool for pool in self.pools if pool.cluster is project.cluster])
        number = len(self.workloads)
        workload = seeding.new_workload(self.random, number, kind, name, project, pool, self.life.now)
        self.add(workload)
        return workload

    def fits(self, workload: Workload) -> bool:
        """Whether a workload would fit into its pool if that were empty."""
        nodes = self.nodes_in(workload.pool)
        enough = workload.gpus * workload.least <= sum(node.gpus for node in nodes)
        return enough and workload.gpus <= max(node.gpus for node in nodes) and workload.least <= self._room(workload)

    def enter(self, workload: Workload, phase: Phase, message: str = "") -> None:
        """Set a workload's phase, and record it in its events and its history."""
        workload.phase = phase
        workload.message = message
        workload.turned = self.life.now
        workload.completed = self.life.now if phase in ("Completed", "Failed") else None
        workload.history.append(Turn(self.life.now, phase, message))
        level: Literal["Normal", "Warning"] = "Warning" if phase in ("Degraded", "Failed", "Unknown") else "Normal"
        self.say(workload, level, phase, message or f"Workload is {phase}")

    def fit_pods(self, workload: Workload, replicas: int | None = None) -> None:
        """Adjust the pods to the phase: pending during a transition, then running, none when stopped."""
        least = min(max(1, workload.least), self._room(workload))
        if workload.phase in ("Stopped", "Completed"):
            workload.pods.clear()
        elif workload.phase == "Running":
            workload.pods = [pod for pod in workload.pods if pod.phase in ("Pending", "Running")]
            self._resize(workload, max(least, len(workload.pods)))
            for pod in workload.pods:
                if pod.phase == "Pending":
                    seeding.place(self.random, pod, workload, self.nodes)
                    pod.phase = "Running"
                    self.say(workload, "Normal", "Started", "Started container main", pod)
        elif workload.phase == "Pending" or replicas is not None:
            self._resize(workload, least if replicas is None else replicas)

    def vanish(self, workload: Workload) -> None:
        """Complete a deletion: from now on only requests for deleted workloads return it."""
        workload.deleted = self.life.now
        workload.pods.clear()

    def say(
        self,
        workload: Workload,
        level: Literal["Normal", "Warning"],
        reason: str,
        message: str,
        pod: Pod | None = None,
    ) -> None:
        """Add an event of a workload or of one of its pods."""
        kind, uid, name = ("Pod", pod.id, pod.name) if pod else (workload.kind, workload.id, workload.name)
        workload.events.append(Event(self.life.now, level, reason, message, "runai-scheduler", kind, uid, name))

    def add(self, workload: Workload) -> None:
        """Add an existing workload."""
        self.workloads[workload.id] = workload
        self._remember_beginning(workload)

    def _room(self, workload: Workload) -> int:
        return PODS_OF_A_NODE * len(self.nodes_in(workload.pool))

    def _resize(self, workload: Workload, replicas: int) -> None:
        del workload.pods[replicas:]
        while len(workload.pods) < replicas:
            seeding.add_pod(self.random, workload, self.nodes, "Pending", self.life.now)

    def later(self, workload: Workload, seconds: float, act: Callable[[], None]) -> None:
        """Run `act` after a delay unless the workload's phase has changed by then."""
        turns = len(workload.history)  # not the time of the last one: two may have the same time

        def when_due() -> None:
            if len(workload.history) == turns and workload.deleted is None:
                act()

        self.life.after(seconds, when_due)

    def _remember_beginning(self, workload: Workload) -> None:
        """Add events and history from before the world began."""
        workload.history.append(Turn(workload.created, "Creating", ""))
        source = "runai-scheduler"
        about = (workload.kind, workload.id, workload.name)
        workload.events.append(Event(workload.created, "Normal", "Created", "Workload was created", source, *about))
        if workload.phase != "Creating":
            workload.history.append(Turn(workload.turned, workload.phase, workload.message))
            level: Literal["Normal", "Warning"] = "Warning" if workload.phase in ("Degraded", "Failed") else "Normal"
            message = workload.message or f"Workload is {workload.phase}"
            workload.events.append(Event(workload.turned, level, workload.phase, message, source, *about))
