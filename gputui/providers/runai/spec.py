"""The request that creates an inference: InferenceCreationRequest of control plane 2.18, strictly.

Reading is tolerant; what we send must match the published schema, and nothing else is sent.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator, AllowInfNan, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


def _like(pattern: str, words: str) -> AfterValidator:
    """Accepts texts that match `pattern`; `words` describes them in the error."""
    form = re.compile(pattern)

    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(words)
        return text

    return AfterValidator(check)


_HEX = "[0-9a-fA-F]"
Name = Annotated[
    str,
    _like("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "lower-case letters, digits and dashes, at most 63, no dash at an end"),
]
Line = Annotated[str, _like(".+", "one line of text")]
Uuid = Annotated[str, _like(f"{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}}", "a UUID")]
Quantity = Annotated[
    str, _like(r"[+-]?[0-9.]+[eEinumkKMGTP]*[-+]?[0-9]*", "an amount with its unit, as in 500M, 20G or 1.5Ti")
]
Groups = Annotated[str, _like("[0-9]+(,[0-9]+)*", "numbers with commas between, as in 2,3,5,8")]
Port = Annotated[int, Ge(1), Le(65535)]
Count = Annotated[int, Ge(0), Le(2**31 - 1)]
Positive = Annotated[int, Ge(1), Le(2**31 - 1)]
UserId = Annotated[int, Ge(0), Le(2**63 - 1)]
Amount = Annotated[float, Ge(0), AllowInfNan(False)]
Portion = Annotated[float, Gt(0), Le(1), AllowInfNan(False)]
Retention = Annotated[int, Ge(0), Le(3600)]
GpuRequest = Literal["portion", "memory", "migProfile"]
MigProfile = Literal[
    "1g.5gb", "1g.10gb", "2g.10gb", "2g.20gb", "3g.20gb", "3g.40gb", "4g.20gb", "4g.40gb", "7g.40gb", "7g.80gb"
]
PullPolicy = Literal["Always", "Never", "IfNotPresent"]
Protocol = Literal["http", "grpc"]
Metric = Literal["throughput", "concurrency", "latency"]
Capability = Literal[
    "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH",
    "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE",
    "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
    "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM",
]  # fmt: skip


class Sent(BaseModel):
    """A part of the body: camel case, no unknown fields, no type conversion; null is left out."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        defer_build=True,  # thirty models, for a form that few sessions ever open
    )


class HttpGet(Sent):
    """The HTTP request that checks readiness."""

    path: str | None = None
    port: Port | None = None
    host: str | None = None
    scheme: Literal["HTTP", "HTTPS"] | None = None


class ProbeHandler(Sent):
    """What a probe does."""

    http_get: HttpGet | None = None


class Readiness(Sent):
    """When a replica counts as ready; times in seconds."""

    initial_delay_seconds: Count | None = None
    period_seconds: Positive | None = None
    timeout_seconds: Positive | None = None
    success_threshold: Positive | None = None
    failure_threshold: Positive | None = None
    handler: ProbeHandler | None = None


class Probes(Sent):
    """The probes: there is one."""

    readiness: Readiness | None = None


class Affinity(Sent):
    """What replicas should be placed near to."""

    type: Literal["Required", "Preferred"] | None = None
    key: str | None = None


class SecretKey(Sent):
    """A value stored in a credential."""

    name: str | None = None
    key: str | None = None


class Variable(Sent):
    """An environment variable: with a value, or one from a credential."""

    name: str | None = None
    value: str | None = None
    secret: SecretKey | None = None
    exclude: bool | None = None


class Note(Sent):
    """A label or annotation."""

    name: str | None = None
    value: str | None = None
    exclude: bool | None = None


class Toleration(Sent):
    """A node taint that is tolerated."""

    name: str | None = None
    operator: Literal["Equal", "Exists"] | None = None
    key: str | None = None
    value: str | None = None
    effect: Literal["NoSchedule", "NoExecute", "PreferNoSchedule"] | None = None
    seconds: Positive | None = None


class Tool(Sent):
    """What a connection leads to."""

    container: Port | None = None
    tool_type: str | None = None
    tool_name: str | None = None
    name: str | None = None


class ServicePort(Tool):
    """A port that is opened."""

    service_type: Literal["LoadBalancer", "NodePort", "ClusterIP"] | None = None
    external: Port | None = None


class ExposedUrl(Tool):
    """A port served at a URL, and who may use it."""

    url: str | None = None
    authorized_users: list[str] | None = None
    authorized_groups: list[str] | None = None


class RelatedUrl(Sent):
    """A related URL."""

    url: str | None = None
    type: str | None = None
    name: str | None = None


class ExtendedResource(Sent):
    """Hardware that Kubernetes knows by a custom name; the quantity is a text."""

    resource: str | None = None
    quantity: str | None = None
    exclude: bool | None = None


class Compute(Sent):
    """The resources of one replica."""

    gpu_devices_request: Count | None = None
    gpu_request_type: GpuRequest | None = None
    gpu_portion_request: Portion | None = None
    gpu_portion_limit: Portion | None = None
    gpu_memory_request: Quantity | None = None
    gpu_memory_limit: Quantity | None = None
    mig_profile: MigProfile | None = None
    cpu_core_request: Amount | None = None
    cpu_core_limit: Amount | None = None
    cpu_memory_request: Quantity | None = None
    cpu_memory_limit: Quantity | None = None
    large_shm_request: bool | None = None
    extended_resources: list[ExtendedResource] | None = None


class Security(Sent):
    """The user that a replica runs as, and its permissions."""

    uid_gid_source: Literal["fromTheImage", "fromIdpToken", "custom"] | None = None
    capabilities: list[Capability] | None = None
    seccomp_profile_type: Literal["RuntimeDefault", "Unconfined", "Localhost"] | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None
    run_as_uid: UserId | None = None
    run_as_gid: UserId | None = None
    supplemental_groups: Groups | None = None


class ServingPort(Sent):
    """The port at which a replica answers."""

    container: Port
    protocol: Protocol | None = None


class Autoscaling(Sent):
    """The bounds on the number of replicas, and the metric that decides it."""

    min_replicas: Count | None = None
    max_replicas: Positive | None = None
    scale_to_zero_retention_seconds: Retention | None = None
    metric: Metric | None = None
    metric_threshold: Count | None = None
