"""The same single changes to a CRD, made on a real API server: it refuses what we say it refuses, and no more.

Where we prove a custom resource broken, the server takes no other one like it, or drops the field that we say it drops;
where we say that one fits, it takes it.
"""

import json
from typing import Any

import pytest

from pipeline import rules
from pipeline.core.crd.case_crds import crd, version
from pipeline.core.diff.compare import compare
from pipeline.core.judge.judge import judge
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.risk.finding import Confidence, Finding, Severity
from pipeline.core.risk.upgrade import Facts, Side, Upgrade
from pipeline.core.yaml.reader import load
from tests.cluster.cluster import Cluster, Object
from tests.support.crd_changes import BASE, CHANGES, Change

MINOR = 37
RULES = rules.load()
OK, NOT_FOUND = 300, 404
DROPPED, REFUSED, LATER = (
    "crd-instance-field-pruned",
    "crd-instance-invalid",
    "crd-instance-invalid-when-edited",
)
BROKEN = [change for change in CHANGES if change.breaks]


def grouped(body: Object, group: str) -> Object:
    """In a group of its own: the server has seen no CRD of that name."""
    moved: Object = json.loads(json.dumps(body).replace("example.com", group))
    return moved


def custom(spec: str, group: str, name: str) -> Object:
    body: Object = load(
        f"apiVersion: {group}/v1\nkind: Widget\nmetadata: {{name: {name}, namespace: default}}\nspec: {{{spec}}}\n"
    )
    return body


def refusal(answer: tuple[int, Any]) -> str:
    """The server's words where it refuses, else nothing."""
    return "" if answer[0] < OK else str(answer[1]["message"] if isinstance(answer[1], dict) else answer)


def judged(before: list[Object], after: list[Object]) -> tuple[Finding, ...]:
    sides = [Side(ManifestSet.of([Resource.of(body) for body in bodies])) for bodies in (before, after)]
    diff = compare(sides[0].manifests, sides[1].manifests)
    facts = Facts(target=(1, MINOR))
    return judge(Upgrade("web", "default", sides[0], sides[1], diff, facts=facts), RULES).findings


def send(cluster: Cluster, body: Object, **params: str) -> tuple[int, Any]:
    path = f"/apis/{body['apiVersion']}/namespaces/default/widgets"
    return cluster.raw("POST", path, body, params=params)


def established(cluster: Cluster, definition: Object) -> None:
    assert refusal(cluster.apply(definition)) == ""
    cluster.wait(definition, lambda live: any(one["type"] == "Established" for one in live["status"]["conditions"]))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_the_server_refuses_the_crds_that_we_say_it_refuses(cluster: Cluster, change: Change) -> None:
    group = f"{cluster.name('g')}.example.com"
    old, new = grouped(BASE, group), grouped(change.apply(), group)
    established(cluster, old)
    answer = refusal(cluster.apply(new))
    blockers = [one for one in judged([old], [new]) if one.severity is Severity.BLOCKER]
    assert bool(blockers) == bool(answer), answer
    assert all(one.confidence is Confidence.PROVEN for one in blockers)


@pytest.mark.parametrize("change", BROKEN, ids=lambda change: change.name)
def test_the_server_refuses_the_custom_resources_that_we_prove_broken(cluster: Cluster, change: Change) -> None:
    group = f"{cluster.name('g')}.example.com"
    old, new = grouped(BASE, group), grouped(change.apply(), group)
    breaking, fitting = custom(change.breaks, group, "breaking"), custom(change.fits, group, "fitting")
    established(cluster, old)
    cluster.until(lambda: send(cluster, breaking, dryRun="All")[0] != NOT_FOUND)
    assert refusal(send(cluster, breaking)) == ""
    proofs = [one for one in judged([old, breaking], [new, breaking]) if one.rule.startswith("crd-instance-")]
    assert refusal(cluster.apply(new)) == ""
    another = custom(change.breaks, group, "another")
    cluster.until(lambda: refusal(send(cluster, another, dryRun="All", fieldValidation="Strict")))
    loose = refusal(send(cluster, another, dryRun="All", fieldValidation="Ignore"))
    unchanged = refusal(cluster.apply(breaking))
    assert {one.rule for one in proofs} == ({DROPPED} if not loose else {REFUSED} if unchanged else {LATER}), unchanged
    if change.fits:
        assert refusal(send(cluster, fitting, fieldValidation="Strict")) == ""


def test_a_changed_default_reaches_new_custom_resources_alone(cluster: Cluster) -> None:
    group = f"{cluster.name('g')}.example.com"
    old, new = (
        grouped(load(crd(version(fields=f"size: {{type: integer, default: {size}}}, a: {{type: string}}"))), group)
        for size in (1, 2)
    )
    mine, another = (custom("a: x", group, name) for name in ("mine", "another"))
    established(cluster, old)
    cluster.until(lambda: refusal(cluster.apply(mine)) == "")
    assert refusal(cluster.apply(new)) == ""

    def sizes(body: Object) -> tuple[Any, Any]:
        answer = cluster.apply(body)
        found = cluster.raw("GET", f"/apis/{group}/v1/namespaces/default/widgets/{body['metadata']['name']}")
        return (answer[1]["spec"]["size"], found[1]["spec"]["size"]) if not refusal(answer) else (None, None)

    probe = custom("a: x", group, "probe")
    cluster.until(lambda: send(cluster, probe, dryRun="All")[1]["spec"]["size"] == 2)
    assert sizes(another) == (2, 2)
    assert sizes(mine) == (1, 1)
    assert sizes(mine | {"spec": {"a": "y"}}) == (1, 1)
