"""A Secret's value is random and changes at each render.

## Why it matters

A password that a database was initialised with, or a certificate authority that others trust, is replaced by every
render: clients that use the old value are locked out, immediately or at their next start.

## What to do

Set the value yourself, or refer to a Secret that is created once (``existingSecret``, External Secrets, cert-manager).
"""

import re
from collections.abc import Iterator

from pipeline.core.analysis.case_charts import chart, sides
from pipeline.core.charts.chart import Chart
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Need, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_BY_CHANCE = re.compile(
    r"\b(rand(?:AlphaNum|Alpha|Numeric|Ascii|Bytes|Int)"
    r"|gen(?:CA|SelfSignedCert|SignedCert|PrivateKey)\w*|uuidv4|htpasswd|bcrypt)\b"
)
_LEFT_ALONE = re.compile(r"\blookup\b")


def check(upgrade: Upgrade) -> Iterator[Hit]:
    source = upgrade.after.chart
    assert source is not None, "BUG: evaluated without a chart"
    for change in upgrade.diff.of_action(Action.CHANGED):
        function = _made_by(change, source)
        fields = [*change.under("data"), *change.under("stringData")] if function else []
        if fields:
            keys = ", ".join(str(field.path[-1]) for field in fields)
            yield Hit(
                at(change, fields[0]),
                title=f"Secret {change.id.name}: {function} generates a new value at each render ({keys})",
                impact="Clients that use the old value are locked out, immediately or at their next start.",
                fix="Set the value, or refer to a Secret that is created once (existingSecret, External Secrets).",
                also=tuple(at(change, field) for field in fields[1:]),
            )


def _made_by(change: ResourceChange, source: Chart) -> str:
    """The function in the Secret's own template; empty where none is, or where the live value is looked up first."""
    if change.id.kind != "Secret" or change.id.group:
        return ""
    text = source.files.get(change.resource.source.partition("/")[2], "")
    match = _BY_CHANCE.search(text)
    return match.group() if match and not _LEFT_ALONE.search(text) else ""


_OBJECT = (
    "# Source: web/templates/s.yaml\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: %s}\n"
)
_CHANCE = {"templates/s.yaml": "stringData: {password: {{ randAlphaNum 10 }}}"}
_SET = {"templates/s.yaml": "stringData: {password: {{ .Values.password }}}"}
_LOOKED_UP = {"templates/s.yaml": '{{ lookup "v1" "Secret" "x" "s" }} {{ randAlphaNum 10 }}'}


def _charts(files: dict[str, str]) -> dict[str, object]:
    return sides(chart("1.0.0", files=files), chart("1.1.0", files=files))


RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("config-value-changed",),
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    needs=(Need.CHART,),
    cases=(
        speaks(
            "a random password",
            ("high", "stringData.password"),
            before=_OBJECT % "a",
            after=_OBJECT % "b",
            sides=_charts(_CHANCE),
        ),
        quiet("a value that we set", before=_OBJECT % "a", after=_OBJECT % "b", sides=_charts(_SET)),
        quiet(
            "the chart reads the live value first", before=_OBJECT % "a", after=_OBJECT % "b", sides=_charts(_LOOKED_UP)
        ),
        quiet("it is the same", before=_OBJECT % "a", after=_OBJECT % "a", sides=_charts(_CHANCE)),
    ),
)
