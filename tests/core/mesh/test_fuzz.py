"""Whatever stands in an object of the mesh, its view is computed, or the object is passed over."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.proxies import chosen_proxy, proxies
from pipeline.core.mesh.requests import parse_request
from pipeline.core.mesh.tracing import traced_host, traced_request
from pipeline.core.mesh.view import mesh_views, proxy_view
from pipeline.core.mesh.view_changes import view_changes
from pipeline.core.mesh.view_json import view_json
from pipeline.report.mesh_json import changes_data
from pipeline.report.mesh_text import changes_text, traced_text, views_text
from tests.core.mesh.whole_mesh import WHOLE

_ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 2**70, 1.5, "", "*", "a", "80", "/", "x/y/z", "\x1b[31m", "(", [], [None], {}, {"": 0}, [[]]]
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [path, *(place for key, one in inside for place in _places(one, (*path, key)))]


def _with(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], odd)
    return copy


_PLACES = [(number, place) for number, one in enumerate(WHOLE) for place in _places(one) if place]


_BEFORE = mesh_views(Mesh.of(map(Resource.of, WHOLE)))


def _exercise(documents: list[Any]) -> None:
    before = _BEFORE
    mesh = Mesh.of(Resource.of(one) for one in documents if isinstance(one, dict))
    views = mesh_views(mesh)
    view_json(views)
    views_text(views, ())
    changes = {
        title: view_changes(before.get(title), views.get(title)) for title in sorted(before.keys() | views.keys())
    }
    changes_text(changes, ())
    changes_data(("old", "new"), changes, ())
    request = parse_request("POST shop.example.org/p/x?q=1")
    for rows in (traced_request(before, views, request), traced_host(before, views, "a")):
        traced_text(rows, "a", compared=True)
    for one in mesh.workloads:
        chosen = chosen_proxy(mesh, proxies(mesh), f"{one.kind}/{one.name}")
        if chosen:
            proxy_view(mesh, chosen)


def test_the_whole_mesh_itself_is_read() -> None:
    _exercise(WHOLE)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(_PLACES), _ODD), min_size=1, max_size=4))
def test_odd_values_at_any_place(changed: list[tuple[tuple[int, tuple[Any, ...]], Any]]) -> None:
    documents: list[Any] = list(WHOLE)
    for (number, place), odd in changed:
        try:
            documents[number] = _with(documents[number], place, odd)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    _exercise(documents)


_ODDITIES: tuple[Any, ...] = (None, True, -1, 1.5, "", "*", [], {}, [None])
_EVERY = [(number, place, odd) for number, place in _PLACES for odd in _ODDITIES]
_CASES = int(os.environ.get("PIPELINE_FUZZ", "60"))


@pytest.mark.slow
def test_each_place_with_one_odd_value() -> None:
    """A sample, spread evenly; ``PIPELINE_FUZZ=20000`` tries all of some six thousand."""
    for number, place, odd in _EVERY[:: max(1, len(_EVERY) // _CASES)]:
        documents: list[Any] = list(WHOLE)
        documents[number] = _with(documents[number], place, odd)
        _exercise(documents)
