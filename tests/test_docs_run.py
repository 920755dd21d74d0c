"""Every command line of the documents is run, in a repository that has what they speak of: none is refused, none fails.

What meets a cluster is run against none here, and must say so; tests/cluster runs those verbs for real.
"""

import json
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import cli, run
from tests.support.charts import pack
from tests.support.fake_github import FakeGitHub
from tests.support.platforms import CHART, git, publish, served, verbs, write
from tests.support.program import program_context
from tests.test_docs import PAGES, typed
from tests.workflows.test_init_github import REPORT

pytestmark = pytest.mark.slow

VERSIONS = {
    "vault": ("0.27.0", "0.28.1", "0.29.0", "0.30.1"),
    "lattice": ("1.26.0", "1.28.0"),
    "cert-manager": ("1.17.0", "1.18.2", "1.19.0"),
    "web": ("1.0.0", "2.0.0"),
}
CONFIG = """repositories: {{shop: {{url: '{url}'}}, jetstack: {{url: '{url}'}}}}
helm: {{engine: embedded}}
policy: {{failOn: high}}
environments: {{staging: {{}}, prod: {{kubeVersion: 1.34.0, cluster: {{context: nowhere}}}}, dev: {{}}}}
releases:
  - {{name: web, chart: shop/web, version: 1.0.0, namespace: shop, environments: [dev]}}
  - {{name: cert-manager, chart: shop/cert-manager, version: 1.17.0, namespace: certs, environments: [dev]}}
  - {{name: mesh, chart: shop/lattice, version: 1.26.0, namespace: mesh, environments: [prod]}}
  - name: vault
    chart: shop/vault
    namespace: vault
    environments: {{staging: {{version: 0.28.1}}, prod: {{version: 0.27.0}}}}
"""
WORDS = {
    "RELEASE": "web", "KIND/NAME": "Service/web", "OLD": "v1.4", "NEW": "worktree", "ID": "image-changed",
    "PLAN": "plan.json", "COMMIT": "v1.4", "OWNER/NAME": "o/r", "cluster:ENV": "cluster:prod", "dir:OLD": "dir:old",
    "PATH": "fleet", "RUN": "run-1", "WHY": "gone", "applier|planner|viewer": "applier", "shard-*.json": "report.json",
    "v1..v2": "v1.4..HEAD", "controller.image": "port", "RELEASE@VERSION": "web@2.0.0", "dir:rendered/prod": "dir:old",
}  # fmt: skip
CLUSTER = ("plan", "approve", "apply", "rollback", "drift", "status", "unlock", "rbac")
FINE = {0, 2, 3, 4}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A repository of which each test gets a copy, and the address of its chart repository."""
    top = tmp_path_factory.mktemp("docs")
    for name, versions in VERSIONS.items():
        files = {path: text.replace("name: web", f"name: {name}") for path, text in CHART.items()}
        publish(top / "charts" / name, dict.fromkeys(versions, files), name=name)
    index = "".join(
        (top / "charts" / name / "index.yaml")
        .read_text()
        .partition("entries:\n")[2]
        .replace("urls: [", f"urls: [{name}/")
        for name in VERSIONS
    )
    (top / "charts/index.yaml").write_text(f"apiVersion: v1\nentries:\n{index}")
    with served(top / "charts") as url:
        root = write(top / "world", {"pipeline.yaml": CONFIG.format(url=url), "values/web/common.yaml": "port: 81\n"})
        for version in ("1.26.0", "1.27.0"):
            files = {f"istiod/{path}": text.replace("name: web", "name: istiod") for path, text in CHART.items()}
            (root / f"istiod-{version}.tgz").write_bytes(pack(files))
        write(root, of_others(url) | {"my-values.yaml": "port: 82\n", "values/mesh/prod.yaml": "port: 83\n"})
        git(root, "init", "--quiet", "--initial-branch=main")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(root)
            verbs("vendor", "render")
            git(root, "add", ".")
            git(root, "commit", "--quiet", "--message", "all")
            git(root, "tag", "v1.4")
            git(root, "commit", "--quiet", "--allow-empty", "--message", "more")
            verbs("diff -o json=report.json")
            shutil.copytree(root / "rendered", root / "old")
        yield root, url


def of_others(url: str) -> dict[str, str]:
    """What Flux, Argo CD, helmfile and Helm declare."""
    release = "- {name: web, namespace: shop, chart: shop/web, version: 1.0.0}\n"
    helmfile = f"repositories:\n- {{name: shop, url: '{url}'}}\nreleases:\n{release}"
    listed = json.dumps([{"name": "vault", "namespace": "vault", "chart": "vault-0.27.0", "status": "deployed"}])
    flux = (
        f"apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {{name: shop, namespace: shop}}\n"
        f"spec: {{url: '{url}'}}\n---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        "metadata: {name: web, namespace: shop}\n"
        "spec: {chart: {spec: {chart: web, version: 1.0.0, sourceRef: {kind: HelmRepository, name: shop}}}}\n"
    )
    application = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\n"
        f"spec: {{destination: {{namespace: shop}}, source: {{chart: web, repoURL: '{url}', targetRevision: 1.0.0}}}}\n"
    )
    many = f"environments: {{prod: {{}}}}\n---\n{helmfile}"
    files = {"helmfile.yaml": helmfile, "deploy/helmfile.yaml": many, "dump/list.json": listed}
    return files | {"fleet/a.yaml": flux, "apps/a.yaml": application, "hashes.json": json.dumps(REPORT)}


def elsewhere(folder: Path, url: str) -> Path:
    """Where ``init`` runs: nothing of ours is there yet."""
    write(folder, of_others(url))
    git(folder, "init", "--quiet")
    return folder


def lines() -> list[str]:
    """Each once; a mention of the beginning of a command is none."""
    found = dict.fromkeys(line for page in PAGES for line in typed(page.read_text(encoding="utf-8")))
    return [line for line in found if "VERB" not in line and not line.endswith((":", "…")) and not names_only(line)]


def names_only(line: str) -> bool:
    """Whether it is the name of a verb that takes more to run."""
    words = line.split()[1:]
    with program_context() as context:
        verb = cli.get_command(context, words[0])
    return len(words) == 1 and verb is not None and any(part.required for part in verb.params)


@pytest.mark.parametrize("line", lines())
def test_a_command_of_the_documents_does_what_it_says(
    line: str,
    world: tuple[Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root, url = world
    words = [WORDS.get(word, word) for word in shlex.split(line.replace("https://charts.jetstack.io", url))[1:]]
    words = [word for word in words if word != "--pr"]  # it pushes: tests/cli has that
    here = elsewhere(tmp_path / "new", url) if words[0] == "init" else tmp_path / "platform"
    if words[0] != "init":
        shutil.copytree(root, here)
    if words[0] == "add":
        file = here / "pipeline.yaml"
        file.write_text("".join(row for row in file.read_text().splitlines(True) if "name: cert-manager" not in row))
    monkeypatch.chdir(here)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    if words[0] != "comment":
        code = run(words)
    else:
        fake = FakeGitHub()
        monkeypatch.setenv("GITHUB_TOKEN", "secret-token")
        monkeypatch.setenv("GITHUB_API_URL", fake.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
        event = write(tmp_path, {"event.json": json.dumps({"number": 7})}) / "event.json"
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
        code = run(words)
        fake.close()
    said = capsys.readouterr().err
    if words[0] in CLUSTER or "cluster:prod" in words:
        assert code in (1, 64), said
        assert any(word in said for word in ("cluster", "kubeconfig", "context", "plan.json", "inventory.yaml")), said
    else:
        assert code in FINE, said
