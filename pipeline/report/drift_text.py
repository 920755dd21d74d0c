"""Where a cluster differs from what was applied, for people and for scripts."""

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.core.cluster.api.error_text import clean
from pipeline.core.cluster.plan.drift import Difference, DriftKind
from pipeline.core.words import counted
from pipeline.report.look import PLAIN, Look
from pipeline.report.plan_text import field_text

_STYLE = {
    DriftKind.MISSING: ("-", "red"),
    DriftKind.CHANGED: ("~", "yellow"),
    DriftKind.TAKEN: ("»", "yellow"),
    DriftKind.REPLACED: ("!", "red"),
    DriftKind.EXTRA: ("+", "yellow"),
}


def terminal(differences: Iterable[Difference], environment: str, look: Look = PLAIN) -> str:
    """Text that ends in a newline."""
    rows = list(differences)
    if not rows:
        return look.style("no drift", "bold", "green") + f": {clean(environment)} is as it was applied\n"
    head = look.style(f"drift in {counted(len(rows), 'object')}", "bold", "yellow") + f" of {clean(environment)}"
    return "\n".join([head, *(line for item in rows for line in _item(item, look))]) + "\n"


def data(differences: Iterable[Difference], environment: str) -> dict[str, Any]:
    """For scripts; secret values are masked here as well."""
    items = [
        {
            "object": str(item.id),
            "drift": str(item.drift),
            "release": item.release,
            "by": item.by,
            "fields": [{"path": field.path, "live": field.old, "applied": field.new} for field in item.fields],
        }
        for item in differences
    ]
    return {"schema": "pipeline.drift/v1", "environment": environment, "differences": items}


def _item(item: Difference, look: Look) -> Iterator[str]:
    mark, colour = _STYLE[item.drift]
    by = f"  (by {clean(item.by)})" if item.by else ""
    yield look.style(f"{mark} {item.drift:<9} {clean(str(item.id))}", colour) + by
    for field in item.fields:
        yield f"      {field_text(field)}"
