"""Definitions that change while their resources live, with every step that an apply can need for it.

``before`` is applied first, then ``by_others`` happens; the plan of ``after`` stores anew, repairs, patches, writes a
definition in two steps, and retires Helm's record.
"""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

from tests.cluster.cluster import Cluster, Object
from tests.cluster.objects import config_map, crd, custom, deployment, secret, service

STEPS = {"migrate", "repair", "update", "finish", "retire"}
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
_RECORD = "sh.helm.release.v1.old.v1"
_LISTED = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"


def settings(namespace: str) -> Object:
    """What the section ``apply:`` must say."""
    return {"migrateStorage": True, "retire": [{"name": "old", "namespace": namespace}]}


def before(namespace: str) -> list[Object]:
    kinds = [versioned(_group(namespace), ("v1beta1", TEXT), ("v1", TEXT)), gadget(namespace, "v1")]
    return [*kinds, _old(namespace), config_map(namespace, a="1"), *_same(namespace)]


def after(namespace: str) -> list[Object]:
    kinds = [versioned(_group(namespace), ("v1", NUMBER)), gadget(namespace, "v2", "v1")]
    new = custom(namespace, _group(namespace), p=80)
    return [*kinds, new, config_map(namespace, a="2"), *_same(namespace)]


def by_others(cluster: Cluster, namespace: str) -> None:
    """Somebody writes the custom resource in the version that goes; Helm has a release that lists the settings."""
    old = _old(namespace)
    labelled = old | {"metadata": {**old["metadata"], "labels": {"x": "y"}}}
    status, said = cluster.apply(labelled, manager="other")
    assert status == 200, said
    cluster.create(helms_record(namespace))


def helms_record(namespace: str) -> Object:
    packed = base64.b64encode(gzip.compress(json.dumps({"manifest": _LISTED}).encode())).decode()
    body = secret(namespace, _RECORD, type="helm.sh/release.v1", stringData={"release": packed})
    labels = {"owner": "helm", "name": "old", "version": "1"}
    return body | {"metadata": {**body["metadata"], "labels": labels}}


def state(cluster: Cluster, namespace: str) -> Any:
    """All that differs before and after, without what differs between any two runs."""
    widget = cluster.get(custom(namespace, _group(namespace)))
    kinds = [cluster.get(body) for body in after(namespace)[:2]]
    managers = sorted((one["manager"], one["apiVersion"][-3:]) for one in widget["metadata"]["managedFields"])
    versions = [[one["name"] for one in kind["spec"]["versions"] if one["served"]] for kind in kinds]
    stored = [kind["status"]["storedVersions"] for kind in kinds]
    conversions = [kind["spec"]["conversion"]["strategy"] for kind in kinds]
    record = cluster.get(secret(namespace, _RECORD))
    data = cluster.get(config_map(namespace))["data"]
    return [widget["spec"], managers, versions, stored, conversions, record, data]


def steps(plan: Path) -> set[str]:
    return {action["op"] for action in json.loads(plan.read_text())["actions"]}


def versioned(group: str, *versions: tuple[str, Object], kind: str = "Widget", plural: str = "widgets") -> Object:
    """A definition that stores the first of its versions."""
    body = crd(group, kind, plural)
    body["spec"]["versions"] = [
        {"name": name, "served": True, "storage": name == versions[0][0], "schema": {"openAPIV3Schema": _of(schema)}}
        for name, schema in versions
    ]
    return body


def gadget(namespace: str, *versions: str) -> Object:
    """A definition whose conversion is a webhook of the same plan, where it has several versions."""
    several = [(name, TEXT) for name in versions]
    body = versioned(f"{namespace}.example.com", *several, kind="Gadget", plural="gadgets")
    reference = {"name": "web", "namespace": namespace, "path": "/convert", "port": 80}
    hook = {"conversionReviewVersions": ["v1"], "clientConfig": {"service": reference}}
    body["spec"] |= {"conversion": {"strategy": "Webhook", "webhook": hook}} if len(versions) > 1 else {}
    return body


def _of(schema: Object) -> Object:
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": {"p": schema}}}}


def _group(namespace: str) -> str:
    return f"{namespace}.example.org"


def _old(namespace: str) -> Object:
    return custom(namespace, _group(namespace), p="80") | {"apiVersion": f"{_group(namespace)}/v1beta1"}


def _same(namespace: str) -> list[Object]:
    return [deployment(namespace), service(namespace)]
