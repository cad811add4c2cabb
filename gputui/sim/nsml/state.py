"""CLOVA NSML: projects, their runs, and the nodes of the runs."""

from __future__ import annotations

from random import Random

from gputui.sim.clock import Clock
from gputui.sim.nsml.auth import Keys
from gputui.sim.nsml.errors import not_found
from gputui.sim.nsml.models import IN_PROGRESS, NODE_COMPLETED, NODE_FAILED, PENDING, Node, Project, Run
from gputui.sim.nsml.paths import PREFIX
from gputui.sim.nsml.seeding import seed_projects
from gputui.sim.scheduler import Scheduler
from gputui.sim.ssh_listeners import SshListeners


class Nsml:
    """The simulated NSML service. The published API is read-only, so this one is too."""

    name = "nsml"

    def __init__(self, clock: Clock, random: Random, door: SshListeners) -> None:
        self.clock = clock
        self.random = random
        self.life = Scheduler(clock, random)
        self.keys = Keys(
            "ncp_iam_TESTACCESSKEY0001", "ncp_iam_TESTSECRETKEY00000000000000001", "nsml-api-key-for-tests-0001"
        )
        self._door = door
        self.projects = seed_projects(random, clock.now())
        for run in self.runs():
            for node in run.nodes:
                if node.state not in (PENDING, NODE_COMPLETED, NODE_FAILED):
                    self.open(run, node)

    def tick(self) -> None:
        """Bring the account up to the current time."""
        self.life.tick()

    def profile(self, base_url: str) -> dict[str, object]:
        """Return the profile of config.toml for this account; SSH is by key, as root."""
        return {
            "provider": "nsml",
            "access_key": self.keys.access,
            "secret_key": self.keys.secret,
            "api_key": self.keys.api,
            "base_url": base_url + PREFIX,
            "seconds_between_requests": "0",  # this gateway has no rate limit
            "ssh": {
                "user": "root",
                "identity_file": str(self._door.client_key_path),
                "allow_local": True,
                "host_keys": "accept-new",
            },
        }

    def runs(self) -> list[Run]:
        """Return all runs of all projects, newest first."""
        return sorted((run for project in self.projects for run in project.runs), key=lambda run: -run.created)

    def project(self, id: str) -> Project:
        """Return the project with that id. Raises Turned if there is none."""
        for project in self.projects:
            if project.id == id:
                return project
        raise not_found()

    def run(self, project_id: str, name: str) -> Run:
        """Return the run with that name. Raises Turned if there is none."""
        for run in self.project(project_id).runs:
            if run.name == name:
                return run
        raise not_found()

    def open(self, run: Run, node: Node) -> None:
        """Give a node that starts running its address."""
        node.host, node.port = self._door.open(
            f"{run.project.name}-{run.name}-{node.rank}",
            user="root",
            password=None,
            gpus=run.product.gpus,
            gpu_model=run.product.gpu,
            host=node.home,
            ports=2,
        )
        node.tcp = (node.port + 1, node.port + 2)

    def enter(self, run: Run, node: Node, state: str, code: int = -1) -> None:
        """Set a node's state; an ended one no longer accepts logins."""
        node.state, node.exit, node.updated = state, code, self.life.now
        if state in (NODE_COMPLETED, NODE_FAILED):
            self._door.close(node.port, node.home)
        elif state != PENDING and not node.port:
            self.open(run, node)

    def finish(self, run: Run, status: str, state: str, code: int) -> None:
        """End a run and all of its active nodes."""
        if run.status != IN_PROGRESS:
            return
        run.status, run.updated = status, self.life.now
        for node in run.nodes:
            if node.exit == -1:
                self.enter(run, node, state, code)
