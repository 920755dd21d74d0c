"""What ``pipeline mesh`` was asked, answered: both states are read, masked, and computed as Istio would."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.cli.support.diff_sides import sources_of
from pipeline.cli.support.settings import settings
from pipeline.cli.support.showing import put
from pipeline.cli.support.tree_diffing import rendered_sides
from pipeline.core.config.diff_source import DiffSource, SourceKind, parse_source
from pipeline.core.errors import UsageError
from pipeline.core.json_text import escaped
from pipeline.core.judge.masked_snapshot import masked
from pipeline.core.judge.snapshot import Snapshot
from pipeline.core.mesh.envoy import ProxyView
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.proxies import Proxy, chosen_proxy, proxies
from pipeline.core.mesh.requests import parse_request
from pipeline.core.mesh.tracing import traced_host, traced_request
from pipeline.core.mesh.values import by_name
from pipeline.core.mesh.view import proxy_view
from pipeline.core.mesh.view_changes import view_changes
from pipeline.core.mesh.view_json import view_json
from pipeline.core.redaction.mask import Mask
from pipeline.report import mesh_json, mesh_text
from pipeline.report.look import Look

_BOTH = 2
_Views = Mapping[str, ProxyView]


@dataclass(frozen=True, slots=True)
class MeshQuestion:
    """Empty texts ask for nothing."""

    environments: tuple[str, ...]
    proxy: str
    host: str
    request: str
    headers: tuple[str, ...]


def answer(old: str | None, new: str | None, question: MeshQuestion, outputs: tuple[str, ...]) -> None:
    """Print what was asked for. One source is one state, none is the merge base against the work tree."""
    given = [text for text in (old, new) if text]
    sources = [
        source for text in given or ("merge-base", "worktree") for source in sources_of(text) or [parse_source(text)]
    ]
    if len(sources) > _BOTH:
        raise UsageError("only two states can be compared", hint="pipeline mesh OLD NEW")
    _without_charts(sources)
    snapshots = rendered_sides(sources, question.environments)
    mask, compared = Mask(), len(snapshots) > 1
    sides = masked(snapshots[0], snapshots[-1], mask)
    states = [_state(side, question, compared=compared) for side in (sides if compared else sides[-1:])]
    _some_has(states, question)
    look = Look(settings().colored(sys.stdout))
    forms = _forms(states, [str(source) for source in sources], question, look)
    put({name: partial(_masked_text, make, mask) for name, make in forms.items()}, outputs)


def _masked_text(make: Callable[[], str], mask: Mask) -> str:
    """Without what Secrets of the same manifests hold."""
    return mask.text(make())


def _without_charts(sources: list[DiffSource]) -> None:
    if any(source.kind is SourceKind.CHART for source in sources):
        hint = "render it first: helm template RELEASE CHART > out/all.yaml, then pipeline mesh dir:out"
        raise UsageError("the mesh is more than one chart", hint=hint)


@dataclass(frozen=True, slots=True)
class _State:
    views: _Views
    not_applied: tuple[str, ...]
    known: tuple[str, ...]


def _state(snapshot: Snapshot, question: MeshQuestion, *, compared: bool) -> _State:
    """Each environment is a mesh of its own; where there are several, their names stand before the proxies'."""
    views: dict[str, ProxyView] = {}
    not_applied, known = [], []
    environments = sorted({key.environment for key in snapshot.releases})
    for environment in environments:
        releases = [side for key, side in sorted(snapshot.releases.items()) if key.environment == environment]
        objects = [resource for side in releases for resource in side.side.manifests.resources]
        mesh = Mesh.of(by_name(objects) if compared else objects)
        prefix = f"{environment}: " if len(environments) > 1 else ""
        every = proxies(mesh)
        for proxy in _chosen(mesh, every, question):
            views[f"{prefix}{proxy.title}"] = proxy_view(mesh, proxy)
        not_applied += [f"{prefix}{refusal}" for refusal in mesh.not_applied]
        known += [f"{proxy.kind}/{proxy.name}" for proxy in every]
    return _State(views, tuple(not_applied), tuple(known))


def _chosen(mesh: Mesh, every: list[Proxy], question: MeshQuestion) -> list[Proxy]:
    if not question.proxy:
        return every
    proxy = chosen_proxy(mesh, every, question.proxy)
    return [proxy] if proxy else []


def _some_has(states: list[_State], question: MeshQuestion) -> None:
    if question.proxy and not any(state.views for state in states):
        known = sorted({name for state in states for name in state.known})
        hint = f"one of {', '.join(known[:8])}, or a workload such as Deployment/NAME"
        raise UsageError(f"there is no proxy {question.proxy!r}", hint=hint)


def _forms(
    states: list[_State], titles: list[str], question: MeshQuestion, look: Look
) -> Mapping[str, Callable[[], str]]:
    compared = len(states) > 1
    old, new = states[0], states[-1]
    if question.host or question.request:
        return _traced(old if compared else None, new, question, look)
    unapplied = sorted({*old.not_applied, *new.not_applied})
    if not compared:
        return {
            "terminal": lambda: mesh_text.views_text(new.views, unapplied, look),
            "json": lambda: _json(view_json(new.views)),
        }
    titles_of = sorted(old.views.keys() | new.views.keys())
    changes = {title: view_changes(old.views.get(title), new.views.get(title)) for title in titles_of}
    return {
        "terminal": lambda: mesh_text.changes_text(changes, unapplied, look),
        "json": lambda: _json(mesh_json.changes_data((titles[0], titles[-1]), changes, unapplied)),
    }


def _traced(old: _State | None, new: _State, question: MeshQuestion, look: Look) -> Mapping[str, Callable[[], str]]:
    before = (old or new).views
    if question.request:
        request = parse_request(question.request, question.headers)
        rows, what = traced_request(before, new.views, request), str(request)
    else:
        rows, what = traced_host(before, new.views, question.host), question.host
    compared = old is not None
    return {
        "terminal": lambda: mesh_text.traced_text(rows, what, compared=compared, look=look),
        "json": lambda: _json(mesh_json.traced_data(rows, what, compared=compared)),
    }


def _json(data: Any) -> str:
    return escaped(json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True)) + "\n"
