"""What is remembered of a render saves work and changes nothing: the tree and the words are the same without it."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from pipeline.adapters.charts.vendored_engine import VendoredEngine
from pipeline.cli import run
from pipeline.core.errors import RenderError
from pipeline.core.render.order import RenderedChart, RenderOrder
from tests.support.platforms import platform, snapshot, verbs, write

CONFIG = """releases:
- {name: web, chart: ./charts/web, namespace: shop}
- {name: kinds, chart: ./charts/kinds, namespace: shop}
- {name: asks, chart: ./charts/asks, namespace: shop}
- {name: random, chart: ./charts/random, namespace: shop}
helm: {engine: embedded}
"""
CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gears.example.org}
spec:
  group: example.org
  names: {kind: Gear, plural: gears}
  scope: %s
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""
PLAIN_CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: gears.example.org
spec:
  group: example.org
  names:
    kind: Gear
    plural: gears
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object}}
"""
ASKS = """apiVersion: v1
kind: ConfigMap
metadata: {name: asks}
data: {has: '{{ .Capabilities.APIVersions.Has "example.org/v1/Gear" }}'}
---
apiVersion: example.org/v1
kind: Gear
metadata: {name: mine}
"""
RANDOM = """apiVersion: v1
kind: ConfigMap
metadata: {name: random}
data: {a: {{ randAlphaNum 12 | quote }}}
"""
FILES = {
    "pipeline.yaml": CONFIG,
    "charts/kinds/Chart.yaml": "apiVersion: v2\nname: kinds\nversion: 1.0.0\n",
    "charts/kinds/templates/crd.yaml": CRD % "Namespaced",
    "charts/asks/Chart.yaml": "apiVersion: v2\nname: asks\nversion: 1.0.0\ndeprecated: true\n",
    "charts/asks/templates/a.yaml": ASKS,
    "charts/random/Chart.yaml": "apiVersion: v2\nname: random\nversion: 1.0.0\n",
    "charts/random/templates/a.yaml": RANDOM,
}
ALL = {"web", "kinds", "asks", "random"}
Output = pytest.CaptureFixture[str]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the releases that Helm renders, in the order of its work."""
    found: list[str] = []
    render_all = VendoredEngine.render_all

    def counted(self: VendoredEngine, orders: Iterable[RenderOrder]) -> Iterator[RenderedChart | RenderError]:
        wanted = list(orders)
        found.extend(order.release for order in wanted)
        return render_all(self, wanted)

    monkeypatch.setattr(VendoredEngine, "render_all", counted)
    return found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rendered: list[str]) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = platform(tmp_path / "platform", FILES)
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    rendered.clear()
    return root


def said(capsys: Output, line: str) -> str:
    capsys.readouterr()
    assert run(["--quiet", *line.split()]) == 0
    heard = capsys.readouterr()
    return heard.out + heard.err


def test_what_is_unchanged_is_not_rendered_and_says_the_same(here: Path, rendered: list[str], capsys: Output) -> None:
    before = snapshot(here)
    with_memory, check = said(capsys, "render"), said(capsys, "render --check")
    assert rendered == []
    assert "deprecated" in with_memory
    assert "renders another value each time" in with_memory
    assert said(capsys, "--no-cache render") == with_memory
    assert said(capsys, "--no-cache render --check") == check
    assert sorted(set(rendered)) == ["asks", "kinds", "random", "web"]
    assert snapshot(here) == before


@pytest.mark.parametrize(
    ("files", "which"),
    [
        ({"values/web/common.yaml": "port: 81\n"}, {"web"}),
        ({"rendered/default/web/shop/service-web.yaml": "a: b\n"}, {"web"}),
        ({"rendered/.pipeline/default/web.json": "{"}, {"web"}),
        ({"pipeline.yaml": CONFIG.replace("web, namespace: shop", "web, namespace: other")}, {"web"}),
        (
            {"pipeline.yaml": CONFIG + "environments: {default: {kubeVersion: '1.30'}}\n"},
            ALL,
        ),
        ({"pipeline.yaml": CONFIG + "secrets: {rendered: omit}\n"}, ALL),
    ],
)
def test_what_changed_is_rendered(here: Path, rendered: list[str], files: dict[str, str], which: set[str]) -> None:
    write(here, files)
    verbs("render")
    assert set(rendered) == which
    after = snapshot(here)
    verbs("--no-cache render")
    assert snapshot(here) == after


def test_what_another_release_brings_is_not_missed(here: Path, rendered: list[str]) -> None:
    gear = here / "rendered/default/asks/shop/gear.example.org-mine.yaml"
    assert gear.exists()
    write(here, {"charts/kinds/templates/crd.yaml": CRD % "Cluster"})
    verbs("vendor --update", "render")
    assert set(rendered) >= {"kinds", "asks"}
    assert "web" not in rendered
    assert not gear.exists()
    assert (here / "rendered/default/asks/_cluster/gear.example.org-mine.yaml").exists()
    write(here, {"charts/kinds/templates/crd.yaml": "a: b\n"})
    verbs("vendor --update", "render")
    assert "'false'" in (here / "rendered/default/asks/shop/configmap-asks.yaml").read_text()
    after = snapshot(here)
    verbs("--no-cache render")
    assert snapshot(here) == after


def test_a_file_that_no_render_wrote_is_named_all_the_same(here: Path, rendered: list[str], capsys: Output) -> None:
    write(here, {"rendered/default/web/shop/own.yaml": "a: 1\n", "rendered/default/web/notes.md": "mine\n"})
    capsys.readouterr()
    assert run(["render", "--check"]) == 4
    assert "own.yaml was added by hand" in capsys.readouterr().out
    assert set(rendered) == {"web"}


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def emptied(_data: bytes) -> bytes:
    return b""


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("damage", [cut, emptied, flipped])
def test_a_damaged_entry_is_forgotten(here: Path, rendered: list[str], damage: Callable[[bytes], bytes]) -> None:
    before = snapshot(here)
    kept = [path for name in ("renders", "files") for path in (here.parent / "cache/pipeline" / name).iterdir()]
    assert len(kept) > 8
    for path in kept:
        path.write_bytes(damage(path.read_bytes()))
    verbs("render", "render --check")
    assert set(rendered) == ALL
    assert snapshot(here) == before


def test_entries_under_each_others_names_are_forgotten(here: Path, rendered: list[str]) -> None:
    before = snapshot(here)
    kept = sorted((here.parent / "cache/pipeline/renders").iterdir())
    contents = [path.read_bytes() for path in kept]
    for path, data in zip(kept, contents[1:] + contents[:1], strict=True):
        path.write_bytes(data)
    verbs("render")
    assert set(rendered) == ALL
    assert snapshot(here) == before


@pytest.mark.usefixtures("here")
def test_another_version_of_pipeline_remembers_nothing(rendered: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.adapters.cache.tool_version.tool_version", lambda: "9.9.9")
    verbs("render")
    assert set(rendered) == ALL


def test_what_is_kept_is_private(here: Path) -> None:
    for path in (here.parent / "cache/pipeline").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_file_that_changes_back_and_forth_within_a_tick_is_seen(here: Path, rendered: list[str]) -> None:
    service = here / "rendered/default/web/shop/service-web.yaml"
    good = service.read_bytes()
    for text in (good.replace(b"80", b"81"), good, good.replace(b"80", b"82")):
        service.write_bytes(text)
        verbs("render")
        assert service.read_bytes() == good
    assert set(rendered) == {"web"}


NEVER = ASKS.replace("example.org/v1/Gear", "example.org/v2/Gear")
ANY = ASKS.replace('"example.org/v1/Gear"', '(print "example.org" "/v1/Gear")')
IN_CRDS = {"charts/kinds/templates/crd.yaml": ""}


@pytest.mark.parametrize(
    ("asks", "files", "again"),
    [
        (ASKS, {}, ["asks"]),
        (NEVER, {}, []),
        (ANY, {}, ["asks"]),
        (ASKS, {**IN_CRDS, "charts/kinds/crds/a.yaml": CRD % "Namespaced"}, ["asks"]),
        (ASKS, {**IN_CRDS, "charts/kinds/crds/a.yaml": PLAIN_CRD}, []),
        (ANY, {**IN_CRDS, "charts/kinds/crds/a.yaml": PLAIN_CRD}, []),
    ],
)
def test_a_release_is_rendered_again_only_for_apis_that_it_may_ask_for(
    here: Path, rendered: list[str], asks: str, files: dict[str, str], again: list[str]
) -> None:
    config = CONFIG.replace("- {name: random, chart: ./charts/random, namespace: shop}\n", "")
    write(here, {"pipeline.yaml": config, "charts/asks/templates/a.yaml": asks, **files})
    verbs("vendor --update")
    verbs("--no-cache render")
    assert sorted(rendered) == sorted(["web", "kinds", "asks", *again])
    found = (here / "rendered/default/asks/shop/configmap-asks.yaml").read_text()
    assert f"has: '{str(asks != NEVER).lower()}'" in found
