"""A custom resource changes.

## Why it matters

Its controller acts on it: what it runs, routes or alerts on changes too.

## What to do

Read the change together with its controller's documentation.
"""

from pipeline.core.analysis.change_text import sentence
from pipeline.core.analysis.images import names_image
from pipeline.core.analysis.rule_helpers import FindingText, custom_check
from pipeline.core.analysis.setting_changes import setting_grade
from pipeline.core.diff.change import FieldChange, Op, ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_WATCHING = frozenset({"monitoring.coreos.com", "grafana.integreatly.org", "operator.victoriametrics.com"})
_TAKES_TURNS = frozenset(
    ["http", "tcp", "tls", "routes", "route", "rules", "matches", "match", "filters", "configPatches", "middlewares",
     "steps", "receivers", "inhibitRules", "relabelings", "metricRelabelings", "plugins", "policies"]
)  # fmt: skip
"""Lists of well-known custom resources of which the first entry that fits decides, or that are run in turn."""


def _grade(change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    """What only watches (monitors, alerts, dashboards) changes nothing of what runs, however it is set."""
    acts = any(field.op is Op.REORDERED and field.path[-1] in _TAKES_TURNS for field in fields)
    if acts or change.id.group in _WATCHING:
        return Severity.MEDIUM if acts else None
    return setting_grade(fields)


check = custom_check(
    FindingText(
        "settings change",
        "Its controller acts on the change.",
        "Read the change together with its controller's documentation.",
        grade=_grade,
        alone=sentence,
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
        speaks("a setting changes", ("medium", "spec.a"), before=_CR % "a: 1", after=_CR % "a: 2"),
        speaks("a setting is added", ("low", "spec.b"), before=_CR % "a: 1", after=_CR % "a: 1, b: 2"),
        speaks(
            "a monitor's interval",
            ("low", "spec.a"),
            before=(_CR % "a: 1").replace("example.com", "monitoring.coreos.com"),
            after=(_CR % "a: 2").replace("example.com", "monitoring.coreos.com"),
        ),
        speaks(
            "routes in another order, of which the first match applies",
            ("medium", "spec.http"),
            before=_CR % "http: [{name: canary, a: 1}, {name: all}]",
            after=_CR % "http: [{name: all}, {name: canary, a: 1}]",
        ),
        speaks(
            "a list in another order",
            ("low", "spec.sinks"),
            before=_CR % "sinks: [{name: a}, {name: b}]",
            after=_CR % "sinks: [{name: b}, {name: a}]",
        ),
        quiet("an image, which has its own rule", before=_CR % "image: 'x:1'", after=_CR % "image: 'x:2'"),
        quiet("a built-in kind", before=_MAP % ("", "a: x"), after=_MAP % ("", "a: y")),
    ),
)
