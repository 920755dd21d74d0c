"""Another order of a list is told wherever it may act, and has a reason where it does not."""

from typing import Any

import pytest

from pipeline import rules
from pipeline.core.analysis.rollouts import rolls
from pipeline.core.diff.change import Op
from pipeline.core.diff.compare import compare
from pipeline.core.judge.judge import judge
from pipeline.core.kube.path import to_text
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.risk.upgrade import Side, Upgrade
from pipeline.core.yaml.reader import load_all

POD = """
apiVersion: apps/v1
kind: {kind}
metadata: {{name: web}}
spec:
  selector: {{matchLabels: {{app: i}}}}
  template:
    metadata: {{labels: {{app: i}}}}
    spec:
      {spec}
"""
CONTAINER = "containers: [{{name: w, image: 'r.example.org/web:1', {0}}}]"
HEAD = "metadata: {name: a, namespace: shop}\n"
RULES = list(rules.load())


def upgrade(old: str, new: str) -> Upgrade:
    sides = [Side(ManifestSet.of(Resource.of(body) for body in load_all(text) if body)) for text in (old, new)]
    return Upgrade("r", "shop", sides[0], sides[1], compare(sides[0].manifests, sides[1].manifests))


def swapped(text: str, one: str, other: str) -> tuple[str, str]:
    """A text with the entries ``one`` and ``other`` in place of ``$``, in both orders."""
    return text.replace("$$", f"{one}, {other}"), text.replace("$$", f"{other}, {one}")


def pod(spec: str, one: str, other: str, kind: str = "Deployment") -> tuple[str, str]:
    return swapped(POD.format(kind=kind, spec=spec), one, other)


PODS = [
    ("initContainers", pod("initContainers: [$$]", "{name: wait, image: 'a:1'}", "{name: migrate, image: 'b:1'}")),
    ("containers", pod("containers: [$$]", "{name: a, image: 'a:1'}", "{name: b, image: 'b:1'}")),
    ("volumes", pod("volumes: [$$]", "{name: a, emptyDir: {}}", "{name: b, emptyDir: {}}")),
    ("imagePullSecrets", pod("imagePullSecrets: [$$]", "{name: a}", "{name: b}")),
    ("hostAliases", pod("hostAliases: [$$]", "{ip: 1.1.1.1, hostnames: [a]}", "{ip: 1.1.1.2, hostnames: [a]}")),
    ("tolerations", pod("tolerations: [$$]", "{key: a, operator: Exists}", "{key: b, operator: Exists}")),
    ("env", pod(CONTAINER.format("env: [$$]"), "{name: HOST, value: db}", "{name: URL, value: 'pg://$(HOST)/x'}")),
    ("env", pod(CONTAINER.format("env: [$$]"), "{name: A, value: b}", "{name: B, value: c}", kind="StatefulSet")),
    ("ports", pod(CONTAINER.format("ports: [$$]"), "{containerPort: 1}", "{containerPort: 2}", kind="DaemonSet")),
    (
        "volumeMounts",
        pod(CONTAINER.format("volumeMounts: [$$]"), "{name: a, mountPath: /a}", "{name: b, mountPath: /}"),
    ),
    (
        "sources",
        pod("volumes: [{name: v, projected: {sources: [$$]}}]", "{configMap: {name: a}}", "{configMap: {name: b}}"),
    ),
]


@pytest.mark.parametrize(("field", "texts"), PODS, ids=[field for field, _ in PODS])
def test_any_other_order_in_a_pod_template_is_told_and_replaces_the_pods(field: str, texts: tuple[str, str]) -> None:
    asked = upgrade(*texts)
    (change,) = asked.diff.changes
    assert [(one.path[-1], one.op, one.noise) for one in change.fields] == [(field, Op.REORDERED, "")]
    assert rolls(change)
    found = judge(asked, RULES)
    assert found.unaccounted == {}
    assert any(finding.place.path == change.fields[0].path for finding in found.findings)


ACTS = [
    (
        "spec.http",
        swapped(
            f"apiVersion: networking.istio.io/v1\nkind: VirtualService\n{HEAD}spec: {{hosts: [shop], http: [$$]}}",
            "{name: canary, match: [{uri: {prefix: /api}}], route: [{destination: {host: b}}]}",
            "{name: all, route: [{destination: {host: a}}]}",
        ),
    ),
    (
        "spec.rules",
        swapped(
            f"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n{HEAD}spec: {{rules: [$$]}}",
            "{name: a, matches: [{path: {value: /a}}]}",
            "{name: b, matches: [{path: {value: /}}]}",
        ),
    ),
    (
        "webhooks",
        swapped(
            f"apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\n{HEAD}webhooks: [$$]",
            "{name: a.example.org}",
            "{name: b.example.org}",
        ),
    ),
    (
        "spec.ports",
        swapped(
            f"apiVersion: v1\nkind: Service\n{HEAD}spec: {{ports: [$$]}}", "{name: a, port: 1}", "{name: b, port: 2}"
        ),
    ),
    (
        'data["envoy.yaml"].http_filters',
        swapped(
            f"apiVersion: v1\nkind: ConfigMap\n{HEAD}data:\n  envoy.yaml: |\n    http_filters: [$$]\n    x: 1\n",
            "{name: jwt_authn}",
            "{name: rbac}",
        ),
    ),
    (
        'data["a.json"].rules',
        swapped(
            f"apiVersion: v1\nkind: ConfigMap\n{HEAD}data:\n  a.json: '{{\"rules\": [$$]}}'",
            '{"id": "a"}',
            '{"id": "b"}',
        ),
    ),
]


@pytest.mark.parametrize(("path", "texts"), ACTS, ids=[path for path, _ in ACTS])
def test_an_order_that_acts_is_told(path: str, texts: tuple[str, str]) -> None:
    asked = upgrade(*texts)
    (change,) = asked.diff.changes
    assert [(to_text(one.path), one.op, one.noise) for one in change.fields] == [(path, Op.REORDERED, "")]
    assert any(to_text(finding.place.path) == path for finding in judge(asked, RULES).findings)


CRD = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b.c}\n"
    "spec: {group: b.c, names: {kind: A, plural: a}, versions: [{name: v1, schema: {openAPIV3Schema: "
    "{type: object, properties: {spec: {type: object, %s}}}}}]}\n"
)
RULED = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: a}\nsubjects: [$$]\n"
OWNED = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, %s: [$$]}\n"
POLICY = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n"
NOTHING = [
    ("subjects", swapped(RULED, "{kind: User, name: a}", "{kind: User, name: b}")),
    ("metadata.ownerReferences", swapped(OWNED % "ownerReferences", "{uid: a}", "{uid: b}")),
    ("metadata.finalizers", swapped(OWNED % "finalizers", "a.org/x", "b.org/x")),
    ("spec.matchConditions", swapped(f"{POLICY}{HEAD}spec: {{matchConditions: [$$]}}", "{name: a}", "{name: b}")),
    ("required", swapped(CRD % "required: [$$]", "a", "b")),
    ("anyOf", swapped(CRD % "anyOf: [$$]", "{type: string}", "{type: integer}")),
]


@pytest.mark.parametrize(("end", "texts"), NOTHING, ids=[path for path, _ in NOTHING])
def test_an_order_that_acts_on_nothing_has_its_reason(end: str, texts: tuple[str, str]) -> None:
    (change,) = upgrade(*texts).diff.changes
    assert [to_text(one.path).endswith(end) and one.op is Op.REORDERED for one in change.fields] == [True]
    assert change.fields[0].noise


def test_a_finding_about_an_order_explains_no_other_change_of_the_list() -> None:
    old, new = PODS[1][1]
    asked = upgrade(old, new.replace("name: b,", "name: b, tty: true,"))
    everything = judge(asked, RULES)
    order = [rule for rule in RULES if rule.id == "container-order-changed"]
    paths: Any = {to_text(field.path): number for number, field in enumerate(asked.diff.changes[0].fields)}
    tty = next(number for path, number in paths.items() if path.endswith("tty"))
    assert everything.unaccounted == {}
    assert judge(asked, order).unaccounted == {asked.diff.changes[0].id: (tty,)}


C = "template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, %scontainers: [{name: c, image: 'a:1', %s}]}}"
CLAIM = "{metadata: {name: %s}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}"
FIXED = [
    swapped(f"apiVersion: batch/v1\nkind: Job\n{HEAD}spec: {{{C % ('', 'env: [$$]')}}}", "{name: A}", "{name: B}"),
    swapped(
        f"apiVersion: batch/v1\nkind: Job\n{HEAD}spec: {{{C % ('initContainers: [$$], ', 'tty: true')}}}",
        "{name: x, image: 'x:1'}",
        "{name: y, image: 'y:1'}",
    ),
    swapped(
        f"apiVersion: apps/v1\nkind: StatefulSet\n{HEAD}spec: {{serviceName: a, volumeClaimTemplates: [$$]}}",
        CLAIM % "one",
        CLAIM % "two",
    ),
    swapped(
        f"apiVersion: v1\nkind: Pod\n{HEAD}spec: {{containers: [{{name: c, env: [$$]}}]}}", "{name: A}", "{name: B}"
    ),
    swapped(
        f"apiVersion: v1\nkind: PersistentVolumeClaim\n{HEAD}spec: {{accessModes: [$$]}}",
        "ReadWriteOnce",
        "ReadOnlyMany",
    ),
]


@pytest.mark.parametrize("texts", FIXED, ids=["Job env", "Job init", "claims", "Pod env", "modes"])
def test_where_a_field_is_immutable_so_is_the_order_of_its_lists(texts: tuple[str, str]) -> None:
    """kube-apiserver 1.37.2 answered 422 to each of them."""
    found = judge(upgrade(*texts), RULES).findings
    assert [one.category for one in found if one.blocks] == ["immutable"]
