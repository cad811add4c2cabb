"""The form of a new inference: the most used fields, and the body made of them. The file has all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gputui.core.actions import Field, Inputs
from gputui.core.text import Json
from gputui.providers.runai import choices, spec, variables
from gputui.providers.runai.creation import REQUIRED, Path, by_metric, words_of, wrong

_COMPUTE_TEXTS = ("gpuMemoryRequest", "gpuMemoryLimit", "migProfile", "cpuMemoryRequest", "cpuMemoryLimit")
_COMPUTE_NUMBERS = ("gpuPortionRequest", "gpuPortionLimit", "cpuCoreRequest", "cpuCoreLimit")
_SCALING = ("minReplicas", "maxReplicas", "scaleToZeroRetentionSeconds", "metric", "metricThreshold")
_SPEC_TEXTS = ("image", "imagePullPolicy", "command", "args", "workingDir")


def _fits(kind: Any) -> Callable[[str], str | None]:
    """A check of a text by the schema's own type."""

    def check(text: str) -> str | None:
        try:
            TypeAdapter(kind).validate_python(text)  # made here: a dozen of them would slow every start
        except ValidationError as error:
            return words_of(error.errors(include_url=False, include_input=False)[0])
        return None

    return check


def _wants(kind: str) -> Callable[[Inputs], bool]:
    return lambda inputs: inputs.get("gpuRequestType") == kind


def _scales(inputs: Inputs) -> bool:
    """Whether a metric must decide the number of replicas."""
    least, most = inputs.get("minReplicas"), inputs.get("maxReplicas")
    return isinstance(least, int) and isinstance(most, int) and by_metric(least, most)


def _scales_to_zero(inputs: Inputs) -> bool:
    return inputs.get("minReplicas") == 0


FIELDS = (
    Field("name", "Name", check=_fits(spec.Name)),
    Field("useGivenNameAsPrefix", "Add a random ending to the name", "flag"),
    Field("projectId", "Project", "choice", choices=choices.projects),
    Field("clusterId", "Cluster", "choice", choices=choices.clusters, needs=("projectId",)),
    Field("image", "Image", check=_fits(spec.Line), help="as in vllm/vllm-openai:v0.6.4"),
    Field("command", "Command", required=False),
    Field("args", "Arguments", required=False),
    Field("servingPort", "Serving port", "int", default="8000", check=_fits(spec.Port)),
    Field("protocol", "Protocol", "choice", default="http", choices=choices.protocols),
    Field("gpuRequestType", "GPU by", "choice", required=False, choices=choices.gpu_requests, help="empty for no GPU"),
    Field(
        "gpuDevicesRequest",
        "GPU devices",
        "int",
        default="1",
        check=_fits(spec.Positive),
        when=lambda inputs: bool(inputs.get("gpuRequestType")),
    ),
    Field(
        "gpuPortionRequest",
        "Portion of each GPU",
        default="1",
        check=_fits(spec.Portion),
        when=_wants("portion"),
        help="1 is a whole one",
    ),
    Field("gpuPortionLimit", "At most", required=False, check=_fits(spec.Portion), when=_wants("portion")),
    Field("gpuMemoryRequest", "GPU memory", check=_fits(spec.Quantity), when=_wants("memory"), help="as in 20G"),
    Field("gpuMemoryLimit", "At most", required=False, check=_fits(spec.Quantity), when=_wants("memory")),
    Field("migProfile", "MIG profile", "choice", choices=choices.mig_profiles, when=_wants("migProfile")),
    Field("cpuCoreRequest", "CPU cores", required=False, check=_fits(spec.Amount)),
    Field("cpuCoreLimit", "CPU cores at most", required=False, check=_fits(spec.Amount)),
    Field("cpuMemoryRequest", "Memory", required=False, check=_fits(spec.Quantity), help="as in 32G"),
    Field("cpuMemoryLimit", "Memory at most", required=False, check=_fits(spec.Quantity)),
    Field("largeShmRequest", "Large shared memory", "flag"),
    Field("minReplicas", "Replicas at least", "int", default="1", check=_fits(spec.Count), help="0 scales to zero"),
    Field("maxReplicas", "Replicas at most", "int", default="1", check=_fits(spec.Positive)),
    Field("metric", "Scale by", "choice", choices=choices.metrics, needs=("minReplicas",), when=_scales),
    Field("metricThreshold", "From a value of", "int", check=_fits(spec.Count), when=_scales),
    Field(
        "scaleToZeroRetentionSeconds",
        "Scales to zero after",
        "int",
        required=False,
        check=_fits(spec.Retention),
        when=_scales_to_zero,
        unit="s",
    ),
    Field("nodePools", "Node pools", "choices", required=False, choices=choices.node_pools, needs=("clusterId",)),
    Field(
        "environment",
        "Environment",
        "pairs",
        required=False,
        check=variables.plain,
        help="values are masked in reviews",
    ),
    Field(
        "credentials",
        "Environment from credentials",
        "pairs",
        required=False,
        check=variables.credentials,
        help="NAME=credential/key",
    ),
    Field("workingDir", "Working directory", required=False),
    Field("imagePullPolicy", "Pull the image", "choice", required=False, choices=choices.pull_policies),
)


def body(inputs: Inputs) -> dict[str, Json]:
    """The request's body, without the fields that were left empty."""
    compute: dict[str, Json] = _taken(inputs, *_COMPUTE_TEXTS, "gpuRequestType", "gpuDevicesRequest")
    compute |= {name: _number(inputs[name]) for name in _COMPUTE_NUMBERS if inputs.get(name)}
    if inputs.get("largeShmRequest"):
        compute["largeShmRequest"] = True
    made: dict[str, Json] = _taken(inputs, *_SPEC_TEXTS)
    given = variables.body(inputs.get("environment", ()), inputs.get("credentials", ()))
    port = _taken(inputs, "servingPort", "protocol")
    parts: dict[str, Json] = {
        "nodePools": list(inputs.get("nodePools", ())),
        "environmentVariables": given,
        "compute": compute,
        "servingPort": {"container" if name == "servingPort" else name: value for name, value in port.items()},
        "autoscaling": _taken(inputs, *_SCALING),
    }
    made |= {name: part for name, part in parts.items() if part}
    order = _taken(inputs, "name", "projectId", "clusterId")
    if inputs.get("useGivenNameAsPrefix"):
        order["useGivenNameAsPrefix"] = True
    return {**order, "spec": made}


def check(inputs: Inputs) -> Mapping[str, str]:
    """The errors of the body that these inputs make, by field; the form itself asks for missing fields."""
    told = {_field(path): words for path, words in reversed(wrong(body(inputs))) if (words, len(path)) != (REQUIRED, 1)}
    names = [name for field in ("environment", "credentials") for name, _ in inputs.get(field, ())]
    twice = variables.repeated(names)
    return {**told, "environment": twice} if twice else told


def _field(path: Path) -> str:
    """The field that a path in the body comes from."""
    names = {field.name for field in FIELDS}
    known = [part for part in path if part in names]
    return str(known[-1]) if known else "environment" if "environmentVariables" in path else "name"


def _taken(inputs: Inputs, *names: str) -> dict[str, Json]:
    return {name: inputs[name] for name in names if inputs.get(name) not in (None, "")}


def _number(text: str) -> Json:
    """The number that was typed; other text is left unchanged, for the schema to report."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
