"""What our engine answers to a CRD's rule is what the API server answers, or nothing: 239 expressions on one value."""

import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.crd.cel.validation_rules import holds
from tests.cluster.cluster import Cluster, Object

EXPRESSIONS = (Path(__file__).parents[1] / "data/cel_expressions.txt").read_text().splitlines()
A_CRD = 30
"""More rules than about so many would exceed the cost that one definition may have."""
JUDGED = 0.5


def text(length: int = 5) -> Object:
    return {"type": "string", "maxLength": length}


def listed(items: Object, **more: Any) -> Object:
    return {"type": "array", "maxItems": 5, "items": items} | {f"x-kubernetes-{key}": more[key] for key in more}


NAMED = {"type": "object", "required": ["k"], "properties": {"k": text(), "v": text()}}
SCHEMA: Object = {
    "type": "object",
    "properties": {
        **{name: text(20) for name in ("s", "q")},
        **{name: text() for name in ("if", "a-b", "true")},
        "i": {"type": "integer"},
        "n": {"type": "number"},
        "f": {"type": "number"},
        "b": {"type": "boolean"},
        "l": listed(text()),
        "m": {"type": "object", "maxProperties": 5, "additionalProperties": text()},
        "o": {"type": "object", "properties": {"p": text()}},
        "io": {"x-kubernetes-int-or-string": True},
        "set": listed(text(), **{"list-type": "set"}),
        "lm": listed(NAMED, **{"list-type": "map", "list-map-keys": ["k"]}),
        "nul": text() | {"nullable": True},
        "x": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
VALUE: Object = {
    "s": "a",
    "i": 3,
    "n": 1.5,
    "f": 2,
    "b": True,
    "l": ["a", "b"],
    "m": {"x": "1", "y": "2"},
    "o": {},
    "io": 80,
    "set": ["a", "b"],
    "lm": [{"k": "a", "v": "1"}, {"k": "b", "v": "2"}],
    "nul": None,
    "x": {"anything": 1},
    "if": "y",
    "a-b": "z",
    "true": "t",
}


def judged_by(cluster: Cluster, group: str, number: int, rules: list[str]) -> list[bool]:
    """What the server says of each rule: one field of a new kind has each, and a dry run creates an object with all."""
    fields = {f"r{place}": SCHEMA | {"x-kubernetes-validations": [{"rule": rule}]} for place, rule in enumerate(rules)}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": f"boxes{number}", "singular": f"box{number}", "kind": f"Box{number}"}
    spec = {"group": group, "scope": "Cluster", "names": names, "versions": [version]}
    cluster.create(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{names['plural']}.{group}"},
            "spec": spec,
        }
    )
    path = f"/apis/{group}/v1/{names['plural']}"
    cluster.until(lambda: cluster.raw("GET", path)[0] == 200)
    body = {"apiVersion": f"{group}/v1", "kind": names["kind"], "metadata": {"name": "a"}}
    body |= {"spec": dict.fromkeys(fields, VALUE)}
    status, answer = cluster.raw("POST", path, body, params={"dryRun": "All"})
    causes = answer["details"]["causes"] if status == 422 else []
    refused = {int(match[1]) for cause in causes if (match := re.search(r"spec\.r(\d+)", cause["field"]))}
    assert refused or status == 201, answer
    return [place not in refused for place in range(len(rules))]


@pytest.mark.slow
def test_our_answer_is_the_servers_or_none(cluster: Cluster) -> None:
    group, ours, theirs = f"{cluster.namespace()}.example.org", [], []
    for number, first in enumerate(range(0, len(EXPRESSIONS), A_CRD)):
        rules = EXPRESSIONS[first : first + A_CRD]
        theirs += judged_by(cluster, group, number, rules)
        ours += [holds(SCHEMA, VALUE, rule, root=False) for rule in rules]
    answers = list(zip(EXPRESSIONS, ours, theirs, strict=True))
    assert [answer for answer in answers if answer[1] is not None and answer[1] is not answer[2]] == []
    assert sum(answer is not None for answer in ours) > JUDGED * len(EXPRESSIONS)
