"""An import as the files of a repository."""

from pipeline.core.migration.helm_releases import helm_releases
from pipeline.core.migration.imported import Imported, ImportedRelease
from pipeline.core.migration.repository_files import repository_files


def test_common_values_where_all_environments_agree_and_own_ones_where_not() -> None:
    same = ImportedRelease("a", "x/a", "a", "1.0.0", ("b", "gone"), values={"k": 1})
    dev = ImportedRelease("b", "x/b", "b", values={"k": 1}, where="dev")
    prod = ImportedRelease("b", "x/b", "b", "2.0.0", values={"k": 2}, where="prod")
    files, left_out = repository_files(
        Imported({"dev": (same, dev), "prod": (same, prod)}, {"x": "https://x.example.org"})
    )
    assert sorted(files) == ["pipeline.yaml", "values/a/common.yaml", "values/b/dev.yaml", "values/b/prod.yaml"]
    config = files["pipeline.yaml"]
    assert "- name: a\n  chart: x/a\n  namespace: a\n  needs:\n  - b\n  version: '1.0.0'\n" in config
    assert [one.what for one in left_out] == ["its version in prod is 2.0.0"]


def test_values_files_come_before_an_environments_own_values() -> None:
    shared = [
        ImportedRelease("a", "./a", "a", value_files=("v.yaml",), values={"k": n}, file_values={"f": 1}) for n in (1, 1)
    ]
    files, _ = repository_files(Imported({"dev": (shared[0],), "prod": (shared[1],)}))
    assert "  values:\n  - v.yaml\n" in files["pipeline.yaml"]
    assert set(files) == {"pipeline.yaml", "values/a/dev.yaml", "values/a/prod.yaml"}
    apart = ImportedRelease("a", "./a", "a", value_files=("w.yaml",), values={"k": 2}, file_values={"f": 2})
    files, _ = repository_files(Imported({"dev": (shared[0],), "prod": (apart,)}))
    assert files["values/a/prod.yaml"] == "f: 2\nk: 2\n"
    unknown = ImportedRelease("a", "./a", "a", value_files=("w.yaml",))
    _, left_out = repository_files(Imported({"dev": (shared[0],), "prod": (unknown,)}))
    assert [one.what for one in left_out] == ["its values files differ by environment: w.yaml"]


def test_patches_become_an_overlay() -> None:
    patched = ImportedRelease("a", "./a", "a", patches=({"target": {"kind": "Service"}, "patch": {"x": 1}},))
    files, _ = repository_files(Imported({"dev": (patched,), "prod": (patched,)}))
    assert "patch: |\n" in files["overlays/a/kustomization.yaml"]
    plain = ImportedRelease("a", "./a", "a")
    files, _ = repository_files(Imported({"dev": (patched,), "prod": (plain,)}))
    assert "overlays/a/dev/kustomization.yaml" in files


def test_names_that_lead_out_and_twins_are_left_out() -> None:
    releases = (ImportedRelease("../x", "./a", "a"), ImportedRelease("a", "./a", "a"), ImportedRelease("a", "./b", "b"))
    files, left_out = repository_files(Imported({"dev": releases}))
    assert set(files) == {"pipeline.yaml"}
    assert len(left_out) == 2
    assert files["pipeline.yaml"].count("- name:") == 1
    assert repository_files(Imported())[0]["pipeline.yaml"].endswith("releases: []\n")


def test_what_helm_lists() -> None:
    rows = [{"name": "web", "namespace": "shop", "chart": "web-app-1.2.0"}, {"name": "odd", "chart": "nothing"}]
    found = helm_releases([("list.json", rows)], {"web": {"port": 81}})
    web, odd = found.releases["default"]
    assert (web.chart, web.version, web.values) == ("unknown/web-app", "1.2.0", {"port": 81})
    assert (odd.chart, odd.version, odd.namespace) == ("unknown/nothing", "", "default")
    assert [one.what for one in found.left_out] == [
        "Helm does not record the repository of web-app",
        "Helm does not record the repository of nothing",
        "its values are not here",
    ]
