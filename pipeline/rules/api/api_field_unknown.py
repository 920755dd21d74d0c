"""An object sets a field that the target's version of Kubernetes does not have.

## Why it matters

Server-side apply, which ``pipeline apply`` uses, rejects the whole object: "field not declared in schema". So do
``kubectl apply`` and a first install by Helm 4. A client that does not ask for strict validation drops the field with
a warning, and the setting is lost.

## What to do

If the field is newer than the cluster, upgrade the cluster first. Otherwise correct the name, or remove the field with
a value or an overlay.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_field_errors import News, news
from pipeline.core.charts.suggest import nearest
from pipeline.core.kube.field_check import Fault
from pipeline.core.kube.fields import fields_at, history
from pipeline.core.kube.path import to_text
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    target = upgrade.facts.target
    assert target is not None, "BUG: evaluated without a target"
    for fact in news(upgrade):
        if fact.complaint.fault is Fault.UNKNOWN:
            yield _hit(fact, target[1])


def _hit(fact: News, minor: int) -> Hit:
    name, path = f"{fact.resource.kind} {fact.resource.id.name}", to_text(fact.complaint.path)
    past, fix = _told(fact, minor)
    return Hit(
        fact.places[0],
        title=f"{name}: Kubernetes 1.{minor} has no field {path}{past}",
        impact="Server-side apply rejects the whole object; less strict clients drop the field with a warning.",
        fix=fix,
        severity=fact.severity,
        confidence=fact.confidence,
        also=fact.places[1:],
    )


def _told(fact: News, minor: int) -> tuple[str, str]:
    """What is known of the field, and what to do."""
    field = fact.complaint.field
    runs = history(fact.complaint.type, field)
    later = next((run.since for run in runs if run.since > minor), None)
    if later is not None:
        return (
            f"; it was added in 1.{later}",
            f"Upgrade the cluster to 1.{later} first, or remove {field} with an overlay.",
        )
    if runs:
        return (
            f"; it was removed in 1.{runs[-1].until}",
            f"Remove {field} with a value or an overlay; check what replaced it.",
        )
    near = nearest(field, fields_at(fact.complaint.type, minor))
    meant = f"Correct {field} to {near}" if near else f"Move {field} to where it belongs"
    return "", f"{meant}, or remove it with a value or an overlay."


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, %s}]}}}\n"
)
_POLICY = _WEB % "restartPolicy: Always"
_PATH = "spec.template.spec.containers[name=a].%s"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("lifecycle-changed", "pod-setting-changed"),
    severity=Severity.BLOCKER,
    whole=check,
    needs=(Need.TARGET,),
    cases=(
        speaks(
            "a field that a newer Kubernetes has",
            ("blocker", _PATH % "restartPolicy"),
            before=_WEB % "image: a",
            after=_POLICY,
            facts={"target": (1, 27)},
        ),
        speaks(
            "a field that no Kubernetes has",
            ("blocker", _PATH % "imagePullpolicy"),
            before=_WEB % "image: a",
            after=_WEB % "imagePullpolicy: Always",
            facts={"target": (1, 35), "target_stated": False},
        ),
        speaks(
            "a newer field, and no version of the cluster is stated",
            ("low", _PATH % "restartPolicy"),
            before=_WEB % "image: a",
            after=_POLICY,
            facts={"target": (1, 27), "target_stated": False},
        ),
        quiet("the target has it", before=_WEB % "image: a", after=_POLICY, facts={"target": (1, 28)}),
        quiet(
            "it existed before",
            before=_POLICY,
            after=_POLICY.replace("Always", "OnFailure"),
            facts={"target": (1, 27)},
        ),
        quiet(
            "a custom resource",
            after="apiVersion: example.com/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {b: 1}\n",
            facts={"target": (1, 35)},
        ),
    ),
)
