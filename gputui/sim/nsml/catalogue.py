"""The catalogue of a CLOVA NSML account, and its small resources: keys, volumes, registries."""

from __future__ import annotations

from gputui.sim.nsml.models import Product, Wire, korean

DAY = 86400.0


def products() -> tuple[Product, ...]:
    """Return the GPU servers for training and for notebooks."""
    return (
        Product(1, "DEV", "[Notebook] 4vCPU, 16GB Mem", "Notebook CPU", 0, "", (1,)),
        Product(2, "DEV", "[Notebook] 8vCPU, 60GB Mem, T4 1EA", "Notebook T4", 1, "T4", (1,)),
        Product(11, "TRAIN", "[Train] 40vCPU, 256GB Mem, V100 8EA", "Train V100", 8, "V100", (1, 2, 4)),
        Product(12, "TRAIN", "[Train] 128vCPU, 1,900GB Mem, A100 8EA", "Train A100", 8, "A100", (1, 2, 4, 8, 16)),
        Product(13, "TRAIN", "[Train] 192vCPU, 2,000GB Mem, H100 8EA", "Train H100", 8, "H100", (1, 2, 4, 8)),
    )


def images() -> tuple[tuple[str, str], ...]:
    """Return name and path of the base images."""
    return (
        ("tensorflow:21.02-tf1-py3", "nvcr.io/nvidia/tensorflow:21.02-tf1-py3"),
        ("pytorch:24.05-py3", "nvcr.io/nvidia/pytorch:24.05-py3"),
        ("nemo:24.07", "nvcr.io/nvidia/nemo:24.07"),
        ("tritonserver:24.05-py3", "nvcr.io/nvidia/tritonserver:24.05-py3"),
    )


def keys(now: float) -> list[Wire]:
    """Return the public keys registered for logging in to nodes."""
    return [
        {
            "name": f"key-{number}",
            "title": title,
            "fingerprint": f"SHA256:{number}kQvVwGJr0XbYtq3mWc9hZsLfA2eDnUoR7pTiKxB5yM",
            "createTime": korean(now - 40 * number * DAY),
        }
        for number, title in ((1, "bastion"), (2, "research-laptop"))
    ]


def storages(now: float, project_ids: list[str], node_ids: list[str]) -> list[Wire]:
    """Return the block storages, one of them free."""
    rows: tuple[tuple[str, int, str, list[str]], ...] = (
        ("data-llm", 0, "USED", node_ids[:1]),
        ("data-vision", 1, "USED", node_ids[1:2]),
        ("scratch", 2, "DETACHED", []),
    )
    return [
        {
            "blockStorageNo": 9100 + number,
            "blockStorageNm": name,
            "projectId": project_ids[owner],
            "status": status,
            "nodeId": "".join(nodes),
            "createTime": korean(now - 12 * DAY),
            "updateTime": korean(now - 3 * DAY),
        }
        for number, (name, owner, status, nodes) in enumerate(rows)
    ]


def registries(now: float) -> list[Wire]:
    """Return the credentials of private image registries; this API really returns the secret."""
    return [
        {
            "privateEp": "research.kr.private-ncr.ntruss.com",
            "accessKey": "ncp_iam_REGISTRYKEY0000001",
            "secretKey": "ncp_iam_REGISTRYSECRET00000000000000001",
            "createTime": korean(now - 90 * DAY),
        }
    ]
