"""Defaults of a pod's spec (pkg/apis/core/v1/defaults.go)."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.kube.resource import mapping, sequence

_POD = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "terminationGracePeriodSeconds": 30,
    "schedulerName": "default-scheduler",
    "enableServiceLinks": True,
}
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_CONTAINER = {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
_MODE = 0o644
_SOURCES: dict[str, dict[str, Any]] = {
    "configMap": {"defaultMode": _MODE},
    "secret": {"defaultMode": _MODE},
    "projected": {"defaultMode": _MODE},
    "downwardAPI": {"defaultMode": _MODE},
    "hostPath": {"type": ""},
    "iscsi": {"iscsiInterface": "default"},
    "rbd": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "azureDisk": {"cachingMode": "ReadWrite", "fsType": "ext4", "kind": "Shared", "readOnly": False},
    "scaleIO": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
}


def fill(target: Any, defaults: object) -> None:
    """Set what is not there, in place; what is not a map is left as it is. Containers among the defaults are copied.

    ``defaults`` may come from a manifest, and then need not be a map either: then there are none.
    """
    if not isinstance(target, dict) or not isinstance(defaults, Mapping):
        return
    for key, value in defaults.items():
        if key not in target:
            target[key] = value.copy() if isinstance(value, dict | list) else value


def pod(spec: dict[str, Any]) -> None:
    """Fill a pod's spec in place."""
    fill(spec, _POD)
    if spec.get("securityContext") == {}:  # the server fills in an empty one
        del spec["securityContext"]
    account = spec.pop("serviceAccount", None)  # the old name of the field, read only where the new one is empty
    if account and not spec.get("serviceAccountName"):
        spec["serviceAccountName"] = account
    for key in ("containers", "initContainers"):
        for container in sequence(spec.get(key)):
            if isinstance(container, dict):
                _container(container, host_network=spec.get("hostNetwork") is True)
    for volume in sequence(spec.get("volumes")):
        if isinstance(volume, dict):
            _volume(volume)


def _container(container: dict[str, Any], *, host_network: bool) -> None:
    fill(container, _CONTAINER)
    fill(container, {"imagePullPolicy": _pull_policy(container.get("image"))})
    for port in sequence(container.get("ports")):
        if isinstance(port, dict):
            fill(port, {"protocol": "TCP"} | ({"hostPort": port.get("containerPort")} if host_network else {}))
    for key in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(key)
        if isinstance(probe, dict):
            fill(probe, _PROBE)
            _http(probe)
    for handler in mapping(container.get("lifecycle")).values():
        if isinstance(handler, dict):
            _http(handler)
    for variable in sequence(container.get("env")):
        _variable(mapping(variable))
    _resources(mapping(container.get("resources")))


def _resources(resources: Mapping[str, Any]) -> None:
    """What is limited and not asked for is asked for."""
    limits = resources.get("limits")
    if isinstance(limits, dict) and isinstance(resources, dict):
        requests = resources.setdefault("requests", {})
        if isinstance(requests, dict):
            fill(requests, limits)


def _variable(variable: Mapping[str, Any]) -> None:
    source = mapping(variable.get("valueFrom"))
    _field(source)
    if isinstance(source.get("resourceFieldRef"), dict):
        fill(source["resourceFieldRef"], {"divisor": "0"})


def _field(source: Mapping[str, Any]) -> None:
    if isinstance(source.get("fieldRef"), dict):
        fill(source["fieldRef"], {"apiVersion": "v1"})


def _http(probe: dict[str, Any]) -> None:
    if isinstance(probe.get("httpGet"), dict):
        fill(probe["httpGet"], {"scheme": "HTTP", "path": "/"})
    if isinstance(probe.get("grpc"), dict):
        fill(probe["grpc"], {"service": ""})


def _pull_policy(image: object) -> str:
    """``Always`` for the tag latest or none at all; a digest is as good as a tag."""
    name = str(image or "").rpartition("/")[2]
    return "Always" if "@" not in name and (":" not in name or name.endswith(":latest")) else "IfNotPresent"


def _volume(volume: dict[str, Any]) -> None:
    if not volume.keys() - {"name"}:
        volume["emptyDir"] = {}
    for key, defaults in _SOURCES.items():
        if isinstance(volume.get(key), dict):
            fill(volume[key], defaults)
    for item in sequence(mapping(volume.get("downwardAPI")).get("items")):
        _field(mapping(item))
    for source in sequence(mapping(volume.get("projected")).get("sources")):
        token = mapping(source).get("serviceAccountToken")
        if isinstance(token, dict):
            fill(token, {"expirationSeconds": 3600})
        for item in sequence(mapping(mapping(source).get("downwardAPI")).get("items")):
            _field(mapping(item))
    claim = mapping(mapping(mapping(volume.get("ephemeral")).get("volumeClaimTemplate"))).get("spec")
    if isinstance(claim, dict):
        fill(claim, {"volumeMode": "Filesystem"})
