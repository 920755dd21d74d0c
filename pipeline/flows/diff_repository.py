"""Compares two states of a repository: two rendered trees, judged by a policy.

The policy is that of the merge base where one side is the merge base: a branch is never judged by what it has just
permitted itself. Otherwise it is that of the current pipeline.yaml.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from pipeline.core.config.loosened import Loosening, loosenings
from pipeline.core.config.model import Config
from pipeline.core.config.shards import shared_out
from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.hand_edit_findings import with_hand_edits
from pipeline.core.judge.policy_changes import with_policy_changes
from pipeline.core.judge.report import Report
from pipeline.core.judge.report_check import ReportCheck, no_check
from pipeline.core.judge.snapshot import ReleaseKey
from pipeline.core.judge.verdict import under_policies
from pipeline.core.judge.waivers import Policy
from pipeline.core.ports import NOTHING_KEPT, Memory
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
    own_policies: Mapping[str, Policy] | None = field(default=None, hash=False)
    """Those of the branch, where the policies that decide are another side's; else None."""
    loosened: tuple[Loosening, ...] = ()
    """What the branch's pipeline.yaml lets through beyond the one that decides."""
    decides: str = ""
    """Whose policy decides, where it is not the branch's: ``merge-base``."""
    shard: tuple[int, int] | None = None
    """Which part of the releases is to be reported: the second of eight is ``(2, 8)``."""
    check: ReportCheck = no_check
    memory: Memory = NOTHING_KEPT
    """What rules that say nothing were made of; it changes what a comparison costs, and never what it answers."""

    @classmethod
    def of(cls, config: Config, today: date, fail_on: Severity | None) -> "DiffTerms":
        environments = config.environments.values()
        policies = {environment.name: environment.policy for environment in environments}
        stated = frozenset(environment.name for environment in environments if environment.kube_version)
        return cls(today, fail_on, policies, stated)

    def decided_by(self, base: Config, source: str, branch: Config, severities: Mapping[str, Severity]) -> "DiffTerms":
        """The same under the policy of ``base``, with what ``branch`` has loosened.

        An environment that ``base`` does not have is judged by its common policy.
        """
        policies = dict.fromkeys(branch.environments, base.policy)
        policies |= {name: environment.policy for name, environment in base.environments.items()}
        loosened = loosenings(base, branch, severities)
        return replace(self, policies=policies, own_policies=self.policies, loosened=loosened, decides=source)


def diff_repository(
    old: RenderedSnapshot, new: RenderedSnapshot, rules: Callable[[], Iterable[Rule]], terms: DiffTerms
) -> Report:
    """Compare, judge, and apply the policy."""
    versions = {key.environment: inputs.kube_version for key, inputs in {**old.inputs, **new.inputs}.items()}
    known = bool(versions)
    past = {key.environment: inputs.kube_version for key, inputs in old.inputs.items()}
    stated = known and set(versions) <= terms.stated
    options = {name: policy.options for name, policy in terms.policies.items()}
    targets = Targets(versions, capabilities=known, stated=stated, versions_before=past, options=options)
    report = build(
        old.snapshot, new.snapshot, rules(), targets, only=_share(old, new, terms.shard), memory=terms.memory
    )
    terms.check(old.snapshot, new.snapshot, report)
    judged = with_hand_edits(under_policies(report, terms.policies, terms.fail_on, terms.today), new.hand_edits)
    if terms.own_policies is None:
        return judged
    own = under_policies(report, terms.own_policies, terms.fail_on, terms.today)
    own_verdict = with_hand_edits(own, new.hand_edits).verdict
    return with_policy_changes(judged, terms.loosened, own_verdict, terms.decides)


def _share(old: RenderedSnapshot, new: RenderedSnapshot, shard: tuple[int, int] | None) -> frozenset[ReleaseKey] | None:
    """The releases of a shard, by the number of objects that each has; None is all of them."""
    if shard is None:
        return None
    costs: dict[ReleaseKey, int] = {}
    for side in (old, new):
        for key, release in side.snapshot.releases.items():
            costs[key] = costs.get(key, 0) + len(release.side.manifests.identities)
    number, count = shard
    return frozenset(shared_out(costs, count)[number - 1])
