"""Real charts through every kind of source: the same bytes as helm unpacks, the same digest, the same render.

A sample of the corpus by default; all of it with PIPELINE_ROUND_TRIP=all.
"""

import os
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from pipeline.adapters.charts.archive import read_archive
from pipeline.adapters.charts.load_chart import unpack_subcharts
from pipeline.adapters.charts.packing import pack
from pipeline.adapters.fetch.source import ChartSource
from pipeline.core.budget import Budget
from pipeline.core.charts.chart import tree_digest
from pipeline.core.charts.reference import ChartRepository, parse_reference
from pipeline.core.charts.stored_names import original_files, stored_files
from pipeline.core.yaml import reader as yaml_read
from tests.support.oci_registry import RunningRegistry, registry
from tests.support.platforms import git, served
from tests.support.tools import corpus, tool

SAMPLE = 8
EVERY = os.environ.get("PIPELINE_ROUND_TRIP") == "all"


def archives() -> list[Path]:
    every = sorted(path for path in corpus().rglob("*.tgz") if "/mutations/" not in str(path))
    if EVERY:
        return every
    return every[:: max(1, len(every) // SAMPLE)]


class Sites:
    """One repository that has each archive in every form that a chart may come in."""

    def __init__(self, root: Path, url: str, oci: RunningRegistry) -> None:
        self.root, self.url, self.oci = root, url, oci

    def references(self, archive: Path, name: str, version: str) -> Iterator[tuple[str, str, str]]:
        """The kind, the reference and the version of one chart, which is put there."""
        (self.root / "served").mkdir(exist_ok=True)
        (self.root / "served" / archive.name).write_bytes(archive.read_bytes())
        entry = f"{{name: {name}, version: '{version}', urls: ['{archive.name}']}}"
        (self.root / "served/index.yaml").write_text(f"apiVersion: v1\nentries:\n  {name}: [{entry}]\n")
        yield "archive on disk", f"./served/{archive.name}", ""
        yield "archive by URL", f"{self.url}/{archive.name}", ""
        yield "HTTP repository", f"{self.url}/{name}", version
        self.oci.helm("push", str(archive), f"oci://{self.oci.host}/charts", "--plain-http")
        yield "OCI registry", f"registry/{name}", version


def pulled(url: str, folder: Path) -> dict[str, bytes]:
    """What ``helm pull --untar`` unpacks."""
    command = [tool("helm"), "pull", url, "--untar", "--untardir", str(folder), "--destination", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return below(next(folder.glob("*/Chart.yaml")).parent)  # helm leaves an empty folder beside it


def below(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def renders_otherwise(theirs: Path, ours: Path) -> bool:
    """Values by chance differ from render to render: charts with such are not compared."""
    first = template(theirs)
    return template(ours) != first and template(theirs) == first


def template(chart: Path) -> tuple[int, bytes]:
    command = [tool("helm"), "template", "release", str(chart), "--kube-version", "1.30.0", "--include-crds"]
    done = subprocess.run(command, check=False, capture_output=True, cwd=chart.parent)
    return done.returncode, done.stdout


def test_every_source_gives_what_helm_unpacks_and_renders(tmp_path: Path) -> None:
    found: dict[str, Mapping[str, str]] = {}
    with ExitStack() as stack:
        oci = stack.enter_context(registry(tmp_path / "registry"))
        url = stack.enter_context(served(tmp_path / "served"))
        sites = Sites(tmp_path, url, oci)
        repository = ChartRepository("registry", f"oci://{oci.host}/charts", plain_http=True)
        for number, archive in enumerate(archives()):
            own = ChartSource(tmp_path, {}).fetch(parse_reference(_here(tmp_path, archive)), "")
            files = pulled(f"{url}/{archive.name}", tmp_path / "pulled" / str(number))
            expected = tree_digest(stored_files(unpack_subcharts(files, archive.name, Budget(archive.name))))
            digests = {}
            for kind, text, version in sites.references(archive, own.name, own.version):
                source = ChartSource(tmp_path, {"registry": repository})
                fetched = source.fetch(parse_reference(text, [repository]), version)
                digests[kind] = tree_digest(stored_files(fetched.files))
            if set(digests.values()) != {expected}:
                found[archive.name] = {"helm": expected, **digests}
            packed = tmp_path / "packed.tgz"
            packed.write_bytes(pack(original_files(stored_files(own.files))))
            if renders_otherwise(archive, packed):
                found[archive.name] = {"render": "differs"}
        assert number + 1 == len(archives())
    assert found == {}


def test_a_folder_and_a_commit_give_what_helm_package_packs_and_render_as_the_archive(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    found: dict[str, object] = {}
    for number, archive in enumerate(archives()):
        with tarfile.open(archive) as tar:
            tar.extractall(tmp_path / "charts" / str(number), filter="data")
        place = next((tmp_path / "charts" / str(number)).iterdir())
        package = packaged(place, tmp_path / "packages" / str(number))
        relative = place.relative_to(tmp_path).as_posix()
        git(tmp_path, "-c", "core.autocrlf=false", "add", "--force", relative)
        folder = ChartSource(tmp_path, {}).fetch(parse_reference(f"./{relative}"), "").files
        found[archive.name] = differing(dict(read_archive(package.read_bytes(), name=archive.name)), folder)
        packed = tmp_path / "packed.tgz"
        packed.write_bytes(pack(dict(folder)))
        if renders_otherwise(archive, packed):
            found[archive.name] = "the render differs"
        git(tmp_path, "commit", "--quiet", "--message", archive.name)
        if EVERY or number % 4 == 0:
            reference = parse_reference(f"git+file://{tmp_path}//{relative}?ref=HEAD")
            commit = ChartSource(tmp_path, {}).fetch(reference, "").files
            assert pack(dict(commit)) == packed.read_bytes(), f"{archive.name}: what Helm gets to render"
    assert {name: what for name, what in found.items() if what} == {}
    assert len(found) == len(archives())


def packaged(folder: Path, target: Path) -> Path:
    """What ``helm package`` makes of a folder."""
    command = [tool("helm"), "package", str(folder), "--destination", str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return next(target.iterdir())


def differing(theirs: Mapping[str, bytes], ours: Mapping[str, bytes]) -> list[str]:
    """Files that only one has, or that differ. Helm writes Chart.yaml and the locks anew: they must mean the same."""
    return [path for path in sorted(theirs.keys() | ours.keys()) if not _alike(path, theirs.get(path), ours.get(path))]


def _alike(path: str, theirs: bytes | None, ours: bytes | None) -> bool:
    if theirs == ours or theirs is None or ours is None:
        return theirs == ours
    rewritten = path.rpartition("/")[2] in ("Chart.yaml", "Chart.lock", "requirements.lock")
    return rewritten and yaml_read.load(theirs.decode()) == yaml_read.load(ours.decode())


def _here(root: Path, archive: Path) -> str:
    (root / "served").mkdir(exist_ok=True)
    (root / "served" / archive.name).write_bytes(archive.read_bytes())
    return f"./served/{archive.name}"
