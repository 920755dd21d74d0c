"""Which releases must move before the control plane may: to which version at least, and in which order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.core.cluster.plan.phases import waves
from pipeline.core.kube.capabilities import minor_of
from pipeline.core.upgrade.judged import JudgedVersion


class KubeTurn(StrEnum):
    """When a release moves, seen from its control plane."""

    STAYS = "stays"
    BEFORE = "before"
    WITH = "with"
    """Its first version that fits the new Kubernetes does not fit the old one."""
    STUCK = "stuck"
    """No version that its source has fits the new Kubernetes."""


@dataclass(frozen=True, slots=True)
class KubeMove:
    """One release. ``refused`` is what runs, judged on the new Kubernetes.

    ``least`` is the oldest newer version without blockers there, judged as an upgrade on the old Kubernetes; None where
    there is none, or none is needed. ``tried`` are the versions that came before it, judged on the new Kubernetes.
    """

    pin: str
    current: str
    refused: JudgedVersion
    least: JudgedVersion | None = None
    tried: tuple[JudgedVersion, ...] = ()
    problem: str = ""
    """Why its source could not be asked for newer versions."""

    @property
    def turn(self) -> KubeTurn:
        if self.refused.is_open:
            return KubeTurn.STAYS
        if self.least is None:
            return KubeTurn.STUCK
        return KubeTurn.WITH if self.least.problem else KubeTurn.BEFORE


@dataclass(frozen=True, slots=True)
class KubePlan:
    """The releases of one environment in the order in which they move."""

    environment: str
    before: str
    after: str
    moves: tuple[KubeMove, ...]

    @property
    def is_open(self) -> bool:
        """Whether the control plane may move now."""
        return all(move.turn is KubeTurn.STAYS for move in self.moves)

    @property
    def minors(self) -> tuple[str, ...]:
        """The way of the control plane, which may skip no minor version (Kubernetes' version skew policy)."""
        (major, old), (_, new) = minor_of(self.before), minor_of(self.after)
        return tuple(f"{major}.{minor}" for minor in range(old + 1, new + 1))


def in_order(plan: KubePlan, needs: Mapping[str, Iterable[str]]) -> KubePlan:
    """A release after those that it needs; else as pipeline.yaml has them."""
    wave_of = waves(needs)
    ranked = sorted(plan.moves, key=lambda move: wave_of.get(move.pin.rpartition("/")[2], 0))
    return replace(plan, moves=tuple(ranked))
