"""The table of fields says what is known of them, and what it complains of is wrong at that version of Kubernetes."""

import copy
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.kube.apis import kinds, newest
from pipeline.core.kube.field_check import Fault, complaints
from pipeline.core.kube.fields import bounds, fields_at, history, required_at, type_of
from pipeline.core.kube.path import to_text
from pipeline.core.kube.resource import Resource
from pipeline.core.redaction.mask import Mask
from pipeline.core.yaml.reader import load, load_all

DATA = Path(__file__).parents[2] / "data"
C = "spec.containers[name=c]"
POD: dict[str, Any] = load(
    "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: i, env: [{name: A}]}]}}"
)


def told(body: dict[str, Any], minor: int = 37) -> list[tuple[str, str]]:
    return [(one.fault.value, to_text(one.path)) for one in complaints(Resource.of(body), minor)]


def pod(container: str = "{}", spec: str = "{}") -> dict[str, Any]:
    body = copy.deepcopy(POD)
    body["spec"]["containers"][0] |= load(container)
    body["spec"] |= load(spec)
    return body


@pytest.mark.parametrize(
    ("type_name", "field", "since", "until"),
    [
        # The release notes and KEPs of these features say the same.
        ("core.v1.Container", "startupProbe", 16, 38),
        ("core.v1.PodSpec", "setHostnameAsFQDN", 19, 38),
        ("core.v1.SecurityContext", "seccompProfile", 19, 38),
        ("core.v1.ServiceSpec", "ipFamilyPolicy", 20, 38),
        ("core.v1.ServiceSpec", "topologyKeys", 17, 22),
        ("core.v1.PodSpec", "hostUsers", 25, 38),
        ("core.v1.PodSpec", "schedulingGates", 26, 38),
        ("core.v1.Container", "resizePolicy", 27, 38),
        ("core.v1.Container", "restartPolicy", 28, 38),
        ("core.v1.SecurityContext", "appArmorProfile", 30, 38),
        ("admissionregistration.v1.ValidatingWebhook", "matchConditions", 27, 38),
        ("policy.v1.PodDisruptionBudgetSpec", "unhealthyPodEvictionPolicy", 26, 38),
        ("meta.v1.ObjectMeta", "clusterName", 16, 25),
    ],
)
def test_known_fields(type_name: str, field: str, since: int, until: int) -> None:
    runs = history(type_name, field)
    assert (runs[0].since, runs[-1].until) == (since, until)


def test_the_table_knows_every_kind_that_is_served() -> None:
    assert bounds() == (16, newest())
    served = [api for api in kinds() if api.namespaced is not None]
    for minor in range(16, newest() + 1):
        for api in served:
            name = type_of(f"{api.group}/{api.version}".removeprefix("/"), api.kind)
            assert not api.served(minor) or {"apiVersion", "kind", "metadata"} <= fields_at(name, minor).keys(), api


def test_every_type_that_a_field_names_is_there() -> None:
    for minor in (16, 24, 25, newest()):
        left = {type_of(f"{a.group}/{a.version}".removeprefix("/"), a.kind) for a in kinds() if a.served(minor)} - {""}
        seen: set[str] = set()
        while left:
            name = left.pop()
            seen.add(name)
            codes = fields_at(name, minor)
            assert codes, (name, minor)
            assert set(required_at(name, minor)) <= codes.keys()
            left |= {code.partition("#")[2] for code in codes.values() if "#" in code} - seen
        assert len(seen) > 300


@pytest.mark.parametrize("file", ["mutations/base.yaml", "fields/rich.yaml"])
def test_objects_of_today_use_what_today_has(file: str) -> None:
    for body in load_all((DATA / file).read_text()):
        assert {one for one in told(body) if one[0] != Fault.WRONG_TYPE} == set()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (pod("{imagePullpolicy: Always}"), [("unknown", C + ".imagePullpolicy")]),
        (pod("{image: 1}"), [("wrong type", C + ".image")]),
        (pod("{args: [a, 1]}"), [("wrong type", C + ".args[1]")]),
        (pod("{env: [{value: x}]}"), [("missing", C + ".env[0].name")]),
        (pod("{env: [{name: A}, {name: A}]}"), [("twice", C + ".env[1]")]),
        (pod("{ports: [{containerPort: 1}, {containerPort: 1, protocol: UDP}]}"), []),
        (pod("{ports: [{containerPort: 1}, {containerPort: 1, protocol: TCP}]}"), [("twice", C + ".ports[1]")]),
        (pod("{resources: {limits: {cpu: 1, memory: 1Gi}}}"), []),
        (pod("{resources: {limits: {memory: 1GiB}}}"), [("wrong type", C + ".resources.limits.memory")]),
        (pod("{livenessProbe: {httpGet: {port: http}}}"), []),
        (pod("{livenessProbe: {httpGet: {port: 80.5}}}"), [("wrong type", C + ".livenessProbe.httpGet.port")]),
        (pod(spec="{nodeSelector: {a: true}}"), [("wrong type", "spec.nodeSelector.a")]),
        (pod(spec="{hostNetwork: 'true'}"), [("wrong type", "spec.hostNetwork")]),
        (pod(spec="{terminationGracePeriodSeconds: 1e6, priority: null, volumes: null}"), []),
        (pod(spec="{containers: []}"), [("missing", "spec.containers")]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(body: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert told(body) == expected


def test_a_field_is_unknown_only_where_it_is() -> None:
    sidecar = pod("{restartPolicy: Always}")
    assert [minor for minor in range(16, 38) if told(sidecar, minor)] == list(range(16, 28))


def test_kinds_that_a_minor_does_not_serve_are_left_to_others() -> None:
    ingress = load("{apiVersion: networking.k8s.io/v1beta1, kind: Ingress, metadata: {name: a}, spec: {nope: 1}}")
    assert told(ingress, 21) == [("unknown", "spec.nope")]
    assert told(ingress, 22) == []
    assert told(load("{apiVersion: example.com/v1, kind: Ingress, metadata: {name: a}, spec: {nope: 1}}")) == []


def test_the_value_of_a_secret_is_not_told_and_a_masked_one_is_no_fault() -> None:
    head = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
    assert told(load(head + "data: {a: '<secret #1>'}")) == []
    (one,) = complaints(Resource.of(load(head + "stringData: {a: 12345678}")), 37)
    assert "1234" not in str(one)


@pytest.mark.slow
def test_a_hostile_object_costs_no_more_than_its_size() -> None:
    """Each of many entries has a field of its own that nobody knows: seconds at most, and not minutes."""
    body = pod()
    body["spec"]["containers"][0]["env"] = [{"name": f"A{n}", f"nope{n}": 1} for n in range(4_000)]
    started = time.process_time()
    assert len(told(body)) == 4_000
    assert time.process_time() - started < 5


SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80, targetPort: %s}]}\n"
BUDGET = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {maxUnavailable: %s}\n"
ROLLING = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
ROLLING += "spec: {strategy: {rollingUpdate: {maxSurge: %s}}, selector: {matchLabels: {a: b}}, template: "
ROLLING += "{metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}}\n"
SET = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec: {selector: {matchLabels: {a: b}}, template: "
SET += "{metadata: {labels: {a: b}}, spec: {containers: [{name: a, readinessProbe: {tcpSocket: {port: %s}}}]}}}\n"


@pytest.mark.parametrize(
    ("text", "value", "minor", "fault"),
    [
        (SERVICE, "8080", 37, False),
        (SERVICE, '"8080"', 37, True),
        (SERVICE, "http", 37, False),
        (SERVICE, "HTTP", 37, True),
        (SERVICE, "a-port-name-that-is-long", 37, True),
        (SERVICE, '""', 37, False),
        (SERVICE, "80.5", 37, True),
        (SERVICE, "true", 37, True),
        (BUDGET, "1", 37, False),
        (BUDGET, '"1"', 37, True),
        (BUDGET, '"25%"', 37, False),
        (BUDGET, "one", 37, True),
        (ROLLING, '"1"', 37, True),
        (ROLLING, "25%", 37, False),
        (SET, '"80"', 37, True),
        (SET, '"80"', 33, False),
        (SERVICE, "<another at each render>", 37, False),
    ],
)
def test_a_number_in_quotes_is_no_port_and_no_share(text: str, value: str, minor: int, fault: bool) -> None:  # noqa: FBT001
    assert bool(told(load(text % value), minor)) is fault


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ("stringData: {pin: 483920157}", ["stringData.pin a number"]),
        ("stringData: {pin: '483920157'}", []),
        ("stringData: {up: true, down: 'false'}", ["stringData.up true or false"]),
        ("stringData: {list: [a-secret-value]}", ["stringData.list a list"]),
        ("stringData: {map: {a: a-secret-value}}", ["stringData.map a map"]),
        ("stringData: {none: null, empty: ''}", []),
        ("data: {pw: 'secret-value!'}", ["data.pw not base64"]),
        ("data: {pw: 'YWJj'}", []),
        ("data: {pw: 'YWJ'}", ["data.pw not base64"]),
        ("data: {pw: 'YW Jj'}", ["data.pw not base64"]),
        ("data: {pw: 12345678}", ["data.pw a number"]),
    ],
)
def test_a_masked_secret_still_says_what_type_its_values_have(data: str, wrong: list[str]) -> None:
    masked = Mask().resource(Resource.of(load(f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{data}\n")))
    found = complaints(masked, 37)
    assert [f"{to_text(one.path)} {one.found}" for one in found] == wrong
    assert "a-secret-value" not in str((masked.body, found))
