"""Files and keys that no release takes: a typing error in a name, which would otherwise pass without a word."""

from collections.abc import Iterable, Iterator, Mapping

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.charts.suggest import nearest
from pipeline.core.config.model import Config
from pipeline.core.render.overlay import FOLDER, NAMES
from pipeline.core.yaml.reader import DuplicateKey, YamlError, load_all

_VALUES = "values"
_KUSTOMIZATIONS = tuple(f"/{name}" for name in NAMES)


def unread_files(config: Config, values: Iterable[str], overlays: Mapping[str, bytes]) -> Iterator[str]:
    """A line for each file below values/ that no release takes, and each overlay that none builds.

    ``values`` are paths from the root; ``overlays`` the kustomizations below overlays/, by path from the root.
    """
    taken = {
        file
        for release in config.releases
        for env in config.environments
        for file in release.within(env).value_files(env)
    }
    for path in sorted(values):
        if path not in taken and not path.rpartition("/")[2].startswith((".", "README")):
            yield f"{path}: no release takes this file{_meant(path, taken)}"
    places = {f"{FOLDER}/{release.name}" for release in config.releases}
    places |= {f"{place}/{env}" for place in places for env in config.environments}
    texts = [data.decode(errors="replace") for data in overlays.values()]
    for path in sorted(overlays):
        folder, _, _ = path.rpartition("/")
        name = folder.rpartition("/")[2]
        named = any(f"/{name}" in text or f"{name}]" in text or f" {name}" in text for text in texts)
        if folder not in places and not named:
            yield f"{path}: no release builds this overlay{_meant(folder, places)}"


def keys_given_twice(layers: Iterable[ValuesLayer]) -> Iterator[str]:
    """``values/web/common.yaml:7: the key port is given twice; the last one counts``."""
    for layer in layers:
        twice: list[DuplicateKey] = []
        try:
            load_all(layer.written, twice)
        except YamlError:
            continue
        yield from (
            f"{layer.file}:{path.line}: the key {path.key} is given twice; the last one counts" for path in twice
        )


def _meant(path: str, known: Iterable[str]) -> str:
    near = nearest(path, known)
    return f"; did you mean {near}?" if near else ""


def is_kustomization(path: str) -> bool:
    return path.endswith(_KUSTOMIZATIONS)
