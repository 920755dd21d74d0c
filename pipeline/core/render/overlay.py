"""Kustomize overlays: which one a release gets, and what it does to the chart's output."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.kube.scope import BUILT_IN
from pipeline.core.render.manifests import parse
from pipeline.core.yaml.writer import dump

FOLDER = "overlays"
NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
CHART = "chart.yaml"
"""The chart's output, as the overlay's kustomization names it under ``resources``."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """``folder`` holds the kustomization that is built; ``files`` are all below ``overlays/<release>``, by path."""

    release: str
    folder: str
    files: Mapping[str, bytes]


class Kustomize(Protocol):
    """The real one, whoever brings it."""

    def build(self, overlay: Overlay, chart: str) -> str:
        """The YAML that ``overlay`` makes of ``chart`` (a stream of documents).

        Raises:
            WorldError: kustomize is not there, or refuses; the message says which overlay.
        """
        ...


def overlay_of(release: str, environment: str, files: Mapping[str, bytes]) -> Overlay | None:
    """The environment's own overlay, else the release's, else none. ``files`` are those below overlays/<release>."""
    for folder in (environment, ""):
        if any((f"{folder}/{name}" if folder else name) in files for name in NAMES):
            return Overlay(release, f"{FOLDER}/{release}/{folder}".rstrip("/"), files)
    return None


def applied(overlay: Overlay, manifests: ManifestSet, namespace: str, kustomize: Kustomize) -> ManifestSet:
    """The objects after the overlay. What keeps its identity keeps its template and delivery too."""
    known = {resource.id: resource for resource in manifests.resources}
    text = kustomize.build(overlay, stream(manifests.resources))
    built = parse(text, namespace=namespace, scopes=BUILT_IN.with_crds(manifests.resources))
    return ManifestSet.of(_with_origin(resource, known.get(resource.id), overlay) for resource in built.resources)


def stream(resources: Iterable[Resource]) -> str:
    return "".join(f"---\n{dump(resource.body)}" for resource in resources)


def _with_origin(resource: Resource, origin: Resource | None, overlay: Overlay) -> Resource:
    if origin is None:
        return replace(resource, source=overlay.folder)
    return replace(resource, source=origin.source, delivery=origin.delivery, release=origin.release)
