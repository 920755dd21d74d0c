"""Reads helmfile.yaml in the shapes that public repositories have."""

import fnmatch
from collections.abc import Iterable, Mapping

import pytest

from pipeline.core.migration.helmfile import helmfile
from pipeline.core.migration.imported import Imported, ImportedRelease


class Files:
    def __init__(self, **texts: str) -> None:
        self.texts = {name.replace("__", "/").replace("_yaml", ".yaml"): text for name, text in texts.items()}

    def text(self, path: str) -> str | None:
        return self.texts.get(path)

    def matching(self, pattern: str) -> Iterable[str]:
        return [name for name in self.texts if fnmatch.fnmatchcase(name, pattern.removeprefix("./"))]


def only(found: Imported, environment: str = "default") -> ImportedRelease:
    (release,) = found.releases[environment]
    return release


def test_a_plain_release_of_a_repository() -> None:
    text = """
repositories:
  - {name: jetstack, url: https://charts.example.org/}
releases:
  - name: cert-manager
    namespace: cert-manager
    chart: jetstack/cert-manager
    version: v1.18.2
    values: [values/cm.yaml, {installCRDs: true, resources: {limits: {cpu: 1}}}]
    set: [{name: resources.limits.memory, value: 1Gi}, {name: 'tolerations[0].key', value: "1"}]
    needs: [kube-system/cni]
    wait: true
"""
    found = helmfile(text, Files(values__cm_yaml="a: 1\n"))
    release = only(found)
    assert found.repositories == {"jetstack": "https://charts.example.org"}
    assert (release.chart, release.version, release.needs) == ("jetstack/cert-manager", "v1.18.2", ("cni",))
    assert release.value_files == ("values/cm.yaml",)
    assert release.values == {
        "installCRDs": True,
        "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
        "tolerations": [{"key": 1}],
    }
    assert found.left_out == ()


def test_environments_with_values_and_files_named_by_them() -> None:
    text = """
environments:
  staging: {values: [{replicas: 1, grafana: {enabled: false}}]}
  prod: {values: [env/prod.yaml]}
---
releases:
  - name: web
    namespace: "{{ .Environment.Name }}-web"
    chart: ./charts/web
    values: ["values/{{ .Environment.Name }}.yaml", {replicas: {{ .Values.replicas }}}]
  - {name: grafana, chart: ./charts/grafana, condition: grafana.enabled}
"""
    files = Files(
        env__prod_yaml="replicas: 3\ngrafana: {enabled: true}\n",
        values__staging_yaml="a: s\n",
        values__prod_yaml="a: p\n",
    )
    found = helmfile(text, files)
    staging, prod = found.releases["staging"], found.releases["prod"]
    assert [release.name for release in staging] == ["web"]
    assert [release.name for release in prod] == ["web", "grafana"]
    assert (staging[0].namespace, prod[0].namespace) == ("staging-web", "prod-web")
    assert (staging[0].values, prod[0].values) == ({"replicas": 1}, {"replicas": 3})


def test_an_oci_repository_and_a_full_address() -> None:
    text = """
repositories: [{name: karpenter, url: public.example.org/karpenter, oci: true}]
releases:
  - {name: karpenter, chart: karpenter/karpenter, version: 1.8.1}
  - {name: reloader, chart: "oci://r.example.org/charts/reloader", version: 2.2.3, installed: true}
  - {name: off, chart: karpenter/off, installed: false}
"""
    (one, two) = helmfile(text, Files()).releases["default"]
    assert one.chart == "oci://public.example.org/karpenter/karpenter"
    assert two.chart == "oci://r.example.org/charts/reloader"


def test_a_file_named_by_the_release_and_files_by_a_pattern() -> None:
    text = """
releases:
  - name: web
    chart: ./web
    values: ["config/{{ .Release.Name }}/*.yaml"]
"""
    release = only(
        helmfile(text, Files(config__web__b_yaml="x: 2\n", config__web__a_yaml="x: 1\nz: 1\n"), folder="deploy")
    )
    assert release.chart == "./deploy/web"
    assert release.value_files == ("deploy/config/web/a.yaml", "deploy/config/web/b.yaml")


def test_what_only_helmfile_itself_can_resolve_is_named() -> None:
    text = """
bases: [defaults.yaml]
releases:
  - name: web
    chart: ./web
    version: {{ requiredEnv "VERSION" }}
    values: [values.yaml.gotmpl, {image: "{{ env "IMAGE" }}"}]
    secrets: [secrets.yaml]
  - {name: "{{ env "NAME" }}", chart: ./x}
"""
    found = helmfile(
        text.replace('"{{ env "IMAGE" }}"', "{{ env `IMAGE` }}").replace('"{{ env "NAME" }}"', "{{ env `N` }}"), Files()
    )
    said = [f"{one.where}: {one.what}" for one in found.left_out]
    assert [release.name for release in found.releases["default"]] == ["web"]
    assert said == [
        "helmfile.yaml: its base defaults.yaml cannot be read",
        "helmfile.yaml (default): release web: secrets is not taken over",
        "helmfile.yaml (default): release web: values values.yaml.gotmpl is a template",
        "helmfile.yaml (default): release web: some of its inline values are templates",
        "helmfile.yaml (default): release web: its version is a template",
        "helmfile.yaml (default): release ⟨template⟩: its name, namespace or chart is a template",
    ]


def test_control_structures_are_an_error_that_says_the_way_out() -> None:
    with pytest.raises(ValueError, match="helmfile build"):
        helmfile("releases:\n{{ range .Values.apps }}\n - {name: a\n{{ end }}\n", Files())


def test_comments_and_defaults() -> None:
    text = """
{{/* what runs */}}
helmDefaults: {wait: true}
environments: {default: {}}
releases: [{name: a, chart: "./a", createNamespace: true, labels: {tier: x}}]
"""
    found: Mapping[str, tuple[ImportedRelease, ...]] = helmfile(text, Files()).releases
    assert [release.namespace for release in found["default"]] == ["default"]


def test_an_entry_of_a_list_leaves_those_of_the_files_below_it() -> None:
    text = "releases:\n- {name: web, chart: ./web, values: [a.yaml], set: [{name: 'hosts[1]', value: b}]}\n"
    assert only(helmfile(text, Files(a_yaml="hosts: [x, y, z]\nport: 1\n"))).values == {"hosts": ["x", "b", "z"]}


def test_a_value_is_got_by_its_path_or_its_default() -> None:
    text = (
        "environments:\n  default:\n    values: [{web: {port: 81}}]\n---\nreleases:\n- name: web\n  chart: ./web\n"
        '  values:\n  - {port: {{ .Values | get "web.port" 80 }}, host: {{ .Values | get "web.host" "a" | quote }}}\n'
    )
    assert only(helmfile(text, Files())).values == {"port": 81, "host": "a"}
