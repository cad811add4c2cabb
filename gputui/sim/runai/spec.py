"""The `spec` of an inference: usually the few common fields, and once every field of the API."""

from __future__ import annotations

from gputui.sim.runai.models import Workload

Spec = dict[str, object]


def spec_of(workload: Workload, *, everything: bool, as_documented: bool) -> Spec:
    """Return the spec of one inference: as requested, or generated for the initial ones.

    `everything` fills all fields of the latter, `as_documented` formats as in the document's example.
    """
    if workload.spec is not None:
        return workload.spec
    spec: Spec = {
        "command": None,
        "args": None,
        "image": workload.image,
        "imagePullPolicy": "Always",
        "workingDir": None,
        "createHomeDir": False,
        "nodeType": None,
        "nodePools": [workload.pool.name],
        "environmentVariables": [_secret_variable()],
        "compute": _compute(workload),
        "security": {"uidGidSource": "fromTheImage"},
        "servingPort": {"container": 8000, "protocol": "http"},
        "autoscaling": _autoscaling(workload),
    }
    return spec | _everything(workload, as_documented=as_documented) if everything else spec


def _secret_variable() -> Spec:
    return {"name": "HF_TOKEN", "value": None, "secret": {"name": "hugging-face", "key": "token"}, "exclude": False}


def _compute(workload: Workload) -> Spec:
    whole = workload.gpus >= 1
    compute: Spec = {
        "gpuDevicesRequest": int(workload.gpus) if whole else 1,
        "gpuRequestType": "portion",
        "gpuPortionRequest": 1 if whole else workload.gpus,
        "gpuPortionLimit": 1 if whole else workload.gpus,
        "cpuCoreRequest": 4.0,
        "cpuMemoryRequest": "32G",
        "largeShmRequest": whole,
    }
    return compute


def _autoscaling(workload: Workload) -> Spec:
    scaling: Spec = {"minReplicas": workload.least, "maxReplicas": workload.most}
    if workload.least == 0:
        scaling["scaleToZeroRetentionSeconds"] = 3600
    if workload.least < workload.most:
        scaling |= {"metric": "throughput", "metricThreshold": 50 + 10 * (workload.number % 5)}
    return scaling


def _everything(workload: Workload, *, as_documented: bool) -> Spec:
    return {
        "command": "python",
        "args": "-x my-script.py",
        "workingDir": "/home/myfolder",
        "createHomeDir": True,
        "nodeType": "my-node-type",
        "nodePools": [workload.pool.name, "my-node-pool-b"],
        "probes": {
            "readiness": {
                "initialDelaySeconds": 0,
                "periodSeconds": 1,
                "timeoutSeconds": 1,
                "successThreshold": 1,
                "failureThreshold": 1,
                "handler": {"httpGet": {"path": "/health", "port": 8080, "host": "example.com", "scheme": "HTTP"}},
            }
        },
        "podAffinity": {"type": "Required", "key": "rack"},
        "environmentVariables": [_secret_variable() | {"value": "/home/my-folder"}],
        "annotations": [{"name": "billing", "value": "my-billing-unit", "exclude": False}],
        "labels": [{"name": "stage", "value": "initial-research", "exclude": False}],
        "tolerations": [
            {"name": "gpu", "operator": "Equal", "key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule",
             "seconds": 1}
        ],
        **_connections(),
        "compute": _whole_compute(workload, as_documented=as_documented),
        "storage": _storage(),
        "security": {
            "uidGidSource": "fromTheImage",
            "capabilities": ["CHOWN", "KILL"],
            "seccompProfileType": "RuntimeDefault",
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": False,
            "runAsUid": 500,
            "runAsGid": 30,
            "supplementalGroups": "2,3,5,8",
        },
        "autoscaling": {
            "minReplicas": workload.least,
            "maxReplicas": workload.most,
            "scaleToZeroRetentionSeconds": 3600,
            "metric": "throughput",
            "metricThreshold": 0,
        },
    }  # fmt: skip


def _connections() -> Spec:
    return {
        "ports": [
            {"container": 8080, "serviceType": "LoadBalancer", "external": 30080, "toolType": "pytorch",
             "toolName": "my-pytorch", "name": "port-instance-a"}
        ],
        "exposedUrls": [
            {"container": 8080, "url": "https://my-url.example.com", "authorizedUsers": ["user-a", "user-b"],
             "authorizedGroups": ["group-a", "group-b"], "toolType": "jupyter", "toolName": "my-pytorch",
             "name": "url-instance-a"}
        ],
        "relatedUrls": [{"url": "https://my-url.example.com/docs", "type": "documentation", "name": "docs"}],
    }  # fmt: skip


def _whole_compute(workload: Workload, *, as_documented: bool) -> Spec:
    # the schema says text, its own example a number
    quantity: object = 2 if as_documented else "2"
    return _compute(workload) | {
        "gpuMemoryRequest": "10M",
        "gpuMemoryLimit": "10M",
        "migProfile": "1g.5gb",
        "cpuCoreLimit": 8.0,
        "cpuMemoryLimit": "64G",
        "extendedResources": [{"resource": "hardware-vendor.example/foo", "quantity": quantity, "exclude": False}],
    }


def _storage() -> Spec:
    return {
        "dataVolume": [{"id": "123e4567-e89b-12d3-a456-426614174000", "mountPath": "/mnt/data"}],
        "pvc": [
            {
                "name": "storage-instance-a",
                "existingPvc": False,
                "claimName": "my-claim",
                "path": "/container/my-claim",
                "readOnly": False,
                "ephemeral": False,
                "claimInfo": {
                    "size": "1G",
                    "storageClass": "my-storage-class",
                    "accessModes": {"readWriteOnce": True, "readOnlyMany": False, "readWriteMany": False},
                    "volumeMode": "Filesystem",
                },
            }
        ],
        "git": [
            {
                "name": "storage-instance-a",
                "repository": "https://github.com/example/my-repository",
                "branch": "main",
                "revision": "HEAD",
                "path": "/container/my-repository",
                "passwordSecret": "my-password-secret",
                "secretKeyOfUser": "User",
                "secretKeyOfPassword": "Password",
            }
        ],
        "configMapVolume": [{"name": "storage-instance-a", "configMap": "settings", "mountPath": "/etc/settings"}],
        "secretVolume": [{"name": "storage-instance-a", "secret": "keys", "mountPath": "/etc/keys"}],
    }
