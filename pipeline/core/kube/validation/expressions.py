"""CEL expressions of built-in objects: the API server compiles each, and rejects an object with one that does not.

Checked are the syntax, the names that an expression takes from outside, and a result that is plainly of another type.
Types of fields and methods, and costs, are not: such an expression may still be rejected. Which names there are:
k8s.io/apiserver/pkg/admission/plugin/cel/compile.go and k8s.io/dynamic-resource-allocation/cel.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.core.kube.validation.cel_text import CelSyntaxError, CelText, CelUnsureError, read_cel
from pipeline.core.kube.validation.invalid import Context, Invalid, Span
from pipeline.core.kube.validation.lenient import entries, text
from pipeline.core.yaml.positions import Steps

_ALWAYS = frozenset(
    re.findall(
        r"\S+",
        "bool bytes double duration dyn google int list map null_type optional_type string timestamp type uint "
        "base64 cidr encoders format ip kubernetes lists math net optional proto quantity regex semver sets "
        "strings url Object JSONPatch jsonpatch",
    )
)
"""Types, and what functions are named after (``optional.of``), in any version of the server."""
_REQUEST = _ALWAYS | {"authorizer", "namespaceObject", "object", "oldObject", "request"}
_SELF = _ALWAYS | {"oldSelf", "self"}
_DEVICE = _ALWAYS | {"device"}
_WORDS = {"bool": "true or false", "string": "text"}
Wanted = tuple[str, ...]
_CONDITION: Wanted = ("bool",)
_MESSAGE: Wanted = ("string",)
_ANY: Wanted = ()


def fault(expression: Any, names: Iterable[str], wanted: Wanted = _CONDITION) -> str:
    """What an expression must be and surely is not; empty where it may compile."""
    if not isinstance(expression, str) or not expression.strip():
        return ""
    try:
        read = read_cel(expression)
    except CelSyntaxError as error:
        return f"a CEL expression (it cannot be read from {error} on)"
    except CelUnsureError:
        return ""
    return _names(read, frozenset(names)) or _result(read, wanted)


def _names(read: CelText, names: frozenset[str]) -> str:
    unknown = next((name for name in read.names if name not in names), "")
    return f"of names that are declared here ({unknown} is not)" if unknown else ""


def _result(read: CelText, wanted: Wanted) -> str:
    if not wanted or not read.result or read.result in (*wanted, "null"):
        return ""
    return (
        f"an expression that gives {' or '.join(_WORDS[type_name] for type_name in wanted)} (it gives a {read.result})"
    )


def rules(schema: Mapping[str, Any]) -> Iterator[Invalid]:
    """What is wrong with the validation rules of one schema of a CRD, by their paths in it."""
    key = "x-kubernetes-validations"
    for index, rule in entries(schema.get(key)):
        for field, wanted in (("rule", _CONDITION), ("messageExpression", _MESSAGE)):
            if said := fault(rule.get(field), _SELF, wanted):
                yield Invalid((key, index, field), field, said, rule[field])


def _each(
    value: Mapping[str, Any], path: Steps, part: str, names: Iterable[str], **fields: Wanted
) -> Iterator[Invalid]:
    for index, entry in entries(value.get(part)):
        for field, wanted in fields.items():
            if said := fault(entry.get(field), names, wanted):
                yield Invalid((*path, part, index, field), field, said, entry[field])


def _policy(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    names = _REQUEST | ({"params"} if value.get("paramKind") is not None else set())
    composed = names | {"variables"}
    yield from _each(value, path, "matchConditions", names, expression=_CONDITION)
    yield from _each(value, path, "variables", composed, expression=_ANY)
    yield from _each(value, path, "validations", composed, expression=_CONDITION)
    yield from _each(value, path, "validations", composed - {"authorizer"}, messageExpression=_MESSAGE)
    yield from _each(value, path, "auditAnnotations", composed, valueExpression=_MESSAGE)
    for index, mutation in entries(value.get("mutations")):
        for part in ("applyConfiguration", "jsonPatch"):
            inner = mutation.get(part)
            expression = inner.get("expression") if isinstance(inner, dict) else None
            if said := fault(expression, composed, _ANY):
                yield Invalid((*path, "mutations", index, part, "expression"), "expression", said, expression)
    yield from _unknown_variables(value, path)


def _unknown_variables(value: Mapping[str, Any], path: Steps) -> Iterator[Invalid]:
    """An expression of a policy sees its variables; one of a variable those before it."""
    known: set[str] = set()
    for index, one in entries(value.get("variables")):
        yield from _variables(one, "expression", (*path, "variables", index), known)
        known.add(text(one.get("name")))
    for part, fields in (
        ("validations", ("expression", "messageExpression")),
        ("auditAnnotations", ("valueExpression",)),
    ):
        for index, one in entries(value.get(part)):
            for field in fields:
                yield from _variables(one, field, (*path, part, index), known)


def _variables(entry: Mapping[str, Any], field: str, path: Steps, known: set[str]) -> Iterator[Invalid]:
    try:
        unknown = next((name for name in read_cel(text(entry.get(field))).variables if name not in known), "")
    except (CelSyntaxError, CelUnsureError):
        return
    if unknown:
        wanted = f"of variables that are declared before it (variables.{unknown} is not)"
        yield Invalid((*path, field), field, wanted, entry[field])


def _webhook(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    yield from _each(value, path, "matchConditions", _REQUEST, expression=_CONDITION)


def _device(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    if said := fault(value.get("expression"), _DEVICE):
        yield Invalid((*path, "expression"), "expression", said, value["expression"])


_BY_GROUP: Mapping[str, tuple[tuple[str, ...], Mapping[str, tuple[Span, ...]]]] = {
    "admissionregistration": (
        ("v1", "v1beta1", "v1alpha1"),
        {
            "MutatingAdmissionPolicySpec": (_policy,),
            "MutatingWebhook": (_webhook,),
            "ValidatingAdmissionPolicySpec": (_policy,),
            "ValidatingWebhook": (_webhook,),
        },
    ),
    "resource": (("v1", "v1beta2", "v1beta1", "v1alpha3"), {"CELDeviceSelector": (_device,)}),
}
EXPRESSIONS: Mapping[str, tuple[Span, ...]] = {
    f"{group}.{version}.{name}": spans
    for group, (versions, types) in _BY_GROUP.items()
    for version in versions
    for name, spans in types.items()
}
