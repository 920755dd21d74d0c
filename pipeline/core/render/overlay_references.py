"""External references of an overlay: Kustomize would fetch them from Git or the web, or run them.

Kustomize treats anything that is not a file as an address. So everything that a kustomization names must exist, below
``overlays/``.
"""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.render.overlay import CHART, FOLDER, NAMES, Overlay
from pipeline.core.yaml.reader import YamlError, load_all

_LISTS = ("resources", "bases", "components", "crds", "configurations")
_INLINE = ("patchesStrategicMerge", "generators", "transformers", "validators")
"""These may hold YAML itself instead of a path."""
_WITH_PATH = ("patches", "patchesJson6902", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")
_HELM = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")
_PATH_KEYS = frozenset({"path", "paths", "files", "env", "envs", "repo", "resources", "configurations", "openapi"})
_FUNCTION = "config.kubernetes.io/function"


class OverlayError(Exception):
    """``file`` below ``overlays/`` cannot be built here; the message says why."""

    def __init__(self, file: str, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.file, self.line = file, line


def check(overlay: Overlay) -> None:
    """Look at every kustomization, and at every plugin's configuration.

    Raises:
        OverlayError: one refers to something that is not in the overlay, has a plugin or Helm run, or cannot be read.
    """
    files = overlay.by_path
    for name, data in files.items():
        folder, _, file = name.rpartition("/")
        if file in NAMES:
            for body in _documents(name, data):
                _check_kustomization(name, folder, mapping(body), files)
        elif file.endswith((".yaml", ".yml", ".json")) and (b"builtin" in data or _FUNCTION.encode() in data):
            for body in _documents(name, data):
                _check_plugin(name, body)


def shared_references(overlay: Overlay) -> tuple[str, ...]:
    """What its kustomizations refer to beside the overlay's own folder: paths below ``overlays/``, sorted.

    Only what is not among ``overlay.shared`` yet. A file that cannot be read refers to nothing: ``check`` says so.
    """
    files = overlay.by_path
    shared: set[str] = set()
    for name, data in files.items():
        folder, _, file = name.rpartition("/")
        if file not in NAMES:
            continue
        try:
            bodies = _documents(name, data)
        except OverlayError:
            continue
        for reference in (reference for body in bodies for reference in _references(mapping(body))):
            place = posixpath.normpath(posixpath.join(folder, reference))
            inside = place == overlay.release or place.startswith(f"{overlay.release}/")
            if not inside and not _away(reference) and place.split("/")[0] not in ("..", ".", ""):
                shared |= set() if _is_there(place, folder, files) else {place}
    return tuple(sorted(shared))


def kustomizations_built(overlay: Overlay) -> tuple[str, ...]:
    """The kustomizations that are built, by path below ``overlays/``: the overlay's own, and those it refers to."""
    files = overlay.by_path
    names: list[str] = []
    todo = [overlay.folder.removeprefix(f"{FOLDER}/")]
    while todo:
        folder = todo.pop()
        name = next((f"{folder}/{name}" for name in NAMES if f"{folder}/{name}" in files), "")
        if not name or name in names:
            continue
        names.append(name)
        try:
            bodies = _documents(name, files[name])
        except OverlayError:
            continue
        todo += [
            posixpath.normpath(posixpath.join(folder, reference))
            for body in bodies
            for reference in _references(mapping(body))
        ]
    return tuple(sorted(names))


def _check_kustomization(name: str, folder: str, body: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    for key in _HELM:
        if key in body:
            raise OverlayError(
                name, f"{key} would fetch a chart: declare that chart as a separate release in pipeline.yaml"
            )
    for reference in _references(body):
        place = posixpath.normpath(posixpath.join(folder, reference))
        if not _is_there(place, folder, files):
            where = "outside of this repository" if _away(reference) else f"not a file below {FOLDER}/"
            where = f"outside of {FOLDER}/" if place.split("/")[0] == ".." else where
            raise OverlayError(name, f"it refers to {reference[:200]!r}, which is {where}")
    for key in _INLINE:
        for text in sequence(body.get(key)):
            if isinstance(text, str) and _is_yaml(text):
                for inner in _documents(name, text.encode()):
                    _check_plugin(name, inner)


def _away(reference: str) -> bool:
    return "://" in reference or reference.startswith(("git@", "git::", "/")) or "//" in reference


def _is_there(place: str, folder: str, files: Mapping[str, bytes]) -> bool:
    if place in files or place == posixpath.normpath(posixpath.join(folder, CHART)):
        return True
    inside = "" if place == "." else f"{place}/"
    return any(f"{inside}{name}" in files for name in NAMES)


def _references(body: Mapping[str, Any]) -> Iterator[str]:
    """Every path in a kustomization, as it is written."""
    for key in _LISTS:
        yield from _texts(body.get(key))
    for key in _INLINE:
        yield from (text for text in _texts(body.get(key)) if not _is_yaml(text))
    for key in _WITH_PATH:
        yield from _texts(body.get(key))
        for entry in sequence(body.get(key)):
            yield from _texts([mapping(entry).get("path")])
    yield from _texts([mapping(body.get("openapi")).get("path")])
    for key in _GENERATORS:
        for entry in map(mapping, sequence(body.get(key))):
            yield from (text.partition("=")[2] or text for text in _texts(entry.get("files")))
            yield from _texts([*sequence(entry.get("envs")), entry.get("env")])


def _texts(value: Any) -> Iterator[str]:
    return (text for text in sequence(value) if isinstance(text, str) and text)


def _is_yaml(text: str) -> bool:
    return "\n" in text or text.lstrip().startswith("{")


def _check_plugin(name: str, body: Any) -> None:
    """A transformer or generator that Kustomize brings reads files too; any other would be a program."""
    annotations = mapping(mapping(mapping(body).get("metadata")).get("annotations"))
    if any(key.startswith(_FUNCTION) for key in map(str, annotations)):
        raise OverlayError(name, "it runs a function, which is a separate program")
    if mapping(body).get("apiVersion") != "builtin":
        return
    if "Helm" in str(mapping(body).get("kind")):
        raise OverlayError(name, "it would fetch a chart: declare that chart as a separate release in pipeline.yaml")
    for text in _paths(body):
        if "://" in text or text.startswith(("/", "git@", "git::")) or ".." in text.split("/"):
            raise OverlayError(name, f"it refers to {text[:200]!r}, which is not a file of this overlay")


def _paths(value: Any) -> Iterator[str]:
    """Every text below a key that may hold a path."""
    todo = [(value, False)]
    while todo:
        one, is_path = todo.pop()
        if isinstance(one, dict):
            todo += [(inner, is_path or key in _PATH_KEYS) for key, inner in one.items()]
        elif isinstance(one, list):
            todo += [(inner, is_path) for inner in one]
        elif isinstance(one, str) and is_path:
            yield one.rpartition("=")[2]


def _documents(name: str, data: bytes) -> list[Any]:
    try:
        return load_all(data.decode())
    except UnicodeDecodeError as error:
        raise OverlayError(name, "it is not UTF-8") from error
    except YamlError as error:
        raise OverlayError(name, f"it is not valid YAML: {error.message}", error.line) from error
