from pathlib import Path

import pytest

from pipeline.adapters.helm.cli import HelmCli
from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.errors import RenderError, WorldError
from pipeline.core.render.order import RenderOrder
from tests.support.charts import CHART_YAML, CONFIG, write_chart
from tests.support.tools import tool

TEMPLATES = {"templates/config.yaml": CONFIG, "values.yaml": "mode: default\n"}


@pytest.fixture(scope="module")
def helm() -> HelmCli:
    return HelmCli.at(tool("helm"))


def test_the_binary_says_its_version(helm: HelmCli) -> None:
    assert helm.version.startswith("4.")


def test_values_layers_are_merged_in_their_order(helm: HelmCli, tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "web", TEMPLATES)
    layers = tuple(ValuesLayer(f"values/{m}.yaml", f"mode: {m}\n", {"mode": m}) for m in ("first", "last"))
    rendered = helm.render(RenderOrder("rel", "ns", str(chart), values=layers))
    assert rendered.text.startswith("---\n# Source: web/templates/config.yaml\n")
    assert 'mode: "last"' in rendered.text
    assert (rendered.engine, rendered.helm_version) == ("cli", helm.version)


def test_nothing_of_the_users_own_helm_reaches_a_render(
    helm: HelmCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELM_NAMESPACE", "mine")
    monkeypatch.setenv("HELM_DEBUG", "true")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": "kind: {{ .Release.Namespace }}{{ env }}\n"})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web/templates/a.yaml").write_text("kind: {{ .Release.Namespace }}\n")
    assert helm.render(RenderOrder("rel", "ns", "web")).text.endswith("kind: ns\n")
    assert chart.exists()


def test_target_version_and_api_versions_are_what_the_chart_sees(helm: HelmCli, tmp_path: Path) -> None:
    text = 'kind: K{{ .Capabilities.KubeVersion.Minor }}-{{ .Capabilities.APIVersions.Has "demo.io/v1/Root" }}\n'
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": text})
    order = RenderOrder("rel", "ns", str(chart), kube_version="1.31", api_versions=("demo.io/v1", "demo.io/v1/Root"))
    assert "kind: K31-true" in helm.render(order).text


def test_an_error_names_release_chart_template_and_line(helm: HelmCli, tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": 'a: 1\nb: {{ required "b is needed" .Values.b }}\n'})
    with pytest.raises(RenderError) as caught:
        helm.render(RenderOrder("rel", "ns", str(chart), chart_name="web 1.2.3"))
    error = caught.value
    assert (error.release, error.chart, error.template, error.line) == ("rel", "web 1.2.3", "web/templates/a.yaml", 2)
    assert "b is needed" in error.detail


def test_an_error_in_a_values_file_names_that_file(helm: HelmCli, tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "web", TEMPLATES)
    layer = ValuesLayer("values/web/prod.yaml", "mode: [\n", {})
    with pytest.raises(RenderError, match=r"values/web/prod\.yaml") as caught:
        helm.render(RenderOrder("rel", "ns", str(chart), values=(layer,)))
    assert str(tmp_path) not in str(caught.value)


def test_what_helm_says_besides_is_kept_as_warnings(helm: HelmCli, tmp_path: Path) -> None:
    hook = "kind: A\nmetadata: {annotations: {helm.sh/hook: crd-install}}\n"
    chart = write_chart(tmp_path / "web", {"Chart.yaml": f"{CHART_YAML}deprecated: true\n", "templates/a.yaml": hook})
    rendered = helm.render(RenderOrder("rel", "ns", str(chart)))
    assert rendered.warnings[0] == "this chart is deprecated"
    assert rendered.warnings[1].startswith("web/templates/a.yaml: helm drops A")


def test_several_releases_answer_in_order_and_one_failure_stops_no_other(helm: HelmCli, tmp_path: Path) -> None:
    good = str(write_chart(tmp_path / "web", TEMPLATES))
    bad = str(write_chart(tmp_path / "bad", {"templates/a.yaml": '{{ fail "no" }}'}))
    orders = [RenderOrder(f"r{n}", "ns", bad if n == 1 else good) for n in range(3)]
    assert [isinstance(answer, RenderError) for answer in helm.render_all(orders)] == [False, True, False]


def test_a_release_name_that_looks_like_a_flag_is_not_one(helm: HelmCli, tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "web", TEMPLATES)
    with pytest.raises(RenderError, match="invalid release name"):
        helm.render(RenderOrder("--output-dir=x", "ns", str(chart)))


def test_what_is_no_helm_is_refused() -> None:
    with pytest.raises(WorldError, match="is not helm"):
        HelmCli.at("/bin/echo").version  # noqa: B018 - asking is the point
