"""What the API server fills into a pod's spec (pkg/apis/core/v1/defaults.go)."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.resource import mapping, sequence

_POD = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "terminationGracePeriodSeconds": 30,
    "schedulerName": "default-scheduler",
    "enableServiceLinks": True,
}
_OFF = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace")
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_CONTAINER = {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
_MODE = 0o644
_FILES = ("configMap", "secret", "projected", "downwardAPI")


def fill(target: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Set what is not there, in place. Containers among the defaults are copied."""
    for key, value in defaults.items():
        if key not in target:
            target[key] = value.copy() if isinstance(value, dict | list) else value


def pod(spec: dict[str, Any]) -> None:
    """Fill a pod's spec in place."""
    fill(spec, _POD)
    for key in _OFF:
        if spec.get(key) is False:
            del spec[key]
    account = spec.pop("serviceAccount", None)  # the old name of the field, read only where the new one is empty
    if account and not spec.get("serviceAccountName"):
        spec["serviceAccountName"] = account
    for key in ("containers", "initContainers"):
        for container in sequence(spec.get(key)):
            if isinstance(container, dict):
                _container(container)
    for volume in sequence(spec.get("volumes")):
        if isinstance(volume, dict):
            _volume(volume)


def _container(container: dict[str, Any]) -> None:
    fill(container, _CONTAINER)
    fill(container, {"imagePullPolicy": _pull_policy(container.get("image"))})
    for port in sequence(container.get("ports")):
        if isinstance(port, dict):
            fill(port, {"protocol": "TCP"})
    for key in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(key)
        if isinstance(probe, dict):
            fill(probe, _PROBE)
            _http(probe)
    for variable in sequence(container.get("env")):
        reference = mapping(mapping(variable).get("valueFrom")).get("fieldRef")
        if isinstance(reference, dict):
            fill(reference, {"apiVersion": "v1"})
    resources = mapping(container.get("resources"))
    limits = resources.get("limits")
    if isinstance(limits, dict) and isinstance(resources, dict):
        requests = resources.setdefault("requests", {})
        if isinstance(requests, dict):
            fill(requests, limits)


def _http(probe: dict[str, Any]) -> None:
    if isinstance(probe.get("httpGet"), dict):
        fill(probe["httpGet"], {"scheme": "HTTP", "path": "/"})


def _pull_policy(image: object) -> str:
    """``Always`` for the tag latest or none at all; a digest is as good as a tag."""
    name = str(image or "").rpartition("/")[2]
    return "Always" if "@" not in name and (":" not in name or name.endswith(":latest")) else "IfNotPresent"


def _volume(volume: dict[str, Any]) -> None:
    for key in _FILES:
        if isinstance(volume.get(key), dict):
            fill(volume[key], {"defaultMode": _MODE})
    if isinstance(volume.get("hostPath"), dict):
        fill(volume["hostPath"], {"type": ""})
