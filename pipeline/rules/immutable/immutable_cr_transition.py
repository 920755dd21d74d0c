"""A custom resource changes in a way that its CRD forbids: a validation rule about changes (CEL, ``oldSelf``).

## Why it matters

The API server rejects the update, as it does for immutable fields of built-in kinds: with ``self == oldSelf`` a CRD
makes a field immutable.

## What to do

Keep the old value; or delete the custom resource and create it again, if what it stands for may be deleted.
"""

from collections.abc import Iterator

from pipeline.core.analysis.immutable_fields import first_below
from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.cel.transitions import transition
from pipeline.core.crd.cel.validation_rules import RuleResults
from pipeline.core.crd.find import known
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.apis import built_in_group
from pipeline.core.kube.path import to_text
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed

_SHOWN = 3


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for change in upgrade.diff.of_action(Action.CHANGED):
        definition = None if built_in_group(change.id.group) else known(upgrade).get((change.id.group, change.id.kind))
        if definition is None or change.before is None or change.after is None:
            continue
        schema = definition.schema(change.after.version)
        results = transition(schema, change.before.body, change.after.body) if schema else RuleResults()
        if results.broken:
            yield _refused(change, results)
        elif results.unchecked:
            yield _unchecked(change, results)


def _refused(change: ResourceChange, results: RuleResults) -> Hit:
    paths = list(dict.fromkeys(first_below(change, violation.path) for violation in results.broken))
    reasons = list(dict.fromkeys(violation.message for violation in results.broken))
    return Hit(
        place(change.resource, paths[0]),
        title=f"{change.id.kind} {change.id.name}: a rule of its CRD forbids changing "
        f"{listed(to_text(path) or 'it' for path in paths)} ({'; '.join(reasons[:_SHOWN])})",
        impact="The API server rejects it, and the apply stops there.",
        fix="Keep the old value, or delete the custom resource and create it again.",
        also=tuple(place(change.resource, path) for path in paths[1:]),
        claims=tuple(Claim(change.id, path) for path in paths if path),
    )


def _unchecked(change: ResourceChange, results: RuleResults) -> Hit:
    return Hit(
        at(change),
        title=f"{change.id.kind} {change.id.name} changes; a CRD rule was not evaluated ({results.unchecked[0]})",
        impact="The API server may reject it.",
        fix="Try the change with a server-side dry run, as pipeline plan does.",
        severity=Severity.INFO,
        confidence=Confidence.HINT,
        evidence=results.unchecked,
        claims=(Claim(change.id, ("not explained by a rule that was not evaluated",)),),
    )


_FIXED = field("size: {type: integer, x-kubernetes-validations: [{rule: self == oldSelf, message: it is fixed}]}")
_ODD = field("size: {type: integer, x-kubernetes-validations: [{rule: oldSelf.strange(self)}]}")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("custom-resource-changed",),
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "the CRD says that it is fixed",
            ("blocker", "spec.size"),
            before=_FIXED + MINE % "size: 1",
            after=_FIXED + MINE % "size: 2",
        ),
        speaks(
            "a rule that cannot be evaluated",
            ("info", ""),
            before=_ODD + MINE % "size: 1",
            after=_ODD + MINE % "size: 2",
        ),
        quiet("it was not set before", before=_FIXED + MINE % "", after=_FIXED + MINE % "size: 2"),
        quiet("it stays", before=_FIXED + MINE % "size: 1, a: 1", after=_FIXED + MINE % "size: 1, a: 2"),
        quiet("the CRD is not known", before=MINE % "size: 1", after=MINE % "size: 2"),
    ),
)
