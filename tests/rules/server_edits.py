"""Edits of tests/data/mutations/matrix.yaml, which has them in words: the object before, and what is merged into it."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.core.yaml.reader import load

Body = dict[str, Any]


def _pods(kind: str, extra: str = "") -> Body:
    body: Body = load(
        f"{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: a, namespace: shop}}, spec: {{"
        "selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: "
        f"[{{name: c, image: x}}]}}}}{extra}}}}}"
    )
    return body


def _object(version: str, kind: str, rest: str) -> Body:
    body: Body = load(f"{{apiVersion: {version}, kind: {kind}, metadata: {{name: a, namespace: shop}}, {rest}}}")
    return body


WEB = _pods("Deployment")
STATEFUL = _pods(
    "StatefulSet",
    ", serviceName: s, volumeClaimTemplates: [{metadata: {name: v}, spec: {accessModes: [ReadWriteOnce], "
    "resources: {requests: {storage: 1Gi}}}}]",
)
JOB = _object(
    "batch/v1",
    "Job",
    "spec: {template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}",
)
SERVICE = _object("v1", "Service", "spec: {selector: {a: b}, ports: [{name: h, port: 80}]}")
CLAIM = _object(
    "v1",
    "PersistentVolumeClaim",
    "spec: {storageClassName: s, accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}",
)
SETTINGS = _object("v1", "ConfigMap", "immutable: true, data: {a: b}")
_SCHEMA = (
    "schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {f: {type: string}}}}}}"
)
CRD: Body = load(
    "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: things.x.io}, spec: "
    "{group: x.io, scope: Namespaced, names: {kind: Thing, plural: things, singular: thing, listKind: ThingList}, "
    f"versions: [{{name: v1alpha1, served: true, storage: false, {_SCHEMA}}}, "
    f"{{name: v1, served: true, storage: true, {_SCHEMA}}}]}}}}"
)


def merged(body: Body, patch: Body) -> Body:
    """As a JSON merge patch: null takes away."""
    for key, value in patch.items():
        if value is None:
            body.pop(key, None)
        elif isinstance(value, dict) and isinstance(body.get(key), dict):
            merged(body[key], value)
        else:
            body[key] = copy.deepcopy(value)
    return body


@dataclass(frozen=True)
class Edit:
    """``before`` and ``change`` are patches of a base's spec (or of the object, with ``whole``)."""

    base: Body
    words: str
    change: str | Callable[[Body], object]
    before: str = ""

    def sides(self) -> tuple[Body, Body]:
        old = merged(copy.deepcopy(self.base), {"spec": load(f"{{{self.before}}}")} if self.before else {})
        new = copy.deepcopy(old)
        if callable(self.change):
            self.change(new)
        elif self.change.startswith("/"):
            merged(new, load(f"{{{self.change[1:]}}}"))
        else:
            merged(new, {"spec": load(f"{{{self.change}}}")})
        return old, new


def _claim(patch: str) -> Callable[[Body], object]:
    return lambda body: merged(body["spec"]["volumeClaimTemplates"][0], load(f"{{{patch}}}"))


def _container(patch: str) -> Callable[[Body], object]:
    return lambda body: merged(body["spec"]["template"]["spec"]["containers"][0], load(f"{{{patch}}}"))


def _versions(edit: Callable[[list[Body]], object]) -> Callable[[Body], object]:
    return lambda body: edit(body["spec"]["versions"])


def _field(patch: str) -> Callable[[Body], object]:
    """Of the schema of v1's spec."""
    return lambda body: merged(
        body["spec"]["versions"][1]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"],
        load(f"{{{patch}}}"),
    )


BALANCED = "type: LoadBalancer, loadBalancerClass: a.b/c, externalTrafficPolicy: Local, healthCheckNodePort: 30000"
HOOK = "strategy: Webhook, webhook: {clientConfig: {url: 'https://a'}"


def edits() -> Iterator[Edit]:
    yield from _of_workloads()
    yield from _of_services()
    yield from _of_storage()
    yield from _of_crds()


def _of_workloads() -> Iterator[Edit]:
    more = "selector: {matchLabels: {c: d}}, template: {metadata: {labels: {c: d}}}"
    yield Edit(WEB, "selector narrowed to more labels", more)
    surge = "strategy: {rollingUpdate: {maxSurge: 1}}"
    recreated = "strategy: {type: Recreate, rollingUpdate: null}"
    yield Edit(WEB, "strategy with rollingUpdate.maxSurge written, to Recreate", recreated, surge)
    yield Edit(WEB, "strategy Recreate dropped", "strategy: null", "strategy: {type: Recreate}")
    yield Edit(STATEFUL, "serviceName", "serviceName: t")
    yield Edit(STATEFUL, "podManagementPolicy", "podManagementPolicy: Parallel")
    yield Edit(STATEFUL, "revisionHistoryLimit", "revisionHistoryLimit: 3")
    yield Edit(STATEFUL, "minReadySeconds", "minReadySeconds: 3")
    yield Edit(STATEFUL, "ordinals", "ordinals: {start: 1}")
    yield Edit(STATEFUL, "pvcRetentionPolicy", "persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}")
    yield Edit(STATEFUL, "vct storage up", _claim("spec: {resources: {requests: {storage: 2Gi}}}"))
    yield Edit(STATEFUL, "vct storage same, other unit (1024Mi)",
               _claim("spec: {resources: {requests: {storage: 1024Mi}}}"))  # fmt: skip
    yield Edit(STATEFUL, "vct label", _claim("metadata: {labels: {a: b}}"))
    yield Edit(STATEFUL, "vct annotation added", _claim("metadata: {annotations: {a: b}}"))
    yield Edit(STATEFUL, "vct storageClassName", _claim("spec: {storageClassName: s}"))
    yield Edit(STATEFUL, "vct apiVersion+kind written out", _claim("apiVersion: v1, kind: PersistentVolumeClaim"))
    yield Edit(
        STATEFUL, "vct volumeMode Filesystem written out (the default)", _claim("spec: {volumeMode: Filesystem}")
    )
    yield Edit(STATEFUL, "vct all removed", "volumeClaimTemplates: null")
    yield Edit(JOB, "template image", _container("image: z"))
    yield Edit(JOB, "template label", "template: {metadata: {labels: {n: '1'}}}")
    yield Edit(JOB, "template annotation", "template: {metadata: {annotations: {n: '1'}}}")
    for key in ("parallelism: 2", "completions: 2", "completionMode: Indexed", "backoffLimit: 1", "suspend: true",
                "ttlSecondsAfterFinished: 9", "activeDeadlineSeconds: 9", "podReplacementPolicy: Failed"):  # fmt: skip
        yield Edit(JOB, key.split(":", maxsplit=1)[0], key)
    yield Edit(JOB, "suspended: image", _container("image: z"), "suspend: true")
    yield Edit(JOB, "suspended: container resources", _container("resources: {limits: {cpu: 1}}"), "suspend: true")
    yield Edit(JOB, "suspended: template label", "template: {metadata: {labels: {n: '1'}}}", "suspend: true")
    yield Edit(JOB, "suspended: template nodeSelector", "template: {spec: {nodeSelector: {a: b}}}", "suspend: true")


def _of_services() -> Iterator[Edit]:
    yield Edit(SERVICE, "clusterIP None", "clusterIP: None")
    yield Edit(SERVICE, "clusterIP another", "clusterIP: 10.0.0.2", "clusterIP: 10.0.0.1")
    yield Edit(SERVICE, "clusterIP empty string", "clusterIP: ''")
    yield Edit(SERVICE, "type ExternalName", "type: ExternalName, externalName: a.b")
    yield Edit(SERVICE, "type LoadBalancer", "type: LoadBalancer")
    yield Edit(SERVICE, "type NodePort", "type: NodePort")
    yield Edit(SERVICE, "ipFamilyPolicy PreferDualStack", "ipFamilyPolicy: PreferDualStack")
    yield Edit(SERVICE, "port renamed", "ports: [{name: g, port: 80}]")
    yield Edit(SERVICE, "headless: an address", "clusterIP: 10.0.0.1", "clusterIP: None")
    yield Edit(SERVICE, "headless: clusterIP dropped", "clusterIP: null", "clusterIP: None")
    yield Edit(SERVICE, "headless: clusterIP empty", "clusterIP: ''", "clusterIP: None")
    yield Edit(SERVICE, "headless: type LoadBalancer, clusterIP dropped", "clusterIP: null, type: LoadBalancer",
               "clusterIP: None")  # fmt: skip
    yield Edit(SERVICE, "NodePort: to headless", "type: ClusterIP, clusterIP: None", "type: NodePort")
    yield Edit(SERVICE, "LB: loadBalancerClass changed", "loadBalancerClass: d.e/f", BALANCED)
    yield Edit(SERVICE, "LB: loadBalancerClass dropped", "loadBalancerClass: null", BALANCED)
    yield Edit(SERVICE, "LB: healthCheckNodePort", "healthCheckNodePort: 30001", BALANCED)
    yield Edit(SERVICE, "LB: healthCheckNodePort dropped", "healthCheckNodePort: null", BALANCED)
    yield Edit(SERVICE, "LB without class: loadBalancerClass added", "loadBalancerClass: d.e/f", "type: LoadBalancer")
    gone = "type: ClusterIP, loadBalancerClass: null, healthCheckNodePort: null"
    yield Edit(SERVICE, "LB: to ClusterIP, externalTrafficPolicy kept", gone, BALANCED)
    yield Edit(SERVICE, "LB: to ClusterIP with all the rest dropped", f"{gone}, externalTrafficPolicy: null", BALANCED)
    yield Edit(SERVICE, "LB: externalTrafficPolicy Cluster, healthCheckNodePort kept",
               "externalTrafficPolicy: Cluster", BALANCED)  # fmt: skip


def _of_storage() -> Iterator[Edit]:
    yield Edit(CLAIM, "bound: size down", "resources: {requests: {storage: 1Gi}}")
    yield Edit(CLAIM, "bound: same size, other unit", "resources: {requests: {storage: 2048Mi}}")
    yield Edit(CLAIM, "bound: accessModes", "accessModes: [ReadWriteMany]")
    yield Edit(CLAIM, "bound: storageClassName", "storageClassName: t")
    yield Edit(CLAIM, "bound: storageClassName dropped", "storageClassName: null")
    yield Edit(CLAIM, "bound: volumeMode Block", "volumeMode: Block")
    yield Edit(CLAIM, "bound: selector added", "selector: {matchLabels: {a: b}}")
    yield Edit(CLAIM, "no class: storageClassName set", "storageClassName: s", "storageClassName: null")
    yield Edit(CLAIM, "pending: volumeName set", "volumeName: v")
    yield Edit(SETTINGS, "immutable: data", "/data: {a: c}")
    yield Edit(SETTINGS, "immutable: false again", "/immutable: false")
    yield Edit(SETTINGS, "immutable: dropped", "/immutable: null")
    yield Edit(SETTINGS, "immutable: labels", "/metadata: {labels: {a: b}}")


def _of_crds() -> Iterator[Edit]:
    yield Edit(CRD, "version v1 (stored) dropped", _versions(lambda all_: (all_.pop(1), all_[0].update(storage=True))))
    yield Edit(CRD, "v1 renamed to v2", _versions(lambda all_: all_[1].update(name="v2")))
    yield Edit(CRD, "version v1alpha1 dropped (never stored)", _versions(lambda all_: all_.pop(0)))
    yield Edit(CRD, "two storage versions", _versions(lambda all_: all_[0].update(storage=True)))
    yield Edit(CRD, "storage moves to v1alpha1, both stay",
               _versions(lambda all_: (all_[0].update(storage=True), all_[1].update(storage=False))))  # fmt: skip
    yield Edit(CRD, "v1 not served", _versions(lambda all_: all_[1].update(served=False)))
    yield Edit(CRD, "no version served", _versions(lambda all_: [one.update(served=False) for one in all_]))
    yield Edit(CRD, "schema dropped", _versions(lambda all_: all_[1].pop("schema")))
    yield Edit(CRD, "scope Cluster", "scope: Cluster")
    yield Edit(CRD, "group", "group: y.io")
    yield Edit(CRD, "kind", "names: {kind: Item}")
    yield Edit(CRD, "plural", "names: {plural: items}")
    yield Edit(CRD, "singular, listKind", "names: {singular: t, listKind: Ts}")
    yield Edit(CRD, "shortNames", "names: {shortNames: [t]}")
    yield Edit(CRD, "categories", "names: {categories: [t]}")
    yield Edit(CRD, "preserveUnknownFields true", "preserveUnknownFields: true")
    yield Edit(CRD, "preserveUnknownFields false written out", "preserveUnknownFields: false")
    yield Edit(CRD, "property without type", _field("g: {}"))
    yield Edit(CRD, "default that does not match", _field("g: {type: integer, default: x}"))
    yield Edit(CRD, "field type changes", _field("f: {type: integer}"))
    yield Edit(CRD, "field dropped from schema", _field("f: null"))
    yield Edit(CRD, "conversion Webhook", f"conversion: {{{HOOK}, conversionReviewVersions: [v1]}}}}")
    yield Edit(CRD, "conversion Webhook without reviews versions", f"conversion: {{{HOOK}}}}}")
