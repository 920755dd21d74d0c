"""Builds the Report from two snapshots: compares each release, judges it, and sorts everything."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import orjson

from pipeline.core.analysis.rollouts import extent
from pipeline.core.charts.release_links import ReleaseLink, release_links
from pipeline.core.diff.change import Action, Diff, FieldChange, ResourceChange
from pipeline.core.diff.compare import compare
from pipeline.core.judge.change_origins import change_origins
from pipeline.core.judge.judge import Judgement, judge
from pipeline.core.judge.masked_snapshot import certain, masked
from pipeline.core.judge.mesh_rows import mesh_rows
from pipeline.core.judge.other_releases import OtherReleases, unchanged_environments
from pipeline.core.judge.report import ReleaseChange, ReleaseReport, Report, combined_digest, finding_order
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.kube.resource import Body, ManifestSet, Resource, mapping
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
    old: Snapshot, new: Snapshot, rules: Iterable[Rule], targets: Targets, only: frozenset[ReleaseKey] | None = None
) -> Report:
    """The whole report, before policy: waivers, overrides and the verdict are ``core/judge/waivers.py``'s.

    Secret values are masked before anything is compared; the digest alone is made of what was rendered. ``only`` are
    the releases to report (a shard): the others are facts all the same.
    """
    digests, mask = {key: render_digest(certain(side.side)) for key, side in new.releases.items()}, Mask()
    old, new = masked(old, new, mask)
    rules = tuple(rules)
    failed = {key: error for key, error in {**old.errors, **new.errors}.items() if only is None or key in only}
    keys = sorted(key for key in {*old.releases, *new.releases} - failed.keys() if only is None or key in only)
    digests = {key: digest for key, digest in digests.items() if only is None or key in only}
    sides = _Sides.of(old, new)
    compared = [_release(key, sides, rules, targets) for key in keys]
    compared = [replace(c, report=replace(c.report, render_digest=digests.get(c.key, ""))) for c in compared]
    compared += [_failed(key, old, new, rules, targets) for key in failed]
    compared.sort(key=lambda item: item.key)
    changes = tuple(change for item in compared for change in item.changes)
    findings = [finding for item in compared for finding in item.judgement.findings]
    return Report(
        old=old.source,
        new=new.source,
        environment=",".join(sorted({key.environment for key in keys if key.environment})),
        kube_version=",".join(sorted({targets.kube_versions.get(key.environment, "") for key in keys} - {""})),
        releases=tuple(item.report for item in compared),
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

    @classmethod
    def of(cls, old: Snapshot, new: Snapshot) -> "_Sides":
        return cls(old, new, OtherReleases(old), OtherReleases(new), unchanged_environments(old, new))


def _release(key: ReleaseKey, sides: _Sides, rules: tuple[Rule, ...], targets: Targets) -> Compared:
    before, after = sides.old.releases.get(key, _NOTHING), sides.new.releases.get(key, _NOTHING)
    elsewhere = sides.others_after.ids(key)
    diff = _settled(compare(before.side.manifests, after.side.manifests, elsewhere), after.side)
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
    upgrade = Upgrade(key.name, namespace, before.side, after.side, diff, facts, key.environment, same)
    judgement = judge(upgrade, rules)
    context = before.context != after.context or before.namespace != after.namespace
    origins = change_origins(diff.changes, before.side, after.side, more=context)
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
        unchanged=len(after.side.manifests.resources) - count[Action.ADDED] - edited,
    )


def _links(before: ReleaseSide, after: ReleaseSide) -> tuple[ReleaseLink, ...]:
    """Those of the new chart, where it is another version."""
    chart = after.side.chart
    return () if chart is None or before.version in ("", after.version) else release_links(chart.metadata)


def _not_evaluated(compared: list[Compared]) -> tuple[NotEvaluated, ...]:
    """Each rule once, however many releases lacked its input."""
    skipped = {item for side in compared for item in side.judgement.not_evaluated}
    return tuple(sorted(skipped, key=lambda item: (item.rule, item.needs)))


def render_digest(manifests: ManifestSet) -> str:
    """``sha256:…`` over every object, in an order that does not depend on the render's."""
    digest = hashlib.sha256()
    for resource in sorted(manifests.resources, key=lambda r: r.id):
        digest.update(orjson.dumps(_without_secrets(resource), option=orjson.OPT_SORT_KEYS))
    return f"sha256:{digest.hexdigest()}"


def _without_secrets(resource: Resource) -> Body:
    """A digest of a short secret can be guessed, so a Secret counts by its keys alone."""
    if resource.kind != "Secret":
        return resource.body
    hidden: Body = {
        key: sorted(mapping(resource.body.get(key))) for key in ("data", "stringData") if key in resource.body
    }
    return {**resource.body, **hidden}
