"""A custom resource of yours meets new validation rules (CEL) that were not evaluated.

## Why it matters

The API server may refuse it at its next update. The rules use functions that only Kubernetes has, or cost too much.

## What to do

Try the custom resource against the new CRD with a server-side dry run.
"""

from collections.abc import Iterator

from pipeline.core.crd.cel import verdict
from pipeline.core.crd.definition import Definition
from pipeline.core.crd.examples import field
from pipeline.core.crd.instances import instances, naming
from pipeline.core.crd.keywords import narrows
from pipeline.core.crd.schema_changes import edits
from pipeline.core.finding import Severity
from pipeline.core.resource import Resource
from pipeline.core.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.upgrade import Upgrade

_LONGEST = 100


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for edit in edits(upgrade):
        if not edit.pair.both or not any(map(narrows, edit.schema)):
            continue
        pair, (before, after) = edit.pair, edit.pair.both
        left = [
            (resource, texts) for resource in instances(upgrade, after) if (texts := _left(resource, before, after))
        ]
        if left:
            resources = [resource for resource, _ in left]
            rules = list(dict.fromkeys(text for _, texts in left for text in texts))
            yield Hit(
                place(resources[0]),
                title=f"{naming(resources)}: {len(rules)} new validation rules of {pair.name} were not evaluated",
                why=f"The API server may refuse what breaks one: {_short(rules[0])}",
                remedy="Try it against the new CRD with a server-side dry run.",
                also=tuple(place(resource) for resource in resources[1:]),
                evidence=tuple(rules),
                claims=(Claim(resources[0].id, ("not explained by a rule that was not evaluated",)),),
            )


def _left(resource: Resource, before: Definition, after: Definition) -> tuple[str, ...]:
    version = resource.version
    if version not in before.versions or version not in after.versions:
        return ()
    return verdict(before.schema(version), after.schema(version), resource.body).unchecked


def _short(rule: str) -> str:
    text = " ".join(rule.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_MINE = "---\napiVersion: example.com/v1\nkind: Widget\nmetadata: {name: mine}\nspec: {a: x}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks(
            "a rule that only Kubernetes can evaluate",
            ("info", ""),
            before=field("a: {type: string}") + _MINE,
            after=field("a: {type: string}", "x-kubernetes-validations: [{rule: isURL(self.a)}]") + _MINE,
        ),
        quiet(
            "the rule is no news",
            before=field("a: {type: string}", "x-kubernetes-validations: [{rule: isURL(self.a)}]") + _MINE,
            after=field("a: {type: string}, b: {type: string}", "x-kubernetes-validations: [{rule: isURL(self.a)}]")
            + _MINE,
        ),
        quiet(
            "a rule that was evaluated",
            before=field("a: {type: string}") + _MINE,
            after=field("a: {type: string}", "x-kubernetes-validations: [{rule: has(self.a)}]") + _MINE,
        ),
    ),
)
