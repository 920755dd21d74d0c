"""Reads Flux's HelmReleases, with the repositories and ConfigMaps that they refer to.

Facts about defaults: https://fluxcd.io/flux/components/helm/helmreleases/ (release name and target namespace, the order
of values) and https://fluxcd.io/flux/components/source/helmrepositories/.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.migration.imported import Imported, ImportedRelease, LeftOut, merged, with_value
from pipeline.core.migration.own_repository import is_followed, same_repository
from pipeline.core.yaml.reader import YamlError, load

_GROUP_HELM = "helm.toolkit.fluxcd.io/"
_GROUP_SOURCE = "source.toolkit.fluxcd.io/"
_IGNORED = frozenset(
    {
        "chart", "chartRef", "values", "valuesFrom", "releaseName", "targetNamespace", "storageNamespace", "dependsOn",
        "interval", "timeout", "maxHistory", "install", "upgrade", "rollback", "uninstall", "test", "driftDetection",
        "suspend", "serviceAccountName", "postRenderers", "persistentClient",
    }
)  # fmt: skip
"""Keys of a HelmRelease's spec that are read here, or that say how Flux goes about it."""


@dataclass(frozen=True, slots=True)
class Documents:
    """Every document of one environment, each with the file that it stands in."""

    found: Sequence[tuple[str, Mapping[str, Any]]]

    def of_kind(self, kind: str, group: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for file, document in self.found:
            if document.get("kind") == kind and str(document.get("apiVersion", "")).startswith(group):
                yield file, document

    def named(self, kind: str, group: str, name: str, namespace: str) -> Mapping[str, Any] | None:
        """The object; one that does not state its namespace fits any."""
        for _, document in self.of_kind(kind, group):
            metadata = mapping(document.get("metadata"))
            if metadata.get("name") == name and metadata.get("namespace", namespace) == namespace:
                return document
        return None


def flux(documents: Documents, own: str = "") -> Imported:
    """The releases of one environment, under the name ``""``. ``own`` is the address of their repository."""
    releases, left_out, repositories = [], list[LeftOut](), dict[str, str]()
    for file, document in documents.of_kind("HelmRelease", _GROUP_HELM):
        reader = _HelmReleaseReader(documents, file, document, left_out, repositories, own)
        release = reader.release()
        if release is not None:
            releases.append(release)
    return Imported({"": tuple(releases)}, repositories, tuple(left_out))


@dataclass(frozen=True, slots=True)
class _HelmReleaseReader:
    documents: Documents
    file: str
    document: Mapping[str, Any]
    left_out: list[LeftOut]
    repositories: dict[str, str]
    own: str

    @property
    def spec(self) -> Mapping[str, Any]:
        return mapping(self.document.get("spec"))

    @property
    def metadata(self) -> Mapping[str, Any]:
        return mapping(self.document.get("metadata"))

    @property
    def where(self) -> str:
        return f"{self.file}: HelmRelease {self.metadata.get('name')}"

    def release(self) -> ImportedRelease | None:
        chart = self._chart()
        if chart is None:
            return None
        for key in self.spec.keys() - _IGNORED:
            self._leave(f"spec.{key} is not taken over", "set what it does in values/ or in an overlay")
        own = str(self.metadata.get("namespace") or "default")
        target = str(self.spec.get("targetNamespace") or "")
        name = str(self.metadata.get("name"))
        return ImportedRelease(
            name=str(self.spec.get("releaseName") or (f"{target}-{name}" if target else name)),
            chart=chart[0],
            version=chart[1],
            namespace=target or own,
            needs=tuple(str(mapping(each).get("name")) for each in sequence(self.spec.get("dependsOn"))),
            values=merged(self._referred_values(own), mapping(self.spec.get("values"))),
            patches=tuple(self._patches()),
            where=self.where,
            declared=name,
        )

    def _leave(self, what: str, todo: str) -> None:
        self.left_out.append(LeftOut(self.where, what, todo))

    def _chart(self) -> tuple[str, str] | None:
        """The chart as pipeline.yaml names it, and its version."""
        spec = mapping(mapping(self.spec.get("chart")).get("spec"))
        reference = mapping(self.spec.get("chartRef")) or mapping(spec.get("sourceRef"))
        kind, name = str(reference.get("kind")), str(reference.get("name"))
        namespace = str(reference.get("namespace") or self.metadata.get("namespace") or "default")
        source = self.documents.named(kind, _GROUP_SOURCE, name, namespace)
        if source is None:
            self._leave(f"{kind} {namespace}/{name} is not in these files", "add its release with: pipeline add CHART")
            return None
        of = mapping(source.get("spec"))
        version = str(spec.get("version") or "*")
        match kind:
            case "HelmRepository":
                return self._of_repository(name, str(of.get("url")), str(spec.get("chart"))), _version(version)
            case "OCIRepository":
                return str(of.get("url")), self._tag(mapping(of.get("ref")))
            case "GitRepository":
                return _of_git(of, str(spec.get("chart")), self.own), ""
        self._leave(f"charts of a {kind} are not taken over", "name the chart in pipeline.yaml by its URL or path")
        return None

    def _of_repository(self, name: str, url: str, chart: str) -> str:
        if url.startswith("oci://"):
            return f"{url.rstrip('/')}/{chart}"
        self.repositories[name] = url.rstrip("/")
        return f"{name}/{chart}"

    def _tag(self, reference: Mapping[str, Any]) -> str:
        if reference.get("digest"):
            self._leave("its digest is not taken over", "pipeline vendor writes the digest into pipeline.lock; compare")
        return str(reference.get("semver") or reference.get("tag") or "").replace("_", "+")

    def _referred_values(self, namespace: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for entry in map(mapping, sequence(self.spec.get("valuesFrom"))):
            kind, name = str(entry.get("kind")), str(entry.get("name"))
            key = str(entry.get("valuesKey") or "values.yaml")
            source = self.documents.named(kind, "v1", name, namespace) if kind == "ConfigMap" else None
            text = mapping((source or {}).get("data")).get(key)
            if not isinstance(text, str):
                self._leave(
                    f"valuesFrom {kind} {name} {key} is not taken over",
                    "write what it holds into values/, encrypted with sops where it is secret",
                )
                continue
            values = self._with_text(values, text, str(entry.get("targetPath") or ""), f"ConfigMap {name} {key}")
        return values

    def _with_text(self, values: dict[str, Any], text: str, target: str, what: str) -> dict[str, Any]:
        try:
            return with_value(values, target, load(text)) if target else merged(values, mapping(load(text)))
        except (YamlError, ValueError) as error:
            self._leave(f"{what} cannot be read: {error}", "write what it holds into values/")
            return values

    def _patches(self) -> Iterable[Any]:
        for renderer in map(mapping, sequence(self.spec.get("postRenderers"))):
            kustomize = mapping(renderer.get("kustomize"))
            yield from sequence(kustomize.get("patches"))
            for key in kustomize.keys() - {"patches"}:
                self._leave(f"postRenderers.kustomize.{key} is not taken over", "add it to the overlay")


def _version(text: str) -> str:
    return "" if text == "*" else text


def _of_git(spec: Mapping[str, Any], path: str, own: str) -> str:
    reference = mapping(spec.get("ref"))
    wanted = next((str(reference[key]) for key in ("commit", "tag", "branch") if reference.get(key)), "")
    if same_repository(str(spec.get("url") or ""), own) and is_followed(wanted):
        return f"./{path.removeprefix('./')}"
    return f"git+{spec.get('url')}//{path.removeprefix('./')}" + (f"?ref={wanted}" if wanted else "")
