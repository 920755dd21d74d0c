"""The charts of one comparison: where Helm finds each of them, and what they contain.

A fetched chart is kept as an archive in a private folder until the comparison ends; a vendored chart is packed as for a
render.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from weakref import finalize

from pipeline.adapters.guard import private_folder
from pipeline.core.charts.chart import Chart, Fetched, tree_digest
from pipeline.core.charts.lock import FILE as LOCK
from pipeline.core.charts.lock import FOLDER
from pipeline.core.charts.reference import ChartRepository, parse_reference
from pipeline.core.charts.stored_names import original_files
from pipeline.core.errors import NoRepositoryError, WorldError
from pipeline.core.safe_path import SafeName


@dataclass(frozen=True, slots=True)
class LocalChart:
    """``path`` is what Helm gets, ``load`` reads the same chart."""

    path: str
    load: Callable[[], Chart]


def local_chart(argument: str) -> LocalChart:
    """The chart that ``chart:ARGUMENT`` names; fetched where it is not on this disk.

    A URL may end in ``@VERSION`` (a version, or a range), or in ``@sha256:…`` in a registry. Where a pipeline.yaml is
    here or above, its repositories lend their short names and settings.

    Raises:
        UsageError: it is neither a path, nor a chart of a repository, nor a URL.
        WorldError: it cannot be fetched.
    """
    if not argument.startswith(("http://", "https://", "oci://", "git+")):
        short, slash, _ = argument.partition("/")
        if not slash or short in ("", ".", "..") or Path(argument).exists():
            return _on_disk(argument)
        root, repositories = _declared()
        if short not in repositories:
            return _on_disk(argument)
    else:
        root, repositories = _declared()
    from pipeline.adapters.fetch.source import ChartSource  # noqa: PLC0415 - an HTTP client, which archives never need

    text, version = _split(argument)
    reference = parse_reference(text, repositories.values())
    return _stored(ChartSource(root, repositories).fetch(reference, version))


def _declared() -> tuple[Path, Mapping[str, ChartRepository]]:
    """The folder of the pipeline.yaml around here, and its repositories; none where there is no pipeline.yaml."""
    from pipeline.adapters.config_file import find_root, load  # noqa: PLC0415 - as above

    try:
        root = find_root(Path.cwd())
    except NoRepositoryError:
        return Path.cwd(), {}
    return root, load(root).repositories


def _split(argument: str) -> tuple[str, str]:
    """The chart, and the version behind an ``@``. A digest belongs to the chart, an ``@`` before a host to the URL."""
    chart, at, version = argument.rpartition("@")
    inside = chart.partition("://")[2] if "://" in chart else chart
    if not at or argument.startswith("git+") or "/" in version or "/" not in inside or version.startswith("sha256:"):
        return argument, ""
    return chart, version


def _on_disk(argument: str) -> LocalChart:
    place = Path(argument).resolve()
    above = place.parents
    vendored = place.is_dir() and len(above) > 2 and above[1].name == FOLDER and (above[2] / LOCK).is_file()  # noqa: PLR2004
    if not vendored:
        return LocalChart(str(Path(argument).absolute()), partial(_loaded, argument))  # Helm works in another folder
    from pipeline.adapters.disk import Disk  # noqa: PLC0415 - as above

    tree = Disk(above[2]).vendored(place.relative_to(above[2]).as_posix())
    if tree.strange:
        path, what = min(tree.strange.items())
        raise WorldError(f"{argument}/{path} {what}: which pipeline vendor never writes", hint="pipeline vendor")
    name, version = place.parts[-2:]
    return _stored(Fetched(name, version, "", original_files(tree.files)))


def _loaded(path: str) -> Chart:
    from pipeline.adapters.charts.load_chart import load_chart  # noqa: PLC0415 - Helm is set to work before

    return load_chart(path)


class _Stored:
    """A fetched chart in a private folder, which lasts as long as somebody may still read the chart."""

    def __init__(self, fetched: Fetched) -> None:
        from pipeline.adapters.charts.packing import pack  # noqa: PLC0415 - as above

        self._fetched = fetched
        self._stack = ExitStack()
        finalize(self, self._stack.close)
        home = self._stack.enter_context(private_folder("chart"))
        self.path = home / SafeName(f"{fetched.name}-{fetched.version}.tgz", "chart")
        self.path.write_bytes(pack(fetched.files))

    def load(self) -> Chart:
        from pipeline.adapters.charts.load_chart import chart_of  # noqa: PLC0415 - as above

        files = self._fetched.files
        return chart_of(files, tree_digest(files), f"{self._fetched.name} {self._fetched.version}")


def _stored(fetched: Fetched) -> LocalChart:
    stored = _Stored(fetched)
    return LocalChart(str(stored.path), stored.load)
