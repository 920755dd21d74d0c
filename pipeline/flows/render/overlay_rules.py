"""Says which rule of an overlay Kustomize refuses, and refuses one that matches nothing: nobody writes one for that."""

import re
from itertools import islice

from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import Resource
from pipeline.core.render.overlay import REFUSES, Kustomize, Overlay, stream
from pipeline.core.render.overlay_probes import idle, probed, words
from pipeline.core.render.overlay_refusals import WithoutRule, without_each

_HINT = "correct what it looks for, or remove it; chart.yaml is the chart's output (pipeline render --explain RELEASE)"
_MOST = 60
"""Rules that are tried, at a Kustomize each: some seconds, once, where something is wrong."""
_ADDRESS = re.compile(r"0x[0-9a-f]+")


def located(error: WorldError, overlay: Overlay, chart: list[Resource], kustomize: Kustomize) -> WorldError:
    """``error`` of the build of ``overlay``, with the file and line of the rule without which it would not be."""
    _, refuses, said = error.message.partition(f": {REFUSES}: ")
    rule = _refused(error, overlay, stream(chart), kustomize) if refuses else None
    if rule is None:
        return error
    return WorldError(f"{rule.place(overlay)}: Kustomize refuses {rule.kind}: {said}", hint=error.hint)


def _refused(error: WorldError, overlay: Overlay, chart: str, kustomize: Kustomize) -> WithoutRule | None:
    """The rule without which it builds; where there is none, the first without which it fails elsewhere."""
    other: WithoutRule | None = None
    for rule in islice(without_each(overlay), _MOST):
        try:
            kustomize.build(rule.overlay, chart)
        except WorldError as now:
            if _ADDRESS.sub("", now.message) != _ADDRESS.sub("", error.message):
                other = other or rule
        else:
            return rule
    return other


def refuse_idle_rules(title: str, overlay: Overlay, chart: list[Resource], kustomize: Kustomize) -> None:
    """``chart`` is the chart's output as Helm wrote it.

    Raises:
        WorldError: a rule matches nothing: each with its file and line.
    """
    marked, rules = probed(overlay)
    if not rules:
        return
    try:
        built = kustomize.build(marked, stream(chart))
    except WorldError:  # with marks, something does not build that builds without: then no one can tell
        return
    said = [words(rule, overlay, chart) for rule in idle(rules, built)]
    if said:
        raise WorldError("\n".join(f"{title}: {line}" for line in said), hint=_HINT)
