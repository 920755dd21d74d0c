"""The view of a mesh, and what a change does to it, as tables for people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.core.mesh.envoy import ProxyView
from pipeline.core.mesh.route_words import listener_state, match_words, route_words
from pipeline.core.mesh.tracing import TracedRoute
from pipeline.core.mesh.view_changes import ChangeKind, Changes, MeshChange, grouped_changes, host_title
from pipeline.core.words import counted
from pipeline.report.look import Look
from pipeline.report.plain import line

_PLAIN = Look()
_STYLES = {"+": "green", "-": "red", "~": "yellow"}
_HEADS = {
    ChangeKind.ROUTE: "Routes",
    ChangeKind.HOST: "Hosts",
    ChangeKind.LISTENER: "Listeners",
    ChangeKind.CLUSTER: "Clusters",
}


def changes_text(changes: Changes, not_applied: Sequence[str], look: Look = _PLAIN) -> str:
    """A row for each change, once for all proxies that have it. Text that ends in a newline."""
    grouped = grouped_changes(changes)
    if not grouped:
        lines = [look.style("no route, listener or cluster changes", "bold", "green")]
        return "\n".join([*lines, *_unapplied(not_applied, look)]) + "\n"
    lines = []
    for proxies, rows in grouped:
        lines += [look.style(line(", ".join(proxies)), "bold"), *_kinds(rows, look), ""]
    return "\n".join([*lines[:-1], *_unapplied(not_applied, look)]) + "\n"


def _kinds(rows: Iterable[MeshChange], look: Look) -> Iterator[str]:
    every = list(rows)
    for kind, head in _HEADS.items():
        chosen = [change for change in every if change.kind is kind]
        if chosen:
            yield f"  {head}"
            yield from (look.style(f"    {change.sign} {row_text(change)}", _STYLES[change.sign]) for change in chosen)


def row_text(change: MeshChange) -> str:
    """``GET /api* on shop.example.org:80: reviews v1 -> reviews v1 90 %, reviews v2 10 %``."""
    shown = " -> ".join(words for words in change.words if words)
    return line(f"{change.subject}: {shown}" if shown else change.subject)


def _unapplied(names: Sequence[str], look: Look) -> Iterator[str]:
    if names:
        yield ""
        head = f"{counted(len(names), 'EnvoyFilter')} not applied to this view, which may change it further:"
        yield look.style(head, "yellow")
        yield from (f"  {line(name)}" for name in names)


def views_text(views: Mapping[str, ProxyView], not_applied: Sequence[str], look: Look = _PLAIN) -> str:
    """One state: what each proxy routes where, and where it listens."""
    lines = []
    for title, view in views.items():
        size = counted(len(view.clusters), "cluster")
        lines += [look.style(f"{line(title)}", "bold") + f"  {size}", *_table(_routes(view)), *_listeners(view), ""]
    return "\n".join([*lines[:-1], *_unapplied(not_applied, look)]) + "\n"


def _routes(view: ProxyView) -> Iterator[tuple[str, str, str]]:
    known = frozenset(cluster.name for cluster in view.clusters)
    for table in view.tables:
        for host in table.hosts:
            title = host_title(host) if host.routes and host.domains != ("*",) else f"{host_title(host)} ({table.name})"
            if not host.routes:
                yield title, "*", "redirect to HTTPS" if host.requires_tls else "answer 404"
            for number, route in enumerate(host.routes):
                yield title if not number else "", match_words(route.match), route_words(route, known)


def _listeners(view: ProxyView) -> Iterator[str]:
    for listener in view.listeners:
        yield line(f"  listener {listener.name}: {listener_state(listener)}")


def _table(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    shown = [tuple(map(line, row)) for row in rows]
    widths = [max((len(row[column]) for row in shown), default=0) for column in range(2)]
    return [f"  {row[0].ljust(widths[0])}  {row[1].ljust(widths[1])}  {row[2]}".rstrip() for row in shown]


def traced_text(rows: Sequence[TracedRoute], what: str, *, compared: bool, look: Look = _PLAIN) -> str:
    """What becomes of a request, or who reaches a host; before and after where two states are compared."""
    if not rows:
        return f"no proxy knows {line(what)}\n"
    lines = [look.style(line(what), "bold")]
    for row in rows:
        old, new = (line(words) or "not there" for words in (row.old, row.new))
        shown = new if not compared else f"{old} -> {new}" if row.changes else f"{new} (unchanged)"
        text = f"  {line(row.proxy)}: {line(row.place)}: {shown}"
        lines.append(look.style(text, "yellow") if compared and row.changes else text)
    return "\n".join(lines) + "\n"
