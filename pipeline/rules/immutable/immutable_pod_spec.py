"""A bare Pod changes more than its image.

## Why it matters

The API server rejects it: in a Pod's spec only images, an added toleration, a smaller activeDeadlineSeconds and a
removed scheduling gate may change (core/v1 validation).

## What to do

Delete the Pod and create it again, or let a Deployment or a Job own it.
"""

from collections.abc import Iterator

from pipeline.core.analysis.immutable_fields import bodies, differing, rejected
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Body, Delivery, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import deletion


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    both = bodies(change)
    if both is None or change.resource.delivery is Delivery.HOOK:
        return
    paths = _refused(*both)
    if paths:
        fix = "Delete the Pod right before the apply, or let a controller own it."
        commands = (deletion(change.id.kind, change.id.name, namespace=change.id.namespace),)
        yield rejected(change, paths, (fix, commands))


def _refused(old: Body, new: Body) -> tuple[Path, ...]:
    """Compared with what may change taken out."""
    first, second = _core(old), _core(new)
    paths = [("spec", key) for key in sorted(first.keys() | second.keys())]
    return differing({"spec": first}, {"spec": second}, *paths) + _conditional(old, new)


def _core(body: Body) -> Body:
    free = ("tolerations", "activeDeadlineSeconds", "serviceAccountName", "serviceAccount", "schedulingGates")
    spec = {key: value for key, value in mapping(body.get("spec")).items() if key not in free}
    for key in ("containers", "initContainers"):
        if key in spec:
            spec[key] = [_without_image(entry) for entry in sequence(spec[key])]
    return spec


def _without_image(container: object) -> object:
    if not isinstance(container, dict):
        return container
    return {key: value for key, value in container.items() if key not in ("image", "imagePullPolicy")}


def _conditional(old: Body, new: Body) -> tuple[Path, ...]:
    before, after = mapping(old.get("spec")), mapping(new.get("spec"))
    paths: list[Path] = []
    tolerations = sequence(after.get("tolerations"))
    if any(toleration not in tolerations for toleration in sequence(before.get("tolerations"))):
        paths.append(("spec", "tolerations"))
    if not _shrinks(before.get("activeDeadlineSeconds"), after.get("activeDeadlineSeconds")):
        paths.append(("spec", "activeDeadlineSeconds"))
    account = after.get("serviceAccountName")
    if account is not None and account != before.get("serviceAccountName"):
        paths.append(("spec", "serviceAccountName"))
    return tuple(paths)


def _shrinks(deadline: object, later: object) -> bool:
    """Whether a deadline may become the later one. Only two numbers can be compared: any other change counts."""
    if deadline is None or deadline == later:
        return True
    numbers = isinstance(deadline, int | float) and isinstance(later, int | float)
    return numbers and float(later) < float(deadline)  # type: ignore[arg-type]  # both are numbers by then


_POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a, command: [%s]}]}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("container-args-changed", "lifecycle-changed"),
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"Pod"}),
    cases=(
        speaks(
            "another command", ("blocker", "spec.containers[name=a].command[0]"), before=_POD % "x", after=_POD % "y"
        ),
        quiet("another image", before=_POD % "x", after=(_POD % "x").replace("image: a", "image: b")),
        speaks(
            "a deadline that is text where a number belongs",
            ("blocker", "spec.activeDeadlineSeconds"),
            before=(_POD % "x").replace("spec: {", "spec: {activeDeadlineSeconds: 60, "),
            after=(_POD % "x").replace("spec: {", 'spec: {activeDeadlineSeconds: "30", '),
        ),
        quiet(
            "a smaller deadline",
            before=(_POD % "x").replace("spec: {", "spec: {activeDeadlineSeconds: 60, "),
            after=(_POD % "x").replace("spec: {", "spec: {activeDeadlineSeconds: 30, "),
        ),
        quiet(
            "a test hook, deleted before it runs again",
            before=(_POD % "x").replace("name: a}", "name: a, annotations: {helm.sh/hook: test}}", 1),
            after=(_POD % "y").replace("name: a}", "name: a, annotations: {helm.sh/hook: test}}", 1),
        ),
    ),
)
