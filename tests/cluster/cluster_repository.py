"""A Git repository with a rendered tree that a test writes object by object, and the real pipeline over it.

    site = ClusterRepository(cluster, tmp_path)
    site.render(config_map(site.namespace, a="1"))       # the whole rendered tree of release "web", committed
    plan = site.plan()                                   # the file; the command must succeed
    done = site.apply(plan)                              # Done(code, out, err); in this process
    process = site.spawn("apply", str(plan))             # a process of its own, to be killed
    site.journals()                                      # every journal's lines, oldest first

The cluster's objects live in a namespace of the test's own; so do the inventory and the lock.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pipeline.cli import run
from pipeline.core.cluster.api.canonical import digest
from pipeline.core.kube.secrets import holds_data
from pipeline.core.redaction.copies import copies_of
from pipeline.core.render.layout import folder_of, hooks_of
from pipeline.core.render.manifests import parse
from pipeline.core.render.notes import NOTHING, Notes
from pipeline.core.render.rendered_tree import Inputs, written
from tests.cluster.cluster import Cluster, Object
from tests.support.platforms import git, write

ENVIRONMENT = "prod"
RELEASE = "web"


@dataclass(frozen=True, slots=True)
class Done:
    """A finished run of pipeline."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


class ClusterRepository:
    """One repository, one environment. ``user`` is who the kubeconfig is for; ``url`` may lead through a proxy."""

    def __init__(self, cluster: Cluster, root: Path, *, user: str = "admin", **apply: Any) -> None:
        self.cluster, self.root = cluster, root / "site"
        self.namespace = cluster.namespace("site")
        self.state = root / "state"
        self.user, self.url = user, ""
        self.config: Path | None = None
        self._plans = 0
        self._releases: dict[str, str] = {RELEASE: self.namespace}
        self.root.mkdir()
        git(self.root, "init", "--quiet")
        self.configure(**apply)

    def configure(self, **apply: Any) -> None:
        """Write the ``apply:`` section; the inventory is in the test's namespace unless it says otherwise."""
        self.settings = apply
        self._apply = {"namespace": self.namespace} | apply
        releases = [
            {"name": name, "chart": f"./charts/{name}", "namespace": namespace}
            for name, namespace in self._releases.items()
        ]
        body = {
            "environments": {ENVIRONMENT: {"cluster": {"context": "test"}, "apply": self._apply}},
            "releases": releases,
        }
        write(self.root, {"pipeline.yaml": json.dumps(body, indent=1)})
        self._commit("settings")

    def render(self, *bodies: Object, release: str = RELEASE, namespace: str = "", omit: bool = False) -> str:
        """The release's whole rendered tree, committed: what is not named is no longer rendered. Gives the commit.

        With ``omit`` as ``secrets: {rendered: omit}`` writes it.
        """
        if release not in self._releases:
            self._releases[release] = namespace or self.namespace
            self.configure(**self.settings)
        own = self._releases[release]
        text = "\n---\n".join(json.dumps(body) for body in bodies)
        manifests = parse(text, namespace=own, release=release)
        inputs = Inputs("web", "1.0.0", "sha256:" + "0" * 64, "1.37.2", "4.0.0", own)
        folders = (self.root / of(ENVIRONMENT, release) for of in (folder_of, hooks_of))
        for path in [path for folder in folders for path in folder.rglob("*")]:
            if path.is_file():
                path.unlink()
        notes = Notes(copies=copies_of(manifests, [])) if omit else NOTHING
        kept = [one for one in manifests.resources if not (omit and holds_data(one))]
        for name, data in written(ENVIRONMENT, release, inputs, kept, noted=notes).items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return self._commit(f"render {release}")

    def run(self, *arguments: str) -> Done:
        """pipeline in this process, in the repository."""
        out, err = io.StringIO(), io.StringIO()
        with self._inside(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(list(arguments))
        return Done(code, out.getvalue(), err.getvalue())

    def spawn(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """pipeline in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline", *arguments],
            cwd=self.root,
            env={**os.environ, **self.environment(), "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def python(self, *arguments: str, stdin: str) -> subprocess.CompletedProcess[str]:
        """A Python of ours, with the tests to import, to its end."""
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=Path(__file__).parents[2], input=stdin, text=True, capture_output=True, check=True, timeout=120
        )

    def finish(self, process: subprocess.Popen[str], timeout_s: float = 120) -> Done:
        out, err = process.communicate(timeout=timeout_s)
        return Done(process.returncode, out, err)

    def plan(self, *arguments: str, code: int = 0) -> Path:
        """A new plan's file, outside the repository."""
        self._plans += 1
        path = self.root.parent / f"plan-{self._plans}.json"
        done = self.run("plan", "-e", ENVIRONMENT, "--out", str(path), *arguments)
        assert done.code == code, done.said
        return path

    def actions(self, plan: Path) -> dict[str, str]:
        """What a plan does: ``{"ConfigMap settings": "create"}``; what stays as it is left out."""
        found = json.loads(plan.read_text())["actions"]
        return {f"{one['kind']} {one['name']}": one["op"] for one in found if one["op"] != "unchanged"}

    def apply_arguments(self, plan: Path, *arguments: str) -> list[str]:
        """apply with the plan approved by its digest, named on purpose."""
        return ["apply", str(plan), "--plan-digest", digest(plan.read_bytes()), *arguments]

    def apply(self, plan: Path, *arguments: str) -> Done:
        return self.run(*self.apply_arguments(plan, *arguments))

    def deploy(self, *bodies: Object, code: int = 0) -> Done:
        """Render, plan, apply: the whole way."""
        self.render(*bodies)
        done = self.apply(self.plan())
        assert done.code == code, done.said
        return done

    def journals(self) -> list[list[Object]]:
        """The lines of every journal, oldest first; a torn last line is left out."""
        files = sorted(self.state.rglob("journal.jsonl"), key=lambda path: path.stat().st_mtime_ns)
        return [[orjson.loads(row) for row in path.read_bytes().split(b"\n")[:-1]] for path in files]

    def inventory(self) -> Object:
        """The inventory's data, {} where there is none."""
        path = f"/api/v1/namespaces/{self._apply['namespace']}/configmaps/pipeline-{ENVIRONMENT}"
        status, body = self.cluster.raw("GET", path)
        return body["data"] if status == 200 else {}

    def objects(self) -> list[str]:
        """The inventory's lines, wherever they are."""
        data = self.inventory()
        folder = f"/api/v1/namespaces/{self._apply['namespace']}/configmaps"
        found = [self.cluster.expect(200, "GET", f"{folder}/{name}") for name in self.objects_in()]
        shards = [body["data"]["objects"] for body in found]
        return [line for text in shards or [data["objects"]] for line in text.splitlines()]

    def objects_in(self) -> list[str]:
        """The names of the inventory's shards."""
        return list(json.loads(self.inventory().get("shards", "{}")))

    def environment(self) -> dict[str, str]:
        return {
            "KUBECONFIG": str(self.config or self.cluster.kubeconfig(self.user, url=self.url)),
            "PIPELINE_STATE_DIR": str(self.state),
        }

    @contextlib.contextmanager
    def _inside(self) -> Iterator[None]:
        before, here = _environment(self.environment()), Path.cwd()
        os.chdir(self.root)
        try:
            yield
        finally:
            os.chdir(here)
            _environment(before)

    def _commit(self, message: str) -> str:
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message", message)
        return git(self.root, "rev-parse", "HEAD").strip()


def _environment(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """Set (None: unset) variables; gives what they were."""
    before = {name: os.environ.get(name) for name in values}
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    return before
