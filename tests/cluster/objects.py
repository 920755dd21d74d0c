"""Small Kubernetes objects for tests: each function gives a fresh body that a real server takes."""

from typing import Any

Object = dict[str, Any]
OWNER = {"app": "web"}


def config_map(namespace: str, name: str = "settings", **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _meta(namespace, name), "data": data}


def secret(namespace: str, name: str = "password", **more: Any) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": _meta(namespace, name)} | more


def pod_spec(tag: str = "1.0", **more: Any) -> Object:
    return {"containers": [{"name": "web", "image": f"example.org/web:{tag}"} | more]}


def deployment(namespace: str, tag: str = "1.0", name: str = "web", **spec: Any) -> Object:
    template = {"metadata": {"labels": OWNER}, "spec": pod_spec(tag)}
    body = {"replicas": 1, "selector": {"matchLabels": OWNER}, "template": template} | spec
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _meta(namespace, name), "spec": body}


def stateful_set(namespace: str, name: str = "data", **spec: Any) -> Object:
    template = {"metadata": {"labels": OWNER}, "spec": pod_spec()}
    body = {"serviceName": name, "selector": {"matchLabels": OWNER}, "template": template} | spec
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": _meta(namespace, name), "spec": body}


def job(namespace: str, tag: str = "1.0", name: str = "migrate", **spec: Any) -> Object:
    template = {"spec": pod_spec(tag) | {"restartPolicy": "Never"}}
    body = {"backoffLimit": 0, "template": template} | spec
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": _meta(namespace, name), "spec": body}


def service(namespace: str, name: str = "web", **spec: Any) -> Object:
    body = {"selector": OWNER, "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]} | spec
    return {"apiVersion": "v1", "kind": "Service", "metadata": _meta(namespace, name), "spec": body}


def claim(namespace: str, name: str = "data", size: str = "1Gi", storage_class: str = "standard") -> Object:
    spec: Object = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    spec["storageClassName"] = storage_class
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": _meta(namespace, name), "spec": spec}


def role_binding(namespace: str, role: str = "view", name: str = "viewers") -> Object:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": _meta(namespace, name),
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": group, "kind": "Group", "name": "viewers"}],
    }


def role(namespace: str, name: str, rules: list[Object]) -> Object:
    version = "rbac.authorization.k8s.io/v1"
    return {"apiVersion": version, "kind": "Role", "metadata": _meta(namespace, name), "rules": rules}


def crd(group: str, kind: str = "Widget", plural: str = "widgets", **names: Any) -> Object:
    """A namespaced kind whose spec takes anything, with a status of its own."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything, "status": anything}}
    version = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"} | names,
            "versions": [version | {"schema": {"openAPIV3Schema": schema}}],
        },
    }


def custom(namespace: str, group: str, kind: str = "Widget", name: str = "one", **spec: Any) -> Object:
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": _meta(namespace, name), "spec": spec}


def condition(live: Any, kind: str) -> str:
    """The status of a condition: "True", "False", "Unknown", or "" where there is none yet."""
    found = (live.get("status") or {}).get("conditions") or []
    return next((str(c["status"]) for c in found if c["type"] == kind), "")


def _meta(namespace: str, name: str) -> Object:
    return {"namespace": namespace, "name": name}
