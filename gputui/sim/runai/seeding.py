"""The initial Run:ai tenant: two clusters, three node pools, 24 nodes, five projects, 44 workloads."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from random import Random

from gputui.sim.runai.models import Cluster, Department, Kind, Node, NodePool, Phase, Pod, PodPhase, Project, Workload
from gputui.sim.runai.order import Order

DAY = 86_400.0
IMAGES = (
    "nvcr.io/nim/meta/llama-3.1-8b-instruct:1.3.3",
    "vllm/vllm-openai:v0.6.4",
    "ghcr.io/huggingface/text-generation-inference:2.4.0",
    "nvcr.io/nvidia/tritonserver:24.10-py3",
)
MODELS = (
    "llama-8b", "llama-70b", "qwen-32b", "mistral-7b", "whisper-large", "bge-embeddings", "rerank-m3", "sdxl-turbo",
    "code-helper", "ocr-korean", "tts-neural", "vision-qa",
)  # fmt: skip
OTHERS: tuple[tuple[Kind, str, Phase], ...] = (
    ("Training", "finetune-llama", "Running"), ("Training", "pretrain-small", "Completed"),
    ("Training", "rlhf-sweep", "Failed"), ("Training", "distil-nightly", "Pending"),
    ("Workspace", "notebook-east", "Running"), ("Workspace", "notebook-west", "Stopped"),
    ("Workspace", "vscode-team", "Running"), ("Distributed", "deepspeed-moe", "Running"),
)  # fmt: skip
# every phase of the API occurs among the inferences
UNUSUAL: tuple[Phase, ...] = (
    "Degraded", "Failed", "Pending", "Initializing", "Creating", "Updating", "Stopped", "Resuming", "Stopping",
    "Terminating", "Deleting", "Completed", "Unknown",
)  # fmt: skip
INFERENCES = 36
# phase of a workload → phases of its pods, besides the running ones
PODS: dict[Phase, tuple[PodPhase, ...]] = {
    "Running": ("Running",), "Updating": ("Running", "Pending"), "Degraded": ("Running", "Failed"),
    "Pending": ("Pending",), "Initializing": ("Pending",), "Resuming": ("Pending",), "Stopping": ("Running",),
    "Terminating": ("Running",), "Deleting": ("Running",), "Failed": ("Failed",), "Completed": ("Succeeded",),
    "Unknown": ("Unknown",), "Creating": (), "Stopped": (),
}  # fmt: skip
MESSAGES: dict[Phase, str] = {
    "Degraded": "1 of 2 replicas is not ready: back-off restarting failed container",
    "Failed": "OOMKilled: container exceeded its memory limit",
    "Pending": "0/8 nodes are available: 8 Insufficient nvidia.com/gpu",
    "Initializing": "Pulling image",
    "Unknown": "The cluster has not reported for 15 minutes",
}


@dataclass(slots=True)
class Tenant:
    """All initial objects of a tenant."""

    clusters: list[Cluster]
    pools: list[NodePool]
    nodes: list[Node]
    projects: list[Project]
    workloads: list[Workload]


def tenant(random: Random, now: float) -> Tenant:
    """Return all initial objects, including three deleted workloads."""
    clusters = [
        Cluster(fresh_id(random), "prod-seoul", "prod.runai.example.com", "Connected", now - 300 * DAY),
        Cluster(fresh_id(random), "lab-tokyo", "lab.runai.example.com", "ServiceIssues", now - 120 * DAY),
    ]
    pools = [
        NodePool("100001", "default", clusters[0], "Ready", now - 300 * DAY, is_default=True),
        NodePool("100002", "h100", clusters[0], "Ready", now - 200 * DAY, is_default=False),
        NodePool("100003", "default", clusters[1], "Ready", now - 120 * DAY, is_default=True),
    ]
    nodes = _nodes(random, pools, now)
    projects = _projects(clusters, now)
    workloads = _workloads(random, projects, pools, nodes, now)
    return Tenant(clusters, pools, nodes, projects, workloads)


def fresh_id(random: Random) -> str:
    """Return a version 4 UUID from the world's random source, so that a seed reproduces the world."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def new_workload(
    random: Random, number: int, kind: Kind, name: str, project: Project, pool: NodePool, now: float
) -> Workload:
    """Return a new workload as the control plane creates it: Creating, without pods."""
    replicas = {"Inference": random.choice(((1, 1), (1, 3), (2, 4), (0, 2), (2, 3))), "Distributed": (4, 4)}
    least, most = replicas.get(kind, (1, 1))
    return Workload(
        id=fresh_id(random), name=name, requested_name=name, kind=kind, project=project, pool=pool,
        submitted_by=random.choice(("ml-platform@example.com", "search@example.com", "vision@example.com")),
        image=random.choice(IMAGES), created=now, phase="Creating", turned=now,
        gpus=random.choice((0.25, 0.5, 1, 1, 2)) if pool.is_default else random.choice((1, 2, 2, 4)),
        least=least, most=most, number=number,
    )  # fmt: skip


def ordered_workload(
    random: Random, number: int, name: str, order: Order, project: Project, pool: NodePool, owner: str, now: float
) -> Workload:
    """Return the inference that the control plane creates from an order: Creating, without pods."""
    least, most = order.replicas
    return Workload(
        id=fresh_id(random), name=name, requested_name=order.name, kind="Inference", project=project, pool=pool,
        submitted_by=owner, image=order.image, created=now, phase="Creating", turned=now, gpus=order.gpus,
        least=least, most=most, number=number, spec=order.spec,
    )  # fmt: skip


def add_pod(random: Random, workload: Workload, nodes: list[Node], phase: PodPhase, now: float) -> Pod:
    """Add a pod to a workload, on a node unless it is still pending."""
    tail = "".join(random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
    pod = Pod(
        id=fresh_id(random), name=f"{workload.name}-00001-deployment-{random.getrandbits(36):09x}-{tail}",
        node=None, phase=phase, created=now, completed=now if phase in ("Succeeded", "Failed") else None,
    )  # fmt: skip
    if phase != "Pending":
        place(random, pod, workload, nodes)
    workload.pods.append(pod)
    return pod


def place(random: Random, pod: Pod, workload: Workload, nodes: list[Node]) -> None:
    """Put a pod on one of the ready nodes of its workload's pool."""
    pod.node = random.choice(
        [node for node in nodes if node.pool is workload.pool and node.gpu and node.status == "Ready"]
    )
    pod.ip = f"10.{40 + random.randrange(4)}.{random.randrange(256)}.{random.randint(2, 250)}"


def _nodes(random: Random, pools: list[NodePool], now: float) -> list[Node]:
    nodes: list[Node] = []
    kinds = (("seoul-l40s", "NVIDIA-L40S", 4), ("seoul-h100", "NVIDIA-H100-80GB-HBM3", 8),
             ("tokyo-a100", "NVIDIA-A100-SXM4-80GB", 8))  # fmt: skip
    for pool, (stem, gpu, count) in zip(pools, kinds, strict=True):
        for at in range(1, 9):
            name = f"{stem}-{at:02d}"
            nodes.append(Node(fresh_id(random), name, pool, "Ready", gpu, count, pool.created, now - DAY))
    nodes[0].name, nodes[0].gpu, nodes[0].gpus = "seoul-system-01", None, 0
    nodes[5].status, nodes[21].status = "NotReady", "Unknown"
    return nodes


def _projects(clusters: list[Cluster], now: float) -> list[Project]:
    departments = (Department("4500001", "products"), Department("4500002", "research"))
    plan = (("search", 0, 0, 24), ("assistant", 0, 0, 32), ("speech", 0, 0, 8), ("vision-lab", 1, 1, 16),
            ("language-lab", 1, 1, 24))  # fmt: skip
    return [
        Project(str(4501021 + 7 * at), name, clusters[cluster], departments[department], float(quota), now - 90 * DAY)
        for at, (name, cluster, department, quota) in enumerate(plan)
    ]


def _workloads(
    random: Random, projects: list[Project], pools: list[NodePool], nodes: list[Node], now: float
) -> list[Workload]:
    # the unusual ones are spread among the running ones instead of at the end
    phases: list[Phase] = ["Running"] * (INFERENCES - len(UNUSUAL))
    for at, phase in enumerate(UNUSUAL):
        phases.insert(2 + 2 * at, phase)
    plan: list[tuple[Kind, str, Phase]] = [
        ("Inference", f"{MODELS[at % len(MODELS)]}-{1 + at // len(MODELS)}", phase) for at, phase in enumerate(phases)
    ]
    made: list[Workload] = []
    for number, (kind, name, phase) in enumerate([*plan, *OTHERS]):
        project = projects[number % len(projects)]
        pool = random.choice([pool for pool in pools if pool.cluster is project.cluster])
        workload = new_workload(random, number, kind, name, project, pool, now - random.uniform(0.2, 40) * DAY)
        grow_old(random, workload, phase, nodes, now)
        workload.restless = phase == "Running" and number % 3 == 0
        made.append(workload)
    for number, name in enumerate(("llama-8b-old", "bge-embeddings-canary", "whisper-trial"), start=len(made)):
        gone = new_workload(random, number, "Inference", name, projects[0], pools[0], now - 50 * DAY)
        gone.phase, gone.turned, gone.deleted = "Deleting", now - 3 * DAY, now - 3 * DAY
        made.append(gone)
    return made


def grow_old(random: Random, workload: Workload, phase: Phase, nodes: list[Node], now: float) -> None:
    """Set a workload to a phase that it reached some time ago, with matching pods."""
    workload.phase = phase
    workload.message = MESSAGES.get(phase, "")
    workload.turned = min(now - 5, workload.created + random.uniform(60, 3000))
    if phase in ("Completed", "Failed"):
        workload.completed = workload.turned
    kinds = list(PODS[phase])
    if phase == "Running":
        kinds *= max(1, workload.least, workload.most - random.randrange(2))
    for kind in kinds:
        add_pod(random, workload, nodes, kind, workload.turned - 30)
