"""The body that creates an inference (InferenceCreationRequest of 2.18), field by field."""

from __future__ import annotations

from gputui.sim.runai.schema import Check, either, flag, many, number, record, text, whole

QUANTITY = r"([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)"
UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
MIG_PROFILES = (
    "1g.5gb", "1g.10gb", "2g.10gb", "2g.20gb", "3g.20gb", "3g.40gb", "4g.20gb", "4g.40gb", "7g.40gb", "7g.80gb",
)  # fmt: skip
CAPABILITIES = (
    "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH",
    "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE",
    "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
    "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM",
)  # fmt: skip


def request() -> Check:
    """Return the check of the whole body. `projectId` may be text, as in the schema, or a number, as in the example."""
    fields = {
        "name": text(".+"),
        "useGivenNameAsPrefix": flag(),
        "projectId": either(text(".+"), whole()),
        "clusterId": text(UUID),
        "spec": _spec(),
    }
    return record(fields, required=("name", "projectId", "clusterId"))


def _spec() -> Check:
    return record(
        {
            "command": text(),
            "args": text(),
            "image": text(),
            "workingDir": text(),
            "imagePullPolicy": text(one_of=("Always", "Never", "IfNotPresent")),
            "createHomeDir": flag(),
            "probes": _probes(),
            "nodeType": text(),
            "nodePools": many(text()),
            "podAffinity": record({"type": text(one_of=("Required", "Preferred")), "key": text()}),
            "environmentVariables": many(_variable()),
            "annotations": many(_note()),
            "labels": many(_note()),
            "tolerations": many(_toleration()),
            "ports": many(_port()),
            "exposedUrls": many(_exposed_url()),
            "relatedUrls": many(record({"url": text(), "type": text(), "name": text()})),
            "compute": _compute(),
            "storage": _storage(),
            "security": _security(),
            "servingPort": record({"container": _tcp(), "protocol": text(one_of=("http", "grpc"))}, ("container",)),
            "autoscaling": _autoscaling(),
        }
    )


def _tcp() -> Check:
    return whole(1, 65535)


def _probes() -> Check:
    http = {"path": text(), "port": _tcp(), "host": text(), "scheme": text(one_of=("HTTP", "HTTPS"))}
    readiness = {
        "initialDelaySeconds": whole(0),
        "periodSeconds": whole(1),
        "timeoutSeconds": whole(1),
        "successThreshold": whole(1),
        "failureThreshold": whole(1),
        "handler": record({"httpGet": record(http)}),
    }
    return record({"readiness": record(readiness)})


def _variable() -> Check:
    secret = record({"name": text(), "key": text()})
    return record({"name": text(), "value": text(), "secret": secret, "exclude": flag()})


def _note() -> Check:
    return record({"name": text(), "value": text(), "exclude": flag()})


def _toleration() -> Check:
    return record(
        {
            "name": text(),
            "operator": text(one_of=("Equal", "Exists")),
            "key": text(),
            "value": text(),
            "effect": text(one_of=("NoSchedule", "NoExecute", "PreferNoSchedule")),
            "seconds": whole(1),
        }
    )


def _port() -> Check:
    service = text(one_of=("LoadBalancer", "NodePort", "ClusterIP"))
    tool = {"toolType": text(), "toolName": text(), "name": text()}
    return record({"container": _tcp(), "serviceType": service, "external": whole(), **tool})


def _exposed_url() -> Check:
    tool = {"toolType": text(), "toolName": text(), "name": text()}
    users = {"authorizedUsers": many(text()), "authorizedGroups": many(text())}
    return record({"container": _tcp(), "url": text(), **users, **tool})


def _compute() -> Check:
    # the schema says a quantity is a text, the document's example shows a number
    extended = {"resource": text(), "quantity": either(text(), number()), "exclude": flag()}
    return record(
        {
            "gpuDevicesRequest": whole(0),
            "gpuRequestType": text(one_of=("portion", "memory", "migProfile")),
            "gpuPortionRequest": number(0),
            "gpuPortionLimit": number(0),
            "gpuMemoryRequest": text(QUANTITY),
            "gpuMemoryLimit": text(QUANTITY),
            "migProfile": text(one_of=MIG_PROFILES),
            "cpuCoreRequest": number(0),
            "cpuCoreLimit": number(0),
            "cpuMemoryRequest": text(QUANTITY),
            "cpuMemoryLimit": text(QUANTITY),
            "largeShmRequest": flag(),
            "extendedResources": many(record(extended)),
        }
    )


def _storage() -> Check:
    modes = {name: flag() for name in ("readWriteOnce", "readOnlyMany", "readWriteMany")}
    claim = {
        "size": text(QUANTITY),
        "storageClass": text(),
        "accessModes": record(modes),
        "volumeMode": text(one_of=("Filesystem", "Block")),
    }
    flags = {name: flag() for name in ("existingPvc", "readOnly", "ephemeral")}
    pvc = {"name": text(), "claimName": text(), "path": text(), **flags, "claimInfo": record(claim)}
    git = ("name", "repository", "branch", "revision", "path", "passwordSecret", "secretKeyOfUser",
           "secretKeyOfPassword")  # fmt: skip
    return record(
        {
            "dataVolume": many(record({"id": text(UUID), "mountPath": text()})),
            "pvc": many(record(pvc)),
            "git": many(record({name: text() for name in git})),
            "configMapVolume": many(record({"name": text(), "configMap": text(), "mountPath": text()})),
            "secretVolume": many(record({"name": text(), "secret": text(), "mountPath": text()})),
        }
    )


def _security() -> Check:
    return record(
        {
            "uidGidSource": text(one_of=("fromTheImage", "fromIdpToken", "custom")),
            "capabilities": many(text(one_of=CAPABILITIES)),
            "seccompProfileType": text(one_of=("RuntimeDefault", "Unconfined", "Localhost")),
            "runAsNonRoot": flag(),
            "readOnlyRootFilesystem": flag(),
            "runAsUid": whole(),
            "runAsGid": whole(),
            "supplementalGroups": text(r"\d+(,\d+)*"),
        }
    )


def _autoscaling() -> Check:
    return record(
        {
            "minReplicas": whole(0),
            "maxReplicas": whole(1),
            "scaleToZeroRetentionSeconds": whole(0, 3600),
            "metric": text(one_of=("throughput", "concurrency", "latency")),
            "metricThreshold": whole(0),
        }
    )
