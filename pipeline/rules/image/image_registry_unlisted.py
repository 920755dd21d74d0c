"""An image comes from a registry that the team's policy does not list. Without such a list, nothing is said.

``policy.options.image-registry-unlisted.registries`` holds the list: registries, or the beginnings of repositories.

## Why it matters

Nodes that may pull from listed registries alone do not start the pods. Elsewhere, code runs that nobody has agreed to.

## What to do

Set the registry with a value of the chart, or add it to the list.
"""

from collections.abc import Iterator
from functools import partial

from pipeline.core.analysis.images import Image, image
from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.path import Entry
from pipeline.core.kube.pods import CONTAINERS, WORKLOADS, pod_spec, template_path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.option import RuleOption
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_REGISTRIES: RuleOption[list[str]] = RuleOption(
    "image-registry-unlisted",
    "registries",
    [],
    "Where images may come from: registries, or beginnings of repositories.",
)


def _is_listed(candidate: Image, listed: list[str]) -> bool:
    name = f"{candidate.registry}/{candidate.repository}/"
    return any(name.startswith(f"{prefix.rstrip('/')}/") for prefix in listed)


def _faults(listed: list[str], resource: Resource, _side: SideIndex) -> Iterator[StateFault]:
    path = template_path(resource)
    for key in CONTAINERS if path is not None else ():
        for container in map(mapping, sequence(pod_spec(resource).get(key))):
            text, name = container.get("image"), container.get("name")
            if not isinstance(text, str) or not text or _is_listed(image(text), listed):
                continue
            parsed = image(text)
            where = f"{parsed.registry}/{parsed.repository}"
            at = (*(path or ()), "spec", key, Entry.of(name=str(name)), "image")
            title = f"runs an image from {where}, which your policy does not list"
            yield StateFault(resource, at, (where,), title, certain=True)


def check(upgrade: Upgrade) -> Iterator[Hit]:
    listed = _REGISTRIES.of(upgrade)
    if listed:
        yield from fault_check(
            WORKLOADS,
            partial(_faults, listed),
            impact="Nodes may be unable to pull it, or run what nobody agreed to.",
            fix="Set the registry with a value, or add it to the list.",
        )(upgrade)


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: '%s'}]}}}\n"
)
_AT = ("high", "spec.template.spec.containers[name=a].image")
_LISTED = {"options": {"image-registry-unlisted": {"registries": ["quay.io", "ghcr.io/team", "docker.io/library"]}}}

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    options=(_REGISTRIES,),
    shares=("image-changed", "resource-added"),
    cases=(
        speaks("another registry", _AT, before=_WEB % "quay.io/a:1", after=_WEB % "gcr.io/a:1", facts=_LISTED),
        speaks("a new workload", _AT, after=_WEB % "ghcr.io/other/a:1", facts=_LISTED),
        speaks("a name that only begins alike", _AT, after=_WEB % "ghcr.io/team-two/a:1", facts=_LISTED),
        quiet("listed ones", before=_WEB % "quay.io/a:1", after=_WEB % "ghcr.io/team/a:1", facts=_LISTED),
        quiet("the Hub's short name", after=_WEB % "nginx:1.27", facts=_LISTED),
        quiet("another version", before=_WEB % "gcr.io/a:1", after=_WEB % "gcr.io/a:2", facts=_LISTED),
        quiet("no list", before=_WEB % "quay.io/a:1", after=_WEB % "gcr.io/a:1"),
    ),
)
