"""The initial Datenfab account: two regions, their price list and about thirty instances."""

from __future__ import annotations

import string
import uuid
from collections.abc import Iterator
from random import Random

from gputui.sim.datenfab.models import Instance, Region, Sku, Status
from gputui.sim.datenfab.order import Order

DAY = 86_400.0
IMAGES = (
    "images.neolink-ai.com/matrixdc/tensorflow:2.15.0-python3.10-cuda12.1.0-cudnn8-devel-ubuntu22.04",
    "images.neolink-ai.com/matrixdc/pytorch:2.3.0-python3.10-cuda12.1.0-cudnn8-devel-ubuntu22.04",
    "images.neolink-ai.com/matrixdc/pytorch:2.4.0-python3.11-cuda12.4.1-cudnn9-devel-ubuntu22.04-h100",
    "images.neolink-ai.com/matrixdc/vllm:0.6.3-python3.11-cuda12.4.1-ubuntu22.04",
)
# name, nvidia-smi's name, GPU memory in GB, the processor's line, price of one GPU
CARDS = (
    ("4090", "NVIDIA GeForce RTX 4090", 24, "Inter Xeon", 250),
    ("H20", "NVIDIA H20", 96, "Inter Xeon", 480),
    ("A100", "NVIDIA A100-SXM4-80GB", 80, "AMD EPYC", 900),
    ("H100", "NVIDIA H100 80GB HBM3", 80, "Inter Xeon", 1600),
)
TITLES = (
    "llama-ft", "qwen-sft", "whisper-train", "vllm-serving", "embeddings", "diffusion-lab", "notebook", "eval-suite",
    "ocr-batch", "asr-streaming", "rlhf-reward", "tokenizer-build", "recsys-train", "pose-estimation", "code-model",
)  # fmt: skip
# one letter per instance, in both regions: most run, and every state of the cloud occurs
STATES: dict[str, Status] = {
    "R": "Running", "S": "Shutdown", "s": "Starting", "d": "ShuttingDown", "C": "Creating", "D": "Deleting",
    "F": "Failed",
}  # fmt: skip
START = ("RRRRSRRRRFRRSRRRCRRS", "RRRSRRRdRRsD")


def fresh_id(random: Random) -> str:
    """Return a version 4 UUID from the world's random source, so that a seed reproduces the world."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def hexadecimal(random: Random, digits: int) -> str:
    """Return exactly that many random hexadecimal digits."""
    return f"{random.getrandbits(4 * digits):0{digits}x}"


def regions(random: Random, now: float) -> list[Region]:
    """Return the account's two regions."""
    names = (("北京一区", "host-cluster"), ("上海二区", "east-cluster"))
    return [Region(fresh_id(random), title, cluster, fresh_id(random), now - 400 * DAY) for title, cluster in names]


def skus(places: list[Region]) -> list[Sku]:
    """Return the price list: each card in ones, twos, fours and eights, and a monthly and a daily offer per region."""
    return [sku for at, region in enumerate(places) for sku in _price_list(region, first_id=2 + 64 * at)]


def _price_list(region: Region, first_id: int) -> Iterator[Sku]:
    offers = [(card, count, "1") for card in CARDS for count in (1, 2, 4, 8)]
    offers += [(CARDS[0], 1, "2"), (CARDS[3], 8, "4")]
    for at, ((gpu, model, memory, cpu, price), count, selling) in enumerate(offers):
        yield Sku(
            id=str(first_id + 4 * at), region=region, gpu=gpu, model=model, gpus=count, gpu_memory=memory,
            cores=16 * count, memory=96 * count, cpu=cpu, selling_type=selling, price=price * count,
            ratio=0.48 if gpu == "H20" else 1, left=48,
        )  # fmt: skip


def new_instance(random: Random, sku: Sku, title: str, now: float) -> Instance:
    """Return a new instance as the cloud creates it: fully specified, Creating, not reachable yet."""
    tag = hexadecimal(random, 8)
    password = "".join(random.choices(string.ascii_letters + string.digits, k=12))
    pod_tail = "".join(random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
    return Instance(
        name=f"instance-{tag}", uid=fresh_id(random), title=title, sku=sku, image=random.choice(IMAGES),
        order_id=fresh_id(random), volume=f"volume-{hexadecimal(random, 8)}",
        volume_size=random.choice((50, 100, 200, 500)), password=password, jupyter_token=hexadecimal(random, 32),
        pod=f"instance-{tag}-{pod_tail}", machine=f"gpu-{sku.gpu.lower()}-{random.randint(1, 12):02d}",
        ip=f"172.31.{random.randint(200, 219)}.{random.randint(2, 250)}", created=now, status="Creating",
        cost_time={"2": "1M", "4": "3D"}.get(sku.selling_type, ""),
    )  # fmt: skip


def ordered_instance(random: Random, sku: Sku, order: Order, now: float) -> Instance:
    """Return the instance that the cloud creates from an order."""
    one = new_instance(random, sku, order.title, now)
    one.image, one.volume_size, one.mount = order.image, order.size, order.mount
    one.cost_time, one.coupon_id = order.cost_time, order.coupon_id
    return one


def instances(random: Random, offers: list[Sku], now: float) -> list[Instance]:
    """Return the instances of both regions; every third one is restless, so it changes by itself."""
    made: list[Instance] = []
    clusters = list(dict.fromkeys(sku.region.cluster for sku in offers))
    for cluster, states in zip(clusters, START, strict=True):
        here = [sku for sku in offers if sku.region.cluster == cluster]
        for letter in states:
            title = f"{TITLES[len(made) % len(TITLES)]}-{1 + len(made) // len(TITLES)}"
            one = new_instance(random, random.choice(here), title, now - random.uniform(0.1, 60) * DAY)
            one.status = STATES[letter]
            one.updated = None if letter == "C" else now - random.uniform(60, 5 * DAY)
            one.restless = len(made) % 3 == 2
            made.append(one)
    return made
