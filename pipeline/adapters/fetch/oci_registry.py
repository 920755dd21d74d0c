"""Charts in OCI registries: a manifest with one layer that is the chart's archive, as ``helm push`` makes it.

Every byte is held against a digest: the manifest against the one that was asked for or said, the layer against the
manifest. What comes must also be the chart and the version that were asked for, which Helm does not check.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from pipeline.adapters.fetch.http_get import Downloads
from pipeline.adapters.fetch.oci_signatures import cosign_signatures, provenance_layer
from pipeline.adapters.fetch.registry_api import Registry
from pipeline.adapters.fetch.unpacking import checked, packed, sha256
from pipeline.adapters.signatures.chart_signatures import SignatureChecks
from pipeline.core.budget import MEBIBYTE, Budget
from pipeline.core.charts.chart import Fetched
from pipeline.core.charts.oci_reference import OciName, tag_of, version_of
from pipeline.core.charts.reference import ChartReference, ChartRepository
from pipeline.core.charts.registry_tags import choose_tag, exact_tag, unknown_tag
from pipeline.core.charts.semver import Version
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.words import counted

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_CHART = ("application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip")
"""Helm's, and what it wrote while registries were an experiment (until 3.7), which it still reads."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LARGEST_MANIFEST = 4 * MEBIBYTE
"""What registries take at most (distribution specification, "Pushing manifests")."""


@dataclass
class OciRegistries:
    """``root`` is where relative files of credentials lie."""

    root: Path
    downloads: Downloads
    checks: SignatureChecks
    _registries: dict[tuple[str, ChartRepository], Registry] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch(self, reference: ChartReference, version: str, budget: Budget, revision: str = "") -> Fetched:
        """The chart that ``version`` (or the tag or digest in the reference) names; exactly ``revision`` if given.

        Raises:
            UsageError: no such version, or one that contradicts the reference.
            WorldError: the registry does not answer, or sends what its digest does not say.
        """
        name = OciName.parse(reference.location)
        registry = self._registry(name.host, reference.repository)
        _agree(name, version, reference)
        asked = revision or name.digest or name.tag or exact_tag(version)
        if not asked:
            asked = choose_tag(registry.tags(name.path, budget), version, chart=name.name, where=str(name))
        manifest, digest = self._manifest(registry, name, asked, budget)
        data = self._layer(registry, name, manifest, budget)
        fetched = packed(data, str(name), str(name), budget, digest)
        _check(fetched, name, "" if asked.startswith("sha256:") else asked)
        checked(fetched, version)
        return self.checks.image(
            reference,
            fetched,
            partial(provenance_layer, registry, name.path, manifest, budget),
            cosign_signatures(registry, name.path, digest, budget),
        )

    def tags(self, reference: ChartReference, budget: Budget) -> list[str]:
        """Every tag of the chart's repository, in the registry's order."""
        name = OciName.parse(reference.location)
        return self._registry(name.host, reference.repository).tags(name.path, budget)

    def revision(self, reference: ChartReference, budget: Budget) -> str:
        """The digest of the manifest under the reference's tag; empty where it names none. Raises as ``fetch``."""
        name = OciName.parse(reference.location)
        if name.digest or not name.tag:
            return ""
        return self._manifest(self._registry(name.host, reference.repository), name, name.tag, budget)[1]

    def _registry(self, host: str, settings: ChartRepository | None) -> Registry:
        key = (host, settings or ChartRepository(host, f"oci://{host}"))
        with self._lock:
            return self._registries.setdefault(key, Registry(host, key[1], self.root, self.downloads))

    def _manifest(self, registry: Registry, name: OciName, asked: str, budget: Budget) -> tuple[Mapping[str, Any], str]:
        accept = f"{_MANIFEST}, {_INDEX}"
        answer = registry.get(name.path, f"manifests/{asked}", budget, accept=accept)
        if answer is None:
            if asked.startswith("sha256:"):
                hint = "it may have been deleted; pipeline vendor --update resolves the version again"
                raise WorldError(f"{name} has no manifest {asked}", hint=hint)
            raise unknown_tag(registry.tags(name.path, budget), version_of(asked), chart=name.name, where=str(name))
        digest = sha256(answer.body)
        said = answer.headers.get("docker-content-digest", digest)
        expected = asked if asked.startswith("sha256:") else said if said.startswith("sha256:") else digest
        if digest != expected:
            raise WorldError(f"{name}: its manifest is {digest}, not {expected}", hint=_TAMPERED)
        if len(answer.body) > _LARGEST_MANIFEST:
            raise WorldError(f"{name}: its manifest is larger than {_LARGEST_MANIFEST // MEBIBYTE} MiB")
        try:
            manifest = mapping(orjson.loads(answer.body))
        except orjson.JSONDecodeError as error:
            raise WorldError(f"{name}: its manifest is not JSON", hint="is this a registry?") from error
        if "manifests" in manifest:
            inner, _ = self._manifest(registry, name, _only_chart(manifest, name), budget)
            return inner, digest
        return manifest, digest

    def _layer(self, registry: Registry, name: OciName, manifest: Mapping[str, Any], budget: Budget) -> bytes:
        layers = [mapping(layer) for layer in sequence(manifest.get("layers"))]
        charts = [layer for layer in layers if layer.get("mediaType") in _CHART]
        config = mapping(manifest.get("config")).get("mediaType")
        if config != _CONFIG or len(charts) != 1:
            what = str(config)[:80] if config != _CONFIG else f"{len(charts)} layers with a chart"
            raise WorldError(f"{name} is not a Helm chart, but {what!r}", hint="check its name and version")
        digest, size = charts[0].get("digest"), charts[0].get("size")
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest) or not isinstance(size, int):
            raise WorldError(f"{name}: its manifest names no sha256 digest and size of the chart", hint=_TAMPERED)
        if size > budget.packed_left:
            budget.packed(size)
        answer = registry.get(name.path, f"blobs/{digest}", budget)
        if answer is None:
            raise WorldError(f"{name}: the registry does not have the layer {digest}", hint="ask its publisher")
        if sha256(answer.body) != digest or len(answer.body) != size:
            actual = f"{sha256(answer.body)} with {len(answer.body)} bytes"
            raise WorldError(f"{name}: its layer is {actual}, not {digest} with {size} bytes", hint=_TAMPERED)
        return answer.body


_TAMPERED = "try again later; if it persists, the registry is broken or was tampered with"


def _only_chart(index: Mapping[str, Any], name: OciName) -> str:
    """The one manifest of an image index that is a chart."""
    rows = [mapping(manifest) for manifest in sequence(index.get("manifests"))]
    rows = [row for row in rows if row.get("mediaType") == _MANIFEST and row.get("artifactType") in (None, _CONFIG)]
    digests = [str(row.get("digest")) for row in rows]
    if len(digests) != 1 or not _DIGEST.fullmatch(digests[0]):
        hint = f"pin the chart's own manifest: {name}@sha256:…"
        raise WorldError(f"{name} is an index of {counted(len(digests), 'manifest')}, not one chart", hint=hint)
    return digests[0]


def _agree(name: OciName, version: str, reference: ChartReference) -> None:
    """A tag in the reference and a version beside it must be the same, as Helm demands."""
    if name.tag and version and tag_of(version) != name.tag:
        hint = "leave one of them out"
        raise UsageError(f"chart {reference} has the tag {name.tag}, and the version asked for is {version}", hint=hint)


def _check(fetched: Fetched, name: OciName, tag: str) -> None:
    """That what came is what was asked for: Helm takes whatever chart lies under the tag."""
    if fetched.name != name.name:
        raise WorldError(f"{name} holds the chart {fetched.name!r}", hint="ask its publisher")
    tag = tag or name.tag
    if tag and not _same(version_of(tag), fetched.version):
        message = f"{name}: the tag {tag} holds version {fetched.version}"
        raise WorldError(message, hint=f"pin what it holds by its digest: {name}@{fetched.revision}")


def _same(tag: str, version: str) -> bool:
    """Written alike, give or take a ``v``; a tag that is not a version (``latest``) is ignored."""
    try:
        wanted = Version.parse(tag)
    except ValueError:
        return True
    try:
        return tag.removeprefix("v") == version.removeprefix("v") or (
            wanted == Version.parse(version) and "+" not in tag + version
        )
    except ValueError:
        return False
