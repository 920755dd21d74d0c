"""The rows of a report about routes of a mesh, by the proxies that they are of."""

from collections.abc import Iterator

from pipeline.core.judge.mesh_entry import MeshEntry
from pipeline.core.judge.report_document import ReportDocument


def mesh_tables(report: ReportDocument) -> Iterator[tuple[str, list[MeshEntry]]]:
    """``(title, rows)``; the environment stands first where the report is of several."""
    rows_of: dict[tuple[str, tuple[str, ...]], list[MeshEntry]] = {}
    for row in report.mesh or ():
        rows_of.setdefault((row.environment, row.proxies), []).append(row)
    several = len({environment for environment, _ in rows_of}) > 1
    for (environment, owners), rows in rows_of.items():
        yield f"{environment}: {', '.join(owners)}" if several else ", ".join(owners), rows
