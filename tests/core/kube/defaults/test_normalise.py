"""A default made explicit is no change, and a value in other words is none either."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.diff.compare import compare
from pipeline.core.kube.quantity import quantity, seconds
from pipeline.core.render.manifests import parse

POD = "spec: {template: {spec: {containers: [{name: a, image: 'x:1'%s}]%s}}%s}"
WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n" + POD
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80%s}]%s}\n"
HOOK = (
    "apiVersion: admissionregistration.k8s.io/%s\nkind: ValidatingWebhookConfiguration\nmetadata: {name: a}\n"
    "webhooks: [{name: a.b.c%s}]\n"
)


def differ(before: str, after: str) -> list[str]:
    diff = compare(parse(before, namespace="shop"), parse(after, namespace="shop"))
    return [str(field.path[-1]) for change in diff.changes for field in change.fields]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (WEB % ("", "", ""), WEB % ("", "", ", replicas: 1, revisionHistoryLimit: 10")),
        (WEB % ("", "", ""), WEB % ("", "", ", strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%}}")),
        (WEB % ("", "", ""), WEB % (", imagePullPolicy: IfNotPresent", ", restartPolicy: Always", "")),
        (WEB % ("", "", ""), WEB % (", resources: {}, args: []", ", nodeSelector: {}, hostNetwork: false", "")),
        (WEB % ("", "", ""), WEB % (", command: null", ", volumes: null", "")),
        (
            WEB % (", ports: [{containerPort: 80}]", "", ""),
            WEB % (", ports: [{containerPort: 80, protocol: TCP}]", "", ""),
        ),
        (WEB % (", resources: {limits: {cpu: 1}}", "", ""), WEB % (", resources: {limits: {cpu: 1000m}}", "", "")),
        (SERVICE % ("", ""), SERVICE % (", targetPort: 80, protocol: TCP", ", type: ClusterIP, sessionAffinity: None")),
        (HOOK % ("v1", ""), HOOK % ("v1", ", failurePolicy: Fail, timeoutSeconds: 10, matchPolicy: Equivalent")),
    ],
)
def test_what_the_server_fills_in_is_no_change(before: str, after: str) -> None:
    assert differ(before, after) == []
    assert differ(after, before) == []


def test_a_value_that_is_not_the_default_is_one() -> None:
    assert differ(WEB % ("", "", ""), WEB % ("", "", ", replicas: 2")) == ["replicas"]
    assert differ(WEB % (", imagePullPolicy: Always", "", ""), WEB % ("", "", "")) == ["imagePullPolicy"]


def test_a_migration_that_flips_a_default_shows_it() -> None:
    changed = differ(HOOK % ("v1beta1", ""), HOOK % ("v1", ""))
    assert changed == ["apiVersion", "failurePolicy", "matchPolicy", "timeoutSeconds"]


def test_a_custom_resource_is_left_alone() -> None:
    text = "apiVersion: x.io/v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: %s\n"
    assert differ(text % "{}", text % "{type: ClusterIP}") == ["type"]
    assert differ(text % "{a: null}", text % "{}") == ["a"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", "1000m"), (1, "1"), ("1Gi", "1024Mi"), ("0.5", "500m"), ("1k", 1000), ("1e3", "1k"), (".5", "0.50")],
)
def test_equal_quantities(one: object, other: object) -> None:
    assert quantity(one) == quantity(other) is not None


@pytest.mark.parametrize("text", ["", "x", "1x", "1 Gi", True, None, "1e9999", "--1"])
def test_what_is_no_quantity(text: object) -> None:
    assert quantity(text) is None


@pytest.mark.parametrize("number", ["9" * 300_000, "1." + "9" * 300_000, "0" * 300_000])
def test_a_number_that_takes_long_to_read_is_not_read(number: str) -> None:
    assert quantity(number) is None
    assert quantity(f"{number}Gi") is None
    assert seconds(f"{number}s") is None


@given(st.integers(0, 10**9), st.sampled_from(["Ki", "Mi", "Gi"]))
def test_binary_suffixes_multiply(number: int, suffix: str) -> None:
    assert quantity(f"{number}{suffix}") == number * 1024 ** {"Ki": 1, "Mi": 2, "Gi": 3}[suffix]


def test_durations() -> None:
    assert seconds("1h") == seconds("60m") == seconds("1h0m0s") == 3600
    assert seconds("1.5s") == seconds("1500ms")
    assert seconds("10") is seconds("1d") is seconds("") is None


INGRESS = (
    "apiVersion: networking.k8s.io/%s\nkind: Ingress\nmetadata: {name: a}\n"
    "spec: {%s: {%s}, rules: [{host: a.b, http: {paths: [{path: /, pathType: Prefix, backend: {%s}}]}}]}\n"
)


@pytest.mark.parametrize(("old", "new"), [("80", "{number: 80}"), ("http", "{name: http}")])
def test_an_ingress_that_moves_to_v1_routes_as_before(old: str, new: str) -> None:
    beta, stable = f"serviceName: web, servicePort: {old}", f"service: {{name: web, port: {new}}}"
    before = INGRESS % ("v1beta1", "backend", beta, beta)
    assert differ(before, INGRESS % ("v1", "defaultBackend", stable, stable)) == ["apiVersion"]
    assert differ(before, INGRESS % ("v1", "defaultBackend", stable, stable.replace("web", "api"))) == [
        "apiVersion",
        "name",
    ]


BETA = (
    "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\n"
    "spec: {group: example.com, version: v1, scope: Namespaced, names: {kind: Widget, plural: widgets},\n"
    "  preserveUnknownFields: false, subresources: {status: {}},\n"
    "  additionalPrinterColumns: [{name: A, type: string, JSONPath: .spec.a}],\n"
    "  validation: {openAPIV3Schema: {type: object}}}\n"
)
STABLE = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.com}\n"
    "spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: v1,\n"
    "  served: true, storage: true, subresources: {status: {}}, schema: {openAPIV3Schema: {type: object}},\n"
    "  additionalPrinterColumns: [{name: A, type: string, jsonPath: .spec.a}]}]}\n"
)


def test_a_definition_of_another_api_version_is_compared_in_one_shape() -> None:
    assert differ(BETA, STABLE) == differ(STABLE, BETA) == ["apiVersion"]
    assert differ(BETA, STABLE.replace("served: true", "served: false")) == ["apiVersion", "served"]
