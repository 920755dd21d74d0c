"""What the CRDs of one release mean for the render of all others: APIs, and which kinds have a namespace."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

from pipeline.core.kube.capabilities import crd_versions
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.kube.scope import BUILT_IN, Scopes

GroupKind = tuple[str, str]


@dataclass(frozen=True, slots=True)
class CrdOffer:
    """``apis`` as templates ask for them; ``scopes`` say whether a kind is namespaced."""

    apis: frozenset[str] = frozenset()
    scopes: Mapping[GroupKind, bool] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, manifests: ManifestSet) -> "CrdOffer":
        return cls(crd_versions(manifests), BUILT_IN.with_crds(manifests.resources).custom)


def all_apis(offers: Iterable[CrdOffer]) -> frozenset[str]:
    return frozenset(api for offer in offers for api in offer.apis)


def all_scopes(offers: Iterable[CrdOffer]) -> Scopes:
    """Where two differ, the last one counts."""
    nothing: Mapping[GroupKind, bool] = {}
    return Scopes(reduce(lambda known, offer: {**known, **offer.scopes}, offers, nothing))


def custom_kinds(manifests: ManifestSet) -> frozenset[GroupKind]:
    """The kinds of which only a CRD says whether they are namespaced."""
    used = {(resource.group, resource.kind) for resource in manifests.resources}
    return frozenset(kind for kind in used if BUILT_IN.namespaced(*kind) is None)
