"""A webhook is called for different requests than before.

## Why it matters

More requests depend on its health, or some are no longer checked or changed by it.

## What to do

Compare rules and selectors with your namespaces: which are matched now, and which no longer?
"""

from collections.abc import Mapping
from itertools import islice, product
from typing import Any, NamedTuple

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.analysis.webhook_entries import fails_closed
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_MATCH = (("rules",), ("namespaceSelector",), ("objectSelector",), ("matchConditions",), ("matchPolicy",))
_MOST = 500
"""How many requests of one webhook are looked at."""


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("webhooks",) and path[2:3] in _MATCH


class _Request(NamedTuple):
    group: str
    version: str
    resource: str
    operation: str

    def covers(self, other: "_Request") -> bool:
        """Whether a rule about this is about the other: ``*/*`` is everything, ``pods/*`` the subresources of pods."""
        pairs = ((self.group, other.group), (self.version, other.version), (self.operation, other.operation))
        if not all(own in ("*", theirs) for own, theirs in pairs):
            return False
        kind, slash, part = self.resource.partition("/")
        other_kind, _, other_part = other.resource.partition("/")
        return kind in ("*", other_kind) and (part in ("*", other_part) if slash else not other_part)


def _requests(webhook: Mapping[str, Any]) -> set[_Request]:
    keys = ("apiGroups", "apiVersions", "resources", "operations")
    rules = map(mapping, sequence(webhook.get("rules")))
    every = (
        _Request(*combination)
        for rule in rules
        for combination in product(*(map(str, sequence(rule.get(key))) for key in keys))
    )
    return set(islice(every, _MOST))


def _grade(change: ResourceChange, _fields: list[FieldChange]) -> Severity | None:
    """More requests that fail while the webhook is down."""
    before = {str(webhook.get("name")): webhook for webhook in _webhooks(change.before)}
    for webhook in _webhooks(change.after):
        old = before.get(str(webhook.get("name")))
        if old is None or not fails_closed(webhook):
            continue
        known = _requests(old)
        if any(not any(combination.covers(new) for combination in known) for new in _requests(webhook) - known):
            return Severity.HIGH
    return None


def _webhooks(configuration: Resource | None) -> list[Mapping[str, Any]]:
    return list(map(mapping, sequence(configuration.body.get("webhooks")))) if configuration else []


check = object_check(
    _picks,
    FindingText(
        "it is now called for other requests",
        "More requests depend on it, or some are no longer checked.",
        "Compare rules and selectors with your namespaces.",
        grade=_grade,
    ),
)

_HOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: a}\n"
    "webhooks: [{name: a.b.c%s}]\n"
)


def _rule(resources: str) -> str:
    rule = f"apiGroups: [''], apiVersions: [v1], resources: [{resources}], operations: [CREATE]"
    return f", rules: [{{{rule}}}]"


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}),
    cases=(
        speaks(
            "another selector",
            ("medium", "webhooks[name=a.b.c].objectSelector.matchLabels"),
            before=_HOOK % "",
            after=_HOOK % ", objectSelector: {matchLabels: {a: b}}",
        ),
        speaks(
            "requests of another kind fail while it is down",
            ("high", "webhooks[name=a.b.c].rules[0].resources[1]"),
            before=_HOOK % _rule("pods"),
            after=_HOOK % _rule("pods, services"),
        ),
        speaks(
            "the same requests in other words",
            ("medium", "webhooks[name=a.b.c].rules[0].resources[0]"),
            before=_HOOK % _rule("'*'"),
            after=_HOOK % _rule("pods, services"),
        ),
        speaks(
            "requests pass while it is down",
            ("medium", "webhooks[name=a.b.c].rules[0].resources[1]"),
            before=_HOOK % (_rule("pods") + ", failurePolicy: Ignore"),
            after=_HOOK % (_rule("pods, services") + ", failurePolicy: Ignore"),
        ),
        quiet("another timeout", before=_HOOK % "", after=_HOOK % ", timeoutSeconds: 5"),
    ),
)
