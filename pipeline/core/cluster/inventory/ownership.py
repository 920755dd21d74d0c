"""Marks on live objects: those of other tools that own them, and those that ask for an object to be kept."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.kube.resource import Body, mapping, sequence
from pipeline.core.words import kubectl

PART_OF = "applyset.kubernetes.io/part-of"
KEEP = "pipeline/prune"
_LABELS = {
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "kapp.k14s.io/app": "kapp",
    "argocd.argoproj.io/instance": "Argo CD",
}
_ARGO_CD = frozenset({"argocd-controller", "argocd-application-controller"})
_INSTANCE = "app.kubernetes.io/instance"
"""Argo CD before 3.0 tracks by this label, which charts set as well: only its field manager tells them apart."""
_ANNOTATIONS = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "config.k8s.io/owning-inventory": "another inventory (cli-utils)",
    "kluctl.io/deployment": "kluctl",
}
_KEPT = {
    "helm.sh/resource-policy": ("keep",),
    "kustomize.toolkit.fluxcd.io/prune": ("disabled",),
    "client.lifecycle.config.k8s.io/deletion": ("detach",),
    "kluctl.io/skip-delete": ("true",),
    KEEP: ("never",),
}


def foreign_owner(body: Body, applyset: str) -> str:
    """Which other tool says that the object is its own; empty where none does. Not Helm: see ``helm_release``."""
    metadata = mapping(body.get("metadata"))
    labels, annotations = mapping(metadata.get("labels")), mapping(metadata.get("annotations"))
    for key, tool in _LABELS.items():
        if key in labels:
            return f"{tool} ({key}: {labels[key]})"
    for key, tool in _ANNOTATIONS.items():
        if key in annotations:
            return f"{tool} ({key}: {annotations[key]})"
    if _INSTANCE in labels and not _ARGO_CD.isdisjoint(_managers(metadata)):
        return f"Argo CD ({_INSTANCE}: {labels[_INSTANCE]})"
    other = labels.get(PART_OF)
    if other and other != applyset:
        return f"another ApplySet ({other})"
    return controller(body)


def _managers(metadata: Mapping[str, Any]) -> set[str]:
    return {str(mapping(entry).get("manager")) for entry in sequence(metadata.get("managedFields"))}


def controller(body: Body) -> str:
    """The controller that owns the object (``ownerReferences``), empty where none does."""
    for owner in map(mapping, sequence(mapping(body.get("metadata")).get("ownerReferences"))):
        if owner.get("controller") is True:
            return f"the controller {owner.get('kind')} {owner.get('name')}"
    return ""


def helm_release(body: Body) -> str:
    """The Helm release that installed the object with ``helm install``, as NAMESPACE/NAME; empty where none did."""
    metadata = mapping(body.get("metadata"))
    if mapping(metadata.get("labels")).get("app.kubernetes.io/managed-by") != "Helm":
        return ""
    annotations = mapping(metadata.get("annotations"))
    name = annotations.get("meta.helm.sh/release-name")
    return f"{annotations.get('meta.helm.sh/release-namespace')}/{name}" if name else ""


def helm_record(release: str) -> str:
    """What Helm does with an object that was adopted from ``release``, and how to make it forget the release.

    Helm keeps each revision in a Secret (its default storage): ``helm uninstall`` deletes what the last one lists,
    whatever marks the objects bear.
    """
    namespace, _, name = release.partition("/")
    command = kubectl("delete", "secret", namespace=namespace)
    return (
        f"helm's release {release} still lists it, and helm uninstall would delete it; once all its objects are "
        f"adopted, retire the record: {command} -l owner=helm,name={name} (or apply.retire)"
    )


def kept(body: Body) -> str:
    """The mark that asks for the object to be kept, as ``key: value``; empty where there is none."""
    metadata = mapping(body.get("metadata"))
    marks = {**mapping(metadata.get("labels")), **mapping(metadata.get("annotations"))}
    for key, values in _KEPT.items():
        if marks.get(key) in values:
            return f"{key}: {marks[key]}"
    options = str(marks.get("argocd.argoproj.io/sync-options") or "").replace(" ", "").split(",")
    return next((f"argocd.argoproj.io/sync-options: {o}" for o in options if o in ("Prune=false", "Prune=confirm")), "")
