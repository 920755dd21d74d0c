"""What server-side apply of a real API server does: what plan and apply build upon, without them (KEP-555)."""

from typing import Any

import pytest

from tests.cluster.cluster import Cluster, Object
from tests.cluster.objects import config_map, custom, deployment, secret, service

DRY_OR_NOT: tuple[dict[str, Any], ...] = ({}, {"dryRun": "All"})
GONE_UID = "00000000-0000-4000-8000-000000000000"


def causes(answer: Any, key: str = "reason") -> list[str]:
    return [cause.get(key, "") for cause in answer.get("details", {}).get("causes", [])]


def held(body: Object, **metadata: str) -> Object:
    return body | {"metadata": body["metadata"] | metadata}


@pytest.fixture
def live(cluster: Cluster) -> Any:
    return cluster.apply(config_map(cluster.namespace(), a="1"))[1]


@pytest.fixture
def body(live: Any) -> Object:
    return config_map(live["metadata"]["namespace"], a="2")


@pytest.mark.parametrize(
    "how", [{}, {"force": True}, {"dryRun": "All"}, {"force": True, "dryRun": "All"}], ids=",".join
)
def test_stale_version_is_a_conflict_without_causes(
    cluster: Cluster, live: Any, body: Object, how: dict[str, Any]
) -> None:
    cluster.apply(body)
    stale = held(body, resourceVersion=live["metadata"]["resourceVersion"])
    status, answer = cluster.apply(stale | {"data": {"a": "3"}}, **how)
    assert (status, answer["reason"], causes(answer)) == (409, "Conflict", [])
    assert cluster.get(body)["data"] == {"a": "2"}


@pytest.mark.parametrize("how", [{}, {"force": True}], ids=["plain", "forced"])
def test_other_uid_is_invalid_in_metadata_uid_alone(cluster: Cluster, body: Object, how: dict[str, Any]) -> None:
    status, answer = cluster.apply(held(body, uid=GONE_UID), **how)
    assert (status, answer["reason"], causes(answer, "field")) == (422, "Invalid", ["metadata.uid"])


def test_uid_of_an_object_that_is_gone_is_refused_and_makes_none(cluster: Cluster, live: Any, body: Object) -> None:
    """Kubernetes 1.34 says 422 on metadata.uid, 1.37 a 409 without causes: both mean that it is another one or gone."""
    cluster.delete(body)
    status, answer = cluster.apply(held(body, uid=live["metadata"]["uid"]), force=True)
    assert (status, causes(answer)) == (409, [])
    assert "uid mismatch" in answer["message"]
    assert cluster.get(body) is None


def test_version_alone_makes_an_object_that_is_gone_anew(cluster: Cluster, live: Any, body: Object) -> None:
    cluster.delete(body)
    status, _ = cluster.apply(held(body, resourceVersion=live["metadata"]["resourceVersion"]))
    assert status == 201


@pytest.mark.parametrize("version", ["", "0"])
def test_empty_version_checks_nothing(cluster: Cluster, live: Any, body: Object, version: str) -> None:
    assert cluster.apply(held(body, resourceVersion=version, uid=live["metadata"]["uid"]))[0] == 200


def test_uid_and_current_version_are_a_compare_and_swap(cluster: Cluster, live: Any, body: Object) -> None:
    own = {key: live["metadata"][key] for key in ("uid", "resourceVersion")}
    assert cluster.apply(held(body, **own))[0] == 200
    assert cluster.apply(held(body, **own) | {"data": {"a": "3"}})[0] == 409


def test_other_managers_value_is_a_conflict_that_names_field_and_manager(cluster: Cluster, body: Object) -> None:
    status, answer = cluster.apply(body, manager="other")
    assert (status, answer["reason"]) == (409, "Conflict")
    assert causes(answer) == ["FieldManagerConflict"]
    assert causes(answer, "field") == [".data.a"]
    assert causes(answer, "message") == ['conflict with "test"']


def test_equal_value_is_shared_without_a_word(cluster: Cluster, live: Any) -> None:
    same = config_map(live["metadata"]["namespace"], a="1")
    status, answer = cluster.apply(same, manager="other")
    assert (status, answer["data"]) == (200, {"a": "1"})
    owners = [entry["manager"] for entry in answer["metadata"]["managedFields"] if "f:data" in entry["fieldsV1"]]
    assert owners == ["other", "test"]


def test_who_was_forced_out_gets_the_conflict_next_time(cluster: Cluster, live: Any, body: Object) -> None:
    assert cluster.apply(body, manager="other", force=True)[0] == 200
    status, answer = cluster.apply(config_map(live["metadata"]["namespace"], a="1"))
    assert (status, causes(answer, "message")) == (409, ['conflict with "other"'])


def test_applying_what_is_there_writes_nothing(cluster: Cluster, live: Any) -> None:
    status, answer = cluster.apply(config_map(live["metadata"]["namespace"], a="1"))
    assert (status, answer["metadata"]["resourceVersion"]) == (200, live["metadata"]["resourceVersion"])


def test_a_field_that_is_no_longer_sent_goes_unless_another_owns_it(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    cluster.apply(config_map(namespace, mine="1", shared="1"))
    cluster.apply(config_map(namespace, shared="1"), manager="other")
    assert cluster.apply(config_map(namespace))[1]["data"] == {"shared": "1"}


def test_what_kubectl_made_before_stays_until_its_entry_becomes_ours(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    old, new = config_map(namespace, kept="1", dropped="1"), config_map(namespace, kept="1")
    cluster.create(old, fieldManager="kubectl-client-side-apply")
    _, live = cluster.apply(new, force=True)
    assert live["data"] == {"kept": "1", "dropped": "1"}
    fields = live["metadata"]["managedFields"]
    ours = next(entry for entry in fields if entry["manager"] == "test")
    merged: Object = {"f:data": {"f:kept": {}, "f:dropped": {}}}
    patch = [
        {"op": "replace", "path": "/metadata/managedFields", "value": [ours | {"fieldsV1": merged}]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
    ]
    cluster.expect(200, "PATCH", cluster.path(new), patch, content_type="json")
    assert cluster.apply(new)[1]["data"] == {"kept": "1"}


def test_ownership_is_not_moved_over_somebody_elses_write(cluster: Cluster, live: Any, body: Object) -> None:
    cluster.apply(body)
    fields = live["metadata"]["managedFields"]
    patch = [
        {"op": "replace", "path": "/metadata/managedFields", "value": fields},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
    ]
    status, answer = cluster.raw("PATCH", cluster.path(body), patch, content_type="json")
    assert (status, answer["reason"]) == (409, "Conflict")


def test_dry_run_says_what_the_write_then_does(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    for body in (deployment(namespace), service(namespace), deployment(namespace, tag="2.0", replicas=3)):
        before = cluster.get(body)
        status, predicted = cluster.apply(body, dryRun="All")
        assert cluster.get(body) == before or body["kind"] == "Deployment"  # its status moves by itself
        real, live = cluster.apply(body)
        assert real == status
        for answer in (predicted, live):
            for key in ("uid", "resourceVersion", "creationTimestamp", "managedFields", "annotations"):
                answer["metadata"].pop(key, None)
            answer["spec"].pop("clusterIP", None)
            answer["spec"].pop("clusterIPs", None)
            answer.pop("status")
        assert predicted == live


def test_dry_run_of_a_change_has_the_old_version(cluster: Cluster, live: Any, body: Object) -> None:
    _, predicted = cluster.apply(body, dryRun="All")
    assert predicted["data"] == {"a": "2"}
    assert predicted["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]


def test_dry_run_of_a_create_has_no_version(cluster: Cluster) -> None:
    body = config_map(cluster.namespace())
    status, predicted = cluster.apply(body, dryRun="All")
    assert (status, "resourceVersion" in predicted["metadata"]) == (201, False)
    assert cluster.get(body) is None


def test_namespace_that_is_not_there_is_not_found_in_a_dry_run_too(cluster: Cluster) -> None:
    for dry in DRY_OR_NOT:
        status, answer = cluster.apply(config_map(cluster.name()), **dry)
        assert (status, answer["reason"], answer["details"]["kind"]) == (404, "NotFound", "namespaces")


def test_type_that_nobody_serves_is_a_404_in_plain_text(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    path = f"/apis/no.example.org/v1/namespaces/{namespace}/widgets/one"
    body = custom(namespace, "no.example.org")
    assert cluster.raw("GET", path) == (404, "404 page not found\n")
    status, answer = cluster.raw("PATCH", path, body, content_type="apply", params={"fieldManager": "test"})
    assert (status, answer) == (404, "404 page not found\n")
    status, answer = cluster.raw("GET", f"/api/v1/namespaces/{namespace}/configmaps/one")
    assert (status, answer["reason"]) == (404, "NotFound")


SHAPES: dict[str, Any] = {
    "unknown field": {"spec": {"tempalte": {}}},
    "wrong scalar": {"spec": {"replicas": "two"}},
}


@pytest.mark.parametrize("validation", ["Strict", "Warn", "Ignore"])
@pytest.mark.parametrize("shape", SHAPES)
def test_typo_is_a_500_without_a_reason_and_final(cluster: Cluster, shape: str, validation: str) -> None:
    body = deployment(cluster.namespace())
    body["spec"] |= SHAPES[shape]["spec"]
    status, answer = cluster.apply(body, fieldValidation=validation)
    assert (status, answer.get("reason", "")) == (500, "")
    assert "failed to create typed patch object" in answer["message"]


@pytest.mark.parametrize(
    ("container", "what"),
    [
        ({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}, "env"),
        ({"ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "TCP"}]}, "ports"),
    ],
    ids=["environment variable", "port"],
)
def test_entry_that_comes_twice_is_a_500_without_a_reason(cluster: Cluster, container: Object, what: str) -> None:
    body = deployment(cluster.namespace())
    body["spec"]["template"]["spec"]["containers"][0] |= container
    status, answer = cluster.apply(body)
    assert (status, answer.get("reason", "")) == (500, "")
    assert what in answer["message"]


def test_servers_message_tells_a_secrets_value(cluster: Cluster) -> None:
    body = secret(cluster.namespace(), stringData={"password": 12345678})
    status, answer = cluster.apply(body)
    assert status == 500
    assert "12345678" in answer["message"]  # which is why we never print it


def test_applying_needs_the_right_to_create_as_well_and_a_dry_run_the_same(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    body = config_map(namespace)
    role = cluster.name("patcher")
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "patch"]}
    meta = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": role}}
    cluster.create(meta | {"rules": [rule]})
    cluster.grant("applier", role, namespace)
    cluster.until(lambda: cluster.raw("GET", cluster.path(body), user="applier")[0] == 404)
    for dry in DRY_OR_NOT:
        status, answer = cluster.apply(body, user="applier", **dry)
        assert (status, answer["reason"]) == (403, "Forbidden")
    cluster.apply(body)
    assert cluster.apply(body | {"data": {"a": "1"}}, user="applier", force=True)[0] == 200
