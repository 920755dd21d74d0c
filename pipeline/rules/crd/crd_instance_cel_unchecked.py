"""New validation rules (CEL) for one of your custom resources could not be evaluated.

## Why it matters

The API server may reject it on creation, or when those fields change. The rules use functions that are not available
here, or are too expensive.

## What to do

Try the custom resource against the new CRD with a server-side dry run.
"""

from collections.abc import Iterator

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.compatibility import judged
from pipeline.core.crd.custom_resources import naming
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import counted

_LONGEST = 100


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for name, instances in judged(upgrade).items():
        left = [instance for instance in instances if instance.unchecked]
        if left:
            resources = [instance.resource for instance in left]
            rules = list(dict.fromkeys(text for instance in left for text in instance.unchecked))
            yield Hit(
                place(resources[0]),
                title=f"{naming(resources)}: {counted(len(rules), 'new validation rule')} of {name} not evaluated",
                impact=f"The API server rejects a custom resource that violates one: {_short(rules[0])}",
                fix="Try the custom resource against the new CRD with a server-side dry run.",
                also=tuple(place(resource) for resource in resources[1:]),
                evidence=tuple(rules),
                claims=(Claim(resources[0].id, ("not explained by a rule that was not evaluated",)),),
            )


def _short(rule: str) -> str:
    text = " ".join(rule.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks(
            "a rule that only Kubernetes can evaluate",
            ("info", ""),
            before=field("a: {type: string}") + MINE % "a: x",
            after=field(
                "a: {type: string}",
                "x-kubernetes-validations: [{rule: '!format.dns1123Label().validate(self.a).hasValue()'}]",
            )
            + MINE % "a: x",
        ),
        quiet(
            "the rule is not new",
            before=field(
                "a: {type: string}",
                "x-kubernetes-validations: [{rule: '!format.dns1123Label().validate(self.a).hasValue()'}]",
            )
            + MINE % "a: x",
            after=field(
                "a: {type: string}, b: {type: string}",
                "x-kubernetes-validations: [{rule: '!format.dns1123Label().validate(self.a).hasValue()'}]",
            )
            + MINE % "a: x",
        ),
        quiet(
            "a rule that was evaluated",
            before=field("a: {type: string}") + MINE % "a: x",
            after=field("a: {type: string}", "x-kubernetes-validations: [{rule: has(self.a)}]") + MINE % "a: x",
        ),
    ),
)
