"""Both engines print the same text, and the configuration's choice between them is kept."""

from pathlib import Path

import pytest

from pipeline.adapters.helm.engines import choose
from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.errors import RenderError, UsageError, WorldError
from pipeline.core.kube.resource import Delivery
from pipeline.core.render.manifests import parse
from pipeline.core.render.order import Engine, RenderOrder
from pipeline.core.yaml.reader import load
from tests.support.charts import CHART_YAML, write_chart
from tests.support.tools import corpus, tool

HOOK = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: setup, annotations: {helm.sh/hook: pre-install}}\n"
OLD_CRD = (
    "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\n"
    "metadata: {name: as.x.io, annotations: {helm.sh/hook: crd-install}}\nspec: {group: x.io, names: {kind: A}}\n"
)
FILES = {
    "Chart.yaml": CHART_YAML,
    "values.yaml": "list: [1, 2]\nmap: {a: 1, b: 2}\ngone: here\n",
    "crds/crd.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: b.x}\n",
    "templates/NOTES.txt": "thanks",
    "templates/_partial.tpl": "{{ define `x` }}x{{ end }}",
    "templates/b.yaml": "kind: Pod\nmetadata: {name: b}\n---\n\n---\nkind: ServiceAccount\nmetadata: {name: b}\n  \n",
    "templates/a.yaml": (
        "kind: ConfigMap\nmetadata: {name: {{ include `x` . }}}\ndata:\n"
        "  values: {{ .Values | toJson | quote }}\n"
        "  kube: {{ .Capabilities.KubeVersion }}\n"
        "  kind: {{ .Capabilities.APIVersions.Has `policy/v1/PodDisruptionBudget` | quote }}\n"
        "  beta: {{ .Capabilities.APIVersions.Has `batch/v1beta1` | quote }}\n"
    ),
    "templates/hook.yaml": HOOK,
    "templates/old.yaml": OLD_CRD,
}


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> tuple[Engine, Engine]:
    monkeypatch.setenv("PATH", str(Path(tool("helm")).parent), prepend=":")
    return choose("cli", ""), choose("embedded", "")


def layer(text: str) -> ValuesLayer:
    return ValuesLayer("values.yaml", text, load(text))


def test_both_engines_print_the_same(engines: tuple[Engine, Engine], tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "web", FILES)
    values = (layer("list: [3]\nmap: {b: 3}\n"), layer("gone: null\nmap: {c: 1.0, d: 1e3, e: '1'}\n"))
    order = RenderOrder(
        "rel", "ns", str(chart), values=values, kube_version="1.29.3", api_versions=("policy/v1/PodDisruptionBudget",)
    )
    cli, embedded = (engine.render(order) for engine in engines)
    assert cli.text == embedded.text
    data = parse(cli.text, namespace="ns").of_kind("ConfigMap").__next__().body["data"]
    assert load(data["values"])["list"] == [3]
    assert (data["kube"], data["kind"], data["beta"]) == ("v1.29.3", "true", "true")


def test_a_crd_of_helm_2_is_rescued_by_both(engines: tuple[Engine, Engine], tmp_path: Path) -> None:
    order = RenderOrder("rel", "ns", str(write_chart(tmp_path / "web", FILES)))
    for engine in engines:
        found = {resource.id.name: resource for resource in parse(engine.render(order).text, namespace="ns").resources}
        assert found["as.x.io"].delivery is Delivery.CRDS_DIR
        assert found["setup"].delivery is Delivery.HOOK


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"Chart.yaml": f"{CHART_YAML}kubeVersion: '>=1.99'\n"}, "chart requires kubeVersion: >=1.99"),
        ({"Chart.yaml": f"{CHART_YAML}type: library\n"}, "library charts are not installable"),
        ({"templates/x.yaml": "a: {{ fail `no luck` }}"}, "no luck"),
        ({"templates/x.yaml": "a: {{ .Values.a.b.c }}"}, "nil pointer"),
        ({"templates/x.yaml": "a: [1"}, "x.yaml"),
        ({"values.schema.json": '{"required": ["missing"]}'}, "missing"),
        ({"Chart.yaml": f"{CHART_YAML}dependencies: [{{name: lost, version: 1.0.0}}]\n"}, "lost"),
    ],
)
def test_both_refuse_the_same_charts(
    engines: tuple[Engine, Engine], tmp_path: Path, files: dict[str, str], words: str
) -> None:
    chart = write_chart(tmp_path / "web", {"Chart.yaml": CHART_YAML} | files)
    errors = []
    for engine in engines:
        with pytest.raises(RenderError, match=words) as caught:
            engine.render(RenderOrder("rel", "ns", str(chart)))
        line = caught.value.line if words != "x.yaml" else 0  # YAML's parsers differ in where they give up
        errors.append((caught.value.template, line))
    assert errors[0] == errors[1]


_SUB = {
    "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
    "charts/sub/values.yaml": "a: 1\nglobal: {x: 3}\n",
    "charts/sub/templates/s.yaml": HOOK,
}
_DECLARED = f"{CHART_YAML}dependencies: [{{name: sub, version: 1.0.0, tags: [t]%s}}]\n"
_IMPORTS = _DECLARED % ", import-values: [data, {child: a, parent: b}]"
SAID: dict[str, tuple[dict[str, str], str, str]] = {
    "a chart of a later kind": ({"Chart.yaml": CHART_YAML.replace("v2", "v3")}, "", "invalid chart apiVersion"),
    "a dependency that is not there": (
        {"Chart.yaml": f"{CHART_YAML}dependencies: [{{name: lost, version: 1.0.0}}]\n"},
        "",
        "missing in charts/ directory: lost",
    ),
    "a requirement that is not there": (
        {
            "Chart.yaml": CHART_YAML.replace("v2", "v1"),
            "requirements.yaml": "dependencies: [{name: lost, version: 1.0.0}]",
        },
        "",
        "missing in charts/ directory: lost",
    ),
    "no map": ({"templates/x.yaml": "only text\n"}, "", "the document is of type string, not a map"),
    "a list": ({"templates/x.yaml": "- a\n"}, "", "the document is of type array, not a map"),
    "a number": ({"templates/x.yaml": "3\n"}, "", "the document is of type number, not a map"),
    "a tag that is no switch": ({"Chart.yaml": _DECLARED % "", **_SUB}, "tags: {t: maybe}\n", "non-bool value tag=t"),
    "imports that are not there": ({"Chart.yaml": _IMPORTS, **_SUB}, "", "is not a table"),
    "globals that are no map": ({"Chart.yaml": _DECLARED % "", **_SUB}, "global: 3\n", "skipping globals"),
    "a global that is a map": (
        {"Chart.yaml": _DECLARED % "", **_SUB},
        "global: {x: {y: 1}}\n",
        "for web.sub.global.x is a",
    ),
    "a map for a value": ({"Chart.yaml": _DECLARED % "", **_SUB}, "sub: {a: {b: 1}}\n", "skipped value for web.sub.a"),
    "a deprecated chart": ({"Chart.yaml": f"{CHART_YAML}deprecated: true\n"}, "", "this chart is deprecated"),
}


def said(engine: Engine, order: RenderOrder) -> list[str]:
    """What it refuses, or warns of."""
    try:
        return list(engine.render(order).warnings)
    except RenderError as error:
        return [error.message]


@pytest.mark.parametrize(("files", "values", "words"), SAID.values(), ids=SAID)
def test_both_say_the_same(
    engines: tuple[Engine, Engine], tmp_path: Path, files: dict[str, str], values: str, words: str
) -> None:
    chart = write_chart(tmp_path / "web", {"Chart.yaml": CHART_YAML} | files)
    order = RenderOrder("rel", "ns", str(chart), values=(layer(values),) if values else ())
    cli, embedded = (said(engine, order) for engine in engines)
    assert cli == embedded
    assert words in "\n".join(cli)


@pytest.mark.parametrize("name", ["Upper", "a_b", "-a", "a" * 54, ""])
def test_both_refuse_the_same_names(engines: tuple[Engine, Engine], tmp_path: Path, name: str) -> None:
    order = RenderOrder(name, "ns", str(write_chart(tmp_path / "web", {"Chart.yaml": CHART_YAML})))
    cli, embedded = (said(engine, order) for engine in engines)
    assert cli == embedded
    assert "release name check failed" in cli[0]


def test_the_environment_and_dns_stay_out(
    engines: tuple[Engine, Engine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    template = "kind: A\nmetadata: {name: 'a{{ getHostByName `localhost` }}'}\n"
    chart = write_chart(tmp_path / "web", {"Chart.yaml": CHART_YAML, "templates/a.yaml": template})
    texts = [engine.render(RenderOrder("rel", "ns", str(chart))).text for engine in engines]
    assert texts[0] == texts[1]
    assert "127.0.0.1" not in texts[0]


@pytest.mark.slow
def test_real_charts_render_alike(engines: tuple[Engine, Engine]) -> None:
    names = (corpus() / "bench-charts.txt").read_text().split()
    orders = [RenderOrder("rel", "ns", str(corpus() / "charts" / f"{name}.tgz")) for name in names]
    answers = (engine.render_all(orders) for engine in engines)
    for order, cli, embedded in zip(orders, *answers, strict=True):
        assert not isinstance(cli, RenderError), order.title
        assert not isinstance(embedded, RenderError), order.title
        mine, others = (
            {r.id: r.body for r in parse(rendered.text, namespace="ns").resources} for rendered in (cli, embedded)
        )
        differing = {str(key) for key in mine.keys() | others.keys() if mine.get(key) != others.get(key)}
        assert not {name for name in differing if "grafana" not in name}, order.title  # its password is random


def test_auto_prefers_the_binary_and_falls_back(
    monkeypatch: pytest.MonkeyPatch, engines: tuple[Engine, Engine]
) -> None:
    assert choose("auto", "").name == "cli"
    assert choose("auto", ">=4.2").name == "embedded"
    monkeypatch.setenv("PATH", "/nowhere")
    assert choose("auto", "").name == "embedded"
    with pytest.raises(WorldError, match="no helm binary"):
        choose("cli", "")
    assert engines[0].name == "cli"


def test_a_range_that_nothing_fits_is_an_error() -> None:
    with pytest.raises(WorldError, match="asks for >=99"):
        choose("auto", ">=99")
    with pytest.raises(UsageError, match=r"helm\.version"):
        choose("auto", "soon")
    with pytest.raises(UsageError, match="unknown"):
        choose("docker", "")
