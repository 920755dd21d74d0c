"""An object's protection from deletion is added or removed: an annotation that keeps it, or a finalizer.

``helm.sh/resource-policy: keep``, ``Prune=false`` and ``Delete=false`` of Argo CD, ``orphan`` of kapp.

## Why it matters

Nothing happens now. When the object is no longer rendered, or at an uninstall, it is deleted: a CRD with every object
of its kind, a claim with its data.

## What to do

Restore the annotation with a value or an overlay.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import KEEPERS, kept
from pipeline.core.diff.change import FieldChange, Op, ResourceChange
from pipeline.core.kube.path import MISSING
from pipeline.core.kube.resource import sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_NOTES = ("metadata", "annotations")
_FINALIZERS = ("metadata", "finalizers")


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.before is None or change.after is None:
        return
    old, new = kept(change.before), kept(change.after)
    fields = [field for field in change.under(*_NOTES) if field.path == _NOTES or field.path[-1] in KEEPERS]
    if fields and old and not new:
        yield Hit(
            at(change, fields[0]),
            title=f"{change.id.kind} {change.id.name} is no longer kept ({old})",
            impact="The next removal or uninstall deletes it with everything that depends on it.",
            fix="Restore the annotation with a value or an overlay.",
        )
    elif fields and new and not old:
        yield Hit(
            at(change, fields[0]),
            title=f"{change.id.kind} {change.id.name} is kept from now on ({new})",
            impact="When it is no longer rendered or the release is uninstalled, it stays without an owner.",
            fix="Delete it by hand when it is no longer needed.",
            severity=Severity.LOW,
        )
    elif told := [field for field in fields if field.path != _NOTES]:
        yield Hit(
            at(change, told[0]),
            title=f"{change.id.kind} {change.id.name} is {'kept' if new else 'deleted'} when it is no longer rendered"
            + (f" ({new})" if new else ""),
            impact="It stays in the cluster without an owner." if new else "Nothing changes.",
            fix="Nothing to do.",
            severity=Severity.INFO,
        )
    for field in change.under(*_FINALIZERS):
        yield _finalizer(change, field)


def _finalizer(change: ResourceChange, field: FieldChange) -> Hit:
    name = f"{change.id.kind} {change.id.name}"
    removed = ", ".join(map(str, sequence(field.old) or [field.old])) if field.old is not MISSING else ""
    added = ", ".join(map(str, sequence(field.new) or [field.new])) if field.new is not MISSING else ""
    lost = bool(removed) and field.op is not Op.REORDERED
    return Hit(
        at(change, field),
        title=f"{name}: finalizer {removed or 'none'} -> {added or 'none'}",
        impact="Its deletion no longer waits for the clean-up."
        if lost
        else "Its deletion waits for the finalizer's controller.",
        fix="Check which controller relies on the finalizer."
        if lost
        else "Make sure that its controller runs, or deletion hangs.",
        severity=None if lost else Severity.LOW,
        claims=(Claim.of(change, field),),
    )


def _claim(metadata: str) -> str:
    return f"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data{metadata}}}\n"


_KEEP = _claim(", annotations: {helm.sh/resource-policy: keep}")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("annotations-changed",),
    severity=Severity.MEDIUM,
    each=check,
    cases=(
        speaks("Helm deletes it", ("medium", "metadata.annotations"), before=_KEEP, after=_claim("")),
        speaks(
            "Argo CD prunes it",
            ("medium", 'metadata.annotations["argocd.argoproj.io/sync-options"]'),
            before=_claim(", annotations: {argocd.argoproj.io/sync-options: Prune=false}"),
            after=_claim(", annotations: {argocd.argoproj.io/sync-options: ServerSideApply=true}"),
        ),
        speaks(
            "a finalizer is removed",
            ("medium", "metadata.finalizers"),
            before=_claim(", finalizers: [example.org/backup]"),
            after=_claim(""),
        ),
        speaks(
            "it is kept another way",
            ("info", 'metadata.annotations["helm.sh/resource-policy"]'),
            before=_KEEP,
            after=_claim(", annotations: {kapp.k14s.io/delete-strategy: orphan}"),
        ),
        speaks("it is kept from now on", ("low", "metadata.annotations"), before=_claim(""), after=_KEEP),
        quiet("nothing kept it", before=_claim(""), after=_claim(", labels: {a: b}")),
    ),
)
