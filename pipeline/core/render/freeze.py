"""Frozen values: non-deterministic values keep what is committed, so that equal input gives equal files.

Certificates and keys of one render belong together: either each of them is kept or none is. A checksum of other objects
is kept where those objects are as committed, else pods would miss a change of theirs.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.core.kube.path import MISSING, Path, get, put, to_text
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId
from pipeline.core.kube.secrets import holds_data, is_encrypted
from pipeline.core.render.nondeterminism import Volatile, kept, unnamed

_NAME: Path = ("metadata", "name")
_CHECKSUM = re.compile(r"[0-9a-f]{32,128}")
_SUMMED = frozenset({"ConfigMap", "Secret"})


@dataclass(frozen=True, slots=True)
class Frozen:
    """``left`` is what could not be kept: nothing is committed there, or it no longer fits.

    ``named`` are the committed names of objects that get another at each render.
    """

    manifests: ManifestSet
    left: tuple[Volatile, ...] = ()
    named: Mapping[ResourceId, str] = field(default_factory=dict, hash=False)

    def now(self, rid: ResourceId) -> ResourceId:
        """Who an object is that was ``rid`` in the new render."""
        return replace(rid, name=self.named.get(rid, rid.name))


def frozen(manifests: ManifestSet, varying: Iterable[Volatile], committed: ManifestSet) -> Frozen:
    """``manifests`` with the committed values wherever they are volatile.

    What is committed encrypted, and cannot be read here, is left to who encrypts: it keeps that while it can.
    """
    named = _named_as_committed(manifests, varying, committed)
    before = committed.by_id()
    sealed = {rid for rid, resource in before.items() if is_encrypted(resource)}
    read = [varied for varied in varying if not varied.is_name and varied.id not in sealed]
    values = {varied: kept(varied, get(_twin(varied, named, before), varied.path)) for varied in read}
    if any(value is MISSING for varied, value in values.items() if varied.is_key):
        values = {varied: MISSING if varied.is_key else value for varied, value in values.items()}
    sums = {varied for varied in values if _is_checksum(varied)}
    now = _with(manifests, {varied: value for varied, value in values.items() if varied not in sums}, named)
    if sums and _summed_differ(now, before):
        values = {varied: MISSING if varied in sums else value for varied, value in values.items()}
    else:
        now = _with(manifests, values, named)
    left = [varied for varied, value in values.items() if value is MISSING]
    left += [varied for varied in varying if varied.is_name and varied.id not in named]
    return Frozen(now, tuple(left), named)


def _twin(varied: Volatile, named: Mapping[ResourceId, str], before: Mapping[ResourceId, Resource]) -> object:
    """The committed body of the object; an empty one where there is none."""
    rid = replace(varied.id, name=named.get(varied.id, varied.id.name))
    return before[rid].body if rid in before else {}


def _with(manifests: ManifestSet, values: Mapping[Volatile, object], named: Mapping[ResourceId, str]) -> ManifestSet:
    by_id: dict[ResourceId, dict[Path, object]] = {rid: {_NAME: name} for rid, name in named.items()}
    for varied, value in values.items():
        if value is not MISSING:
            by_id.setdefault(varied.id, {})[varied.path] = value
    resources = (r.with_body(put(r.body, by_id[r.id])) if r.id in by_id else r for r in manifests.resources)
    return ManifestSet(tuple(resources), manifests.duplicates)


def _named_as_committed(
    manifests: ManifestSet, varying: Iterable[Volatile], committed: ManifestSet
) -> dict[ResourceId, str]:
    """The committed name of each object that has another at each render, where its template made such an object."""
    ids, by_id = {resource.id for resource in manifests.resources}, manifests.by_id()
    free = [resource for resource in committed.resources if resource.id not in ids]
    named: dict[ResourceId, str] = {}
    for varied in varying:
        if varied.is_name and varied.id in by_id:
            source = by_id[varied.id].source
            same = [r for r in free if r.source == source and replace(r.id, name="") == replace(varied.id, name="")]
            fitting = [r for r in same if kept(varied, r.id.name) is not MISSING]
            if fitting:  # of several with names alike, the one that is most alike in all else
                chosen = next((r for r in fitting if unnamed(r) == unnamed(by_id[varied.id])), fitting[0])
                named[varied.id] = chosen.id.name
                free.remove(chosen)
    return named


def _is_checksum(varied: Volatile) -> bool:
    return "annotations" in varied.path and isinstance(varied.first, str) and bool(_CHECKSUM.fullmatch(varied.first))


def _summed_differ(manifests: ManifestSet, before: Mapping[ResourceId, Resource]) -> bool:
    """Whether a ConfigMap or Secret is another one than committed. Secrets that the tree does not show are left out."""
    summed = [resource for resource in manifests.resources if resource.id.kind in _SUMMED]
    shown = [r for r in summed if not holds_data(r) or (r.id in before and not is_encrypted(before[r.id]))]
    removed = {rid for rid in before if rid.kind in _SUMMED} - {resource.id for resource in summed}
    return bool(removed) or any(r.id not in before or r.body != before[r.id].body for r in shown)


def told(varying: Iterable[Volatile]) -> str:
    """``Secret shop/web data.password, Deployment …``: which paths, for one line; no value."""
    return ", ".join(f"{varied.id} {to_text(varied.path)}" for varied in varying)
