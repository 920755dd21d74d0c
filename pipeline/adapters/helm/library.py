"""Helm's SDK inside a worker process of the ``embedded`` engine: a chart may crash it or use up its memory.

The library renders templates. What the program does around that (kubeVersion check, order, hooks, CRDs) is done here;
what cannot be done as the program does it is an error.
"""

import ctypes
import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson
from helm_python import _native as native
from helm_python.errors import HelmError, HelmRenderError

from pipeline.adapters.helm.native_output import printed
from pipeline.core.charts.values import ValuesError, merge
from pipeline.core.render.helm_apis import HELM_API_VERSIONS
from pipeline.core.render.helm_output import Document, HelmOutputError, assemble, documents
from pipeline.core.render.order import RenderOrder

_LONGEST_ESCAPE = 6
"""Characters of JSON for one of a manifest: a control character takes six."""

_API_VERSIONS = ("v1", "v2", None)
"""Of a chart that says none, Helm's reader complains in its own words, or takes it for the oldest."""
_MISSING = (
    "an error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch "
    "missing dependencies: found in Chart.yaml, but missing in charts/ directory"
)


class NotRenderedError(Exception):
    """Helm refuses to render; the message is Helm's."""


class TooLargeError(Exception):
    """The manifests are larger than they may be."""


@dataclass(frozen=True, slots=True)
class Output:
    """``text`` is what ``helm template`` prints, ``lost`` the documents whose hook Helm does not know."""

    text: str
    warnings: tuple[str, ...]
    lost: tuple[Document, ...]


def version() -> str:
    """That of the SDK in the library, without the v."""
    return native.helm_sdk_version().removeprefix("v")


def render(order: RenderOrder, largest: int) -> Output:
    """Render ``order``, to at most ``largest`` characters.

    Raises:
        NotRenderedError: the chart does not render.
        TooLargeError: it renders to more.
    """
    try:
        _check_name(order.release)
        merged = merge(order.values)
        # A chart that has been rendered is a changed chart (disabled dependencies are gone): one handle a render.
        with _handle(native.call_handle("helm_chart_load", str(Path(order.chart).absolute()))) as chart:
            metadata = orjson.loads(native.call_string("helm_chart_metadata", chart))
            _check_installable(metadata, chart)
            templates = _templates(order, metadata, chart, json.dumps(merged), largest)
            crds = orjson.loads(native.call_string("helm_chart_crds", chart)) if order.include_crds else ()
        if sum(map(len, templates.values())) + sum(len(crd["data"]) for crd in crds) > largest:
            raise TooLargeError
        rendered = documents(templates)
    except (HelmError, HelmOutputError, ValuesError) as error:
        raise NotRenderedError(str(error)) from error
    text = assemble([(crd["filename"], crd["data"]) for crd in crds], rendered)
    deprecated = ("this chart is deprecated",) if metadata.get("deprecated") else ()
    return Output(text, deprecated + printed(), tuple(document for document in rendered if document.lost))


def _templates(
    order: RenderOrder, metadata: Mapping[str, Any], chart: Any, values: str, largest: int
) -> dict[str, str]:
    """The rendered templates by path. Helm judges the values first, then the target's version, then the templates."""
    try:
        rendered = native.call_string("helm_render", chart, values, _options(order))
    except HelmRenderError:
        _check_target(order, metadata)
        raise
    _check_target(order, metadata)
    if len(rendered) > _LONGEST_ESCAPE * largest:
        raise TooLargeError
    return dict(orjson.loads(rendered))


def _options(order: RenderOrder) -> str:
    return json.dumps(
        {
            "name": order.release,
            "namespace": order.namespace,
            "revision": 1,
            "is_install": not order.is_upgrade,
            "is_upgrade": order.is_upgrade,
            "kube_version": order.kube_version,
            "api_versions": sorted({*HELM_API_VERSIONS, *order.api_versions}),
        }
    )


@contextmanager
def _handle(number: int) -> Iterator[Any]:
    handle = native.HANDLE(number)
    try:
        yield handle
    finally:
        native.call_status("helm_handle_free", handle)


def _check_name(release: str) -> None:
    try:
        native.call_status("helm_release_name_validate", release)
    except HelmError as error:
        raise HelmOutputError(f'release name check failed: release name "{release}": {error}') from error


def _check_installable(metadata: Mapping[str, Any], chart: Any) -> None:
    """What ``helm template`` refuses before it renders, and the library does not look at."""
    if metadata.get("apiVersion") not in _API_VERSIONS:
        raise HelmOutputError("invalid chart apiVersion")
    kind = metadata.get("type") or "application"
    if kind != "application":
        raise HelmOutputError(f"{kind} charts are not installable")
    there = {entry.get("name") for entry in orjson.loads(native.call_string("helm_chart_dependencies", chart))}
    missing = [str(entry.get("name")) for entry in metadata.get("dependencies") or () if entry["name"] not in there]
    if missing:
        raise HelmOutputError(f"{_MISSING}: {', '.join(missing)}")


def _check_target(order: RenderOrder, metadata: Mapping[str, Any]) -> None:
    wanted = str(metadata.get("kubeVersion") or "")
    if wanted and not _satisfies(wanted, order.kube_version):
        version = "v" + order.kube_version.removeprefix("v")
        raise HelmOutputError(f"chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {version}")


@lru_cache
def _satisfies(wanted: str, version: str) -> bool:
    """Helm's own answer: a chart of one template that asks ``semverCompare``, as Helm compares."""
    numbers = re.match(r"v?(\d+(?:\.\d+)*)", version)
    values = json.dumps({"wanted": wanted, "version": f"v{numbers[1]}" if numbers else version})
    archive = _semver_chart()
    data = (ctypes.c_uint8 * len(archive)).from_buffer_copy(archive)
    with _handle(native.call_handle("helm_chart_load_archive", data, len(archive))) as chart:
        try:
            rendered = orjson.loads(native.call_string("helm_render", chart, values, None))
        except HelmError:  # an unreadable constraint suits no version, as for Helm
            return False
    return bool(rendered["semver/templates/answer"] == "true")


@cache
def _semver_chart() -> bytes:
    files = {
        "semver/Chart.yaml": b"apiVersion: v2\nname: semver\nversion: 1.0.0\n",
        "semver/templates/answer": b"{{ semverCompare .Values.wanted .Values.version }}",
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()
