"""What changed between two states of a repository: two rendered trees, compared and judged by its own policy."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pipeline.core.config.model import Config
from pipeline.core.config.shards import shared_out
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.report import Report
from pipeline.core.judge.report_check import ReportCheck, no_check
from pipeline.core.judge.snapshot import ReleaseKey
from pipeline.core.judge.verdict import under_policies
from pipeline.core.judge.waivers import Policy
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule
from pipeline.flows.read_rendered import RenderedSnapshot


@dataclass(frozen=True, slots=True)
class DiffTerms:
    """How to judge: the environments' policies, another threshold for all of them (or None), and the day it is."""

    today: date
    fail_on: Severity | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict, hash=False)
    stated: frozenset[str] = frozenset()
    """Environments whose Kubernetes version pipeline.yaml states."""
    shard: tuple[int, int] | None = None
    """Which part of the releases is to be reported: the second of eight is ``(2, 8)``."""
    check: ReportCheck = no_check

    @classmethod
    def of(cls, config: Config, today: date, fail_on: Severity | None) -> "DiffTerms":
        environments = config.environments.values()
        policies = {environment.name: environment.policy for environment in environments}
        stated = frozenset(environment.name for environment in environments if environment.kube_version)
        return cls(today, fail_on, policies, stated)


def diff_repository(
    old: RenderedSnapshot, new: RenderedSnapshot, rules: Callable[[], Iterable[Rule]], terms: DiffTerms
) -> Report:
    """Compare, judge, and apply the policy."""
    versions = {key.environment: inputs.kube_version for key, inputs in {**old.inputs, **new.inputs}.items()}
    known = bool(versions)
    targets = Targets(versions, capabilities=known, stated=known and set(versions) <= terms.stated)
    report = build(old.snapshot, new.snapshot, rules(), targets, _share(old, new, terms.shard))
    terms.check(old.snapshot, new.snapshot, report)
    return under_policies(report, terms.policies, terms.fail_on, terms.today)


def _share(old: RenderedSnapshot, new: RenderedSnapshot, shard: tuple[int, int] | None) -> frozenset[ReleaseKey] | None:
    """The releases of a shard, by the number of objects that each has; None is all of them."""
    if shard is None:
        return None
    costs: dict[ReleaseKey, int] = {}
    for side in (old, new):
        for key, release in side.snapshot.releases.items():
            costs[key] = costs.get(key, 0) + len(release.side.manifests.resources)
    number, count = shard
    return frozenset(shared_out(costs, count)[number - 1])
