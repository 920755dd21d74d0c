"""A Job's pod template or number of completions changes.

## Why it matters

The API server rejects it: a Job's template, selector, completion mode, completions and policies are immutable
(batch/v1 validation). If a chart's Job changes its image with every version, every upgrade breaks.

## What to do

Delete the Job before the apply, or put the version into its name. A hook with the delete policy
``before-hook-creation`` is deleted first by tools that support hooks.
"""

from collections.abc import Iterator

from pipeline.core.analysis.immutable_fields import bodies, differing, rejected, target_minor
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Path, get
from pipeline.core.kube.resource import Body, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import deletion


def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
    both = bodies(change)
    if both is None:
        return
    paths = _refused(*both, target_minor(upgrade))
    if not any("completions" in mapping(side.body.get("spec")) for side in (change.before, change.after) if side):
        paths = tuple(path for path in paths if path[-1] != "completions")  # the server keeps what it filled in
    if paths:
        fix = "Delete the Job right before the apply, or put the version into its name."
        commands = (deletion(change.id.kind, change.id.name, namespace=change.id.namespace),)
        yield rejected(change, paths, (fix, commands))


_FIXED: tuple[Path, ...] = (
    ("spec", "template"),
    ("spec", "selector"),
    ("spec", "completionMode"),
    ("spec", "completions"),
    ("spec", "podFailurePolicy"),
    ("spec", "successPolicy"),
    ("spec", "backoffLimitPerIndex"),
    ("spec", "managedBy"),
)


_OF_SUSPENDED = ("nodeSelector", "tolerations", "affinity", "schedulingGates")
_RESOURCES_SINCE = 36
"""The feature gate MutablePodResourcesForSuspendedJobs is on since then."""


_ELASTIC_SINCE = 27


def _elastic(new: Body, minor: int) -> bool:
    """Whether an Indexed Job is scaled: completions may change together with parallelism, to the same number."""
    spec = mapping(new.get("spec"))
    same = spec.get("completions") is not None and spec.get("completions") == spec.get("parallelism")
    return minor >= _ELASTIC_SINCE and spec.get("completionMode") == "Indexed" and same


def _refused(old: Body, new: Body, minor: int) -> tuple[Path, ...]:
    if get(old, ("spec", "suspend")) is True:
        old, new = _without_directives(old, minor), _without_directives(new, minor)
    elastic = _elastic(new, minor)
    return differing(old, new, *(path for path in _FIXED if not (elastic and path[-1] == "completions")))


def _without_directives(body: Body, minor: int) -> Body:
    """What a suspended Job's template may still change: where its pods go, and what they take (KEP-2926, KEP-5440)."""
    spec = mapping(body.get("spec"))
    template = mapping(spec.get("template"))
    metadata = {k: v for k, v in mapping(template.get("metadata")).items() if k not in ("labels", "annotations")}
    pod = {key: value for key, value in mapping(template.get("spec")).items() if key not in _OF_SUSPENDED}
    for key in ("containers", "initContainers") if minor >= _RESOURCES_SINCE else ():
        if key in pod:
            entries = map(mapping, sequence(pod[key]))
            pod[key] = [{k: v for k, v in entry.items() if k != "resources"} for entry in entries]
    return body | {"spec": {**spec, "template": {**template, "metadata": metadata, "spec": pod}}}


_JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n"
    "spec: {template: {spec: {containers: [{name: a, image: %s}]}}}\n"
)
_HOOK = "name: a, annotations: {helm.sh/hook: pre-install}}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("image-changed", "resources-changed"),
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"Job"}),
    cases=(
        speaks(
            "another image",
            ("blocker", "spec.template.spec.containers[name=a].image"),
            before=_JOB % "x:1",
            after=_JOB % "x:2",
        ),
        quiet(
            "more at once", before=_JOB % "x:1", after=(_JOB % "x:1").replace("{template", "{parallelism: 2, template")
        ),
        quiet(
            "it is suspended, and its scheduling changes",
            before=(_JOB % "x:1").replace("{template", "{suspend: true, template"),
            after=(_JOB % "x:1").replace(
                "{template: {spec: {", "{suspend: true, template: {spec: {nodeSelector: {a: b}, "
            ),
        ),
        speaks(
            "it is suspended, and takes more memory, where the server cannot change that",
            ("blocker", "spec.template.spec.containers[name=a].resources"),
            before=(_JOB % "x:1").replace("{template", "{suspend: true, template"),
            after=(_JOB % "x:1, resources: {limits: {memory: 1Gi}}").replace("{template", "{suspend: true, template"),
            facts={"target": (1, 35)},
        ),
        quiet(
            "the same since Kubernetes 1.36",
            before=(_JOB % "x:1").replace("{template", "{suspend: true, template"),
            after=(_JOB % "x:1, resources: {limits: {memory: 1Gi}}").replace("{template", "{suspend: true, template"),
            facts={"target": (1, 36)},
        ),
        quiet(
            "a default is spelled out",
            before=_JOB % "x:1",
            after=(_JOB % "x:1").replace("spec: {template", "spec: {backoffLimit: 6, template"),
        ),
        quiet(
            "an Indexed Job is scaled: completions and parallelism together",
            before=(_JOB % "x:1").replace("{template", "{completionMode: Indexed, completions: 2, template"),
            after=(_JOB % "x:1").replace(
                "{template", "{completionMode: Indexed, completions: 3, parallelism: 3, template"
            ),
        ),
        speaks(
            "an Indexed Job gets more completions alone",
            ("blocker", "spec.completions"),
            before=(_JOB % "x:1").replace("{template", "{completionMode: Indexed, completions: 2, template"),
            after=(_JOB % "x:1").replace("{template", "{completionMode: Indexed, completions: 3, template"),
        ),
        quiet(
            "a hook that is deleted first",
            before=(_JOB % "x:1").replace("name: a}", _HOOK, 1),
            after=(_JOB % "x:2").replace("name: a}", _HOOK, 1),
        ),
    ),
)
