"""What a change does to the routes of a mesh, as data for scripts."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.core.mesh.tracing import TracedRoute
from pipeline.core.mesh.view_changes import MeshChange

CHANGES_SCHEMA = "pipeline.mesh-changes/v1"
TRACE_SCHEMA = "pipeline.mesh-trace/v1"


def changes_data(
    sides: tuple[str, str], changes: Mapping[str, Sequence[MeshChange]], not_applied: Sequence[str]
) -> dict[str, Any]:
    """``proxies`` holds the changes of each proxy by its title; ``old`` or ``new`` is null where there is none."""
    proxies = {
        title: [
            {
                "kind": str(change.kind),
                "subject": change.subject,
                "table": change.table,
                "host": change.host,
                "old": change.data[0],
                "new": change.data[1],
                "words": list(change.words),
            }
            for change in rows
        ]
        for title, rows in changes.items()
    }
    return {
        "schema": CHANGES_SCHEMA, "old": sides[0], "new": sides[1], "proxies": proxies, "notApplied": list(not_applied)
    }  # fmt: skip


def traced_data(rows: Sequence[TracedRoute], what: str, *, compared: bool) -> dict[str, Any]:
    """``old`` only where two states are compared; empty text where a proxy has no such route."""
    routes = [
        {"proxy": row.proxy, "place": row.place, **({"old": row.old} if compared else {}), "new": row.new}
        for row in rows
    ]
    return {"schema": TRACE_SCHEMA, "of": what, "routes": routes}
