"""Refuses an overlay of which a patch, an image or a target matches nothing: nobody writes one for that."""

from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import Resource
from pipeline.core.render.overlay import Kustomize, Overlay, stream
from pipeline.core.render.overlay_probes import idle, probed, words

_HINT = "correct what it looks for, or remove it; chart.yaml is the chart's output (pipeline render --explain RELEASE)"


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
