"""A custom resource under a CRD that changes or stays, applied to a real API server: our finding is its answer.

Refused by the server is a proven blocker; accepted, and refused once the part changes, is the lower finding; accepted
and valid is none.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.core.crd.case_crds import crd, version
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.yaml.reader import load
from tests.cluster.cluster import Cluster
from tests.cluster.test_crd_changes_real import custom, established, grouped, judged, refusal

REFUSED, LATER, CHANGES = "crd-instance-invalid", "crd-instance-invalid-when-edited", "immutable-cr-transition"
NUMBER = "size: {type: integer%s}, a: {type: string}"
OPTIONAL = ", optionalOldSelf: true"
GROWS = "!oldSelf.hasValue() || self.size >= oldSelf.value().size"
KEYED = "x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name]"
ITEM = "{type: object, required: [name], properties: {name: {type: string}, mode: {type: string%s}}}"
ENTRIES = "a: {type: array, %s, items: {type: object, required: [name], properties: {name: {type: string}}}}"
ENTRIES_FREE = ENTRIES.replace("%s, ", "")
TEXTS = "a: {type: array%s, items: {type: string%s}}, b: {type: string}"
FREE = "a: {type: object, x-kubernetes-preserve-unknown-fields: true%s}, size: {type: integer}"
EMBEDDED = ", x-kubernetes-embedded-resource: true"
TYPED = "apiVersion: {type: string}, kind: {type: string}, metadata: {type: object}, x: {type: integer%s}"
OBJECT = f"a: {{type: object{EMBEDDED}, properties: {{{TYPED}}}}}, b: {{type: string}}"


@dataclass(frozen=True)
class Row:
    """``old`` and ``new`` are the spec's fields in the CRD, ``more`` and ``then`` its other keywords, ``root`` those of
    the new root. ``was`` and ``becomes`` are the custom resource's spec; without ``becomes`` it stays, without ``was``
    it is new."""

    name: str
    old: str
    new: str = ""
    was: str | None = None
    becomes: str | None = None
    finding: str = ""
    more: str = ""
    then: str | None = None
    root: str = ""

    def crds(self) -> tuple[str, str]:
        before = crd(version(fields=self.old, more=self.more))
        after = crd(version(fields=self.new or self.old, more=self.more if self.then is None else self.then))
        return before, after.replace("        type: object\n", f"        type: object\n{self.root}", 1)


def rule(text: str, *more: str) -> str:
    return f"x-kubernetes-validations: [{{rule: '{text}'{''.join(more)}}}]"


def keyword(text: str) -> str:
    return f"        {text}\n"


ROWS = (
    # accepted as long as the value itself stays
    Row("maximum", NUMBER % "", NUMBER % ", maximum: 5", "size: 7", finding=LATER),
    Row("maximum, another field changes", NUMBER % "", NUMBER % ", maximum: 5", "size: 7", "size: 7, a: x", LATER),
    Row("maximum, the value changes", NUMBER % "", NUMBER % ", maximum: 5", "size: 7", "size: 8", REFUSED),
    Row("format", "a: {type: string}", "a: {type: string, format: date-time}", "a: z", finding=LATER),
    Row("number to integer", "a: {type: number}", "a: {type: integer}", "a: 1.5", finding=LATER),
    Row("enum in a map list, another entry changes", f"a: {{type: array, {KEYED}, items: {ITEM % ''}}}",
        f"a: {{type: array, {KEYED}, items: {ITEM % ', enum: [new]'}}}",
        "a: [{name: x, mode: old}, {name: w}]", "a: [{name: w, mode: new}, {name: x, mode: old}]", LATER),
    Row("enum in an atomic list", TEXTS % ("", ""), TEXTS % ("", ", enum: [x]"), "a: [x, z]", "a: [x, z], b: w", LATER),
    Row("enum in an atomic list that changes", TEXTS % ("", ""), TEXTS % ("", ", enum: [x]"), "a: [x, z]", "a: [z]",
        REFUSED),
    Row("enum in a set that changes", TEXTS % (", x-kubernetes-list-type: set", ""),
        TEXTS % (", x-kubernetes-list-type: set", ", enum: [x]"), "a: [x, z]", "a: [z]", REFUSED),
    Row("enum in a map's values, another key changes", "a: {type: object, additionalProperties: {type: string}}",
        "a: {type: object, additionalProperties: {type: string, enum: [x]}}", "a: {k: z}", "a: {k: z, l: x}", LATER),
    # accepted as long as the part stays
    Row("required", NUMBER % "", None or "", "size: 7", finding=LATER, then="required: [a]"),
    Row("required, beside it a field changes", NUMBER % "", "", "size: 7", "size: 8", REFUSED, then="required: [a]"),
    Row("maxItems", TEXTS % ("", ""), TEXTS % (", maxItems: 1", ""), "a: [x, w]", "a: [x, w], b: z", LATER),
    Row("maxItems of a list that changes", TEXTS % ("", ""), TEXTS % (", maxItems: 1", ""), "a: [x, w]", "a: [x, z]",
        REFUSED),
    Row("rule of the spec", NUMBER % "", "", "size: 7", finding=LATER, then=rule("self.size < 5")),
    Row("rule of the spec, a field changes", NUMBER % "", "", "size: 7", "size: 7, a: x", REFUSED,
        then=rule("self.size < 5")),
    Row("rule of a value, another changes", NUMBER % "", NUMBER % f", {rule('self < 5')}", "size: 7", "size: 7, a: x",
        LATER),
    Row("combinator of the spec", NUMBER % "", "", "size: 7", finding=LATER, then="anyOf: [{required: [a]}]"),
    Row("combinator of the spec, a field changes", NUMBER % "", "", "size: 7", "size: 8", REFUSED,
        then="anyOf: [{required: [a]}]"),
    Row("limit below allOf, a field beside it changes", NUMBER % "", "", "size: 7", "size: 7, a: x", REFUSED,
        then="allOf: [{properties: {size: {maximum: 5}}}]"),
    Row("limit below allOf", NUMBER % "", "", "size: 7", finding=LATER,
        then="allOf: [{properties: {size: {maximum: 5}}}]"),
    # a field that no schema names is never equal to itself
    Row("minProperties of a free map", FREE % "", FREE % ", minProperties: 2", "a: {b: 1}", finding=REFUSED),
    Row("required beside a free map", FREE % "", "", "a: {b: 1}", finding=REFUSED, then="required: [size]"),
    Row("limit beside a free map", FREE % "", FREE.replace("integer", "integer, maximum: 5") % "",
        "a: {b: 1}, size: 7", finding=LATER),
    Row("limit in an embedded object", OBJECT % "", OBJECT % ", maximum: 5",
        "a: {apiVersion: v1, kind: X, x: 7}, b: z", "a: {apiVersion: v1, kind: X, x: 7}, b: w", LATER),
    # refused though nothing changes
    Row("type", "a: {type: integer}", "a: {type: string}", "a: 7", finding=REFUSED),
    Row("type, corrected", "a: {type: integer}", "a: {type: string}", "a: 7", "a: x", REFUSED),
    Row("type of an entry, corrected", "a: {type: array, items: {type: integer}}",
        "a: {type: array, items: {type: string}}", "a: [7]", "a: [x]", REFUSED),
    Row("rule of the root", NUMBER % "", "", "size: 7", finding=REFUSED, root=keyword(rule("self.spec.size < 5"))),
    Row("required of the root", NUMBER % "", "", "size: 7", finding=REFUSED,
        root=keyword("required: [other]\n        x-kubernetes-preserve-unknown-fields: true")),
    Row("embedded object", FREE % "", FREE % EMBEDDED, "a: {b: 1}", finding=REFUSED),
    Row("embedded object with its kind", FREE % "", FREE % EMBEDDED, "a: {apiVersion: v1, kind: X}"),
    Row("set with duplicates", TEXTS % ("", ""), TEXTS % (", x-kubernetes-list-type: set", ""), "a: [x, x]",
        finding=REFUSED),
    Row("set with duplicates, corrected", TEXTS % ("", ""), TEXTS % (", x-kubernetes-list-type: set", ""), "a: [x, x]",
        "a: [x]"),
    Row("map list with duplicates", ENTRIES_FREE, ENTRIES % KEYED, "a: [{name: x}, {name: x}]", finding=REFUSED),
    Row("rule about changes", NUMBER % "", "", "size: 7", finding=REFUSED, then=rule("self.size > oldSelf.size")),
    Row("rule about changes that holds", NUMBER % "", "", "size: 7", then=rule("self.size == oldSelf.size")),
    Row("rule about changes of a value, another changes", NUMBER % "", NUMBER % f", {rule('self > oldSelf')}",
        "size: 7", "size: 7, a: x", REFUSED),
    # a rule that is asked of new values too, with the old one as an optional value
    Row("optional old value, new", NUMBER % "", becomes="size: 7", finding=REFUSED,
        more=rule("oldSelf.hasValue()", OPTIONAL)),
    Row("optional old value, new, and it holds", NUMBER % "", becomes="size: 7", more=rule(GROWS, OPTIONAL)),
    Row("optional old value, shrinks", NUMBER % "", "", "size: 7", "size: 5", CHANGES,
        more=rule(GROWS, OPTIONAL)),
    Row("optional old value, grows", NUMBER % "", "", "size: 7", "size: 9", more=rule(GROWS, OPTIONAL)),
    Row("optional old value of a field, which is added", NUMBER % f", {rule('oldSelf.hasValue()', OPTIONAL)}", "",
        "a: x", "a: x, size: 5", CHANGES),
    # the CRD stays
    Row("new, and too large", NUMBER % ", maximum: 5", becomes="size: 7", finding=REFUSED),
    Row("new, and fits", NUMBER % ", maximum: 5", becomes="size: 5"),
    Row("new, and against a rule", NUMBER % "", becomes="size: 7", finding=REFUSED, more=rule("self.size < 5")),
    Row("becomes too large", NUMBER % ", maximum: 5", "", "size: 5", "size: 7", REFUSED),
    Row("loses what is required", NUMBER % "", "", "size: 5", "a: x", REFUSED, more="required: [size]"),
    Row("becomes of another type", NUMBER % "", "", "size: 5", "size: x", REFUSED),
    Row("a field that the schema has not", NUMBER % "", "", "size: 5", "size: 5, z: 1", "crd-instance-field-pruned"),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_server_answers_what_we_say(cluster: Cluster, row: Row) -> None:
    group = f"{cluster.name('g')}.example.com"
    old, new = (grouped(load(text), group) for text in row.crds())
    was = None if row.was is None else custom(row.was, group, "mine")
    becomes = custom(row.becomes, group, "mine") if row.becomes is not None else was
    assert becomes is not None
    established(cluster, old)
    cluster.until(lambda: "widgets" in str(cluster.raw("GET", f"/apis/{group}/v1")[1]))
    if was is not None:
        cluster.until(lambda: refusal(cluster.apply(was)) == "")
    found = judged([old, *([was] if was else [])], [new, becomes])
    mine = [one for one in found if one.rule.startswith("crd-instance-") or one.rule == CHANGES]
    assert [one.rule for one in mine] == ([row.finding] if row.finding else [])
    assert all(one.confidence is Confidence.PROVEN for one in mine)
    assert all((one.severity is Severity.BLOCKER) == (row.finding != LATER) for one in mine)
    if old != new:
        assert refusal(cluster.apply(new)) == ""
        sees_the_new_schema(cluster, row, group)
    answer = refusal(cluster.apply(becomes))
    assert bool(answer) == bool(row.finding and row.finding != LATER), answer
    if row.finding == LATER:
        again: Any = custom(row.becomes or row.was or "", group, "another")
        assert refusal(cluster.apply(again)), "it is refused where it is new"


def sees_the_new_schema(cluster: Cluster, row: Row, group: str) -> None:
    """Waits until the server judges by the new CRD: a new object of that form is refused, or a while has passed."""
    probe = custom(row.was or "", group, "probe")
    if row.finding in (REFUSED, LATER) and "oldSelf" not in f"{row.then}{row.new}":
        cluster.until(lambda: refusal(cluster.apply(probe, dryRun="All")))
    else:
        cluster.until(lambda: "observed" in str(published(cluster, group, row)))


def published(cluster: Cluster, group: str, row: Row) -> str:
    """``observed`` once the served OpenAPI document has the new schema's own words."""
    answer = cluster.raw("GET", f"/openapi/v3/apis/{group}/v1")[1]
    words = [
        part for part in ("oldSelf", "embedded-resource", '"list-type": "set"', "set") if part in f"{row.then}{row.new}"
    ]
    return "observed" if all(word in str(answer) for word in words) else ""
