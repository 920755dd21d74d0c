"""Single facts about a real API server that good guesses miss, and that our findings say of it."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from pipeline.core.crd.case_crds import crd, version
from pipeline.core.json_text import escaped_bytes
from pipeline.core.kube.field_check import complaints
from pipeline.core.kube.resource import Resource
from tests.cluster.cluster import Cluster, Object
from tests.cluster.objects import config_map, service, stateful_set
from tests.cluster.test_crd_changes_real import MINOR, custom, established, grouped, judged, refusal

TYPE = {"type": "RollingUpdate"}
PARTITION = TYPE | {"rollingUpdate": {"partition": 0}}


@pytest.mark.parametrize(
    ("old", "taken"),
    [({}, False), (TYPE, True), (PARTITION, True), (TYPE | {"rollingUpdate": {}}, True)],
    ids=["nothing stated", "type", "partition", "empty rollingUpdate"],
)
def test_a_stateful_set_goes_to_on_delete_where_its_old_type_was_stated(
    cluster: Cluster, old: Object, *, taken: bool
) -> None:
    namespace = cluster.namespace()
    before = stateful_set(namespace)
    before["spec"] |= {"updateStrategy": old} if old else {}
    after = stateful_set(namespace, updateStrategy={"type": "OnDelete"})
    assert refusal(cluster.apply(before)) == ""
    assert (refusal(cluster.apply(after)) == "") is taken
    said = [one for one in judged([before], [after]) if one.rule == "rollout-strategy-changed"]
    assert ["rejected" in one.impact for one in said] == [not taken]


def test_the_storage_version_is_read_and_written_while_the_conversion_webhook_is_down(cluster: Cluster) -> None:
    group = f"{cluster.name('g')}.example.com"
    before = grouped(yaml.safe_load(crd(version("v1"))), group)
    after = grouped(yaml.safe_load(crd(version("v1"), version("v2", storage=False))), group)
    nobody = {"service": {"namespace": "default", "name": "nobody"}}
    webhook = {"conversionReviewVersions": ["v1"], "clientConfig": nobody}
    after["spec"]["conversion"] = {"strategy": "Webhook", "webhook": webhook}
    established(cluster, before)
    mine = custom("size: 1", group, "mine")
    cluster.until(lambda: refusal(cluster.apply(mine)) == "")
    (said,) = [one for one in judged([before], [after]) if one.rule == "crd-conversion-service-missing"]
    assert "of other versions than the stored one" in said.impact
    assert refusal(cluster.apply(after)) == ""
    path = f"/apis/{group}/%s/namespaces/default/widgets/mine"
    cluster.until(lambda: "conversion webhook" in refusal(cluster.raw("GET", path % "v2")))
    try:
        assert cluster.raw("GET", path % "v1")[0] == 200
        assert refusal(cluster.apply(mine | {"spec": {"size": 2}})) == ""
    finally:
        _remove(cluster, before | {"spec": before["spec"] | {"conversion": {"strategy": "None", "webhook": None}}})


def test_objects_of_a_version_that_left_the_list_too_early_cannot_be_read(cluster: Cluster) -> None:
    group = f"{cluster.name('g')}.example.com"
    before = grouped(yaml.safe_load(crd(version("v1alpha1"), version("v1", storage=False))), group)
    after = grouped(yaml.safe_load(crd(version("v1"))), group)
    established(cluster, before)
    mine = custom("size: 1", group, "mine") | {"apiVersion": f"{group}/v1alpha1"}
    cluster.until(lambda: refusal(cluster.apply(mine)) == "")
    (said,) = [one for one in judged([before], [after]) if one.rule == "crd-stored-version-removed"]
    order = [part for command in said.commands for part in ("replace -f", 'storedVersions": [') if part in command]
    assert order == ["replace -f", 'storedVersions": [']
    moved = grouped(yaml.safe_load(crd(version("v1alpha1", storage=False), version("v1"))), group)
    assert refusal(cluster.apply(moved)) == ""
    early = {"status": {"storedVersions": ["v1"]}}
    cluster.expect(200, "PATCH", f"{cluster.path(before)}/status", early, content_type="merge")
    assert refusal(cluster.apply(after)) == ""
    cluster.until(lambda: refusal(cluster.raw("GET", f"/apis/{group}/v1/namespaces/default/widgets/mine")))
    _remove(cluster, before)


def _remove(cluster: Cluster, readable: Object) -> None:
    """The definition and its objects, once these can be read: namespaces cannot go while a kind cannot be listed."""
    cluster.expect(200, "PATCH", cluster.path(readable), readable, content_type="merge")
    cluster.delete(readable)
    cluster.gone(cluster.path(readable))


@pytest.mark.parametrize("character", ["\x7f", "\x85", "\u2028", "\u2029", "\ufeff"])
def test_an_apply_whose_characters_stand_by_their_numbers_is_stored_as_it_is(cluster: Cluster, character: str) -> None:
    """A server-side apply is read as YAML, which folds U+0085 and does not take U+007F as they are."""
    body = config_map(cluster.namespace(), a=f"b{character}c")
    plain = json.dumps(body, ensure_ascii=False)
    by_number = escaped_bytes(plain.encode()).decode()
    query = {"fieldManager": "test", "dryRun": "All"}
    path = cluster.path(body)
    stored = [
        cluster.raw("PATCH", path, text, content_type="apply", params=query)[1].get("data")
        for text in (plain, by_number)
    ]
    assert stored[1] == body["data"]
    assert (stored[0] == body["data"]) is (character not in "\x7f\x85")


@dataclass(frozen=True)
class Fact:
    name: str
    text: str
    taken: bool


AUTOSCALER = (
    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n"
    "spec: {minReplicas: 0, maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}, "
    "metrics: [%s]}\n"
)
EXTERNAL = "{type: External, external: {metric: {name: m}, target: {type: Value, value: '1'}}}"
USED = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}"
CLAIM = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\n"
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: %s}, limits: {storage: %s}}}\n"
)
POLICY = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
    "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: %s, except: [%s]}}]}]}\n"
)
LEASE = "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: a}\nspec: {renewTime: '%s'}\n"
NAMED = "apiVersion: %s\nkind: %s\nmetadata: {name: %s}\n%s"
SPEC = "spec: {selector: {a: b}, ports: [{port: 80}]}\n"
CONTAINERS = "containers: [{name: c, image: i}]"
POD = f"selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{{CONTAINERS}}}}}"
JOB = f"template: {{spec: {{restartPolicy: Never, {CONTAINERS}}}}}"
CRON = f"spec: {{schedule: '* * * * *', jobTemplate: {{spec: {{{JOB}}}}}}}"
FACTS = (
    Fact("scales to zero by an external metric", AUTOSCALER % EXTERNAL, taken=True),
    Fact("scales to zero by a resource", AUTOSCALER % USED, taken=False),
    Fact("limit of a claim above its request", CLAIM % ("1Gi", "2Gi"), taken=True),
    Fact("limit of a claim below its request", CLAIM % ("2Gi", "1Gi"), taken=True),
    Fact("CIDR with bits of a host", POLICY % ("10.0.0.1/8", "10.1.0.0/16"), taken=False),
    Fact("exception outside of its CIDR", POLICY % ("10.0.0.0/8", "11.0.0.0/16"), taken=False),
    Fact("Service of 63 characters", NAMED % ("v1", "Service", "a" * 63, SPEC), taken=True),
    Fact("Service of 64 characters", NAMED % ("v1", "Service", "a" * 64, SPEC), taken=False),
    Fact("Service that begins with a digit", NAMED % ("v1", "Service", "1a", SPEC), taken=True),
    Fact("Namespace of 64 characters", NAMED % ("v1", "Namespace", "a" * 64, ""), taken=False),
    Fact("CronJob of 52 characters", NAMED % ("batch/v1", "CronJob", "a" * 52, CRON), taken=True),
    Fact("CronJob of 53 characters", NAMED % ("batch/v1", "CronJob", "a" * 53, CRON), taken=False),
    Fact("ConfigMap of 253 characters", NAMED % ("v1", "ConfigMap", "a" * 253, ""), taken=True),
    Fact("ConfigMap of 254 characters", NAMED % ("v1", "ConfigMap", "a" * 254, ""), taken=False),
    Fact("Deployment of 253 characters", NAMED % ("apps/v1", "Deployment", "a" * 253, f"spec: {{{POD}}}"), taken=True),
    Fact("StatefulSet of 64 characters", NAMED % ("apps/v1", "StatefulSet", "a" * 64, f"spec: {{{POD}}}"), taken=False),
)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_the_server_takes_what_we_let_pass_and_refuses_what_we_name(cluster: Cluster, fact: Fact) -> None:
    body: Object = yaml.safe_load(fact.text)
    if body["kind"] != "Namespace":
        body["metadata"]["namespace"] = "default"
    status, answer = cluster.apply(body, dryRun="All")
    assert (status in (200, 201)) is fact.taken, answer.get("message")
    assert (not complaints(Resource.of(body), MINOR)) is fact.taken


TIMES = (
    *("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.000000Z", "2026-01-02T03:04:05,000000Z"),
    *("2026-01-02T03:04:05.000000+01:00", "2026-01-02T03:04:05+01:00", "2026-01-02T3:04:05Z", "2026-01-02t03:04:05Z"),
    *("2026-01-02T03:04:05z", "2026-01-02 03:04:05Z", "2026-01-02", "2026-02-30T03:04:05Z", "2026-01-02T24:04:05Z"),
    *("2026-01-02T23:59:60Z", "2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05+0100", "", "10000-01-01T00:00:00Z"),
    *("2026-01-02T3:04:05.000000Z", "2026-01-02T03:04:05.0000000Z", "2026-01-02T03:04:05.123456+25:00", "now"),
)


@pytest.mark.parametrize("time", TIMES)
def test_times_are_taken_and_refused_as_we_say(cluster: Cluster, time: str) -> None:
    """To the second in most objects, to the microsecond in a Lease: the refusal is a 500."""
    lease: Object = yaml.safe_load(LEASE % time) | {"metadata": {"name": "a", "namespace": "default"}}
    taint = {"key": "a", "effect": "NoSchedule", "timeAdded": time}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}, "spec": {"taints": [taint]}}
    for body in (lease, node):
        status, answer = cluster.apply(body, dryRun="All")
        assert (status == 201) is (not complaints(Resource.of(body), MINOR)), answer.get("message")


def test_a_node_port_is_taken_once_for_each_protocol_and_not_by_two_services(cluster: Cluster) -> None:
    namespace = cluster.namespace()

    def exposed(name: str, *protocols: str) -> Object:
        ports = [{"name": one.lower(), "port": 80, "nodePort": 30999, "protocol": one} for one in protocols]
        return service(namespace, name, type="NodePort", ports=ports)

    both, first, second = exposed("both", "TCP", "UDP"), exposed("first", "TCP"), exposed("second", "UDP")
    assert refusal(cluster.apply(both, dryRun="All")) == ""
    assert refusal(cluster.apply(first)) == ""
    assert "already allocated" in refusal(cluster.apply(second))
    cluster.delete(first)
    said: list[Any] = [judged([], [both]), judged([], [first, second])]
    assert [[one.rule for one in found if one.rule == "node-port-taken"] for found in said] == [[], ["node-port-taken"]]


@pytest.mark.parametrize(
    ("path", "read"),
    [
        (".spec.size", True),
        (".spec.a[0]", True),
        (".spec.a[*].b", True),
        (".spec['a']", True),
        (".a['b','c']", True),
        (".a[0,1]", True),
        (".a[]", True),
        (".a[-1:]", True),
        (".a[?(@.b=='c')].d", True),
        ('.a[?(@.b=="c")].d', True),
        (".a[?(@.b)]", True),
        (".a[", False),
        ('.spec["a"]', False),
        (".a[?(@.b=='c')", False),
        (".a[?(@.b=='c)].d", False),
        (".a[x]", False),
        (".a[(@.length-1)]", False),
    ],
)
def test_a_printer_column_that_cannot_be_read_takes_those_behind_it_along(
    cluster: Cluster, path: str, *, read: bool
) -> None:
    group = f"{cluster.name('g')}.example.com"
    plain, body = (grouped(yaml.safe_load(crd()), group) for _ in range(2))
    body["spec"]["versions"][0]["additionalPrinterColumns"] = [
        {"name": "First", "type": "string", "jsonPath": path},
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
    ]
    established(cluster, body)
    table = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    listed = f"/apis/{group}/v1/namespaces/default/widgets"
    cluster.until(lambda: cluster.raw("GET", listed)[0] == 200)
    columns = cluster.expect(200, "GET", listed, headers=table)["columnDefinitions"]
    assert [one["name"] for one in columns] == (["Name", "First", "Size"] if read else ["Name"])
    said = [one.rule for one in judged([plain], [body]) if one.rule == "crd-printer-column-unreadable"]
    assert bool(said) is not read
