"""Defaults of policies, webhooks, autoscalers and other small kinds (pkg/apis/*/v1/defaults.go)."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.kube.defaults.pod_defaults import fill
from pipeline.core.kube.resource import Body, Resource, mapping, sequence

_DEVICES = "ExactCount"
_CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
_SCALING: dict[str, dict[str, Any]] = {
    "scaleUp": {
        "selectPolicy": "Max",
        "stabilizationWindowSeconds": 0,
        "policies": [
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ],
    },
    "scaleDown": {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
}


def webhooks(body: Body, resource: Resource) -> None:
    """Admissionregistration v1beta1 had other defaults than v1: a migration may flip them silently."""
    beta = resource.version == "v1beta1"
    defaults: dict[str, Any] = {
        "failurePolicy": "Ignore" if beta else "Fail",
        "matchPolicy": "Exact" if beta else "Equivalent",
        "timeoutSeconds": 30 if beta else 10,
        "namespaceSelector": {},
        "objectSelector": {},
    }
    for webhook in sequence(body.get("webhooks")):
        if not isinstance(webhook, dict):
            continue
        fill(webhook, defaults)
        if resource.kind == "MutatingWebhookConfiguration":
            fill(webhook, {"reinvocationPolicy": "Never"})
        for rule in sequence(webhook.get("rules")):
            if isinstance(rule, dict):
                fill(rule, {"scope": "*"})
        service = mapping(webhook.get("clientConfig")).get("service")
        if isinstance(service, dict):
            fill(service, {"port": 443})


def resource_claim(body: Body, _resource: Resource) -> None:
    _device_requests(mapping(body.get("spec")))


def resource_claim_template(body: Body, _resource: Resource) -> None:
    _device_requests(mapping(mapping(body.get("spec")).get("spec")))


def _device_requests(spec: Mapping[str, Any]) -> None:
    for request in sequence(mapping(spec.get("devices")).get("requests")):
        exactly = mapping(request).get("exactly")
        if isinstance(exactly, dict):
            fill(exactly, {"allocationMode": "ExactCount"})
            if exactly["allocationMode"] == "ExactCount":
                fill(exactly, {"count": 1})


def network_policy(body: Body, _resource: Resource) -> None:
    """Egress counts only where there are rules for it (networking/v1 NetworkPolicySpec.policyTypes)."""
    spec = body.setdefault("spec", {})
    if isinstance(spec, dict):
        fill(spec, {"policyTypes": ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]})
        for port in _policy_ports(spec):
            fill(port, {"protocol": "TCP"})


def _policy_ports(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    rules = [rule for way in ("ingress", "egress") for rule in sequence(spec.get(way))]
    return [port for rule in rules for port in sequence(mapping(rule).get("ports")) if isinstance(port, dict)]


def admission_policy(body: Body, _resource: Resource) -> None:
    spec = mapping(body.get("spec"))
    if isinstance(spec, dict):
        fill(spec, {"failurePolicy": "Fail"})
    constraints = spec.get("matchConstraints")
    if isinstance(constraints, dict):
        fill(constraints, {"matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}})
        for key in ("resourceRules", "excludeResourceRules"):
            for rule in _maps(constraints.get(key)):
                fill(rule, {"scope": "*"})


def autoscaler(body: Body, resource: Resource) -> None:
    """Without metrics it holds the CPU at 80 percent (autoscaling/v2 HorizontalPodAutoscalerSpec.metrics)."""
    spec = mapping(body.get("spec"))
    if not isinstance(spec, dict):
        return
    fill(spec, {"minReplicas": 1})
    if resource.version.startswith("v2"):
        fill(spec, {"metrics": [_CPU]})
    behavior = spec.get("behavior")
    if isinstance(behavior, dict):
        for way, defaults in _SCALING.items():
            fill(behavior, {way: {}})
            fill(behavior[way], defaults)


def limit_range(body: Body, _resource: Resource) -> None:
    """A container's maximum is its default limit, and that its default request."""
    for limit in _maps(mapping(body.get("spec")).get("limits")):
        if limit.get("type") == "Container":
            fill(limit, {"default": {}, "defaultRequest": {}})
            fill(limit["default"], mapping(limit.get("max")))
            fill(limit["defaultRequest"], mapping(limit.get("min")))
            fill(limit["defaultRequest"], limit["default"])
            for key in ("default", "defaultRequest"):
                if not limit[key]:
                    del limit[key]


def endpoint_slice(body: Body, _resource: Resource) -> None:
    for port in _maps(body.get("ports")):
        fill(port, {"name": "", "protocol": "TCP"})


def ingress_class(body: Body, _resource: Resource) -> None:
    parameters = mapping(body.get("spec")).get("parameters")
    if isinstance(parameters, dict):
        fill(parameters, {"scope": "Cluster"})


def priority_level(body: Body, _resource: Resource) -> None:
    limited = mapping(body.get("spec")).get("limited")
    if isinstance(limited, dict):
        fill(limited, {"nominalConcurrencyShares": 30, "lendablePercent": 0})


def api_service(body: Body, _resource: Resource) -> None:
    service = mapping(body.get("spec")).get("service")
    if isinstance(service, dict):
        fill(service, {"port": 443})


def persistent_volume(body: Body, _resource: Resource) -> None:
    spec = mapping(body.get("spec"))
    if isinstance(spec, dict):
        fill(spec, {"volumeMode": "Filesystem", "persistentVolumeReclaimPolicy": "Retain"})
        if isinstance(spec.get("hostPath"), dict):
            fill(spec["hostPath"], {"type": ""})


def crd(body: Body) -> Body:
    """With what apiextensions fills in; the body, whose schemas are large, is shared and not copied."""
    spec = body.get("spec")
    if not isinstance(spec, dict):
        return body
    rest = {key: value for key, value in spec.items() if key != "preserveUnknownFields" or value is not False}
    names = spec.get("names", {})
    if isinstance(names, dict):
        kind = str(names.get("kind") or "")
        given = {key: value for key, value in names.items() if value or not isinstance(value, str | list | None)}
        rest["names"] = {"singular": kind.lower(), "listKind": f"{kind}List"} | given
    return {**body, "spec": {"conversion": {"strategy": "None"}, **rest}}


def _maps(value: Any) -> Iterator[dict[str, Any]]:
    return (entry for entry in sequence(value) if isinstance(entry, dict))


def ingress(body: Body, resource: Resource) -> None:
    """What v1beta1 writes otherwise, as v1 writes it (k8s.io/kubernetes pkg/apis/networking/v1beta1/conversion.go)."""
    spec = body.get("spec")
    if resource.version != "v1beta1" or not isinstance(spec, dict):
        return
    if isinstance(spec.get("backend"), dict):
        spec["defaultBackend"] = _backend(spec.pop("backend"))
    for rule in sequence(spec.get("rules")):
        for path in sequence(mapping(mapping(rule).get("http")).get("paths")):
            if isinstance(path, dict) and isinstance(path.get("backend"), dict):
                fill(path, {"pathType": "ImplementationSpecific"})
                path["backend"] = _backend(path["backend"])


def _backend(backend: Mapping[str, Any]) -> Body:
    port = backend.get("servicePort")
    if not isinstance(backend.get("serviceName"), str) or not isinstance(port, int | str):
        return dict(backend)
    rest = {key: value for key, value in backend.items() if key not in ("serviceName", "servicePort")}
    return {**rest, "service": {"name": backend["serviceName"], "port": {_port_key(port): port}}}


def _port_key(port: int | str) -> str:
    return "number" if isinstance(port, int) else "name"
