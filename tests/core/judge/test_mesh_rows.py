"""The changed routes of a mesh in the report, its page, and in merged shards."""

from typing import Any

from msgspec import UNSET

from pipeline.core.judge.build_report import Targets, build
from pipeline.core.judge.merge_reports import merge
from pipeline.core.judge.report_document import ReportDocument
from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.risk.upgrade import Side
from pipeline.report import html, structured


def _object(api: str, kind: str, name: str, spec: dict[str, Any]) -> Resource:
    return Resource.of({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec})


_SERVICE = _object("v1", "Service", "web", {"clusterIP": "10.0.0.1", "ports": [{"name": "http", "port": 80}]})
_POD = {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}}}
_DEPLOYMENT = _object("apps/v1", "Deployment", "web", _POD)


def _route(timeout: str) -> Resource:
    http = [{"timeout": timeout, "route": [{"destination": {"host": "web"}}]}]
    return _object(
        "networking.istio.io/v1", "VirtualService", "<b>web", {"hosts": ["web", "<b>.example"], "http": http}
    )


def _snapshot(*objects: Resource) -> Snapshot:
    side = ReleaseSide("shop", Side(ManifestSet.of([_SERVICE, _DEPLOYMENT, *objects])))
    return Snapshot("dir:x", {ReleaseKey("prod", "web"): side})


def _document(old: Snapshot, new: Snapshot) -> ReportDocument:
    return structured.document(build(old, new, (), Targets({})))


def test_a_changed_route_is_in_the_report_and_on_its_page() -> None:
    document = _document(_snapshot(_route("1s")), _snapshot(_route("2s")))
    assert document.mesh is not UNSET
    row = next(row for row in document.mesh if row.subject == "/* on web.shop:80")
    assert (row.environment, row.proxies, row.sign) == ("prod", ("sidecar shop",), "~")
    assert (row.old, row.new) == ("web.shop:80, timeout 1s", "web.shop:80, timeout 2s")
    page = html.render(document)
    assert "<td>web.shop:80, timeout 1s</td><td>web.shop:80, timeout 2s</td>" in page
    assert "<b>.example" not in page


def test_without_a_mesh_there_is_nothing_of_it() -> None:
    other = _object("v1", "Service", "other", {"ports": [{"port": 1}]})
    document = _document(_snapshot(), _snapshot(other))
    assert document.mesh is UNSET
    assert 'id="mesh"' not in html.render(document)


def test_shards_say_a_row_once() -> None:
    document = _document(_snapshot(_route("1s")), _snapshot(_route("2s")))
    assert document.mesh is not UNSET
    assert merge([document, document]).mesh == document.mesh
