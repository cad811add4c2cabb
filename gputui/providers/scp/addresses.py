"""The existing environments and regions, and their hosts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gputui.core.provider import Settings

VPC = "vpc"
"""The service of the public addresses; the GPU cluster service itself is `""`."""

REGIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "s": ("kr-west1", "kr-east1"),
        "g": ("kr-south1", "kr-south2", "kr-south3"),
        "e": ("kr-west1", "kr-east1"),
    }
)


def bases(settings: Settings) -> dict[str, str]:
    """The base URLs by service: the profile's overrides, otherwise those of its environment and region."""
    environment, region = settings.text("environment"), settings.text("region")
    domain = f"{region}.{environment}.samsungsdscloud.com" if environment and region else ""
    found = {
        "": settings.text("base_url") or (domain and f"https://multinodegpucluster.{domain}"),
        VPC: settings.text("vpc_url") or (domain and f"https://vpc.{domain}"),
    }
    return {service: base for service, base in found.items() if base}


def check(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """Say which key is missing, or that this pair of environment and region does not exist."""
    environment, region = values.get("environment"), values.get("region")
    if not values.get("base_url"):
        for key, value in (("environment", environment), ("region", region)):
            if not value:
                return key, "is needed, because the host follows from environment and region (or set `base_url`)"
    if not environment or not region:
        return None
    allowed = REGIONS.get(str(environment))
    if allowed is None:
        return "environment", f"is {environment}, but only {', '.join(REGIONS)} exist"
    if region not in allowed:
        return "region", f"is {region}, but environment {environment} has only {', '.join(allowed)}"
    return None
