"""The charts of one comparison: where Helm finds each of them, and what they contain.

A fetched chart is kept as an archive in a private folder until the comparison ends; a vendored chart is packed as for a
render.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from weakref import finalize

from pipeline.adapters.guard import private_folder
from pipeline.core.charts.chart import Chart, Fetched, tree_digest
from pipeline.core.charts.lock import FILE as LOCK
from pipeline.core.charts.lock import FOLDER
from pipeline.core.charts.reference import ChartKind, parse_reference
from pipeline.core.charts.stored_names import original_files
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.safe_path import SafeName


@dataclass(frozen=True, slots=True)
class LocalChart:
    """``path`` is what Helm gets, ``load`` reads the same chart."""

    path: str
    load: Callable[[], Chart]


def local_chart(argument: str) -> LocalChart:
    """The chart that ``chart:ARGUMENT`` names; fetched where it is not on this disk.

    Raises:
        UsageError: it is not a path, and no ``https://…/chart@VERSION`` or URL of an archive either.
        WorldError: it cannot be fetched.
    """
    if not argument.startswith(("http://", "https://", "oci://", "git+")):
        return _on_disk(argument)
    text, _, version = argument.partition("@") if "@" in argument.rpartition("/")[2] else (argument, "", "")
    from pipeline.adapters.fetch.source import ChartSource  # noqa: PLC0415 - an HTTP client, which archives never need

    reference = parse_reference(text)
    if reference.kind not in (ChartKind.REPOSITORY, ChartKind.ARCHIVE):
        hint = "pull it first (helm pull), and compare the archives: chart:./name-1.2.3.tgz"
        raise UsageError(
            f"chart:{argument}: fetching charts from there is not supported yet ({reference.kind})", hint=hint
        )
    return _stored(ChartSource(Path.cwd(), {}).fetch(reference, version))


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
