"""Every dependency is locked by its digest, nested ones too: what upstream changes is refused, and --update says it."""

import hashlib
import shutil
from functools import cache
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.core.yaml.reader import load
from pipeline.core.yaml.writer import dump
from tests.support.charts import pack
from tests.support.platforms import platform, served, verbs, write

WEB = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Chart.Name }}}\n"


def needs(name: str, url: str, version: str = "^1") -> str:
    return f"dependencies: [{{name: {name}, version: '{version}', repository: '{url}'}}]\n"


@cache  # an archive holds the time at which it was made
def archive(name: str, version: str, more: str = "", values: str = "a: 1\n") -> bytes:
    text = f"apiVersion: v2\nname: {name}\nversion: {version}\n{more}"
    return pack({f"{name}/Chart.yaml": text, f"{name}/values.yaml": values, f"{name}/templates/t.yaml": TEMPLATE})


def publish(folder: Path, charts: dict[tuple[str, str], bytes]) -> None:
    """A repository that says no digests, so that nothing but the lock notices a change."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    entries: dict[str, list[str]] = {}
    for (name, version), data in charts.items():
        (folder / f"{name}-{version}.tgz").write_bytes(data)
        entries.setdefault(name, []).append(f"{{name: {name}, version: {version}, urls: [{name}-{version}.tgz]}}")
    lines = "".join(f"  {name}: [{', '.join(some)}]\n" for name, some in entries.items())
    (folder / "index.yaml").write_text(f"apiVersion: v1\nentries:\n{lines}")


class Site:
    """web needs mid, and mid needs leaf; all are in one repository."""

    def __init__(self, root: Path, url: str, *, local: bool) -> None:
        self.root, self.url, self.repo = root, url, root.parent / "repo"
        self.publish()
        head = f"repositories: {{shop: {{url: '{url}/repo'}}}}\nhelm: {{engine: embedded}}\n"
        chart = "./charts/web" if local else "shop/web"
        write(root, {"pipeline.yaml": f"{head}releases: [{{name: web, chart: {chart}, namespace: shop}}]\n"})
        write(
            root, {"charts/web/Chart.yaml": WEB + needs("mid", f"{url}/repo"), "charts/web/templates/t.yaml": TEMPLATE}
        )

    def publish(self, *, leaf: str = "1.0.0", values: str = "a: 1\n", mid: str = "m: 1\n") -> None:
        at = f"{self.url}/repo"
        charts = {
            ("web", "1.0.0"): archive("web", "1.0.0", needs("mid", at)),
            ("mid", "1.0.0"): archive("mid", "1.0.0", needs("leaf", at), mid),
            ("leaf", "1.0.0"): archive("leaf", "1.0.0", "", values if leaf == "1.0.0" else "a: 1\n"),
        }
        if leaf != "1.0.0":
            charts["leaf", leaf] = archive("leaf", leaf, "", values)
        publish(self.repo, charts)

    def fresh(self) -> None:
        """As in a clone that has the lock, and no charts."""
        shutil.rmtree(self.root / "vendor_charts")


@pytest.fixture(params=["repository", "local"])
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> object:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    with served(tmp_path) as url:
        yield Site(root, url, local=request.param == "local")


def test_the_lock_names_each_dependency_with_its_digest(site: Site) -> None:
    verbs("vendor", "vendor --locked", "render")
    lock = (site.root / "pipeline.lock").read_text()
    assert "schema: pipeline.lock/v4" in lock
    for name, path in (("mid", "charts/mid"), ("leaf", "charts/mid/charts/leaf")):
        digest = hashlib.sha256((site.repo / f"{name}-1.0.0.tgz").read_bytes()).hexdigest()
        assert f"        {path}:\n          archive: sha256:{digest}\n          name: {name}\n" in lock


@pytest.mark.parametrize("changed", ["leaf", "mid", "both"])
def test_a_dependency_that_changed_upstream_is_refused(
    site: Site, capsys: pytest.CaptureFixture[str], changed: str
) -> None:
    verbs("vendor")
    lock = (site.root / "pipeline.lock").read_text()
    site.fresh()
    site.publish(values="a: 2\n" if changed != "mid" else "a: 1\n", mid="m: 2\n" if changed != "leaf" else "m: 1\n")
    capsys.readouterr()
    assert run(["vendor"]) == 4
    said = capsys.readouterr().err
    for name in ("leaf", "mid") if changed == "both" else (changed,):
        assert f"its dependency {name} 1.0.0 is not the locked archive" in said
    assert "pipeline vendor --update accepts the new one" in said
    assert (site.root / "pipeline.lock").read_text() == lock
    assert not (site.root / "vendor_charts/web").exists()
    verbs("vendor --update")
    said = capsys.readouterr().out
    assert ("web > charts/mid/charts/leaf: 1.0.0 (" in said) == (changed != "mid")
    assert ("web > charts/mid: 1.0.0 (" in said) == (changed != "leaf")


def test_a_newer_dependency_is_taken_by_update_alone(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    verbs("vendor")
    site.publish(leaf="1.1.0")
    site.fresh()
    verbs("vendor")
    assert "version: '1.1.0'" not in (site.root / "pipeline.lock").read_text()
    capsys.readouterr()
    verbs("vendor --update")
    assert capsys.readouterr().out.splitlines()[0] == "web > charts/mid/charts/leaf: 1.0.0 -> 1.1.0"
    assert "version: '1.1.0'" in (site.root / "pipeline.lock").read_text()


def test_a_dependency_that_our_chart_asks_for_otherwise_moves(site: Site) -> None:
    if "./charts/web" not in (site.root / "pipeline.yaml").read_text():
        pytest.skip("upstream's Chart.yaml is not ours to edit")
    verbs("vendor")
    publish(site.repo, {("mid", "2.0.0"): archive("mid", "2.0.0")})
    write(site.root, {"charts/web/Chart.yaml": WEB + needs("mid", f"{site.url}/repo", "^2")})
    verbs("vendor", "vendor --locked")
    lock = (site.root / "pipeline.lock").read_text()
    assert "version: '2.0.0'" in lock
    assert "leaf" not in lock


def old(lock: str) -> str:
    """The lock as an older pipeline wrote it."""
    charts, releases = list[dict[str, str]](), dict[str, dict[str, str]]()
    for name, block in load(lock)["charts"].items():
        for release, part in block.items():
            place = {"name": name, "version": part["version"]}
            charts.append(place | {key: part[key] for key in ("archive", "source", "tree") if key in part})
            releases[release] = place | {key: part[key] for key in ("chart", "wanted") if key in part}
    return dump({"charts": charts, "releases": releases, "schema": "pipeline.lock/v1"})


def test_an_old_lock_works_and_is_migrated(site: Site) -> None:
    verbs("vendor")
    new = (site.root / "pipeline.lock").read_text()
    write(site.root, {"pipeline.lock": old(new)})
    assert "leaf" not in old(new)
    verbs("vendor --locked", "render")
    site.fresh()
    verbs("vendor", "vendor --locked", "render --check")
    assert (site.root / "pipeline.lock").read_text() == new


def test_an_old_lock_notices_a_changed_dependency_by_the_tree(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    if "./charts/web" in (site.root / "pipeline.yaml").read_text():
        pytest.skip("an old lock does not pin what a chart of our own needs")
    verbs("vendor")
    write(site.root, {"pipeline.lock": old((site.root / "pipeline.lock").read_text())})
    site.fresh()
    site.publish(values="a: 2\n")
    assert run(["vendor"]) == 4
    assert "written by an older pipeline, which did not name dependencies" in capsys.readouterr().err
