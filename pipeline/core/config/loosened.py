"""What one pipeline.yaml permits that another does not: a branch is never judged by what it has just permitted itself.

``loosenings`` compares the policy of the protected side with that of the branch, setting by setting. A setting that
cannot be shown to be as strict as before counts as looser.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

from pipeline.core.charts.signing import SigningKeys
from pipeline.core.cluster.approval.decide import methods
from pipeline.core.cluster.plan.policy import ApplyPolicy, Approvals, policy_of
from pipeline.core.config.model import Config, Environment, Release
from pipeline.core.errors import UsageError
from pipeline.core.judge.waivers import Policy, SeverityChoice, WaiverRule
from pipeline.core.risk.finding import Severity
from pipeline.core.words import counted

_DELETIONS = 10
_STRICTNESS = {"refuse": 2, "omit": 2, "sops": 1, "allow": 0}
"""Of ``secrets.rendered``: whether a Secret's values may be written in the open, encrypted, or not at all."""
_COPIES = {"refuse": 1, "allow": 0}
_VOLATILE = {"refuse": 2, "freeze": 1, "allow": 0}
"""Of ``render.volatile``: whether what varies is an error, is held at its committed value, or is taken as it comes."""


@dataclass(frozen=True, slots=True)
class Loosening:
    """One setting that lets more through. ``setting`` is its path in pipeline.yaml, ``where`` the line."""

    setting: str
    message: str
    where: str = "pipeline.yaml"

    def __str__(self) -> str:
        return f"{self.setting}: {self.message}"


def loosenings(base: Config, branch: Config, severities: Mapping[str, Severity]) -> tuple[Loosening, ...]:
    """Every loosened setting, sorted, each once. ``severities`` are those that the rules have of their own."""
    rows = [
        *_choices(base, branch),
        *_signatures(base, branch),
        *_limits(base, branch),
        *_waivers(base.policy, branch.policy),
    ]
    for name, environment in branch.environments.items():
        before = base.environments.get(name)
        own = base.policy if before is None else before.policy
        rows += _severities(own, environment.policy, severities)
        rows += _chosen(own, environment.policy)
        rows += _options(own, environment.policy)
        rows += apply_loosenings(before.apply if before else base.apply, environment.apply)
        rows += _target(before, environment)
    return tuple(sorted(set(rows), key=lambda row: (row.setting, row.message)))


def _choices(base: Config, branch: Config) -> Iterator[Loosening]:
    for setting, order, old, new in (
        ("secrets.rendered", _STRICTNESS, base.secrets, branch.secrets),
        ("secrets.copies", _COPIES, base.copies, branch.copies),
        ("render.volatile", _VOLATILE, base.volatile, branch.volatile),
    ):
        if order.get(new, 0) < order.get(old, 0):
            yield Loosening(setting, f"{new} instead of {old}")
    known = {release.name: base.secrets_of(release) for release in base.releases}
    for release in branch.releases:
        old, new = known.get(release.name, base.secrets), branch.secrets_of(release)
        if (old, new) != (base.secrets, branch.secrets) and _STRICTNESS.get(new, 0) < _STRICTNESS.get(old, 0):
            yield Loosening("releases.secrets.rendered", f"{release.name}: {new} instead of {old}")


def _signatures(base: Config, branch: Config) -> Iterator[Loosening]:
    """By whom charts must be signed: another key is not known to be as good."""
    for name, repository in base.repositories.items():
        after = branch.repositories[name].signed_by if name in branch.repositories else repository.signed_by
        if repository.signed_by and after != repository.signed_by:
            message = f"{after or 'nobody'} instead of {repository.signed_by}"
            yield Loosening(f"repositories.{name}.signedBy", message)
    known = {release.name: _keys(base, release) for release in base.releases}
    for release in branch.releases:
        before, keys = known.get(release.name), _keys(branch, release)
        if before and keys != before:
            yield Loosening("releases.signedBy", f"{release.name}: {keys or 'nobody'} instead of {before}")


def _keys(config: Config, release: Release) -> SigningKeys:
    try:
        return config.reference(release).keys
    except UsageError:  # of a chart from nowhere
        return release.signed_by


def _limits(base: Config, branch: Config) -> Iterator[Loosening]:
    for part in fields(base.limits):
        before, after = getattr(base.limits, part.name), getattr(branch.limits, part.name)
        for limit in fields(before):
            old, new = getattr(before, limit.name), getattr(after, limit.name)
            if new > old:
                yield Loosening(f"limits.{part.name}", f"{limit.name} is {new} instead of {old}")


def _waivers(base: Policy, branch: Policy) -> Iterator[Loosening]:
    known = {_scope(rule): rule.waiver.expires for rule in base.waivers}
    for rule in branch.waivers:
        before = known.get(_scope(rule))
        where = rule.where or "pipeline.yaml"
        if before is None:
            message = f"a waiver of {rule.subject} by {rule.waiver.owner} is new: {rule.waiver.reason}"
            yield Loosening("policy.waivers", message, where)
        elif rule.waiver.expires > before:
            message = f"the waiver of {rule.subject} ends on {rule.waiver.expires} instead of {before}"
            yield Loosening("policy.waivers", message, where)


def _scope(rule: WaiverRule) -> tuple[str, ...]:
    scope = rule.rule, rule.fingerprint, rule.release, rule.environment, rule.resource
    return (*scope, rule.old_version, rule.new_version)


def _severities(base: Policy, branch: Policy, own: Mapping[str, Severity]) -> Iterator[Loosening]:
    if branch.fail_on > base.fail_on:
        yield Loosening("policy.failOn", f"{_label(branch.fail_on)} instead of {_label(base.fail_on)}")
    for rule in sorted({*base.overrides, *branch.overrides}):
        old = base.overrides.get(rule, own.get(rule, Severity.BLOCKER))
        new = branch.overrides.get(rule, own.get(rule, Severity.INFO))
        if new < old:
            yield Loosening("policy.overrides", f"{rule} is {_label(new)} instead of {_label(old)}")


def _chosen(base: Policy, branch: Policy) -> Iterator[Loosening]:
    """Severities by resource: whether other ones are as strict is not known of all findings."""
    old, new = _kept(base), _kept(branch)
    if old == new:
        return
    fresh = [choice for choice, bare in zip(branch.chosen, new, strict=True) if bare not in old]
    for choice in fresh:
        yield Loosening("policy.severities", f"{_label(choice.severity)} for what it selects", choice.where)
    if not fresh:
        yield Loosening("policy.severities", "entries are gone, or in another order")


def _options(base: Policy, branch: Policy) -> Iterator[Loosening]:
    """What rules are told: whether other words are as strict is not known."""
    for rule in sorted({*base.options, *branch.options}):
        old, new = base.options.get(rule, {}), branch.options.get(rule, {})
        for name in sorted(name for name in {*old, *new} if old.get(name) != new.get(name)):
            where = branch.origins.get(f"{rule}.{name}", "pipeline.yaml").partition(" ")[0]
            message = f"{new.get(name, 'the default')} instead of {old.get(name, 'the default')}"
            yield Loosening(f"policy.options.{rule}.{name}", message, where)


def _kept(policy: Policy) -> list[SeverityChoice]:
    return [replace(choice, where="") for choice in policy.chosen]


def _label(severity: Severity) -> str:
    return severity.name.lower()


def _target(base: Environment | None, branch: Environment) -> Iterator[Loosening]:
    uid = base.cluster.uid if base and base.cluster else ""
    now = branch.cluster.uid if branch.cluster else ""
    if uid and uid != now:
        setting = f"environments.{branch.name}.cluster.uid"
        yield Loosening(setting, f"{now or 'not stated'} instead of {uid}: another cluster may be applied to")


def apply_loosenings(base: Mapping[str, object], branch: Mapping[str, object]) -> Iterator[Loosening]:
    """Of the ``apply:`` sections of one environment."""
    yield from policy_loosenings(policy_of(base), policy_of(branch))


def policy_loosenings(base: ApplyPolicy, branch: ApplyPolicy) -> Iterator[Loosening]:
    """What a run may do under the one policy and not under the other."""
    yield from _approvals(base.approvals, branch.approvals)
    for name in ("conflicts", "adopt", "recreate", "retire", "ignore", "prune_kinds"):
        more = [entry for entry in getattr(branch, name) if entry not in getattr(base, name)]
        if more:
            yield Loosening(
                f"apply.{_camel(name)}", f"{counted(len(more), 'new entry')}: {', '.join(map(str, more))}"[:300]
            )
    if _deletes_more(base.max_deletions, branch.max_deletions):
        yield Loosening("apply.maxDeletions", f"{branch.max_deletions} instead of {base.max_deletions}")
    if branch.plan_expires_seconds > base.plan_expires_seconds:
        message = f"{branch.plan_expires_seconds} instead of {base.plan_expires_seconds}"
        yield Loosening("apply.planExpiresSeconds", message)
    if branch.namespace != base.namespace:
        message = f"{branch.namespace} instead of {base.namespace}: the inventory and the lock are elsewhere"
        yield Loosening("apply.namespace", message)
    if branch.migrate_storage and not base.migrate_storage:
        yield Loosening("apply.migrateStorage", "objects are stored anew, and definitions may lose versions")
    if branch.hooks and not base.hooks:
        yield Loosening("apply.hooks", "hooks are run")


def _deletes_more(base: int | None, branch: int | None) -> bool:
    """Without a number the limit is ten, and grows with the inventory."""
    if base is None:
        return branch is not None and branch > _DELETIONS
    return branch is None or branch > base


def _approvals(base: Approvals, branch: Approvals) -> Iterator[Loosening]:
    if branch.required < base.required:
        yield Loosening("apply.approvals.required", f"{branch.required} instead of {base.required}")
    more = [method for method in methods(branch) if method not in methods(base)]
    if more:
        yield Loosening("apply.approvals.methods", f"{', '.join(more)} count as well")
    others = [person for person in branch.approvers if person not in base.approvers]
    if base.approvers and (others or not branch.approvers):
        yield Loosening("apply.approvals.approvers", f"{', '.join(others) or 'everybody'} may approve as well")
    for setting, old, new in (
        ("signers", base.signers, branch.signers),
        ("signersRef", base.signers_ref, branch.signers_ref),
    ):
        if old != new:
            yield Loosening(f"apply.approvals.{setting}", f"{new or 'none'} instead of {old or 'none'}")
    if base.not_author and not branch.not_author:
        yield Loosening("apply.approvals.notAuthor", "whoever made the plan may approve it")
    if branch.max_age_seconds > base.max_age_seconds:
        message = f"{branch.max_age_seconds} instead of {base.max_age_seconds}"
        yield Loosening("apply.approvals.maxAgeSeconds", message)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
