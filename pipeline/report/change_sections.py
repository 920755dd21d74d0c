"""Which changes are shown together and in which order: by severity, then by what runs, never by a list's order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from pipeline.core.judge.report_document import ChangeEntry, FindingEntry, ReleaseEntry, ReportDocument, ResourceEntry
from pipeline.core.kube.resource import CRD_KIND
from pipeline.core.risk.levels import LEVELS
from pipeline.core.words import listed
from pipeline.report import plain

_RUN = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod", "Job", "CronJob")
_RANKS: Mapping[str, int] = {
    **dict.fromkeys((*_RUN, "Rollout", "Prometheus", "Alertmanager"), 0),
    **dict.fromkeys(("Service", "Ingress", "Gateway", "HTTPRoute", "NetworkPolicy", "PodDisruptionBudget"), 1),
    **dict.fromkeys(("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ServiceAccount"), 2),
    **dict.fromkeys(("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService"), 3),
    **dict.fromkeys(("PersistentVolumeClaim", "PersistentVolume", "StorageClass", "Namespace"), 3),
    **dict.fromkeys(("Secret", "ConfigMap", "HorizontalPodAutoscaler"), 4),
    CRD_KIND: 6,
}
_OTHER = 5
_NONE = len(LEVELS)
_SERIOUS = 2
_ReleaseKey = tuple[str, str]
_Member = tuple[ReleaseEntry, list[ChangeEntry], list[ChangeEntry]]
"""A release, what is shown of it, and what is quiet."""
_Identity = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class ChangeSection:
    """The changes that ``releases`` have in common: the same objects, from and to the same, in several environments."""

    releases: tuple[ReleaseEntry, ...]
    shown: tuple[ChangeEntry, ...]
    quiet: tuple[ChangeEntry, ...]
    """Objects more that differ in version labels and the like alone."""

    @property
    def folded(self) -> int:
        return len(self.quiet)

    @property
    def title(self) -> str:
        """``prod/mesh lattice 1.4.0 → 2.0.0, and the same in test/mesh``."""
        others = listed((plain.release_name(*release.key) for release in self.releases[1:]), 5)
        first = plain.release_title(self.releases[0])
        return f"{first}, and the same in {others}" if others else first


class Worst:
    """The worst finding of each object, of those that are not waived."""

    def __init__(self, report: ReportDocument) -> None:
        self._levels: dict[tuple[_ReleaseKey, _Identity], int] = {}
        self._first: dict[tuple[_ReleaseKey, _Identity], FindingEntry] = {}
        for finding in report.findings:
            for key in () if finding.waived else finding.keys:
                for resource in finding.resources:
                    self._note(key, _thing(resource), finding)

    def _note(self, home: _ReleaseKey, thing: _Identity, finding: FindingEntry) -> None:
        level = LEVELS.index(finding.severity)
        if level < self._levels.get((home, thing), _NONE):
            self._levels[home, thing] = level
            self._first[home, thing] = finding

    def of(self, change: ChangeEntry) -> FindingEntry | None:
        return self._first.get((change.key, _thing(change.resource)))

    def rank(self, change: ChangeEntry) -> tuple[int, int, int, str, str, str]:
        """What is serious first; then what runs, what it is reached by and what it may do; CRDs last."""
        level = self._levels.get((change.key, _thing(change.resource)), _NONE)
        where = change.resource
        return min(level, _SERIOUS), runs(where), level, where.kind, where.namespace, where.name


def runs(resource: ResourceEntry) -> int:
    """0 for what runs, 6 for what only describes other objects."""
    return _RANKS.get(resource.kind, _OTHER)


def _thing(resource: ResourceEntry) -> _Identity:
    """An object whatever its version."""
    return resource.group, resource.kind, resource.namespace, resource.name


def change_sections(report: ReportDocument) -> list[ChangeSection]:
    """Every release that changes, the most serious first; those with equal changes together."""
    worst = Worst(report)
    sections = list(_alike(report, worst))
    return sorted(
        sections, key=lambda section: min((worst.rank(change)[:1] for change in section.shown), default=(_NONE,))
    )


def _alike(report: ReportDocument, worst: Worst) -> Iterator[ChangeSection]:
    groups: dict[tuple[object, ...], list[_Member]] = {}
    several = len(report.releases) > 1
    for number, (release, own) in enumerate(_own_changes(report)):
        shown = sorted((change for change in own if not change.fields or change.telling), key=worst.rank)
        quiet = sorted((change for change in own if change.fields and not change.telling), key=worst.rank)
        if own:
            key: tuple[object, ...] = (_contents(release, shown),) if several else (number,)
            groups.setdefault(key, []).append((release, shown, quiet))
    for members in groups.values():
        yield ChangeSection(tuple(release for release, _, _ in members), tuple(members[0][1]), tuple(members[0][2]))


def _own_changes(report: ReportDocument) -> Iterator[tuple[ReleaseEntry, list[ChangeEntry]]]:
    own: dict[_ReleaseKey, list[ChangeEntry]] = {}
    for change in report.changes:
        own.setdefault(change.key, []).append(change)
    yield from ((release, own.get(release.key, [])) for release in report.releases)


def _contents(release: ReleaseEntry, shown: list[ChangeEntry]) -> bytes:
    chart = release.chart
    bare = [replace(change, environment="") for change in shown]
    return msgspec.json.encode((release.name, chart.name, chart.old_version, chart.new_version, bare))
