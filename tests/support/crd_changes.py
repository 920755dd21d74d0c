"""A CRD that uses every keyword, and single changes to it with what is to be said of each, in both directions.

After the checks of crdify and crd-schema-checker, and beyond them. ``breaks`` is the spec of a custom resource that
fits the old CRD and not the new one, ``fits`` one that fits both.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.core.yaml.reader import load

Crd = dict[str, Any]
BASE: Crd = load("""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, listKind: WidgetList, singular: widget, shortNames: [wd], categories: [all]}
  conversion: {strategy: None}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    selectableFields: [{jsonPath: .spec.color}]
    subresources: {status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [size]
            x-kubernetes-validations: [{rule: 'self.size < 100', message: too large}]
            oneOf: [{required: [size]}, {required: [absent]}]
            properties:
              absent: {type: string}
              size: {type: integer, format: int32, minimum: 1, maximum: 50, default: 3}
              color: {type: string, enum: [red, green, blue], pattern: '^[a-z]+$', minLength: 1, maxLength: 9}
              note: {type: string, nullable: true, description: words}
              ratio: {type: number}
              step: {type: number, multipleOf: 2}
              alt: {type: string, anyOf: [{minLength: 2}, {pattern: '^x'}]}
              port: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              embedded: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
              labels: {type: object, additionalProperties: {type: string, maxLength: 63}, maxProperties: 9}
              any: {type: object, additionalProperties: true}
              rules:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                maxItems: 5
                items:
                  type: object
                  required: [name]
                  properties:
                    name: {type: string}
                    weight: {type: integer, minimum: 0, default: 0}
                    extra:
                      type: object
                      additionalProperties: {type: object, properties: {deep: {type: string, enum: [p, q]}}}
              set: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              plain: {type: array, items: {type: string}}
          status: {type: object, properties: {size: {type: integer}}}
  - name: v1beta1
    served: true
    storage: false
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
""")
GONE: Any = object()
V1 = "spec.versions.0"
SPEC = f"{V1}.schema.openAPIV3Schema.properties.spec"


def put(path: str, value: Any) -> Callable[[Crd], None]:
    """Sets what stands at a path, or takes it away. ``/`` begins a field of the spec, ``:`` the spec itself."""
    text = path.replace(":", f"{SPEC}.", 1) if path[0] == ":" else path.replace("/", f"{SPEC}.properties.", 1)
    *parents, last = (int(step) if step.isdigit() else step for step in text.split("."))

    def change(crd: Crd) -> None:
        target: Any = crd
        for step in parents:
            target = target[step]
        if value is GONE:
            del target[last]
        else:
            target[last] = copy.deepcopy(value)

    return change


@dataclass(frozen=True)
class Change:
    """``there`` and ``back`` are what is said of the change and of its reverse: ``high type-changed`` and so on."""

    name: str
    edits: tuple[Callable[[Crd], None], ...]
    there: str
    back: str
    breaks: str = ""
    fits: str = ""

    def apply(self) -> Crd:
        body = copy.deepcopy(BASE)
        for edit in self.edits:
            edit(body)
        return body


def one(name: str, path: str, value: Any, there: str, back: str, **more: str) -> Change:
    return Change(name, (put(path, value),), there, back, **more)


RELAXED, TYPED, BOUND = "info field-relaxed", "high field-type-changed", "medium field-bound-tightened"
ENUM, NAMED, COMBINED = "high field-enum-narrowed", "info names-alias-added", "medium field-combinator-changed"
MERGED, KEPT = "low field-list-semantics-changed", "high field-unknown-preservation-removed"
PATTERN, FORMAT, EMBEDDED = (
    "medium field-pattern-changed",
    "low field-format-changed",
    "low field-embedded-resource-changed",
)
CEL, PROSE, REMOVED, ADDED = (
    "medium field-cel-added",
    "off description-changed",
    "high field-removed",
    "info field-added",
)
NULL, REQUIRED, DEFAULT = "medium field-nullable-removed", "medium field-required", "medium field-default-changed"
OTHER = "medium field-constraint-changed"
RULE = {"rule": "self.size < 100", "message": "too large"}
WEBHOOK = {
    "strategy": "Webhook",
    "webhook": {"clientConfig": {"url": "https://a.example.com"}, "conversionReviewVersions": ["v1"]},
}
V2 = {"name": "v2", "served": True, "storage": False, "schema": {"openAPIV3Schema": {"type": "object"}}}

CHANGES = (
    one("integer to text", "/note.type", "integer", TYPED, TYPED, breaks="note: x"),
    one("integer to number", "/size", {"type": "number", "default": 3}, RELAXED, "", fits="size: 3"),
    one("number to integer", "/ratio.type", "integer", TYPED, RELAXED, breaks="ratio: 1.5", fits="ratio: 2"),
    one("int-or-string to integer", "/port", {"type": "integer"}, TYPED, RELAXED, breaks="port: http", fits="port: 80"),
    one("to int-or-string", "/plain.items", {"x-kubernetes-int-or-string": True}, RELAXED, TYPED, fits="plain: [a]"),
    one("text to a list", "/note", {"type": "array", "items": {"type": "string"}}, TYPED, TYPED, breaks="note: x"),
    one("text to an object", "/note", {"type": "object", "properties": {"a": {"type": "string"}}}, TYPED, TYPED),
    one("enum narrowed", "/color.enum", ["red", "green"], ENUM, "info field-enum-widened", breaks="color: blue",
        fits="color: red"),
    one("enum exchanged", "/color.enum", ["red", "green", "pink"], ENUM, ENUM, breaks="color: blue"),
    one("enum sorted", "/color.enum", ["green", "blue", "red"], RELAXED, RELAXED, fits="color: blue"),
    one("enum new", "/note.enum", ["a", "b"], "medium field-enum-added", RELAXED, breaks="note: c", fits="note: a"),
    one("minimum raised", "/size.minimum", 2, BOUND, RELAXED, breaks="size: 1", fits="size: 2"),
    one("minimum new", "/ratio.minimum", 2, BOUND, RELAXED, breaks="ratio: 1", fits="ratio: 3"),
    one("maximum lowered", "/size.maximum", 40, BOUND, RELAXED, breaks="size: 45", fits="size: 40"),
    one("maximum exclusive", "/size.exclusiveMaximum", True, BOUND, RELAXED, breaks="size: 50", fits="size: 49"),
    one("exclusive false", "/size.exclusiveMaximum", False, RELAXED, RELAXED, fits="size: 50"),
    one("larger steps", "/step.multipleOf", 4, BOUND, RELAXED, breaks="step: 2", fits="step: 8"),
    one("smaller steps", "/step.multipleOf", 1, RELAXED, BOUND, fits="step: 2"),
    one("other steps", "/step.multipleOf", 3, BOUND, BOUND, breaks="step: 2", fits="step: 6"),
    one("a default out of its limit", "/size.maximum", 2, f"blocker invalid, {BOUND}", RELAXED),
    one("minLength raised", "/color.minLength", 4, BOUND, RELAXED, breaks="color: red", fits="color: blue"),
    one("maxLength lowered", "/color.maxLength", 4, BOUND, RELAXED, breaks="color: green", fits="color: red"),
    one("maxItems lowered", "/rules.maxItems", 1, BOUND, RELAXED, breaks="rules: [{name: a}, {name: b}]"),
    one("minItems new", "/plain.minItems", 2, BOUND, RELAXED, breaks="plain: [a]", fits="plain: [a, b]"),
    one("maxProperties lowered", "/labels.maxProperties", 1, BOUND, RELAXED, breaks="labels: {a: b, c: d}"),
    one("minProperties new", "/labels.minProperties", 2, BOUND, RELAXED, breaks="labels: {a: b}"),
    one("a limit deep down", "/rules.items.properties.extra.additionalProperties.properties.deep.minLength", 2, BOUND,
        RELAXED, breaks="rules: [{name: a, extra: {b: {deep: p}}}]"),
    one("required", ":required", ["size", "color"], REQUIRED, RELAXED, breaks="size: 1", fits="color: red"),
    one("required deep down", "/rules.items.required", ["name", "extra"], REQUIRED, RELAXED,
        breaks="rules: [{name: a}]"),
    one("nothing required", ":required", GONE, RELAXED, "info field-required", fits="note: x"),
    one("a field with a default required", "/rules.items.required", ["name", "weight"], "info field-required", RELAXED,
        fits="rules: [{name: a}]"),
    Change("a new field required", (put("/new", {"type": "string"}), put(":required", ["size", "new"])),
           f"{REQUIRED}, {ADDED}", f"{REMOVED}, {RELAXED}", breaks="size: 1"),
    one("field gone", "/note", GONE, REMOVED, ADDED, breaks="note: x", fits="size: 1"),
    one("field gone deep down", "/rules.items.properties.weight", GONE, REMOVED, ADDED),
    one("field gone from a map's values", "/rules.items.properties.extra.additionalProperties.properties.deep", GONE,
        REMOVED, ADDED, breaks="rules: [{name: a, extra: {b: {deep: p}}}]"),
    one("enum in a map's values", "/rules.items.properties.extra.additionalProperties.properties.deep.enum", ["p"],
        ENUM, "info field-enum-widened", breaks="rules: [{name: a, extra: {b: {deep: q}}}]"),
    one("status field gone", f"{V1}.schema.openAPIV3Schema.properties.status.properties.size", GONE,
        "low field-removed", ADDED),
    one("optional field", "/new", {"type": "string", "minLength": 3}, ADDED, REMOVED, fits="size: 1"),
    one("pattern exchanged", "/color.pattern", "^[a-f]+$", PATTERN, PATTERN, breaks="color: red"),
    one("pattern new", "/note.pattern", "^x", PATTERN, RELAXED, breaks="note: z", fits="note: xy"),
    one("format exchanged", "/size.format", "int64", FORMAT, FORMAT, fits="size: 1"),
    one("format new", "/note.format", "date-time", FORMAT, RELAXED, breaks="note: z",
        fits="note: '2026-01-01T00:00:00Z'"),
    one("default exchanged", "/size.default", 4, DEFAULT, DEFAULT, fits="note: x"),
    one("default new", "/color.default", "red", "low field-default-added", DEFAULT, fits="note: x"),
    one("null no longer", "/note.nullable", GONE, NULL, RELAXED),
    one("null no longer, said", "/note.nullable", False, NULL, RELAXED),
    Change("map to atomic list", (put("/rules.x-kubernetes-list-type", "atomic"),
           put("/rules.x-kubernetes-list-map-keys", GONE)), MERGED, MERGED, fits="rules: [{name: a}]"),
    one("atomic list to set", "/plain.x-kubernetes-list-type", "set", MERGED, MERGED, breaks="plain: [a, a]",
        fits="plain: [a, b]"),
    one("atomic said", "/plain.x-kubernetes-list-type", "atomic", RELAXED, RELAXED, fits="plain: [a, a]"),
    one("one more key", "/rules.x-kubernetes-list-map-keys", ["name", "weight"], MERGED, MERGED),
    one("atomic map", "/labels.x-kubernetes-map-type", "atomic", MERGED, MERGED),
    one("granular said", "/labels.x-kubernetes-map-type", "granular", RELAXED, RELAXED),
    one("values of another type", "/labels.additionalProperties.type", "integer", TYPED, TYPED,
        breaks="labels: {a: b}"),
    one("values of a length", "/labels.additionalProperties.maxLength", 1, BOUND, RELAXED, breaks="labels: {a: bc}"),
    one("no values", "/labels.additionalProperties", GONE, KEPT, OTHER, breaks="labels: {a: b}"),
    one("any value to text", "/any.additionalProperties", {"type": "string"}, KEPT, RELAXED, breaks="any: {a: 1}",
        fits="any: {a: b}"),
    one("free values to text", "/free.additionalProperties", {"type": "string"}, OTHER, KEPT, breaks="free: {a: 1}",
        fits="free: {a: b}"),
    one("a free field to text", "/free", {"type": "string"}, TYPED, TYPED),
    Change("a type for what took anything", (put("/plain.items", {"x-kubernetes-preserve-unknown-fields": True}),
           put("/plain.items.type", "string")), RELAXED, KEPT),
    one("a keyword nobody knows", "/note.x-kubernetes-future", True, OTHER, OTHER),
    one("unknown fields dropped", "/free.x-kubernetes-preserve-unknown-fields", GONE, KEPT, RELAXED,
        breaks="free: {a: 1}"),
    one("unknown fields kept", ":x-kubernetes-preserve-unknown-fields", True, RELAXED, KEPT),
    one("no object any more", "/embedded.x-kubernetes-embedded-resource", GONE, EMBEDDED, EMBEDDED),
    one("an alternative less", "/alt.anyOf", [{"minLength": 2}], COMBINED, COMBINED, breaks="alt: x", fits="alt: ab"),
    one("no alternatives", ":oneOf", GONE, RELAXED, COMBINED, fits="size: 1"),
    one("forbidden", "/note.not", {"enum": ["pink"]}, COMBINED, RELAXED, breaks="note: pink", fits="note: red"),
    one("alternatives", "/note.anyOf", [{"minLength": 2}], COMBINED, RELAXED, breaks="note: a", fits="note: ab"),
    one("rule new", ":x-kubernetes-validations", [RULE, {"rule": "self.size > 1"}], CEL, RELAXED, breaks="size: 1",
        fits="size: 2"),
    one("rule exchanged", ":x-kubernetes-validations", [RULE | {"rule": "self.size < 9"}], CEL, CEL, breaks="size: 9"),
    one("rule of a field", "/color.x-kubernetes-validations", [{"rule": "self != 'red'"}], CEL, RELAXED,
        breaks="color: red", fits="color: blue"),
    one("rule gone", ":x-kubernetes-validations", GONE, RELAXED, CEL, fits="size: 1"),
    one("rule's message", ":x-kubernetes-validations", [RULE | {"message": "no"}], PROSE, PROSE, fits="size: 1"),
    one("description", "/note.description", "other words", PROSE, PROSE, fits="note: x"),
    Change("version new", (lambda crd: crd["spec"]["versions"].append(copy.deepcopy(V2)),),
           "info version-added", "high version-removed"),
    one("version gone", "spec.versions.1", GONE, "high version-removed", "info version-added"),
    one("version not served", "spec.versions.1.served", False, "high version-unserved", "info version-added"),
    one("version deprecated", "spec.versions.1.deprecated", True, "low version-deprecated", "info version-deprecated"),
    Change("stored in the other", (put("spec.versions.1.storage", True), put(f"{V1}.storage", False)),
           "low storage-version-changed", "low storage-version-changed"),
    Change("stored version gone", (put("spec.versions.1.storage", True), put(V1, GONE)),
           "blocker stored-version-removed", "medium storage-version-changed"),
    Change("versions sorted", (lambda crd: crd["spec"]["versions"].reverse(),), "", ""),
    one("webhook", "spec.conversion", WEBHOOK, "high conversion-strategy-changed", "high conversion-strategy-changed"),
    one("no conversion said", "spec.conversion", GONE, "", ""),
    one("scope", "spec.scope", "Cluster", "blocker scope-changed", "blocker scope-changed"),
    one("kind", "spec.names.kind", "Gadget", "blocker names-changed", "blocker names-changed"),
    one("plural", "spec.names.plural", "wids", "blocker invalid, blocker names-changed", "blocker names-changed"),
    one("singular", "spec.names.singular", "wid", "low names-changed", "low names-changed"),
    one("listKind", "spec.names.listKind", "Widgets", "low names-changed", "low names-changed"),
    one("names left to the server", "spec.names.listKind", GONE, "", ""),
    one("short name gone", "spec.names.shortNames", GONE, "low names-alias-removed", NAMED),
    one("short name exchanged", "spec.names.shortNames", ["wx"], "low names-alias-removed", "low names-alias-removed"),
    one("category new", "spec.names.categories", ["all", "mine"], NAMED, "low names-alias-removed"),
    one("status gone", f"{V1}.subresources.status", GONE, "high subresource-removed", "low subresource-added"),
    one("scale gone", f"{V1}.subresources.scale", GONE, "high subresource-removed", "info subresource-added"),
    one("scaled by another field", f"{V1}.subresources.scale.specReplicasPath", ".spec.ratio",
        "medium subresource-removed", "medium subresource-removed"),
    one("scaled with a selector", f"{V1}.subresources.scale.labelSelectorPath", ".status.selector",
        "info subresource-added", "high subresource-removed"),
    one("no subresources", f"{V1}.subresources", GONE, "high subresource-removed", "low subresource-added"),
    one("not selected by a field", f"{V1}.selectableFields", GONE, "medium selectable-fields-removed",
        "info selectable-fields-added"),
    one("column", f"{V1}.additionalPrinterColumns.0.type", "string", "info printer-columns-changed",
        "info printer-columns-changed"),
    one("unknown fields of all", "spec.preserveUnknownFields", True, "blocker invalid", "high pruning-enabled"),
    one("unknown fields of none, said", "spec.preserveUnknownFields", False, "", ""),
)  # fmt: skip
