"""Which Istio the repository runs: the version of its control plane, and whether sidecars are init containers.

Sidecars as restartable init containers let a Job end. Istio uses them by default from 1.27 on, and since 1.19 where
``ENABLE_NATIVE_SIDECARS`` is set; Kubernetes has them from 1.29 on.
Source: istio releasenotes of 1.27; KEP-753.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.pods import WORKLOADS, containers
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.memo import once

NATIVE_FROM = (1, 27)
NATIVE_KUBERNETES = (1, 29)
SUPPORTED_KUBERNETES = {
    (1, minor): (1, lowest)
    for minor, lowest in (
        (14, 21), (15, 22), (16, 22), (17, 23), (18, 24), (19, 25), (20, 25), (21, 26), (22, 27), (23, 27), (24, 28),
        (25, 29), (26, 29), (27, 29), (28, 30), (29, 31),
    )
}  # fmt: skip
"""The oldest Kubernetes version of each Istio minor: https://istio.io/latest/docs/releases/supported-releases/."""
_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})(?:[.-]|$)").match
_IMAGES = {"pilot": "istiod", "proxyv2": "proxy", "install-cni": "CNI", "ztunnel": "ztunnel"}


class IstioPart(NamedTuple):
    """A container of Istio's: ``role`` is istiod, proxy, CNI or ztunnel; ``version`` is major and minor."""

    workload: Resource
    role: str
    version: tuple[int, int]
    container: dict[str, Any]


@once
def istio_parts(side: SideIndex) -> tuple[IstioPart, ...]:
    """Every container of Istio's own images whose tag is a version."""
    return tuple(
        part for kind in sorted(WORKLOADS) for resource in side.kinds.get(kind, ()) for part in parts_of(resource)
    )


def parts_of(workload: Resource) -> Iterator[IstioPart]:
    for container in containers(workload):
        image = container.get("image")
        if not isinstance(image, str) or "/" not in image:
            continue
        name, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
        version = _VERSION(tag)
        if name in _IMAGES and version:
            yield IstioPart(workload, _IMAGES[name], (int(version[1]), int(version[2])), container)


def jobs_end(side: SideIndex, kubernetes: tuple[int, int] | None) -> bool | None:
    """Whether a Job ends although it has a proxy; None where the repository holds no control plane."""
    istiods = [part for part in istio_parts(side) if part.role == "istiod"]
    if not istiods:
        return None
    if kubernetes is not None and kubernetes < NATIVE_KUBERNETES:
        return False
    return all(_is_native(part) for part in istiods)


def _is_native(part: IstioPart) -> bool:
    for variable in map(mapping, sequence(part.container.get("env"))):
        if variable.get("name") == "ENABLE_NATIVE_SIDECARS":
            return str(variable.get("value")).lower() == "true"
    return part.version >= NATIVE_FROM
