"""What the publishers of the charts say of the new versions: links, never their words."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.core.charts.release_links import ReleaseLink, is_plain
from pipeline.core.judge.report_document import ReportDocument
from pipeline.report import plain
from pipeline.report.shapes import code

_NAMES = frozenset({"release notes", "changelog", "upgrade notes"})


class ChartLinks(NamedTuple):
    """``title`` is a chart with both versions."""

    title: str
    links: Sequence[ReleaseLink]


def chart_links(report: ReportDocument) -> list[ChartLinks]:
    """Each chart that moves, once. The report may be a stranger's: an address that is not plain is left out."""
    links_of: dict[str, ChartLinks] = {}
    for release in report.releases:
        chart = release.chart
        links = [ReleaseLink(link.name, link.url) for link in chart.links if link.name in _NAMES and is_plain(link.url)]
        title = plain.line(f"{chart.name} {chart.old_version} → {chart.new_version}")
        if links and chart.old_version != chart.new_version:
            links_of.setdefault(title, ChartLinks(title, links))
    return list(links_of.values())


def in_markdown(report: ReportDocument) -> Iterator[str]:
    """A line for each chart."""
    for chart in chart_links(report):
        links = " · ".join(f"[{link.name}](<{link.url}>)" for link in chart.links)
        yield f"- {code(chart.title)}: {links}"


def in_terminal(report: ReportDocument) -> Iterator[str]:
    """The same, with the addresses to read."""
    for chart in chart_links(report):
        yield f"  {chart.title}: {', '.join(f'{link.name} {link.url}' for link in chart.links)}"
