"""What lies where in rendered/: manifests only, hooks apart; earlier layouts are migrated; merges need no tool."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import git, platform, snapshot, verbs, write

FOLDER, HOOKS = "rendered/default/web", "rendered/.pipeline-hooks/default/web"
INDEX, OLD = "rendered/.pipeline/default/web.json", "rendered/default/web/index.json"
HOOKED = """apiVersion: batch/v1
kind: Job
metadata: {{name: {0}, annotations: {{helm.sh/hook: '{1}'}}}}
spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: a, image: 'a:1'}}]}}}}}}
---
"""
CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %s.example.org, annotations: {helm.sh/hook: crd-install}}
spec:
  group: example.org
  names: {kind: %s, plural: %s}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""
WITH_HOOKS = {
    "charts/web/templates/hooks.yaml": HOOKED.format("migrate", "pre-upgrade, pre-install")
    + HOOKED.format("done", "post-install")
    + HOOKED.format("works", "test")
    + HOOKED.format("both", "test,post-upgrade"),
    "charts/web/templates/crd.yaml": CRD % ("widgets", "Widget", "widgets"),
}
TWO = """releases:
- {name: web, chart: ./charts/web, namespace: shop}
- {name: api, chart: ./charts/api, namespace: shop}
helm: {engine: embedded}
"""
Output = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform", WITH_HOOKS)
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    return root


def rendered(root: Path) -> dict[str, bytes]:
    return {path: data for path, data in snapshot(root).items() if path.startswith("rendered/")}


def aged(root: Path) -> dict[str, bytes]:
    """Give the tree the layout that it had before, and return what it holds then."""
    index = json.loads((root / INDEX).read_bytes())
    index |= {"schema": "pipeline.index/v1", "helm": {"engine": "embedded", "version": index["helm"]}}
    index["apiVersions"] = "sha256:" + "0" * 64
    for name, entry in index.pop("hooks").items():
        below = name.partition("/")[2]
        index["files"][below] = entry
        (root / HOOKS / name).rename(root / FOLDER / below)
    test = HOOKED.format("works", "test").removesuffix("---\n")
    write(root, {f"{FOLDER}/shop/job.batch-works.yaml": test})
    index["files"]["shop/job.batch-works.yaml"] = {"digest": digest(test), "source": "", "delivery": "hook"}
    write(root, {OLD: json.dumps(index, indent=2, sort_keys=True) + "\n"})
    (root / INDEX).unlink()
    return rendered(root)


def digest(text: str) -> str:
    from pipeline.core.render.rendered_tree import digest as of

    return of(text.encode())


def test_a_releases_folder_holds_nothing_but_objects_that_stay(here: Path) -> None:
    assert sorted(rendered(here)) == [
        f"{HOOKS}/post-install/shop/job.batch-done.yaml",
        f"{HOOKS}/post-upgrade+test/shop/job.batch-both.yaml",
        f"{HOOKS}/pre-install+pre-upgrade/shop/job.batch-migrate.yaml",
        INDEX,
        f"{FOLDER}/_crds/customresourcedefinition.apiextensions.k8s.io-widgets.example.org.yaml",
        f"{FOLDER}/shop/configmap-settings.yaml",
        f"{FOLDER}/shop/service-web.yaml",
    ]


def test_a_release_that_is_no_more_takes_its_hooks_along(here: Path) -> None:
    write(here, {"pipeline.yaml": "releases: []\n"})
    verbs("vendor", "render")
    assert rendered(here) == {}


def test_a_file_among_the_hooks_that_no_render_wrote_is_named(here: Path, capsys: Output) -> None:
    write(here, {f"{HOOKS}/post-install/shop/job.batch-mine.yaml": "kind: Job\n"})
    assert run(["render", "--check"]) == 4
    assert "job.batch-mine.yaml was added by hand" in capsys.readouterr().out


def test_an_earlier_layout_is_migrated_and_named(here: Path, capsys: Output) -> None:
    today = rendered(here)
    aged(here)
    git(here, "add", "--all")
    git(here, "commit", "--quiet", "--allow-empty", "--message", "earlier")
    verbs("diff ref:HEAD worktree", "commit")
    assert run(["render", "--check"]) == 4
    assert INDEX in capsys.readouterr().out
    verbs("render")
    said = capsys.readouterr().err
    assert "rendered/ has an earlier layout for 1 release (default/web)" in said
    assert "kept as" not in said
    assert rendered(here) == today
    assert run(["diff", "ref:HEAD", "worktree"]) == 0
    assert "NO CHANGES" in capsys.readouterr().out
    verbs("commit", "render --check")
    assert git(here, "status", "--porcelain", "--", "rendered") == ""


def test_of_an_earlier_and_todays_index_todays_counts(here: Path) -> None:
    today, index = rendered(here), (here / INDEX).read_text()
    aged(here)
    write(here, {INDEX: index})
    verbs("render", "render --check")
    assert rendered(here) == today


def test_another_release_keeps_its_layout_until_it_is_rendered(here: Path, capsys: Output) -> None:
    chart = {f"charts/api/{name}": text.replace("name: web", "name: api") for name, text in chart_of(here).items()}
    write(here, {"pipeline.yaml": TWO, **chart})
    verbs("vendor", "render", "commit")
    aged(here)
    verbs("render api", "diff ref:HEAD worktree")
    assert (here / OLD).exists()
    assert "earlier layout" not in capsys.readouterr().err
    verbs("render", "render --check")
    assert not (here / OLD).exists()


def chart_of(root: Path) -> dict[str, str]:
    names = ("Chart.yaml", "values.yaml", "templates/a.yaml")
    return {name: (root / "charts/web" / name).read_text() for name in names}


def test_branches_that_touch_different_releases_merge_without_conflict(here: Path) -> None:
    """One brings a definition, which changes the list of APIs that every chart is told of."""
    main = git(here, "branch", "--show-current").strip()
    git(here, "checkout", "--quiet", "-b", "one")
    chart = {"charts/api/Chart.yaml": "apiVersion: v2\nname: api\nversion: 1.0.0\n"}
    chart["charts/api/templates/crd.yaml"] = (CRD % ("gears", "Gear", "gears")).replace(
        ", annotations: {helm.sh/hook: crd-install}", ""
    )
    write(here, {"pipeline.yaml": TWO, **chart})
    verbs("vendor", "render", "commit")
    git(here, "add", "--all")
    git(here, "commit", "--quiet", "--allow-empty", "--message", "one")
    git(here, "checkout", "--quiet", main)
    write(here, {"values/web/common.yaml": "port: 81\n"})
    verbs("render", "commit")
    git(here, "add", "--all")
    git(here, "commit", "--quiet", "--allow-empty", "--message", "two")
    git(here, "merge", "--quiet", "--no-edit", "one")
    verbs("vendor --locked", "render --check", "diff ref:HEAD worktree")


def test_the_conflict_of_a_merge_is_mended_from_both_sides(here: Path, capsys: Output) -> None:
    main = git(here, "branch", "--show-current").strip()
    extra = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.extra }}}\ndata: {a: b}\n"
    write(here, {"charts/web/templates/b.yaml": f"{{{{ if .Values.extra }}}}{extra}{{{{ end }}}}"})
    verbs("vendor --update", "render")
    git(here, "add", "--all")
    git(here, "commit", "--quiet", "--allow-empty", "--message", "base")
    for branch, start in (("one", main), ("two", main)):
        git(here, "checkout", "--quiet", "-b", branch, start)
        write(here, {"values/web/common.yaml": f"extra: {branch}\n"})
        verbs("render")
        git(here, "add", "--all")
        git(here, "commit", "--quiet", "--allow-empty", "--message", branch)
    with pytest.raises(Exception, match="merge"):
        git(here, "merge", "--quiet", "one")
    assert "<<<<<<<" in (here / INDEX).read_text()
    capsys.readouterr()
    assert run(["diff", "empty", "worktree"]) == 4
    assert f"{INDEX} holds the conflict of a merge" in capsys.readouterr().err
    write(here, {"values/web/common.yaml": "extra: three\n"})
    verbs("render")
    assert "it is written again, from both sides" in capsys.readouterr().err
    maps = [path.name for path in (here / FOLDER / "shop").glob("configmap-*")]
    assert sorted(maps) == ["configmap-settings.yaml", "configmap-three.yaml"]
    verbs("render --check")


def test_another_helm_that_makes_the_same_makes_nothing_stale(here: Path, capsys: Output) -> None:
    index = json.loads((here / INDEX).read_bytes())
    write(here, {INDEX: json.dumps(index | {"helm": "3.18.0"}, indent=2, sort_keys=True) + "\n"})
    before = rendered(here)
    verbs("render --check", "render")
    assert rendered(here) == before
    write(here, {"values/web/common.yaml": "port: 81\n"})
    capsys.readouterr()
    assert run(["render", "--check"]) == 4
    said = capsys.readouterr().err
    assert f"Helm 3.18.0 made what is there, and this is Helm {index['helm']}" in said
    assert "helm.version in pipeline.yaml pins it" in said
    verbs("render")
    assert json.loads((here / INDEX).read_bytes())["helm"] == index["helm"]
