"""Which APIs a render may use: those of the target's version, and those that CRDs add.

In all three forms in which templates ask (``.Capabilities.APIVersions.Has``): ``v1``, ``apps/v1``,
``apps/v1/Deployment``.
"""

from pipeline.core.kube.apis import capabilities, newest
from pipeline.core.kube.fields import bounds
from pipeline.core.kube.resource import CRD_KIND, ManifestSet, mapping, sequence


def offered(kube_version: str) -> frozenset[str]:
    """What a cluster of ``kube_version`` (``1.34.0``) serves by default."""
    return frozenset(capabilities(minor_of(kube_version)))


def minor_of(kube_version: str) -> tuple[int, int]:
    """``(1, 34)`` of ``1.34.0`` or ``v1.34``."""
    major, minor = (int(part) for part in kube_version.removeprefix("v").split(".")[:2])
    return major, minor


def known_minors() -> tuple[int, int]:
    """The oldest and the newest minor of Kubernetes 1 that the tables of APIs and of fields both know."""
    oldest, newest_fields = bounds()
    return oldest, min(newest(), newest_fields)


def crd_versions(manifests: ManifestSet) -> frozenset[str]:
    """``group/version`` and ``group/version/Kind`` of every served version of every CRD."""
    names = set()
    for crd in manifests.of_kind(CRD_KIND):
        spec = mapping(crd.body.get("spec"))
        group, kind = str(spec.get("group") or ""), str(mapping(spec.get("names")).get("kind") or "")
        versions = [mapping(entry) for entry in sequence(spec.get("versions"))]
        served = [str(entry.get("name") or "") for entry in versions if entry.get("served") is not False]
        for version in served or [str(spec.get("version") or "")]:
            if group and kind and version:
                names |= {f"{group}/{version}", f"{group}/{version}/{kind}"}
    return frozenset(names)
