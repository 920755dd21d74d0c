"""Builds the Report from two snapshots: compares each release, judges it, and sorts everything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.core.analysis.rollouts import extent
from pipeline.core.charts.release_links import ReleaseLink, release_links
from pipeline.core.diff.change import Action, Diff, FieldChange, ResourceChange
from pipeline.core.diff.compare import compare
from pipeline.core.judge.change_origins import change_origins
from pipeline.core.judge.judge import Judgement, judge
from pipeline.core.judge.kept_objects import kept_objects
from pipeline.core.judge.masked_snapshot import certain, masked
from pipeline.core.judge.mesh_rows import mesh_rows
from pipeline.core.judge.other_releases import OtherReleases, unchanged_environments
from pipeline.core.judge.quiet_releases import QuietRelease, judged_quietly
from pipeline.core.judge.render_digest import render_digest
from pipeline.core.judge.report import ReleaseChange, ReleaseReport, Report, combined_digest, finding_order
from pipeline.core.judge.silence import SilenceMemory, environment_states
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.ports import NOTHING_KEPT, Memory
from pipeline.core.redaction.mask import Mask
from pipeline.core.render.notes import Notes
from pipeline.core.risk.finding import NotEvaluated
from pipeline.core.risk.option import Options
from pipeline.core.risk.rule import Rule
from pipeline.core.risk.upgrade import Facts, Side, Upgrade

_UNJUDGED = Judgement((), (), {})
_NOTHING = ReleaseSide("", Side(ManifestSet()))


@dataclass(frozen=True, slots=True)
class Targets:
    """What each environment runs: the Kubernetes version by environment name, and whether renders knew its kinds."""

    kube_versions: Mapping[str, str] = field(default_factory=dict)
    capabilities: bool = False
    stated: bool = True
    versions_before: Mapping[str, str] = field(default_factory=dict)
    """The versions that the old side was rendered for, by environment."""
    options: Mapping[str, Options] = field(default_factory=dict)
    """What policies say to rules, by environment."""

    def before_of(self, environment: str) -> tuple[int, int] | None:
        """None where it is unknown, or where it is the same version as now."""
        version = minor_version(self.versions_before.get(environment, ""))
        return None if version == self.version_of(environment) else version

    def version_of(self, environment: str) -> tuple[int, int] | None:
        return minor_version(self.kube_versions.get(environment, ""))


def minor_version(text: str) -> tuple[int, int] | None:
    """``"v1.34.2"`` is ``(1, 34)``; None where no version can be read."""
    parts = text.removeprefix("v").split(".")
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].rstrip("+").isdigit()):  # noqa: PLR2004 - major and minor
        return None
    return int(parts[0]), int(parts[1].rstrip("+"))


@dataclass(frozen=True, slots=True)
class Compared:
    """One release, compared and judged."""

    key: ReleaseKey
    report: ReleaseReport
    changes: tuple[ReleaseChange, ...] = ()
    judgement: Judgement = _UNJUDGED


def build(
    old: Snapshot,
    new: Snapshot,
    rules: Iterable[Rule],
    targets: Targets,
    *,
    only: frozenset[ReleaseKey] | None = None,
    memory: Memory = NOTHING_KEPT,
) -> Report:
    """The whole report, before policy: waivers, overrides and the verdict are ``core/judge/waivers.py``'s.

    Secret values are masked before anything is compared; the digest alone is made of what was rendered. ``only`` are
    the releases to report (a shard): the others are facts all the same. ``memory`` changes what this costs, and never
    what it answers.
    """
    mask = Mask()
    digests = {key: _digest(side) for key, side in new.releases.items() if only is None or key in only}
    old, new = masked(old, new, mask)
    failed = {key: error for key, error in {**old.errors, **new.errors}.items() if only is None or key in only}
    keys = sorted(key for key in {*old.releases, *new.releases} - failed.keys() if only is None or key in only)
    compared = _compared(_Sides.of(old, new, memory), keys, failed, tuple(rules), targets)
    changes = tuple(change for item in compared for change in item.changes)
    findings = [finding for item in compared for finding in item.judgement.findings]
    return Report(
        old=old.source,
        new=new.source,
        environment=",".join(sorted({key.environment for key in keys if key.environment})),
        kube_version=",".join(sorted({targets.kube_versions.get(key.environment, "") for key in keys} - {""})),
        releases=tuple(_with_digest(one, "" if one.key in failed else digests.get(one.key, "")) for one in compared),
        changes=changes,
        findings=tuple(sorted(findings, key=finding_order)),
        not_evaluated=_not_evaluated(compared),
        errors=tuple(failed[key] for key in sorted(failed)),
        helm_engine=new.helm_engine,
        helm_version=new.helm_version,
        render_digest=combined_digest((key.environment, key.name, one_digest) for key, one_digest in digests.items()),
        mask=mask,
        rollouts=extent(change.change for change in changes),
        mesh=mesh_rows(old, new, changes),
    )


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both sides, and on each of them what the others of a release render."""

    old: Snapshot
    new: Snapshot
    others_before: OtherReleases
    others_after: OtherReleases
    unchanged: frozenset[str]
    """Environments in which no object is otherwise than before."""
    silences: SilenceMemory

    @classmethod
    def of(cls, old: Snapshot, new: Snapshot, memory: Memory) -> "_Sides":
        others = OtherReleases(old, "before"), OtherReleases(new, "after")
        silences = SilenceMemory(memory, environment_states(old, new))
        return cls(old, new, *others, unchanged_environments(old, new), silences)


def _digest(release: ReleaseSide) -> str:
    kept = kept_objects(release.side.manifests)
    return render_digest(certain(release.side)) if kept is None or release.side.chance else kept.facts.render_digest


def _compared(
    sides: _Sides, keys: Iterable[ReleaseKey], failed: Iterable[ReleaseKey], rules: tuple[Rule, ...], targets: Targets
) -> list[Compared]:
    """Sorted."""
    compared = [_release(key, sides, rules, targets) for key in keys]
    compared += [_failed(key, sides.old, sides.new, rules, targets) for key in failed]
    return sorted(compared, key=lambda item: item.key)


def _with_digest(compared: Compared, render_digest: str) -> ReleaseReport:
    return replace(compared.report, render_digest=render_digest)


def _release(key: ReleaseKey, sides: _Sides, rules: tuple[Rule, ...], targets: Targets) -> Compared:
    before, after = sides.old.releases.get(key, _NOTHING), sides.new.releases.get(key, _NOTHING)
    facts = Facts(
        target=targets.version_of(key.environment),
        capabilities=targets.capabilities,
        target_stated=targets.stated,
        target_before=targets.before_of(key.environment),
        repository_before=sides.others_before.manifests(key),
        repository_after=sides.others_after.manifests(key),
        options=targets.options.get(key.environment, {}),
    )
    namespace = after.namespace or before.namespace
    same = key.environment in sides.unchanged

    def upgraded(diff: Diff) -> Upgrade:
        return Upgrade(key.name, namespace, before.whole, after.whole, diff, facts, key.environment, same)

    quiet = judged_quietly(QuietRelease(key, before, after, facts, same), rules, sides.silences, upgraded)
    if quiet is not None:
        return Compared(key, _release_report(key, namespace, before, after, Diff()), (), quiet)
    elsewhere = sides.others_after.ids(key)
    diff = _settled(compare(before.side.manifests, after.side.manifests, elsewhere), after.side)
    upgrade = upgraded(diff)
    judgement = judge(upgrade, rules)
    context = before.context != after.context or before.namespace != after.namespace
    origins = change_origins(diff.changes, upgrade.before, upgrade.after, more=context)
    changes = tuple(
        ReleaseChange(key.name, c, key.environment, judgement.unaccounted.get(c.id, ()), origin)
        for c, origin in zip(diff.changes, origins, strict=True)
    )
    return Compared(key, _release_report(key, namespace, before, after, diff), changes, judgement)


def _settled(diff: Diff, after: Side) -> Diff:
    """Paths with values that differ at each render are not due to this upgrade: one rule reports all of them."""
    if not after.notes.volatile:
        return diff
    return Diff(tuple(replace(c, fields=tuple(_noted(c, f, after.notes) for f in c.fields)) for c in diff.changes))


def _noted(change: ResourceChange, field: FieldChange, notes: Notes) -> FieldChange:
    if field.noise or not notes.covers(change.resource.id, field.path):
        return field
    return replace(field, noise="a different value at each render")


def _failed(key: ReleaseKey, old: Snapshot, new: Snapshot, rules: tuple[Rule, ...], targets: Targets) -> Compared:
    """A release of which a side does not render: what its charts and values say is judged, and nothing reads as lost.

    With no manifests on either side there is no change, and the rules that look at manifests are left out.
    """
    report = ReleaseReport(key.name, key.environment, "", status="failed")
    before, after = (side.unrendered.get(key) or side.releases.get(key) for side in (old, new))
    if before is None or after is None:
        return Compared(key, report)
    bare = [replace(side.side, manifests=ManifestSet()) for side in (before, after)]
    facts = Facts(
        target=targets.version_of(key.environment),
        target_stated=targets.stated,
        refusal=new.errors[key].message if key in new.errors else "",
        options=targets.options.get(key.environment, {}),
    )
    upgrade = Upgrade(key.name, after.namespace, bare[0], bare[1], Diff(), facts, key.environment)
    return Compared(key, report, judgement=judge(upgrade, [rule for rule in rules if rule.unrendered]))


def _release_report(
    key: ReleaseKey, namespace: str, before: ReleaseSide, after: ReleaseSide, diff: Diff
) -> ReleaseReport:
    count = {action: sum(1 for _ in diff.of_action(action)) for action in Action}
    edited = count[Action.CHANGED] + count[Action.RENAMED] + count[Action.MOVED]
    return ReleaseReport(
        name=key.name,
        environment=key.environment,
        namespace=namespace,
        chart=after.chart or before.chart,
        old_version=before.version,
        new_version=after.version,
        old_digest=before.digest,
        new_digest=after.digest,
        added=count[Action.ADDED],
        changed=edited,
        removed=count[Action.REMOVED],
        links=_links(before, after),
        unchanged=len(after.side.manifests.identities) - count[Action.ADDED] - edited,
    )


def _links(before: ReleaseSide, after: ReleaseSide) -> tuple[ReleaseLink, ...]:
    """Those of the new chart, where it is another version."""
    chart = None if before.version in ("", after.version) else after.whole.chart
    return () if chart is None else release_links(chart.metadata)


def _not_evaluated(compared: list[Compared]) -> tuple[NotEvaluated, ...]:
    """Each rule once, however many releases lacked its input."""
    skipped = {item for side in compared for item in side.judgement.not_evaluated}
    return tuple(sorted(skipped, key=lambda item: (item.rule, item.needs)))
