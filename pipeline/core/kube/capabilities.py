"""Which APIs a render may count on: what a cluster of the target version offers, and what CRDs add.

In all three forms in which templates ask (``.Capabilities.APIVersions.Has``): ``v1``, ``apps/v1``,
``apps/v1/Deployment``.
"""

from pipeline.core.kube.apis import capabilities
from pipeline.core.kube.resource import CRD_KIND, ManifestSet, mapping, sequence


def offered(kube_version: str) -> frozenset[str]:
    """What a cluster of ``kube_version`` (``1.34.0``) serves by default."""
    major, minor = (int(part) for part in kube_version.removeprefix("v").split(".")[:2])
    return frozenset(capabilities((major, minor)))


def crd_versions(manifests: ManifestSet) -> frozenset[str]:
    """``group/version`` and ``group/version/Kind`` of every served version of every CRD."""
    found = set()
    for crd in manifests.of_kind(CRD_KIND):
        spec = mapping(crd.body.get("spec"))
        group, kind = str(spec.get("group") or ""), str(mapping(spec.get("names")).get("kind") or "")
        versions = [mapping(entry) for entry in sequence(spec.get("versions"))]
        served = [str(entry.get("name") or "") for entry in versions if entry.get("served") is not False]
        for version in served or [str(spec.get("version") or "")]:
            if group and kind and version:
                found |= {f"{group}/{version}", f"{group}/{version}/{kind}"}
    return frozenset(found)
