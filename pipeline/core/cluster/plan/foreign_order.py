"""Annotations with which other tools order an apply, and which pipeline does not follow.

The order is that of phases (:mod:`pipeline.core.cluster.plan.phases`) and of ``needs`` between releases. Keys are those
of Argo CD (sync phases and waves) and kapp (apply ordering).
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from pipeline.core.cluster.plan.desired import DesiredObject
from pipeline.core.kube.resource import mapping
from pipeline.core.words import counted

_WAVE = "argocd.argoproj.io/sync-wave"
_KEYS = (_WAVE, "argocd.argoproj.io/hook", "kapp.k14s.io/change-group", "kapp.k14s.io/change-rule")


def not_followed(wanted: Iterable[DesiredObject]) -> tuple[str, ...]:
    """One sentence for each such annotation, with how many objects carry it."""
    counts = Counter(key for item in wanted for key in _carried(item))
    return tuple(
        f"{key} of {counted(number, 'object')} is not followed: the order is that of the phases, and of needs"
        for key, number in sorted(counts.items())
    )


def _carried(item: DesiredObject) -> Iterator[str]:
    """By their names; ``change-group`` may carry a suffix after a dot. Wave 0 is the same as none."""
    annotations = mapping(item.resource.metadata.get("annotations"))
    for name, value in annotations.items():
        key = next((known for known in _KEYS if name == known or str(name).startswith(f"{known}.")), "")
        if key and not (key == _WAVE and str(value).strip() in ("", "0")):
            yield key
