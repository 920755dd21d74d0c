"""A real API server compiles the CEL expressions of built-in objects: what is predicted of them holds."""

from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.core.kube.field_check import complaints
from pipeline.core.kube.resource import Resource
from tests.cluster.cluster import Cluster, Object

MINOR = 37
CREATED = 300
PARAMS = {"name": "a", "namespace": "default", "parameterNotFoundAction": "Deny"}
RULES = [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}]


def policy(**spec: Any) -> Object:
    body = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": RULES},
        "validations": [{"expression": "true"}],
    }
    return _object("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", spec=body | spec)


def validation(expression: str) -> Object:
    return policy(validations=[{"expression": expression}])


def with_params(expression: str) -> Object:
    return policy(paramKind={"apiVersion": "v1", "kind": "ConfigMap"}, validations=[{"expression": expression}])


def message(expression: str) -> Object:
    return policy(validations=[{"expression": "true", "messageExpression": expression}])


def condition(expression: str) -> Object:
    return policy(matchConditions=[{"name": "a", "expression": expression}])


def annotation(expression: str) -> Object:
    return policy(auditAnnotations=[{"key": "a", "valueExpression": expression}])


def variable(expression: str) -> Object:
    return policy(
        variables=[{"name": "first", "expression": "1"}, {"name": "second", "expression": expression}],
        validations=[{"expression": "variables.second == 1"}],
    )


def webhook(expression: str) -> Object:
    one = {
        "name": "a.example.org",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": {"url": "https://example.org/"},
        "rules": RULES,
        "matchConditions": [{"name": "a", "expression": expression}],
    }
    return _object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", webhooks=[one])


def device(expression: str) -> Object:
    return _object("resource.k8s.io/v1", "DeviceClass", spec={"selectors": [{"cel": {"expression": expression}}]})


def patch(expression: str) -> Object:
    mutation = {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}
    spec = {"matchConstraints": {"resourceRules": RULES}, "reinvocationPolicy": "Never", "mutations": [mutation]}
    return _object("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", spec=spec)


def rule(expression: str) -> Object:
    return _definition({"rule": expression})


def rule_message(expression: str) -> Object:
    return _definition({"rule": "true", "messageExpression": expression})


def _definition(said: Mapping[str, Any]) -> Object:
    schema = {"type": "object", "properties": {"size": {"type": "integer"}, "name": {"type": "string", "maxLength": 9}}}
    root = {"type": "object", "properties": {"spec": schema | {"x-kubernetes-validations": [said]}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": root}}
    names = {"kind": "Widget", "plural": "widgets"}
    spec = {"group": "cel.example.org", "scope": "Namespaced", "names": names, "versions": [version]}
    body = _object("apiextensions.k8s.io/v1", "CustomResourceDefinition", spec=spec)
    return body | {"metadata": {"name": "widgets.cel.example.org"}}


def _object(version: str, kind: str, **parts: Any) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, **parts}


ACCEPTED = [
    (validation, "object.spec.replicas <= 5"),
    (validation, "object.?spec.?replicas.orValue(1) <= 5"),
    (validation, "object.metadata.labels.all(k, v, k != v)"),
    (validation, "has(object.spec) && !(request.operation in ['DELETE'])"),
    (validation, "authorizer.group('').resource('pods').check('get').allowed()"),
    (validation, "namespaceObject.metadata.name != 'a' // why"),
    (validation, "optional.of(object).hasValue()"),
    (validation, "sets.contains([1], [1]) && ip.isCanonical('::1')"),
    (validation, r"object.metadata.name.matches(r'\d+') || 'a\n' == '''b'''"),
    (validation, "object.spec.containers.exists_one(c, c.name == 'a')"),
    (validation, "type(object.spec.replicas) == int"),
    (with_params, "params.data.a == 'b'"),
    (message, "'at most ' + string(object.spec.replicas)"),
    (condition, "request.userInfo.username != 'a'"),
    (condition, "authorizer.group('').resource('pods').check('get').allowed()"),
    (annotation, "'a'"),
    (annotation, "null"),
    (variable, "variables.first"),
    (webhook, "!(request.resource.group in ['a'])"),
    (webhook, "namespaceObject.metadata.name == 'a'"),
    (device, "device.driver == 'a' && device.attributes['a'].b == 'c'"),
    (patch, "[JSONPatch{op: 'add', path: '/metadata/labels/a', value: 'b'}]"),
    (rule, "self.size > 1 && self.name.startsWith('a')"),
    (rule, "self.size >= oldSelf.size"),
    (rule_message, "'not ' + self.name"),
]
REFUSED = [
    (validation, "cel.bind(x, object.spec.replicas, x > 1)"),
    (validation, "object.spec.replicas <="),
    (validation, "object spec"),
    (validation, "thing.spec.replicas <= 5"),
    (validation, "params.data.a == 'b'"),
    (validation, "'yes'"),
    (validation, "object.items.all(i, j > 1)"),
    (validation, "variables.nothing == 1"),
    (validation, "object.for == 1 && for == 2"),
    (validation, "self.size > 1"),
    (validation, "size(object.metadata.name)"),
    (message, "1"),
    (message, "string(thing)"),
    (message, "string(authorizer == null)"),
    (condition, "thing == 1"),
    (condition, "variables.a == 1"),
    (condition, "1"),
    (annotation, "1"),
    (variable, "variables.second"),
    (variable, "10.0.0.1"),
    (webhook, "request.resource.group in"),
    (webhook, "params == null"),
    (webhook, "'a'"),
    (device, "Nonsense"),
    (device, "a b"),
    (device, "'a'"),
    (patch, "thing"),
    (rule, "self.size >"),
    (rule, "object.size > 1"),
    (rule, "self.size > size"),
    (rule, "'a'"),
    (rule_message, "1"),
]
BEYOND = [  # refused for the type of a field, or in a message's braces, which are not looked at
    (patch, "[JSONPatch{"),
    (validation, "object.spec.replicas"),
    (validation, "object.metadata.name.nonsense()"),
    (rule, "self.nothing > 1"),
    (rule, "self.size > 'a'"),
]


@pytest.mark.parametrize(
    ("of", "expression", "taken", "predicted"),
    [
        *((of, text, True, False) for of, text in ACCEPTED),
        *((of, text, False, True) for of, text in REFUSED),
        *((of, text, False, False) for of, text in BEYOND),
    ],
)
def test_the_server_takes_what_is_not_said_to_fail(
    cluster: Cluster, of: Any, expression: str, *, taken: bool, predicted: bool
) -> None:
    body = of(expression)
    status, answer = cluster.apply(body, dryRun="All")
    assert (status in (200, 201)) is taken, answer.get("message")
    assert bool(complaints(Resource.of(body), MINOR)) is predicted


def test_a_policy_whose_parameters_are_of_no_known_kind_rejects_what_no_binding_matches(cluster: Cluster) -> None:
    name = cluster.name("guarded")
    rules = [RULES[0] | {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": [name]}]
    kind = {"apiVersion": f"{name}.example.org/v1", "kind": "Nothing"}
    made = policy(paramKind=kind, matchConstraints={"resourceRules": rules})
    made["metadata"]["name"] = name
    guarded = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}

    def said() -> str:
        status, answer = cluster.raw("POST", "/api/v1/namespaces/default/configmaps", guarded, params={"dryRun": "All"})
        return "" if status < CREATED else str(answer)

    assert said() == ""
    nowhere = {"namespaceSelector": {"matchLabels": {"no": "such"}}}
    spec = {"policyName": name, "validationActions": ["Audit"], "matchResources": nowhere, "paramRef": PARAMS}
    bound = _object(made["apiVersion"], "ValidatingAdmissionPolicyBinding", spec=spec)
    bound["metadata"]["name"] = name
    try:
        assert cluster.apply(made)[0] < CREATED
        assert said() == ""
        assert cluster.apply(bound)[0] < CREATED
        cluster.until(lambda: "failed to find resource referenced by paramKind" in said())
        made["spec"]["failurePolicy"] = "Ignore"
        assert cluster.apply(made)[0] < CREATED
        cluster.until(lambda: said() == "")
    finally:
        for resource in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
            cluster.raw("DELETE", f"/apis/{made['apiVersion']}/{resource}/{name}")
