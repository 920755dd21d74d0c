"""An import as the files of a repository."""

from pipeline.core.config.read import read
from pipeline.core.migration.helm_releases import helm_releases
from pipeline.core.migration.imported import Imported, ImportedRelease
from pipeline.core.migration.repository_files import repository_files

X = {"x": "https://x.example.org"}


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
    own = "- name: b\n  chart: x/b\n  environments:\n    dev: {}\n    prod:\n      version: '2.0.0'\n  namespace: b\n"
    assert own in config, "dev takes any version, so none is common"
    assert left_out == ()


def test_what_differs_by_environment_is_said_there() -> None:
    dev = ImportedRelease("a", "x/a", "one", "1.0.0", value_files=("v/dev.yaml",), values={"k": 1})
    prod = ImportedRelease("a", "x/a", "two", "2.0.0", value_files=("v/all.yaml", "v/prod.yaml"), values={"k": 1})
    files, left_out = repository_files(Imported({"dev": (dev,), "prod": (prod,)}, X))
    config = read(files["pipeline.yaml"], rule_ids=frozenset())
    (release,) = config.releases
    there = release.within("prod")
    assert (there.version, there.namespace) == ("2.0.0", "two")
    assert release.value_files("prod") == ("values/a/common.yaml", "v/all.yaml", "v/prod.yaml", "values/a/prod.yaml")
    assert release.value_files("dev") == ("values/a/common.yaml", "v/dev.yaml", "values/a/dev.yaml")
    assert set(files) == {"pipeline.yaml", "values/a/dev.yaml", "values/a/prod.yaml"}
    assert left_out == ()


def test_releases_of_one_name_are_told_apart() -> None:
    here, there = ImportedRelease("db", "x/db", "a"), ImportedRelease("db", "x/db", "b", declared="b-db")
    other, user = ImportedRelease("web", "x/site", "w"), ImportedRelease("app", "x/app", "app", needs=("b-db",))
    dev = (here, there, ImportedRelease("web", "x/web", "w"), user)
    files, _ = repository_files(Imported({"dev": dev, "prod": (other,)}, X))
    config = read(files["pipeline.yaml"], rule_ids=frozenset())
    found = [(one.name, one.helm_name, one.environments, one.needs) for one in config.releases]
    assert found == [
        ("db-a", "db", ("dev",), ()),
        ("db-b", "db", ("dev",), ()),
        ("web", "web", ("dev",), ()),
        ("app", "app", ("dev",), ("db-b",)),
        ("web-prod", "web", ("prod",), ()),
    ]


def test_values_files_come_before_an_environments_own_values() -> None:
    shared = [ImportedRelease("a", "./a", "a", value_files=("v.yaml",), values={"k": n}) for n in (1, 1)]
    files, _ = repository_files(Imported({"dev": (shared[0],), "prod": (shared[1],)}))
    assert "  values:\n  - v.yaml\n" in files["pipeline.yaml"]
    assert set(files) == {"pipeline.yaml", "values/a/dev.yaml", "values/a/prod.yaml"}


def test_patches_become_an_overlay() -> None:
    patched = ImportedRelease("a", "./a", "a", patches=({"target": {"kind": "Service"}, "patch": {"x": 1}},))
    files, _ = repository_files(Imported({"dev": (patched,), "prod": (patched,)}))
    assert "patch: |\n" in files["overlays/a/kustomization.yaml"]
    plain = ImportedRelease("a", "./a", "a")
    files, _ = repository_files(Imported({"dev": (patched,), "prod": (plain,)}))
    assert "overlays/a/dev/kustomization.yaml" in files


def test_names_that_lead_out_and_twins_are_left_out() -> None:
    releases = (ImportedRelease("../x", "./a", "a"), ImportedRelease("a", "./a", "a"), ImportedRelease("a", "./b", "a"))
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
