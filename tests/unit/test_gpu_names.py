"""GPU models by the names people say."""

from __future__ import annotations

import pytest

from gputui.providers.gpu_names import short


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA-H100-80GB-HBM3", "H100"),
        ("NVIDIA A100-SXM4-40GB", "A100"),
        ("NVIDIA A100 80GB PCIe", "A100"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("Tesla V100-SXM2-32GB", "V100"),
        ("NVIDIA L40S", "L40S"),
        ("AMD Instinct MI300X", "AMD Instinct MI300X"),
        ("NVIDIA RTX PRO 6000", "RTX PRO 6000"),
        ("NVIDIA H100 NVL", "H100"),
        ("NVIDIA", "NVIDIA"),
        ("80GB", "80GB"),
        ("", ""),
        (None, None),
    ],
)
def test_models_are_short(model: str | None, name: str | None) -> None:
    assert short(model) == name
