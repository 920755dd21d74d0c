"""Charts that mean harm, in a repository whose every file is known, so that nothing written elsewhere goes unseen."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.cli import run
from tests.support.charts import pack
from tests.support.platforms import platform, write

CHART_YAML = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n"


def subchart(name: str, more: Mapping[str, str | bytes] | None = None, version: str = "0.1.0") -> bytes:
    """A packed subchart that calls itself ``name``."""
    text = f"apiVersion: v2\nname: {name!r}\nversion: {version!r}\n"
    return pack({"sub/Chart.yaml": text, "sub/config": "[core]\n\tpager = touch /tmp/owned\n"} | dict(more or {}))


def chart(files: Mapping[str, str | bytes], links: Mapping[str, str] | None = None) -> bytes:
    """The package of a chart ``web`` with these files below its folder."""
    own = {"Chart.yaml": CHART_YAML, "templates/a.yaml": TEMPLATE} | dict(files)
    return pack({f"web/{name}": data for name, data in own.items()}, links)


def repository(root: Path, archive: bytes) -> Path:
    """One release of the archive ``web.tgz``, nothing vendored yet."""
    config = "releases: [{name: web, chart: ./web.tgz, namespace: shop}]\nhelm: {engine: embedded}\n"
    platform(root, {"pipeline.yaml": config})
    (root / "web.tgz").write_bytes(archive)
    return root


def publish_archive(folder: Path, archive: bytes) -> None:
    """A chart repository whose only chart is ``web`` 1.0.0."""
    write(folder, {"index.yaml": "apiVersion: v1\nentries: {web: [{name: web, version: 1.0.0, urls: [web.tgz]}]}\n"})
    (folder / "web.tgz").write_bytes(archive)


def everything(root: Path) -> dict[str, bytes]:
    """Every file, Git's own included, and every link by where it points; not the memo of valid configurations."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = b"link " + str(path.readlink()).encode()
        elif path.is_file() and "cache/pipeline/valid/" not in name:
            found[name] = path.read_bytes()
    return found


def refused(arguments: list[str], around: Path) -> None:
    """That the verb fails with an error of ours, and no file in ``around`` has changed."""
    before = everything(around)
    assert run(arguments) in (1, 4, 64)
    assert everything(around) == before
