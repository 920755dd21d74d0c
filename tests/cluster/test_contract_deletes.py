"""How a real API server deletes, and how its Leases lock: what prune and the lock build upon, without them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.cluster.cluster import Cluster, Object
from tests.cluster.objects import config_map, deployment

GONE_UID = "00000000-0000-4000-8000-000000000000"
RACERS = 20


@pytest.mark.parametrize("stale", ["uid", "resourceVersion"])
def test_precondition_that_fails_is_a_conflict_and_deletes_nothing(cluster: Cluster, stale: str) -> None:
    body = config_map(cluster.namespace())
    _, live = cluster.apply(body)
    held = {key: live["metadata"][key] for key in ("uid", "resourceVersion")}
    held[stale] = GONE_UID if stale == "uid" else "1"
    status, answer = cluster.delete(body, {"preconditions": held})
    assert (status, answer["reason"]) == (409, "Conflict")
    assert cluster.get(body)["metadata"]["uid"] == live["metadata"]["uid"]


def test_precondition_that_holds_deletes(cluster: Cluster) -> None:
    body = config_map(cluster.namespace())
    _, live = cluster.apply(body)
    held = {key: live["metadata"][key] for key in ("uid", "resourceVersion")}
    assert cluster.delete(body, {"preconditions": held, "dryRun": ["All"]})[0] == 200
    assert cluster.delete(body, {"preconditions": held})[0] == 200
    status, answer = cluster.delete(body, {"preconditions": held})
    assert (status, answer["reason"]) == (404, "NotFound")


def test_object_with_a_finalizer_stays_until_it_is_taken_off(cluster: Cluster) -> None:
    body = config_map(cluster.namespace())
    body["metadata"]["finalizers"] = ["example.org/held"]
    cluster.apply(body)
    assert cluster.delete(body)[0] == 200
    live = cluster.get(body)
    assert live["metadata"]["deletionTimestamp"]
    assert live["metadata"]["finalizers"] == ["example.org/held"]
    assert cluster.apply(body | {"data": {"a": "1"}})[0] == 200  # it can still be written: no sign of its end
    body["metadata"]["finalizers"] = []
    cluster.apply(body)
    assert cluster.get(body) is None


@pytest.mark.parametrize(("policy", "left"), [("Background", 0), ("Orphan", 1)])
def test_propagation_decides_over_dependents(cluster: Cluster, policy: str, left: int) -> None:
    body = deployment(cluster.namespace())
    cluster.apply(body)
    cluster.wait(body, lambda live: live["status"]["availableReplicas"] == 1)
    assert cluster.delete(body, {"propagationPolicy": policy})[0] == 200
    cluster.gone(cluster.path(body))
    path = f"/apis/apps/v1/namespaces/{body['metadata']['namespace']}/replicasets"
    cluster.until(lambda: len(cluster.raw("GET", path)[1]["items"]) == left)


def lease(namespace: str, holder: str, time: str = "2026-01-02T03:04:05.000000Z") -> Object:
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "lock", "namespace": namespace},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": 60, "leaseTransitions": 0, "renewTime": time},
    }


def race(cluster: Cluster, method: str, path: str, bodies: list[Object]) -> list[tuple[int, str]]:
    with ThreadPoolExecutor(RACERS) as threads:
        answers = list(threads.map(lambda body: cluster.raw(method, path, body), bodies))
    return sorted((status, answer.get("reason", "")) for status, answer in answers)


def test_one_of_many_creates_the_lease(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    path = cluster.path(lease(namespace, "")).rpartition("/")[0]
    found = race(cluster, "POST", path, [lease(namespace, f"racer-{n}") for n in range(RACERS)])
    assert found == [(201, "")] + [(409, "AlreadyExists")] * (RACERS - 1)


def test_one_of_many_takes_the_lease_over(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    live = cluster.create(lease(namespace, "dead"))
    version = {"resourceVersion": live["metadata"]["resourceVersion"]}
    bodies = [lease(namespace, f"racer-{n}") for n in range(RACERS)]
    bodies = [body | {"metadata": body["metadata"] | version} for body in bodies]
    found = race(cluster, "PUT", cluster.path(live), bodies)
    assert found == [(200, "")] + [(409, "Conflict")] * (RACERS - 1)


def test_lease_is_not_taken_over_without_its_version(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    live = cluster.create(lease(namespace, "holder"))
    status, answer = cluster.raw("PUT", cluster.path(live), lease(namespace, "other"))
    assert (status, answer["reason"]) == (422, "Invalid")
    assert cluster.get(live)["spec"]["holderIdentity"] == "holder"


@pytest.mark.parametrize(
    ("time", "status"),
    [
        ("2026-01-02T03:04:05.000000Z", 201),
        ("2026-01-02T03:04:05Z", 400),
        ("2026-01-02T03:04:05.000Z", 400),
        ("2026-01-02T03:04:05.000000000Z", 400),
    ],
)
def test_leases_time_has_exactly_six_digits_of_a_second(cluster: Cluster, time: str, status: int) -> None:
    body = lease(cluster.namespace(), "holder", time)
    found, _ = cluster.raw("POST", cluster.path(body).rpartition("/")[0], body)
    assert found == status


def test_collection_of_a_type_cannot_be_told_from_no_type_by_its_status_alone(cluster: Cluster) -> None:
    answers: list[tuple[int, Any]] = [
        cluster.raw("GET", f"/api/v1/namespaces/{cluster.name()}/configmaps"),
        cluster.raw("GET", f"/apis/no.example.org/v1/namespaces/{cluster.name()}/widgets"),
    ]
    assert answers[0][0] == 200
    assert answers[0][1]["items"] == []
    assert answers[1] == (404, "404 page not found\n")
