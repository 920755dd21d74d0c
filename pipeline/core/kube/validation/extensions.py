"""Rules across fields of CRDs, API services, webhooks and admission policies.

Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation, k8s.io/kube-aggregator, and
k8s.io/kubernetes/pkg/apis/admissionregistration/validation.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pipeline.core.kube.validation.expressions import rules
from pipeline.core.kube.validation.invalid import Context, Invalid, Span
from pipeline.core.kube.validation.lenient import entries, mapping, text
from pipeline.core.kube.validation.pod_rules import one_of
from pipeline.core.yaml.positions import Steps

_TYPES = {"array", "boolean", "integer", "number", "object", "string"}
_OPEN = ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string")
_KEYWORDS = frozenset(
    re.findall(
        r"\S+",
        "$ref $schema additionalItems additionalProperties allOf anyOf default definitions "
        "dependencies description enum example exclusiveMaximum exclusiveMinimum externalDocs "
        "format id items maxItems maxLength maxProperties maximum minItems minLength minProperties "
        "minimum multipleOf not nullable oneOf pattern patternProperties properties required title "
        "type uniqueItems ",
    )
)
_EXTENSIONS = frozenset(
    f"x-kubernetes-{name}"
    for name in (
        *("embedded-resource", "int-or-string", "list-map-keys", "list-type", "map-type"),
        *("preserve-unknown-fields", "validations"),
    )
)
_SPECIFIED = _KEYWORDS | _EXTENSIONS
_Link = tuple[Any, str] | None


def _definition(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    spec = mapping(value.get("spec"))
    wanted = f"{text(mapping(spec.get('names')).get('plural'))}.{text(spec.get('group'))}"
    name = mapping(value.get("metadata")).get("name")
    if name and name != wanted:
        yield Invalid((*path, "metadata", "name"), "name", f"{wanted}: names.plural, a dot, group", name)


def _definition_spec(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    versions = entries(value.get("versions"))
    stored = [index for index, version in versions if version.get("storage") is True]
    if len(stored) != 1:
        yield Invalid((*path, "versions"), "versions", "such that exactly one has storage: true", value.get("versions"))
    seen: set[str] = set()
    for index, one in versions:
        name = text(one.get("name"))
        if name and name in seen:
            yield Invalid((*path, "versions", index, "name"), "name", "unique", name)
        seen.add(name)
        schema = mapping(one.get("schema")).get("openAPIV3Schema")
        where = (*path, "versions", index, "schema", "openAPIV3Schema")
        if isinstance(schema, dict):
            yield from _root(schema, where)
        elif value.get("preserveUnknownFields") is not True:
            yield Invalid(where, "openAPIV3Schema", "set", "", missing=True)
    if value.get("preserveUnknownFields") is True:
        yield Invalid((*path, "preserveUnknownFields"), "preserveUnknownFields", "false", "true")
    conversion = mapping(value.get("conversion"))
    if conversion.get("strategy") == "Webhook" and not mapping(conversion.get("webhook")):
        yield Invalid((*path, "conversion", "webhook"), "webhook", "set", "", missing=True)
    elif conversion.get("strategy") == "None" and conversion.get("webhook") is not None:
        wanted = "absent where strategy is None"
        yield Invalid((*path, "conversion", "webhook"), "webhook", wanted, conversion["webhook"])


def _root(schema: dict[str, Any], path: Steps) -> Iterator[Invalid]:
    if schema.get("type") != "object":
        yield Invalid((*path, "type"), "type", "object at the root of the schema", schema.get("type") or "")
        return
    for invalid, steps in _below(schema):
        yield replace(invalid, path=(*path, *steps, *invalid.path))


def _below(schema: dict[str, Any]) -> Iterator[tuple[Invalid, Steps]]:
    """What is wrong with each schema inside of one: CRDs hold thousands, so that paths are made for faults alone."""
    left: list[tuple[dict[str, Any], _Link]] = [(schema, None)]
    while left:
        node, link = left.pop()
        if not _SPECIFIED.issuperset(node):
            yield from ((invalid, _steps(link)) for invalid in _unknown(node))
        if link is not None and text(node.get("type")) not in _TYPES:
            yield from ((invalid, _steps(link)) for invalid in _untyped(node))
        if "x-kubernetes-validations" in node:
            yield from ((invalid, _steps(link)) for invalid in rules(node))
        left += [(node[f], (link, f)) for f in ("items", "additionalProperties") if isinstance(node.get(f), dict)]
        if isinstance(properties := node.get("properties"), dict):
            outer = (link, "properties")
            left += [(one, (outer, name)) for name, one in properties.items() if isinstance(one, dict)]


def _unknown(node: dict[str, Any]) -> Iterator[Invalid]:
    for field in sorted(map(str, node.keys() - _SPECIFIED)):
        yield Invalid((field,), "openAPIV3Schema", "a keyword of OpenAPI v3", field, key=True)


def _untyped(node: dict[str, Any]) -> Iterator[Invalid]:
    """A structural schema names the type of everything that it specifies."""
    if kind := node.get("type"):
        yield Invalid(("type",), "type", f"one of {', '.join(sorted(_TYPES))}", kind)
    elif not any(node.get(mark) is True for mark in _OPEN):
        yield Invalid(("type",), "type", "set", "", missing=True)


def _steps(link: _Link) -> Steps:
    steps: list[str] = []
    while link is not None:
        link, step = link
        steps.append(step)
    return tuple(reversed(steps))


def _api_service(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    spec = mapping(value.get("spec"))
    wanted = f"{text(spec.get('version'))}.{text(spec.get('group'))}"
    name = mapping(value.get("metadata")).get("name")
    if name and name != wanted:
        yield Invalid((*path, "metadata", "name"), "name", f"{wanted}: spec.version, a dot, spec.group", name)
    if not spec.get("service"):
        if spec.get("insecureSkipTLSVerify") is True:
            where, wanted = (*path, "spec", "insecureSkipTLSVerify"), "false without a service"
            yield Invalid(where, "insecureSkipTLSVerify", wanted, "true")
        return
    if spec.get("insecureSkipTLSVerify") is True and spec.get("caBundle"):
        where = (*path, "spec", "insecureSkipTLSVerify")
        yield Invalid(where, "insecureSkipTLSVerify", "false where caBundle is set", "true")


def _webhook(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    versions = value.get("admissionReviewVersions")
    if isinstance(versions, list) and versions and not {"v1", "v1beta1"} & {text(version) for version in versions}:
        where = (*path, "admissionReviewVersions")
        yield Invalid(where, "admissionReviewVersions", "such that it holds v1 or v1beta1", versions)


def _stars(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    """``*`` stands alone among the groups, versions and operations of a rule."""
    for field in ("apiGroups", "apiVersions", "operations"):
        items = value.get(field)
        if isinstance(items, list) and "*" in items and len(items) > 1:
            yield Invalid((*path, field), field, "* alone, or a list without it", items)


def _actions(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    items = value.get("validationActions")
    actions = items if isinstance(items, list) else []
    if "Deny" in actions and "Warn" in actions:
        yield Invalid((*path, "validationActions"), "validationActions", "without Warn where it has Deny", actions)
    if len({text(action) for action in actions}) != len(actions):
        yield Invalid((*path, "validationActions"), "validationActions", "a list without duplicates", actions)


def _policy(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    if not value.get("validations") and not value.get("auditAnnotations"):
        yield Invalid(path, "validations", "given validations or auditAnnotations", value)
    constraints = value.get("matchConstraints")
    if isinstance(constraints, dict) and not constraints.get("resourceRules"):
        yield Invalid((*path, "matchConstraints", "resourceRules"), "resourceRules", "set", "", missing=True)


EXTENSIONS: Mapping[str, tuple[Span, ...]] = {
    "apiextensions.v1.CustomResourceDefinition": (_definition,),
    "apiextensions.v1.CustomResourceDefinitionSpec": (_definition_spec,),
    "apiregistration.v1.APIService": (_api_service,),
    "admissionregistration.v1.MutatingWebhook": (_webhook,),
    "admissionregistration.v1.ValidatingWebhook": (_webhook,),
    "admissionregistration.v1.RuleWithOperations": (_stars,),
    "admissionregistration.v1.NamedRuleWithOperations": (_stars,),
    "admissionregistration.v1.WebhookClientConfig": (one_of(("url", "service")),),
    "admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec": (_actions,),
    "admissionregistration.v1.ValidatingAdmissionPolicySpec": (_policy,),
}
