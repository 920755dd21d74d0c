"""The scheduling of pods changes: selectors, affinity, tolerations, spreading, priority.

## Why it matters

With stricter rules pods may stay pending; with looser ones all replicas may run on one node.

## What to do

Compare the rules with the labels and taints of your nodes.
"""

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange, Op, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_PLACEMENT = frozenset(
    (key,)
    for key in ("affinity", "nodeSelector", "tolerations", "topologySpreadConstraints", "priorityClassName", "nodeName")
)


_SPREADS = ("affinity", "topologySpreadConstraints")
_COMPARE = "Compare the rules with the labels and taints of your nodes."
_REQUIRED, _HARD = "requiredDuringSchedulingIgnoredDuringExecution", "DoNotSchedule"
_EVERY_NODE = frozenset({"kubernetes.io/os", "beta.kubernetes.io/os"})
"""Labels that the nodes of nearly every cluster have with the value that charts ask for."""


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] in _PLACEMENT


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    """Spreading that is gone is worse than spreading in other words; so are nodes that no longer suit."""
    removed = any(field.new is MISSING and field.path[-1] in _SPREADS for field in fields)
    return Severity.MEDIUM if removed or any(map(_restricts, fields)) else None


def _restricts(field: FieldChange) -> bool:
    """Whether nodes that suited may no longer suit: a label that they need, a taint that is no longer tolerated."""
    path = [str(step) for step in field.path]
    if "tolerations" in path:
        return field.op in (Op.REMOVED, Op.CHANGED) and field.old is not MISSING
    if "nodeSelector" in path:
        return field.new is not MISSING and bool({*mapping(field.new), path[-1]} - _EVERY_NODE - {"nodeSelector"})
    return field.new is not MISSING and (_REQUIRED in path or _asks(field.new, _REQUIRED) or _asks(field.new, _HARD))


def _asks(value: object, word: str) -> bool:
    """Whether a key or a value somewhere in it is ``word``."""
    if isinstance(value, dict):
        return word in value or any(_asks(item, word) for item in value.values())
    return any(_asks(item, word) for item in value) if isinstance(value, list) else value == word


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    strict = [_restricts(field) for field in fields]
    spread_lost = any(field.new is MISSING and field.path[-1] in _SPREADS for field in fields)
    if all(strict):
        return "Pods stay pending where no node fits.", _COMPARE
    if any(strict):
        return None
    if spread_lost:
        return "All replicas may run on one node.", "Set the rules again with values, or check that one node may fail."
    if all("tolerations" in map(str, field.path) for field in fields):
        return "Pods may also run on nodes that repelled them.", _COMPARE
    if all("nodeSelector" in map(str, field.path) for field in fields):
        return "Nothing breaks where the nodes have the usual labels.", _COMPARE
    return None


check = pods_check(
    _picks,
    FindingText(
        "scheduling of its pods changes",
        "With stricter rules pods may stay pending; with looser ones all replicas may run on one node.",
        _COMPARE,
        grade=_grade,
        advise=_advise,
    ),
)
_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {%s}}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "topology spread is removed",
            ("medium", "spec.template.spec.affinity"),
            before=_WEB % "affinity: {podAntiAffinity: {x: y}}",
            after=_WEB % "",
        ),
        speaks(
            "a node needs a label",
            ("medium", "spec.template.spec.nodeSelector"),
            before=_WEB % "",
            after=_WEB % "nodeSelector: {disk: ssd}",
        ),
        speaks(
            "a node needs Linux",
            ("low", "spec.template.spec.nodeSelector"),
            before=_WEB % "",
            after=_WEB % "nodeSelector: {kubernetes.io/os: linux}",
        ),
        speaks(
            "pods must not share a node",
            ("medium", "spec.template.spec.affinity"),
            before=_WEB % "",
            after=_WEB
            % "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a}]}}",
        ),
        speaks(
            "a taint is no longer tolerated",
            ("medium", "spec.template.spec.tolerations"),
            before=_WEB % "tolerations: [{operator: Exists}]",
            after=_WEB % "",
        ),
        speaks(
            "a toleration is added",
            ("low", "spec.template.spec.tolerations"),
            before=_WEB % "",
            after=_WEB % "tolerations: [{key: a}]",
        ),
        quiet("another account", before=_WEB % "serviceAccountName: a", after=_WEB % "serviceAccountName: b"),
    ),
)
