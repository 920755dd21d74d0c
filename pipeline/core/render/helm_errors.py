"""Turns Helm's output for a chart that does not render into one clear error with template and line."""

import re

from pipeline.core.errors import RenderError
from pipeline.core.render.manifests import ManifestError
from pipeline.core.render.order import RenderOrder

# "execution error at (c/templates/x.yaml:2:9)", "template: c/templates/x.tpl:3:14: executing", "c/templates/x.yaml:4:7"
_PLACE = re.compile(r"([\w.@+-]+(?:/[\w.@+ -]+)*/(?:templates|crds|charts)/[^\s:\"'()<>]+):(\d+)")
# "YAML parse error on c/templates/x.yaml: error converting YAML to JSON: yaml: line 12: …"
_YAML_PLACE = re.compile(r"YAML parse error on ([^\s:]+):(?:.*?\bline (\d+):)?", re.DOTALL)
_NO_MAP = re.compile(
    r"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal (\w+) into Go value of type util\.SimpleHead"
)
_DEBUG_ADVICE = "Use --debug flag to render out invalid YAML"
_LINES = 12


def render_error(order: RenderOrder, said: str) -> RenderError:
    """The innermost place that Helm names, since the cause is there; the message does not begin with it again."""
    message = clean(said)
    template, line = place_of(message)
    shown = re.sub(rf"\A{re.escape(f'{template}:{line}')}(?::[0-9]+)?:?\s+", "", message) if template else message
    return RenderError(
        shown, release=order.release, chart=order.title, template=template, line=line, hint=_hint(message)
    )


def not_readable(order: RenderOrder, error: ManifestError) -> RenderError:
    """For what Helm printed and no one can apply: a file of crds/, which Helm does not read, or a lost document."""
    return RenderError(
        f"its output is not valid YAML: {error.message}",
        release=order.release,
        chart=order.title,
        template=error.source,
        line=error.line,
        hint="correct the values that this file prints, or use another version of the chart",
    )


def clean(said: str) -> str:
    """Helm's message without its prefix, its advice about its own flags, and blank lines; at most twelve lines."""
    text = _NO_MAP.sub(lambda match: f"the document is of type {match[1]}, not a map", said.replace(_DEBUG_ADVICE, ""))
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    start = next((index for index, line in enumerate(lines) if line.startswith("Error: ")), 0)
    kept = lines[start:][:_LINES]
    if kept:
        kept[0] = kept[0].removeprefix("Error: ").removeprefix("INSTALLATION FAILED: ")
    return "\n".join(kept) or "helm gave no reason"


def place_of(message: str) -> tuple[str, int]:
    """``("chart/templates/x.yaml", 12)``, or ``("", 0)`` where the message names no place."""
    places = _PLACE.findall(message)
    if places:
        template, line = places[-1]
        return template, int(line)
    match = _YAML_PLACE.search(message)
    return (match[1], int(match[2] or 0)) if match else ("", 0)


def _hint(message: str) -> str:
    if "requires kubeVersion" in message:
        return "give a Kubernetes version that the chart supports (environments.<name>.kubeVersion or --kube-version)"
    if "meet the specifications of the schema" in message:
        return "correct the values named above; the chart's values.schema.json says what it takes"
    if "missing in charts/ directory" in message:
        return "vendor the chart with its dependencies: pipeline vendor"
    return ""
