"""A default reaches a custom resource where its field is left out and the parent of the field is there."""

import pytest

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.judge.case_findings import upgrade
from pipeline.core.judge.judge import judge
from pipeline.core.risk.rule import speaks
from pipeline.rules.crd import crd_field_default_added

BOX = "box: {type: object, properties: {a: {type: integer%s}}}"
ROWS = "rows: {type: array, items: {type: object, properties: {n: {type: string}, a: {type: integer%s}}}}"
NAMED = "named: {type: object, additionalProperties: {type: object, properties: {a: {type: integer%s}}}}"


@pytest.mark.parametrize(
    ("schema", "spec", "named"),
    [
        (BOX, "box: {}", True),
        (BOX, "box: {a: null}", True),
        (BOX, "box: {a: 1}", False),
        (BOX, "other: x", False),
        (BOX, "box: text", False),
        (ROWS, "rows: [{a: 1}, {n: x}]", True),
        (ROWS, "rows: [{a: 1}]", False),
        (ROWS, "rows: []", False),
        (NAMED, "named: {x: {a: 1}, y: {}}", True),
        (NAMED, "named: {x: {a: 1}}", False),
    ],
)
def test_whoever_leaves_the_field_out_is_named(schema: str, spec: str, *, named: bool) -> None:
    after = field(schema % ", default: 2") + MINE % spec
    case = speaks("", ("low", ""), before=field(schema % "") + MINE % spec, after=after)
    (finding,) = judge(upgrade(case), [crd_field_default_added.RULE]).findings
    assert ("Here Widget shop/mine omits it" in finding.impact) is named
