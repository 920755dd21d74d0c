"""Kustomize overlays: which one a release gets, and what it does to the chart's output."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from pipeline.core.kube.resource import Delivery, ManifestSet, Resource
from pipeline.core.kube.scope import Scopes
from pipeline.core.render.manifests import as_written, placed
from pipeline.core.render.overlay_origins import origins

FOLDER = "overlays"
NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
CHART = "chart.yaml"
"""The chart's output, as the overlay's kustomization names it under ``resources``."""
REFUSES = "kustomize rejects it"
"""What a ``Kustomize`` says between the overlay and the program's own words."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """``folder`` holds the kustomization that is built; ``files`` are all below ``overlays/<release>``, by path.

    ``shared`` are those beside it that its kustomizations refer to, such as ``_components/team/kustomization.yaml``,
    by path below ``overlays/``.
    """

    release: str
    folder: str
    files: Mapping[str, bytes]
    shared: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def by_path(self) -> dict[str, bytes]:
        """All files, by path below ``overlays/``, sorted."""
        own = {f"{self.release}/{name}": data for name, data in self.files.items()}
        return dict(sorted({**self.shared, **own}.items()))

    @property
    def recorded(self) -> dict[str, bytes]:
        """All files by the name under which a render records them."""
        return {recorded_name(self.release, f"{FOLDER}/{path}"): data for path, data in self.by_path.items()}


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


def recorded_name(release: str, path: str) -> str:
    """Below the overlay's own folder; the path from the repository's root for what lies elsewhere in ``overlays/``."""
    own = path.removeprefix(f"{FOLDER}/{release}/")
    return path if own == path or own.startswith(f"{FOLDER}/") else own


def path_of_recorded(release: str, name: str) -> str:
    """From the repository's root."""
    return name if name.startswith(f"{FOLDER}/") else f"{FOLDER}/{release}/{name}"


def applied(
    overlay: Overlay, chart: Iterable[Resource], namespace: str, scopes: Scopes, kustomize: Kustomize
) -> ManifestSet:
    """The objects after the overlay. What keeps its identity keeps its template and delivery too.

    ``chart`` is as Helm wrote it: a namespace that Helm left out would keep Kustomize from following references, and
    from finding what a patch or a generator names without one. It is made explicit afterwards.
    """
    written = list(chart)
    built = placed(as_written(kustomize.build(overlay, stream(written))), namespace, scopes.with_crds(written))
    origin_of = origins(placed(written, namespace, scopes), built)
    resources = (_with_origin(resource, origin_of.get(resource.id), overlay) for resource in built.resources)
    return ManifestSet(tuple(resources), built.duplicates)


def stream(resources: Iterable[Resource]) -> str:
    from pipeline.core.yaml.writer import dump  # noqa: PLC0415 - 10 ms where nothing is to be built

    return "".join(f"---\n{dump(resource.body)}" for resource in resources)


def _with_origin(resource: Resource, origin: Resource | None, overlay: Overlay) -> Resource:
    if origin is None:
        return replace(resource, source=overlay.folder)
    # the overlay may have made a hook of it, or no hook any more; what comes from crds/ stays what it is
    delivery = origin.delivery if origin.delivery is Delivery.CRDS_DIR else resource.delivery
    return replace(resource, source=origin.source, delivery=delivery, release=origin.release)
