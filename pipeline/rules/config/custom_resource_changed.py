"""A custom resource changes.

## Why it matters

Its controller acts upon it: what it runs, routes or alerts on changes with it.

## What to do

Read the change as its controller's documentation explains it.
"""

from pipeline.core.analysis.images import names_image
from pipeline.core.analysis.rule_helpers import FindingText, custom_check
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = custom_check(
    FindingText(
        "it changes", "Its controller acts upon it.", "Read the change as its controller's documentation explains it."
    ),
    lambda field: not names_image(field),
)
_CR = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {%s}\n"
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%s}\ndata: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    cases=(
        speaks("a setting", ("low", "spec.a"), before=_CR % "a: 1", after=_CR % "a: 2"),
        quiet("an image, which has its own rule", before=_CR % "image: 'x:1'", after=_CR % "image: 'x:2'"),
        quiet("a built-in kind", before=_MAP % ("", "a: x"), after=_MAP % ("", "a: y")),
    ),
)
