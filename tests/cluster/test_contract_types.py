"""How a real API server serves new types, and how it is read: what waiting and discovery build upon, without them."""

from typing import Any

from tests.cluster.cluster import Cluster, Object
from tests.cluster.objects import condition, config_map, crd, custom

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
TABLE = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def group_of(cluster: Cluster) -> str:
    return f"{cluster.name('g')}.example.org"


def establish(cluster: Cluster, body: Object) -> Any:
    assert cluster.apply(body)[0] in (200, 201)
    return cluster.wait(body, lambda live: condition(live, "Established") == "True")


def collection(namespace: str, group: str) -> str:
    return f"/apis/{group}/v1/namespaces/{namespace}/widgets"


def test_type_is_served_once_established(cluster: Cluster) -> None:
    namespace, group = cluster.namespace(), group_of(cluster)
    path = f"{collection(namespace, group)}/one"
    assert cluster.raw("GET", path) == (404, "404 page not found\n")
    live = establish(cluster, crd(group))
    assert condition(live, "NamesAccepted") == "True"
    cluster.until(lambda: cluster.raw("GET", path)[1] != "404 page not found\n")
    cluster.until(lambda: cluster.apply(custom(namespace, group, size=1))[0] in (200, 201))


def test_conditions_may_be_missing_right_after_a_definition_is_made(cluster: Cluster) -> None:
    status, live = cluster.apply(crd(group_of(cluster)))
    assert status == 201
    assert condition(live, "Established") == ""


def test_resource_of_a_definition_that_is_only_planned_cannot_be_tried(cluster: Cluster) -> None:
    namespace, group = cluster.namespace(), group_of(cluster)
    assert cluster.apply(crd(group), dryRun="All")[0] == 201
    path = f"{collection(namespace, group)}/one"
    body = custom(namespace, group)
    params = {"fieldManager": "test", "dryRun": "All"}
    assert cluster.raw("PATCH", path, body, content_type="apply", params=params)[0] == 404


def test_names_that_are_taken_are_accepted_and_never_established(cluster: Cluster) -> None:
    group = group_of(cluster)
    establish(cluster, crd(group))
    other = crd(group, kind="Gadget", plural="gadgets", shortNames=["widgets"])
    assert cluster.apply(other)[0] == 201
    live = cluster.wait(other, lambda live: condition(live, "NamesAccepted") == "False")
    reasons = [c["reason"] for c in live["status"]["conditions"] if c["type"] == "NamesAccepted"]
    assert reasons == ["ShortNamesConflict"]
    assert condition(live, "Established") == "False"


def test_version_in_which_objects_are_stored_cannot_go(cluster: Cluster) -> None:
    body = crd(group_of(cluster))
    establish(cluster, body)
    version = body["spec"]["versions"][0]
    body["spec"]["versions"] = [version | {"name": "v2"}]
    status, answer = cluster.apply(body)
    assert (status, answer["reason"]) == (422, "Invalid")
    assert [cause["field"] for cause in answer["details"]["causes"]] == ["status.storedVersions[0]"]


def test_scope_of_a_definition_is_immutable(cluster: Cluster) -> None:
    body = crd(group_of(cluster))
    establish(cluster, body)
    body["spec"]["scope"] = "Cluster"
    status, answer = cluster.apply(body)
    assert (status, [cause["field"] for cause in answer["details"]["causes"]]) == (422, ["spec.scope"])


def test_deleting_a_definition_deletes_its_resources(cluster: Cluster) -> None:
    namespace, group = cluster.namespace(), group_of(cluster)
    body = crd(group)
    establish(cluster, body)
    one = custom(namespace, group)
    cluster.until(lambda: cluster.apply(one)[0] in (200, 201))
    assert cluster.delete(body)[0] == 200
    cluster.gone(cluster.path(body))
    establish(cluster, body)
    cluster.until(lambda: cluster.raw("GET", collection(namespace, group))[0] == 200)
    assert cluster.raw("GET", collection(namespace, group))[1]["items"] == []


def test_discovery_is_two_requests_and_names_every_type(cluster: Cluster) -> None:
    kinds = {}
    for root in ("/api", "/apis"):
        status, answer = cluster.raw("GET", root, headers={"Accept": AGGREGATED})
        assert (status, answer["kind"]) == (200, "APIGroupDiscoveryList")
        for group in answer["items"]:
            for version in group["versions"]:
                for resource in version["resources"]:
                    key = (group["metadata"].get("name", ""), version["version"], resource["responseKind"]["kind"])
                    kinds[key] = (resource["resource"], resource["scope"])
    assert kinds["", "v1", "ConfigMap"] == ("configmaps", "Namespaced")
    assert kinds["apps", "v1", "Deployment"] == ("deployments", "Namespaced")
    assert kinds["", "v1", "Namespace"] == ("namespaces", "Cluster")


def test_aggregated_api_that_is_down_is_listed_as_stale(cluster: Cluster) -> None:
    group = group_of(cluster)
    service = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"v1.{group}"},
        "spec": {
            "group": group,
            "version": "v1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
            "service": {"namespace": "default", "name": "nobody"},
        },
    }
    cluster.create(service)
    try:
        cluster.until(lambda: cluster.raw("GET", f"/apis/{group}/v1")[0] == 503)
        cluster.until(lambda: _freshness(cluster, group) == ["Stale"])
    finally:
        cluster.delete(service)


def _freshness(cluster: Cluster, group: str) -> list[str]:
    _, answer = cluster.raw("GET", "/apis", headers={"Accept": AGGREGATED})
    versions = [v for item in answer["items"] if item["metadata"]["name"] == group for v in item["versions"]]
    return [version.get("freshness", "") for version in versions]


def test_list_comes_in_pieces_that_make_one_whole(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    for number in range(5):
        cluster.apply(config_map(namespace, f"c-{number}"))
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    names: list[str] = []
    more = ""
    pieces = 0
    while pieces == 0 or more:
        params = {"limit": "2"} | ({"continue": more} if more else {})
        answer = cluster.expect(200, "GET", path, params=params)
        names += [item["metadata"]["name"] for item in answer["items"]]
        more, pieces = answer["metadata"].get("continue", ""), pieces + 1
        assert all("kind" not in item for item in answer["items"])
    assert names == [*(f"c-{number}" for number in range(5)), "kube-root-ca.crt"]
    assert pieces == 3


def test_continue_token_that_is_nonsense_is_a_bad_request(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{cluster.namespace()}/configmaps"
    assert cluster.raw("GET", path, params={"limit": "1", "continue": "nonsense"})[0] == 400


def test_metadata_alone_can_be_read(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    cluster.apply(config_map(namespace, a="1"))
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    answer = cluster.expect(200, "GET", path, headers={"Accept": TABLE})
    assert answer["kind"] == "PartialObjectMetadataList"
    assert all("data" not in item for item in answer["items"])


def test_everyone_may_ask_who_they_are_and_what_they_may(cluster: Cluster) -> None:
    body: Object = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    answer = cluster.expect(201, "POST", path, body, user="stranger")
    assert answer["status"]["userInfo"]["username"] == "stranger"
    attributes = {"verb": "patch", "resource": "configmaps", "namespace": "default"}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    allowed = {
        user: cluster.expect(201, "POST", path, review | {"spec": {"resourceAttributes": attributes}}, user=user)
        for user in ("stranger", "admin")
    }
    assert {user: answer["status"]["allowed"] for user, answer in allowed.items()} == {"stranger": False, "admin": True}


def test_objects_of_settings_have_no_generation(cluster: Cluster) -> None:
    _, live = cluster.apply(config_map(cluster.namespace(), a="1"))
    assert "generation" not in live["metadata"]
