"""Definitions that change while custom resources live, on a real API server: what is written ends as planned.

No custom resource is ever deleted for it: the audit log says so after each test.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.audit_log_checker import AGENT, every_write_has_an_intent
from tests.cluster.cluster import Cluster, Object
from tests.cluster.cluster_repository import ClusterRepository
from tests.cluster.objects import crd, custom, deployment, service

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
BY_NAME = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["n"]}
NAMED = {"type": "object", "required": ["n"], "properties": {"n": TEXT, "v": TEXT}}


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> Iterator[ClusterRepository]:
    cluster.mark()
    made = ClusterRepository(cluster, tmp_path)
    yield made
    writes = cluster.audit(user_agent=AGENT)
    every_write_has_an_intent(writes, [line for journal in made.journals() for line in journal])
    assert [write.id for write in writes if write.verb == "delete"] == []


def group(site: ClusterRepository) -> str:
    return f"{site.namespace}.example.org"


def kind(site: ClusterRepository, *versions: str, storage: str = "v1", conversion: Any = None, **spec: Any) -> Object:
    body = crd(group(site))
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": spec}}}}
    body["spec"]["versions"] = [
        {"name": name, "served": True, "storage": name == storage, "schema": schema} for name in versions or ("v1",)
    ]
    body["spec"] |= {"conversion": conversion} if conversion else {}
    return body


def widget(site: ClusterRepository, version: str = "v1", **spec: Any) -> Object:
    return custom(site.namespace, group(site), **spec) | {"apiVersion": f"{group(site)}/{version}"}


def live(site: ClusterRepository, version: str = "v1") -> Any:
    path = f"/apis/{group(site)}/{version}/namespaces/{site.namespace}/widgets/one"
    return site.cluster.expect(200, "GET", path)


def settled(site: ClusterRepository, **spec: Any) -> None:
    """The live object is as planned, in one entry of ours, and nothing is left to do."""
    found = live(site)
    assert found["spec"] == spec
    managers = {entry["manager"] for entry in found["metadata"]["managedFields"]}
    assert "pipeline" in managers
    assert "pipeline-before-apply" not in managers
    assert site.actions(site.plan("--full")) == {}


def test_a_type_that_changes_is_written_by_a_merge_patch_and_then_applied(site: ClusterRepository) -> None:
    listed = {"type": "array", "items": {"type": "object", "properties": {"q": TEXT}}}
    numbers = {"type": "array", "items": {"type": "object", "properties": {"q": NUMBER}}}
    site.deploy(kind(site, a=TEXT, p=TEXT, l=listed), widget(site, a="x", p="80", l=[{"q": "1"}]))
    site.render(kind(site, a=TEXT, p=NUMBER, l=numbers), widget(site, a="x", p=80, l=[{"q": 1}]))
    plan = site.plan()
    (action,) = [one for one in json.loads(plan.read_text())["actions"] if one["kind"] == "Widget"]
    assert action["patch"] == [["f:spec", "f:l"], ["f:spec", "f:p"]]
    assert {"80"} == {field["new"] for field in action["fields"] if field["path"] == "spec.p"}
    assert site.apply(plan).code == 0
    settled(site, a="x", p=80, l=[{"q": 1}])


def test_one_that_somebody_elses_definition_broke_is_mended_too(site: ClusterRepository) -> None:
    site.deploy(kind(site, a=TEXT, p=TEXT), widget(site, a="x", p="80"))
    site.cluster.apply(kind(site, a=TEXT, p=NUMBER), manager="pipeline", force=True)
    site.cluster.until(lambda: site.cluster.apply(widget(site, p=1), dryRun="All")[0] != 409)
    site.deploy(kind(site, a=TEXT, p=NUMBER), widget(site, a="y", p=80))
    settled(site, a="y", p=80)


def test_a_map_that_is_emptied_is_empty_and_nulls_are_absent(site: ClusterRepository) -> None:
    numbers = {"type": "object", "additionalProperties": NUMBER}
    definition = kind(site, a=TEXT, m=numbers, n=NUMBER, o={"type": "object", "properties": {"x": TEXT}})
    site.deploy(definition, widget(site, a="x", m={"z": 1}, n=1, o={"x": None}))
    settled(site, a="x", m={"z": 1}, n=1, o={})
    site.deploy(definition, widget(site, a="x", m={}, n=None, o={"x": "y"}))
    settled(site, a="x", m={}, o={"x": "y"})


@pytest.mark.parametrize("topology", [{}, BY_NAME], ids=["atomic", "map"])
def test_a_list_that_is_emptied_does_not_get_its_default_back(site: ClusterRepository, topology: Object) -> None:
    listed = {"type": "array", "items": NAMED, "default": [{"n": "all"}]} | topology
    definition = kind(site, a=TEXT, l=listed)
    site.deploy(definition, widget(site, a="x", l=[{"n": "1"}]))
    site.deploy(definition, widget(site, a="x", l=[]))
    settled(site, a="x", l=[])


def test_a_list_that_is_emptied_keeps_the_entries_of_others(site: ClusterRepository) -> None:
    definition = kind(site, l={"type": "array", "items": NAMED} | BY_NAME)
    site.deploy(definition, widget(site, l=[{"n": "1"}]))
    assert site.cluster.apply(widget(site, l=[{"n": "2"}]), manager="other")[0] == 200
    site.deploy(definition, widget(site, l=[]))
    assert live(site)["spec"] == {"l": [{"n": "2"}]}


@pytest.mark.parametrize(("before", "after"), [({}, BY_NAME), (BY_NAME, {})], ids=["to a map", "to an atomic list"])
def test_entries_left_out_with_a_change_of_the_list_type_are_gone(
    site: ClusterRepository, before: Object, after: Object
) -> None:
    def listed(topology: Object) -> Object:
        return kind(site, l={"type": "array", "items": NAMED} | topology)

    site.deploy(listed(before), widget(site, l=[{"n": "1"}, {"n": "2"}]))
    site.deploy(listed(after), widget(site, l=[{"n": "1"}]))
    settled(site, l=[{"n": "1"}])


def test_entries_of_a_version_and_a_field_that_go_are_repaired_before_the_definition_is_written(
    site: ClusterRepository,
) -> None:
    site.configure(migrateStorage=True)
    both = kind(site, "v1beta1", "v1", a=TEXT, x=TEXT)
    site.deploy(both, widget(site, "v1beta1", a="x"))
    foreign = widget(site, "v1beta1", x="1")
    assert site.cluster.apply(foreign, manager="other")[0] == 200
    site.render(kind(site, a=TEXT), widget(site, a="y"))
    plan = site.plan()
    told = [one["op"] for one in json.loads(plan.read_text())["actions"]]
    assert told == ["repair", "update", "update"]
    site.cluster.mark()
    assert site.apply(plan).code == 0
    kinds = [write.resource for write in site.cluster.audit(user_agent=AGENT)]
    assert [one for one in kinds if one in ("widgets", "customresourcedefinitions")] == [
        "widgets",
        "customresourcedefinitions",
        "widgets",
    ]
    settled(site, a="y")
    assert {one["apiVersion"] for one in live(site)["metadata"]["managedFields"]} == {f"{group(site)}/v1"}
    again, said = site.cluster.apply(widget(site, a="y"), manager="other")
    assert again == 200, said


def test_one_that_an_earlier_change_of_its_definition_locked_out_is_repaired_too(site: ClusterRepository) -> None:
    site.deploy(kind(site, "v1beta1", "v1", a=TEXT), widget(site, "v1beta1", a="x"))
    assert site.cluster.apply(kind(site, a=TEXT), manager="pipeline", force=True)[0] == 200
    site.cluster.until(lambda: site.cluster.apply(widget(site, a="x"), dryRun="All")[0] == 500)
    site.deploy(kind(site, a=TEXT), widget(site, a="y"))
    settled(site, a="y")


def test_stored_versions_are_migrated_where_asked_for_and_the_old_version_goes(site: ClusterRepository) -> None:
    site.deploy(kind(site, "v1beta1", storage="v1beta1", a=TEXT), widget(site, "v1beta1", a="x"))
    site.deploy(kind(site, "v1beta1", "v1", a=TEXT), widget(site, a="x"))
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group(site)}"
    assert site.cluster.expect(200, "GET", path)["status"]["storedVersions"] == ["v1beta1", "v1"]
    site.render(kind(site, a=TEXT), widget(site, a="x"))
    site.plan(code=9)
    site.configure(migrateStorage=True)
    plan = site.plan()
    assert json.loads(plan.read_text())["actions"][0]["op"] == "migrate"
    assert site.apply(plan).code == 0
    found = site.cluster.expect(200, "GET", path)
    assert found["status"]["storedVersions"] == ["v1"]
    assert [one["name"] for one in found["spec"]["versions"]] == ["v1"]
    settled(site, a="x")


def test_a_stored_version_that_is_the_storage_version_goes_by_way_of_both(site: ClusterRepository) -> None:
    site.configure(migrateStorage=True)
    site.deploy(kind(site, "v1beta1", storage="v1beta1", a=TEXT), widget(site, "v1beta1", a="x"))
    site.deploy(kind(site, a=TEXT), widget(site, a="x"))
    settled(site, a="x")


def test_a_conversion_webhook_is_ready_before_the_storage_version_changes(site: ClusterRepository) -> None:
    reference = {"name": "web", "namespace": site.namespace, "path": "/convert", "port": 80}
    hook = {"conversionReviewVersions": ["v1"], "clientConfig": {"service": reference}}
    conversion = {"strategy": "Webhook", "webhook": hook}
    site.deploy(kind(site, a=TEXT), widget(site, a="x"))
    site.render(
        kind(site, "v1", "v2", storage="v2", conversion=conversion, a=TEXT),
        service(site.namespace),
        deployment(site.namespace),
        widget(site, a="x"),
    )
    plan = site.plan()
    site.cluster.mark()
    done = site.apply(plan)
    assert done.code == 0, done.said
    writes = site.cluster.audit(user_agent=AGENT)
    order = [write.resource for write in writes if write.resource in ("customresourcedefinitions", "deployments")]
    assert order == ["customresourcedefinitions", "deployments", "customresourcedefinitions"]
    first, last = [write.body["spec"] for write in writes if write.resource == "customresourcedefinitions"]
    assert [[one["name"] for one in spec["versions"] if one["storage"]] for spec in (first, last)] == [["v1"], ["v2"]]
    assert site.actions(site.plan()) == {}
