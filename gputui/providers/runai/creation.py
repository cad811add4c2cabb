"""The body that creates an inference, and its validation: by field, and by the rules between fields."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from gputui.core.text import Json
from gputui.providers.runai import spec as parts
from gputui.providers.runai.spec import Autoscaling, Compute, Line, Name, Sent, Uuid
from gputui.providers.runai.storage import Storage

Path = tuple[str | int, ...]
Wrong = tuple[Path, str]
"""The path in the body, and the message."""
REQUIRED = "is required"
_COMPUTE: Path = ("spec", "compute")
_AUTOSCALING: Path = ("spec", "autoscaling")
_LIMITED = ("gpuPortion", "gpuMemory", "cpuCore", "cpuMemory")
_UNITS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "K": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


class Spec(Sent):
    """How an inference runs."""

    command: str | None = None
    args: str | None = None
    image: str | None = None
    image_pull_policy: parts.PullPolicy | None = None
    working_dir: str | None = None
    create_home_dir: bool | None = None
    probes: parts.Probes | None = None
    node_type: str | None = None
    node_pools: list[str] | None = None
    pod_affinity: parts.Affinity | None = None
    environment_variables: list[parts.Variable] | None = None
    annotations: list[parts.Note] | None = None
    labels: list[parts.Note] | None = None
    tolerations: list[parts.Toleration] | None = None
    ports: list[parts.ServicePort] | None = None
    exposed_urls: list[parts.ExposedUrl] | None = None
    related_urls: list[parts.RelatedUrl] | None = None
    compute: Compute | None = None
    storage: Storage | None = None
    security: parts.Security | None = None
    serving_port: parts.ServingPort | None = None
    autoscaling: Autoscaling | None = None


class Creation(Sent):
    """The whole body. In the schema the project's id is a text, unlike in the document's example."""

    name: Name
    use_given_name_as_prefix: bool | None = None
    project_id: Line
    cluster_id: Uuid
    spec: Spec | None = None


def wrong(body: Json) -> list[Wrong]:
    """All errors of a body; rules between fields are checked only once the fields themselves are valid."""
    try:
        order = Creation.model_validate(body)
    except ValidationError as error:
        return [
            (tuple(found["loc"]), words_of(found)) for found in error.errors(include_url=False, include_input=False)
        ]
    spec = order.spec or Spec()
    return [*_compute(spec.compute or Compute()), *_autoscaling(spec.autoscaling or Autoscaling())]


def words_of(found: Any) -> str:
    """One of pydantic's messages in our words."""
    kind = found["type"]
    if kind == "missing":
        return REQUIRED
    if kind == "extra_forbidden":
        return "the API has no such field"
    if kind == "value_error":
        return f"should be {found['ctx']['error']}"
    if kind in ("model_type", "model_attributes_type"):
        return "should be an object"
    return str(found["msg"]).removeprefix("Input ")


def _compute(compute: Compute) -> Iterator[Wrong]:
    devices, kind = compute.gpu_devices_request, compute.gpu_request_type
    if devices is not None and devices > 1 and kind not in (None, "portion"):
        yield (*_COMPUTE, "gpuRequestType"), "should be portion where more than one device is asked for"
    if compute.mig_profile is not None and kind != "migProfile":
        yield (*_COMPUTE, "migProfile"), "only goes with gpuRequestType migProfile"
    given = compute.model_dump(by_alias=True)
    for name in _LIMITED:
        least, most = (amount(given[f"{name}{end}"]) for end in ("Request", "Limit"))
        if least is not None and most is not None and least > most:
            yield (*_COMPUTE, f"{name}Limit"), f"should not be less than {name}Request"


def _autoscaling(scaling: Autoscaling) -> Iterator[Wrong]:
    least, most = replicas(scaling.min_replicas, scaling.max_replicas)
    if least > most:
        yield (*_AUTOSCALING, "minReplicas"), "should not be more than maxReplicas"
    elif scaling.metric is None and by_metric(least, most):
        yield (*_AUTOSCALING, "metric"), f"{REQUIRED} where it scales from {least} to {most}"
    if scaling.metric is not None and scaling.metric_threshold is None:
        yield (*_AUTOSCALING, "metricThreshold"), f"{REQUIRED} with a metric"
    if scaling.metric == "latency" and least == 0:
        yield (*_AUTOSCALING, "metric"), "should be throughput or concurrency where it scales to zero"
    if scaling.scale_to_zero_retention_seconds is not None and least > 0:
        yield (*_AUTOSCALING, "scaleToZeroRetentionSeconds"), "only goes with minReplicas 0"


def replicas(least: int | None, most: int | None) -> tuple[int, int]:
    """Minimum and maximum, with the API's defaults for what is not given."""
    fewest = 1 if least is None else least
    return fewest, max(1, fewest) if most is None else most


def by_metric(least: int, most: int) -> bool:
    """Whether a metric must decide the number of replicas; between 0 and 1, requests themselves do."""
    return least < most and (least, most) != (0, 1)


def amount(value: object) -> Decimal | None:
    """A number, or a Kubernetes quantity, for comparing; None if it is absent or cannot be parsed."""
    text = "" if value is None else str(value)
    digits = text.rstrip("numkKMGTPEi")
    unit = text[len(digits) :]
    try:
        number = Decimal(digits)
        if not number.is_finite() or abs(number.adjusted()) > 100:
            return None
        return number * 1024 ** _BINARY[unit] if unit in _BINARY else number.scaleb(_UNITS[unit])
    except (ArithmeticError, KeyError):
        return None
