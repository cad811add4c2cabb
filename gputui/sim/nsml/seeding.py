"""The initial account: six projects, sixteen runs, 44 active nodes."""

from __future__ import annotations

from random import Random
from string import ascii_lowercase, digits

from gputui.sim.nsml.catalogue import DAY, images, products
from gputui.sim.nsml.models import (
    COMPLETED,
    FAILED,
    IN_PROGRESS,
    NODE_COMPLETED,
    NODE_FAILED,
    PENDING,
    RUNNING,
    Node,
    Project,
    Run,
)

PROJECTS = (
    ("llm-pretrain", "CREATED", 5000, "foundation model"),
    ("llm-sft", "CREATED", 3000, "instruction tuning"),
    ("vision-ocr", "CREATED", 2000, ""),
    ("speech-tts", "CREATED", 1000, ""),
    ("rec-sys", "CHANGING", 1500, "volume grows"),
    ("playground", "CREATED", 500, "notebooks of everybody"),
)
TRAIN = "torchrun --nnodes $NSML_WORLD_SIZE train.py"
# Project, server type, nodes, status, and the state of each unusual node (by rank).
RUNS: tuple[tuple[int, int, int, str, dict[int, str]], ...] = (
    (0, 13, 8, COMPLETED, {}),
    (0, 13, 16, IN_PROGRESS, {11: NODE_FAILED}),
    (0, 12, 8, IN_PROGRESS, {6: PENDING, 7: PENDING}),
    (1, 12, 4, FAILED, {2: NODE_FAILED}),
    (1, 12, 4, IN_PROGRESS, {}),
    (1, 13, 4, IN_PROGRESS, {}),
    (1, 12, 2, COMPLETED, {}),
    (2, 11, 2, IN_PROGRESS, {}),
    (2, 11, 2, COMPLETED, {}),
    (2, 12, 2, IN_PROGRESS, {1: "NODE_STATE_DRAINING"}),
    (3, 11, 4, IN_PROGRESS, {}),
    (3, 11, 1, "RUN_STATE_HIBERNATING", {0: PENDING}),
    (4, 12, 2, IN_PROGRESS, {}),
    (4, 11, 1, COMPLETED, {}),
    (5, 2, 1, IN_PROGRESS, {}),
    (5, 1, 1, IN_PROGRESS, {}),
)


def seed_projects(random: Random, now: float) -> list[Project]:
    """Return the projects, the same ones for the same seed and moment."""
    made = [now - random.uniform(60, 300) * DAY for _ in PROJECTS]
    projects = [
        Project(identifier(random), number, name, status, volume, note, created)
        for number, ((name, status, volume, note), created) in enumerate(zip(PROJECTS, made, strict=True))
    ]
    for row, (owner, code, count, status, odd) in enumerate(RUNS):
        run = new_run(random, projects[owner], code, now - (len(RUNS) - row) * random.uniform(0.2, 0.9) * DAY)
        run.status = status
        run.updated = run.created + random.uniform(100, 10000)
        rest = {COMPLETED: NODE_COMPLETED, FAILED: NODE_COMPLETED}.get(status, RUNNING)
        run.nodes = [new_node(random, run, rank, odd.get(rank, rest)) for rank in range(count)]
    return projects


def identifier(random: Random) -> str:
    """Return twenty lower-case letters and digits, the form of all ids in this cloud."""
    return "".join(random.choices(ascii_lowercase + digits, k=20))


def new_run(random: Random, project: Project, code: int, now: float) -> Run:
    """Return a run that was just requested, still without nodes; its number is the project's next."""
    product = next(product for product in products() if product.code == code)
    command = TRAIN if product.use == "TRAIN" else ""
    image = random.choice(images())[1]
    number = 1 + max((int(run.name) for run in project.runs), default=0)
    run = Run(str(number), project, product, image, command, IN_PROGRESS, now, now)
    project.runs.append(run)
    return run


def new_node(random: Random, run: Run, rank: int, state: str) -> Node:
    """Return a node of a run in the given state."""
    codes = {NODE_COMPLETED: 0, NODE_FAILED: 137}
    updated = run.created + random.uniform(30, 95) if state != PENDING else run.created
    return Node(identifier(random), rank, state, run.created, updated, exit=codes.get(state, -1))
