"""Where a chart that was fetched for one comparison lies: a folder named by its content, in the user's cache."""

import shutil
import tempfile
from pathlib import Path

from pipeline.adapters.cache.folder import folder
from pipeline.core.charts.chart import Fetched, tree_digest
from pipeline.core.charts.reference import ChartKind, parse_reference
from pipeline.core.errors import UsageError


def local_chart(argument: str) -> str:
    """The path of the chart that ``chart:ARGUMENT`` names; fetched where it is not on this disk.

    Raises:
        UsageError: it is no path, and no ``https://…/chart@VERSION`` or URL of an archive either.
        WorldError: it cannot be fetched.
    """
    if not argument.startswith(("http://", "https://", "oci://", "git+")):
        return argument
    text, _, version = argument.partition("@") if "@" in argument.rpartition("/")[2] else (argument, "", "")
    from pipeline.adapters.charts.source import ChartSource  # noqa: PLC0415 - an HTTP client, which archives never need

    reference = parse_reference(text)
    if reference.kind not in (ChartKind.REPOSITORY, ChartKind.ARCHIVE):
        hint = "pull it first (helm pull), and compare the archives: chart:./name-1.2.3.tgz"
        raise UsageError(f"chart:{argument}: no chart can be fetched from there yet ({reference.kind})", hint=hint)
    return str(_stored(ChartSource(Path.cwd(), {}).fetch(reference, version)))


def _stored(fetched: Fetched) -> Path:
    """Staged beside its place and renamed: a folder of that name is always whole."""
    place = folder("charts") / tree_digest(fetched.files).removeprefix("sha256:")
    target = place / fetched.name
    if target.is_dir():
        return target
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = Path(tempfile.mkdtemp(prefix=".staged-", dir=place.parent))
    try:
        for name, data in fetched.files.items():
            file = staged / fetched.name / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        staged.rename(place)
    except OSError:
        if not target.is_dir():  # another run may have been faster
            raise
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return target
