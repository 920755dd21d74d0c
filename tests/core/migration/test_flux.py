"""Reads Flux's HelmReleases and Argo CD's Applications."""

from typing import Any

import pytest

from pipeline.core.migration.argocd import argocd
from pipeline.core.migration.flux import Documents, flux
from pipeline.core.migration.imported import ImportedRelease, merged, with_value
from pipeline.core.yaml.reader import load_all

SOURCES = """
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: podinfo, namespace: flux-system}
spec: {url: https://charts.example.org/podinfo/}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: registry, namespace: flux-system}
spec: {type: oci, url: oci://r.example.org/charts}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: app, namespace: apps}
spec: {url: oci://r.example.org/charts/app, ref: {tag: 1.2.3_b1}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: mono, namespace: flux-system}
spec: {url: https://git.example.org/mono, ref: {tag: v1}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shared, namespace: apps}
data: {values.yaml: "a: 1\\nb: {c: 2}\\n", one: "9"}
"""


def documents(text: str) -> Documents:
    return Documents([("apps.yaml", document) for document in load_all(text)])


def release(spec: str, metadata: str = "{name: web, namespace: apps}") -> str:
    return f"---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {metadata}\nspec: {spec}\n"


def of_flux(spec: str) -> tuple[ImportedRelease, list[str]]:
    found = flux(documents(SOURCES + release(spec)))
    (one,) = found.releases[""]
    return one, [each.what for each in found.left_out]


def test_a_chart_of_a_repository_with_values_from_a_config_map() -> None:
    one, left_out = of_flux(
        "{chart: {spec: {chart: podinfo, version: 6.x, sourceRef: {kind: HelmRepository, name: podinfo,"
        " namespace: flux-system}}},"
        " dependsOn: [{name: db}], interval: 5m, install: {crds: CreateReplace},"
        " valuesFrom: [{kind: ConfigMap, name: shared},"
        " {kind: ConfigMap, name: shared, valuesKey: one, targetPath: b.d},"
        " {kind: Secret, name: token}], values: {b: {c: 3}}}"
    )
    assert (one.name, one.chart, one.version, one.namespace) == ("web", "podinfo/podinfo", "6.x", "apps")
    assert (one.needs, one.values) == (("db",), {"a": 1, "b": {"c": 3, "d": 9}})
    assert left_out == ["valuesFrom Secret token values.yaml is not taken over"]


@pytest.mark.parametrize(
    ("spec", "chart", "version"),
    [
        (
            "{chart: {spec: {chart: x, sourceRef: {kind: HelmRepository, name: registry, namespace: flux-system}}}}",
            "oci://r.example.org/charts/x",
            "",
        ),
        ("{chartRef: {kind: OCIRepository, name: app}}", "oci://r.example.org/charts/app", "1.2.3+b1"),
        (
            "{chart: {spec: {chart: ./charts/web, sourceRef: *mono}}}".replace(
                "*mono", "{kind: GitRepository, name: mono, namespace: flux-system}"
            ),
            "git+https://git.example.org/mono//charts/web?ref=v1",
            "",
        ),
    ],
)
def test_where_charts_come_from(spec: str, chart: str, version: str) -> None:
    one, left_out = of_flux(spec)
    assert (one.chart, one.version, left_out) == (chart, version, [])


def test_the_name_of_a_release_with_a_target_namespace() -> None:
    one, _ = of_flux("{targetNamespace: shop, chartRef: {kind: OCIRepository, name: app}}")
    assert (one.name, one.namespace) == ("shop-web", "shop")
    named, _ = of_flux("{releaseName: w, targetNamespace: shop, chartRef: {kind: OCIRepository, name: app}}")
    assert named.name == "w"


def test_patches_become_an_overlay_and_unknown_keys_are_named() -> None:
    one, left_out = of_flux(
        "{chartRef: {kind: OCIRepository, name: app}, commonMetadata: {labels: {a: b}},"
        " postRenderers: [{kustomize: {patches: [{target: {kind: Deployment}, patch: 'x: 1'}], images: [{name: a}]}}]}"
    )
    assert one.patches == ({"target": {"kind": "Deployment"}, "patch": "x: 1"},)
    assert left_out == [
        "spec.commonMetadata is not taken over",
        "postRenderers.kustomize.images is not taken over",
    ]


def test_a_source_that_is_not_here() -> None:
    found = flux(documents(release("{chartRef: {kind: OCIRepository, name: app}}")))
    assert found.releases == {"": ()}
    assert [each.what for each in found.left_out] == ["OCIRepository apps/app is not in these files"]


def application(source: str, kind: str = "source") -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web, namespace: argocd}\n"
        f"spec: {{destination: {{namespace: shop}}, {kind}: {source}}}\n"
    )


def of_argocd(text: str) -> tuple[tuple[ImportedRelease, ...], dict[str, str], list[str]]:
    found = argocd(documents(text))
    return found.releases[""], dict(found.repositories), [each.what for each in found.left_out]


def test_a_chart_with_values_of_every_kind() -> None:
    (one,), repositories, left_out = of_argocd(
        application(
            "{repoURL: 'https://charts.example.org/stable', chart: web, targetRevision: 1.2.x, helm: {releaseName: w,"
            " valuesObject: {a: {b: 1}}, parameters: [{name: a.c, value: 'true'}, {name: a.d, value: '007'},"
            " {name: a.e, value: '5', forceString: true}], skipCrds: true, fileParameters: [{name: x, path: y}]}}"
        )
    )
    assert (one.name, one.chart, one.version, one.namespace) == ("w", "example/web", "1.2.x", "shop")
    assert repositories == {"example": "https://charts.example.org/stable"}
    assert one.values == {"a": {"b": 1, "c": True, "d": "007", "e": "5"}}
    assert left_out == ["helm.fileParameters is not taken over"]


def test_an_entry_of_a_list_is_left_out_where_files_may_hold_the_others() -> None:
    source = "{repoURL: 'https://charts.example.org/x', chart: web, targetRevision: 1.0.0, helm: {%s}}"
    entry = "parameters: [{name: 'hosts[1]', value: b}]"
    (one,), _, left_out = of_argocd(application(source % f"values: 'hosts: [x, y]', {entry}"))
    assert (one.values, left_out) == ({"hosts": ["x", "b"]}, [])
    _, _, left_out = of_argocd(application(source % f"valueFiles: [a.yaml], {entry}"))
    assert "parameter hosts[1]: it is one entry of a list, and the others may stand in valueFiles" in left_out


def test_values_as_text_a_registry_and_a_chart_in_git() -> None:
    (one,), _, _ = of_argocd(
        application("{repoURL: r.example.org/charts, chart: web, targetRevision: 1.0.0, helm: {values: 'a: 1'}}")
    )
    assert (one.name, one.chart, one.values) == ("web", "oci://r.example.org/charts/web", {"a": 1})
    (two,), _, _ = of_argocd(
        application("{repoURL: 'https://git.example.org/m', path: deploy/web, targetRevision: v2, helm: {}}")
    )
    assert (two.chart, two.version) == ("git+https://git.example.org/m//deploy/web?ref=v2", "")


def test_several_sources_lend_files() -> None:
    (one,), _, left_out = of_argocd(
        application(
            "[{repoURL: 'https://charts.example.org/x', chart: web, targetRevision: 1.0.0,"
            " helm: {valueFiles: [$own/values/web.yaml, values-ha.yaml]}},"
            " {repoURL: 'https://git.example.org/own', targetRevision: main, ref: own}]",
            "sources",
        )
    )
    assert one.value_files == ("values/web.yaml",)
    assert left_out == ["valueFiles values-ha.yaml is not taken over"]


def test_what_is_no_chart_is_named() -> None:
    releases, _, left_out = of_argocd(
        application("{repoURL: 'https://git.example.org/m', path: plain}")
        + "---\napiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\n"
    )
    assert releases == ()
    assert left_out == [
        "its source plain is not a Helm chart and is not taken over",
        "its Applications are not taken over",
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.b", {"a": {"b": 1, "x": 0}}),
        (r"a\.b", {"a": {"x": 0}, "a.b": 1}),
        ("l[1].c", {"a": {"x": 0}, "l": [None, {"c": 1}]}),
    ],
)
def test_values_at_a_path(path: str, expected: dict[str, Any]) -> None:
    assert with_value({"a": {"x": 0}}, path, 1) == expected


def test_values_are_merged_as_helm_merges_them() -> None:
    assert merged({"a": {"b": 1, "c": [1]}, "d": 1}, {"a": {"c": [2]}, "d": None}) == {
        "a": {"b": 1, "c": [2]},
        "d": None,
    }
    for wrong in ("", "a..b", "a[x]"):
        with pytest.raises(ValueError, match="is not a path of values"):
            with_value({}, wrong, 1)
