"""A built-in object has a value of the wrong type, lacks a required field, or has the same list entry twice.

## Why it matters

The API server rejects the whole object. The usual cause is text that looks like a number, or like true or false: YAML
reads it as one unless it is quoted. An entry that appears twice (a variable, a port) is rejected by server-side apply,
which ``pipeline apply`` uses; other clients may only get a warning.

## What to do

Correct the value that sets it. If the chart's template forgets the quotes, set the field with an overlay.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_field_errors import News, news
from pipeline.core.kube.field_check import Fault, FieldComplaint
from pipeline.core.kube.path import to_text
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for fact in news(upgrade):
        if fact.complaint.fault not in (Fault.UNKNOWN, Fault.INVALID):
            what, impact, fix = _told(fact.complaint)
            yield Hit(
                fact.places[0],
                title=f"{fact.resource.kind} {fact.resource.id.name}: {what}",
                impact=impact,
                fix=fix,
                severity=_severity(fact),
                confidence=fact.confidence,
                also=fact.places[1:],
            )


def _severity(news: News) -> Severity | None:
    """A plain create takes an entry twice: who applies by other means is not stopped by it."""
    return Severity.HIGH if news.certain and news.complaint.fault is Fault.TWICE else news.severity


def _told(complaint: FieldComplaint) -> tuple[str, str, str]:
    """What is wrong, what breaks, what to do."""
    path, impact = to_text(complaint.path), "The API server rejects the whole object."
    last = complaint.path[-1] if isinstance(complaint.path[-1], str) else complaint.field
    if complaint.fault is Fault.MISSING:
        return f"{path} is required", impact, f"Set {last} with a value or an overlay."
    if complaint.fault is Fault.TWICE:
        what = f"{to_text(complaint.path[:-1])} has {complaint.found} twice"
        lax = "Server-side apply rejects the whole object; other clients may only get a warning."
        return what, lax, "Remove one of the two with a value or an overlay."
    what = f"{path} is {complaint.found} but must be {complaint.wanted}"
    if complaint.wanted == "text" and complaint.found not in ("a map", "a list"):
        return what, impact, f"Put quotes around the value of {last}, in the values or with an overlay."
    return what, impact, f"Correct the value or the overlay that sets {last}."


_MAP = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {prometheus.io/port: %s}}\nspec: {ports: [%s]}\n"
)
_TARGET = {"target": (1, 35)}

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("annotations-changed",),
    severity=Severity.BLOCKER,
    whole=check,
    needs=(Need.TARGET,),
    cases=(
        speaks(
            "an annotation that is a number",
            ("blocker", 'metadata.annotations["prometheus.io/port"]'),
            before=_MAP % ('"8080"', "{port: 80}"),
            after=_MAP % ("8080", "{port: 80}"),
            facts=_TARGET,
        ),
        speaks(
            "a port without its number",
            ("blocker", "spec.ports[name=http].port"),
            after=_MAP % ("x", "{name: http}"),
            facts=_TARGET | {"target_stated": False},
        ),
        speaks(
            "a port that is listed twice",
            ("high", "spec.ports[name=b]"),
            before=_MAP % ("x", "{port: 80}"),
            after=_MAP % ("x", "{name: a, port: 80}, {name: b, port: 80, protocol: TCP}"),
            facts=_TARGET,
        ),
        quiet(
            "one number, two protocols",
            after=_MAP % ("x", "{name: a, port: 80}, {name: b, port: 80, protocol: UDP}"),
            facts=_TARGET,
        ),
        quiet(
            "it was a number before",
            before=_MAP % ("8080", "{port: 80}"),
            after=_MAP % ("8081", "{port: 80}"),
            facts=_TARGET,
        ),
        quiet("a port by name", after=_MAP % ("x", "{port: 80, targetPort: http}"), facts=_TARGET),
        quiet("null counts as absent", after=_MAP % ("null", "{port: 80, name: null}"), facts=_TARGET),
    ),
)
