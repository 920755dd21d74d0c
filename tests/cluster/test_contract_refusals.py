"""What a real API server refuses for good: with which status, reason and field, and in a dry run just the same."""

from typing import Any

import pytest

from tests.cluster.cluster import Cluster, Object
from tests.cluster.objects import (
    claim,
    condition,
    config_map,
    deployment,
    job,
    pod_spec,
    role,
    role_binding,
    secret,
    service,
    stateful_set,
)

DRY_OR_NOT: tuple[dict[str, Any], ...] = ({}, {"dryRun": "All"})
Case = tuple[Object, Object, str]


def fields(answer: Any) -> set[str]:
    return {cause.get("field", "") for cause in answer.get("details", {}).get("causes", [])}


def immutable(namespace: str, unique: str) -> dict[str, Case]:
    """Before, after, and the field that is refused (a prefix)."""
    labels = {"matchLabels": {"app": "web", "tier": "front"}}
    template = {"metadata": {"labels": labels["matchLabels"]}, "spec": pod_spec()}
    storage = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": unique},
        "provisioner": "a.example.org",
    }
    priority = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": unique},
        "value": 1,
    }
    sealed = secret(namespace, "sealed", immutable=True, data={"a": "MQ=="})
    return {
        "Deployment selector": (
            deployment(namespace),
            deployment(namespace, selector=labels, template=template),
            "spec.selector",
        ),
        "Job template": (job(namespace), job(namespace, tag="2.0"), "spec.template"),
        "StatefulSet service": (stateful_set(namespace), stateful_set(namespace, serviceName="other"), "spec"),
        "Service address": (
            service(namespace),
            service(namespace, clusterIP="None"),
            "spec.clusterIPs[0]",
        ),
        "Secret that is sealed": (sealed, sealed | {"data": {"a": "Mg=="}}, "data"),
        "Secret type": (
            secret(namespace, type="Opaque"),
            secret(namespace, type="example.org/token"),
            "type",
        ),
        "claim": (claim(namespace), claim(namespace, storage_class="late"), "spec"),
        "RoleBinding": (role_binding(namespace), role_binding(namespace, role="edit"), "roleRef"),
        "StorageClass": (storage, storage | {"provisioner": "b.example.org"}, "provisioner"),
        "PriorityClass": (priority, priority | {"value": 2}, "value"),
    }


@pytest.mark.parametrize("what", immutable("", ""))
def test_immutable_field_is_invalid_in_the_dry_run_and_for_real(cluster: Cluster, what: str) -> None:
    before, after, field = immutable(cluster.namespace(), cluster.name())[what]
    assert cluster.apply(before)[0] == 201
    if before["kind"] == "PersistentVolumeClaim":  # the refusal quotes the whole spec, the volume's name with it
        cluster.wait(before, lambda live: live["status"]["phase"] == "Bound")
    answers = [cluster.apply(after, force=True, dryRun="All"), cluster.apply(after, force=True)]
    for status, answer in answers:
        assert (status, answer["reason"]) == (422, "Invalid")
        assert all(found.startswith(field) for found in fields(answer)), fields(answer)
    assert answers[0][1]["details"] == answers[1][1]["details"]


def test_change_of_a_mutable_field_is_taken(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    for before, after in (
        (job(namespace), job(namespace, ttlSecondsAfterFinished=60)),
        (stateful_set(namespace), stateful_set(namespace, replicas=2)),
        (service(namespace), service(namespace, type="NodePort")),
    ):
        assert (cluster.apply(before)[0], cluster.apply(after)[0]) == (201, 200)


def test_plain_mistake_is_invalid_too_so_422_alone_never_means_immutable(cluster: Cluster) -> None:
    body = deployment(cluster.namespace())
    cluster.apply(body)
    body["spec"]["replicas"] = -1
    status, answer = cluster.apply(body)
    assert (status, answer["reason"], fields(answer)) == (422, "Invalid", {"spec.replicas"})


@pytest.mark.parametrize("rolling", [{}, {"rollingUpdate": None}], ids=["left out", "null"])
def test_default_rolling_update_is_in_the_way_of_recreate(cluster: Cluster, rolling: Object) -> None:
    namespace = cluster.namespace()
    cluster.apply(deployment(namespace))
    status, answer = cluster.apply(deployment(namespace, strategy={"type": "Recreate"} | rolling))
    assert (status, fields(answer)) == (422, {"spec.strategy.rollingUpdate"})


def test_recreate_is_taken_where_we_wrote_the_rolling_update(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    rolling = {"maxSurge": 1, "maxUnavailable": 0}
    cluster.apply(deployment(namespace, strategy={"type": "RollingUpdate", "rollingUpdate": rolling}))
    assert cluster.apply(deployment(namespace, strategy={"type": "Recreate"}))[0] == 200


@pytest.mark.parametrize("protocol", ["TCP", "UDP"])
def test_node_port_of_another_service_is_refused_whatever_the_protocol(cluster: Cluster, protocol: str) -> None:
    namespace = cluster.namespace()
    _, first = cluster.apply(service(namespace, type="NodePort"))
    port = first["spec"]["ports"][0]["nodePort"]
    ports = [{"name": "http", "port": 80, "protocol": protocol, "nodePort": port}]
    status, answer = cluster.apply(service(namespace, "other", type="NodePort", ports=ports))
    assert (status, fields(answer)) == (422, {"spec.ports[0].nodePort"})


def test_bound_claim_that_cannot_grow_is_forbidden_not_invalid(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    body = claim(namespace, storage_class="late")
    cluster.apply(body)
    cluster.wait(body, lambda live: live["status"]["phase"] == "Pending")
    assert cluster.apply(claim(namespace, storage_class="late", size="2Gi"))[0] == 422
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": "reader"}}
    cluster.apply(pod | {"spec": pod_spec() | {"volumes": [volume]}})
    cluster.wait(body, lambda live: live["status"]["phase"] == "Bound")
    status, answer = cluster.apply(claim(namespace, storage_class="late", size="2Gi"))
    assert (status, answer["reason"]) == (403, "Forbidden")


def test_create_of_what_exists_is_a_conflict_of_its_own(cluster: Cluster) -> None:
    body = config_map(cluster.namespace())
    cluster.create(body)
    status, answer = cluster.raw("POST", cluster.path(body).rpartition("/")[0], body)
    assert (status, answer["reason"]) == (409, "AlreadyExists")


def test_namespace_on_its_way_out_takes_nothing_new(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    held = config_map(namespace)
    held["metadata"]["finalizers"] = ["example.org/held"]
    cluster.apply(held)
    cluster.expect(200, "DELETE", f"/api/v1/namespaces/{namespace}")
    for dry in DRY_OR_NOT:
        status, answer = cluster.apply(config_map(namespace, "new"), **dry)
        assert (status, answer["reason"]) == (403, "Forbidden")
        assert [cause["reason"] for cause in answer["details"]["causes"]] == ["NamespaceTerminating"]
    cluster.apply(config_map(namespace))


def test_rights_that_one_has_not_cannot_be_given_not_even_in_a_dry_run(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    cluster.grant("applier", "admin", namespace)
    secrets = role(namespace, "reader", [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}])
    cluster.until(lambda: cluster.raw("GET", cluster.path(secrets), user="applier")[0] == 404)
    for dry in DRY_OR_NOT:
        status, answer = cluster.apply(secrets, user="applier", **dry)
        assert (status, answer["reason"]) == (403, "Forbidden")


def test_quota_that_is_used_up_is_forbidden(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few", "namespace": namespace}}
    cluster.apply(quota | {"spec": {"hard": {"count/secrets": "0"}}})
    cluster.wait(quota, lambda live: live["status"]["hard"])
    status, answer = cluster.apply(secret(namespace))
    assert (status, answer["reason"]) == (403, "Forbidden")


def test_too_large_an_object_is_refused_as_such(cluster: Cluster) -> None:
    status, answer = cluster.apply(config_map(cluster.namespace(), large="x" * 1_100_000))
    assert (status, answer["reason"]) == (422, "Invalid")
    status, answer = cluster.apply(config_map(cluster.namespace(), large="x" * 4_000_000))
    assert (status, answer["reason"]) == (413, "RequestEntityTooLarge")


def test_conditions_of_the_generation_before_are_still_there_after_an_update(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    cluster.apply(deployment(namespace))
    cluster.wait(deployment(namespace), lambda live: condition(live, "Available") == "True")
    cluster.obey("stop", "kube-controller-manager")
    try:
        _, live = cluster.apply(deployment(namespace, tag="crash"))
    finally:
        cluster.obey("continue", "kube-controller-manager")
    assert condition(live, "Available") == "True"
    assert live["status"]["observedGeneration"] < live["metadata"]["generation"]
