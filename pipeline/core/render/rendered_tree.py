"""The rendered/ tree: one file an object, and the index of each release that says which files belong to us.

Where they lie: ``core/render/layout.py``. An index names nothing but what its release is made of, so that two branches
that touch different releases never touch the same index.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from pipeline.core.errors import StaleError
from pipeline.core.json_text import escaped_bytes
from pipeline.core.kube.resource import Delivery, Resource, mapping, sequence
from pipeline.core.render import notes
from pipeline.core.render.layout import folder_of, hooks_of, index_of, index_place, is_test, placed
from pipeline.core.render.merged import sides
from pipeline.core.render.notes import NOTHING, Notes
from pipeline.core.safe_path import SafeName, SafePath, UnsafePathError, shown

SCHEMA = "pipeline.index/v2"
OLD_SCHEMA = "pipeline.index/v1"
"""Of an index.json beside the manifests; its files, hooks among them, are all below the release's folder."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a render was made of. ``values`` and ``overlay`` map each file to its digest (``sha256:…``)."""

    chart: str
    version: str
    chart_digest: str
    kube_version: str
    helm_version: str
    namespace: str
    apis: tuple[str, ...] = ()
    """Those of custom kinds that the render was given and the chart's templates name."""
    values: Mapping[str, str] = field(default_factory=dict, hash=False)
    overlay: Mapping[str, str] = field(default_factory=dict, hash=False)
    form: str = ""
    """``install`` or ``upgrade``, of a chart that asks which it is."""
    release_name: str = ""
    """What templates saw as ``.Release.Name``, where that is not the release's name."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A file that we own. ``source`` is the template that made it."""

    digest: str
    delivery: Delivery = Delivery.TEMPLATE
    source: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """Of one release in one environment: its files by their path from the repository's root."""

    environment: str
    release: str
    inputs: Inputs
    files: Mapping[str, IndexEntry] = field(hash=False)
    notes: Notes = NOTHING


Seal = Callable[[str, Resource, bytes], bytes]
"""What to write for an object, given its path and its YAML."""


def in_the_open(_path: str, _resource: Resource, data: bytes) -> bytes:
    return data


def written(
    environment: str,
    release: str,
    inputs: Inputs,
    resources: Iterable[Resource],
    seal: Seal = in_the_open,
    *,
    noted: Notes = NOTHING,
    before: Index | None = None,
) -> dict[str, bytes]:
    """Every file of a release by its path from the repository's root, its index included; tests are left out.

    Where another Helm than that of the index ``before`` makes the same of the same, the index keeps naming that one.

    Raises:
        UnsafePathError: an object's namespace or name would lead into Git's own folder.
    """
    from pipeline.core.yaml.writer import dump  # noqa: PLC0415 - 8 ms that whoever only reads a tree need not pay

    files: dict[str, bytes] = {}
    entries: dict[str, IndexEntry] = {}
    folders = {True: hooks_of(environment, release), False: folder_of(environment, release)}
    for below, resource in placed(resource for resource in resources if not is_test(resource)):
        folder = folders[resource.delivery is Delivery.HOOK]
        SafePath(below, f"{folder}: {resource.id}, rendered from {resource.source or 'an overlay'}")
        path = f"{folder}/{below}"
        files[path] = seal(path, resource, dump(resource.body).encode())
        entries[path] = IndexEntry(digest(files[path]), resource.delivery, resource.source)
    index = Index(environment, release, inputs, entries, noted)
    if before is not None and replace(index, inputs=replace(inputs, helm_version=before.inputs.helm_version)) == before:
        index = before
    return files | {index_of(environment, release): to_bytes(index)}


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def to_bytes(index: Index) -> bytes:
    """Canonical JSON, keys sorted."""
    from pipeline.core.yaml.writer import FORMAT_VERSION  # noqa: PLC0415 - as above

    inputs = index.inputs
    own, apart = (f"{of(index.environment, index.release)}/" for of in (folder_of, hooks_of))
    data = {
        "schema": SCHEMA,
        "format": FORMAT_VERSION,
        "environment": index.environment,
        "release": index.release,
        "namespace": inputs.namespace,
        **({"releaseName": inputs.release_name} if inputs.release_name else {}),
        "chart": {"name": inputs.chart, "version": inputs.version, "digest": inputs.chart_digest},
        "kubeVersion": inputs.kube_version,
        **({"form": inputs.form} if inputs.form else {}),
        "helm": inputs.helm_version,
        "values": dict(inputs.values),
        "overlay": dict(inputs.overlay),
        "files": {path.removeprefix(own): _entry(file) for path, file in index.files.items() if path.startswith(own)},
        **notes.to_data(index.notes),
    }
    hooks = {path.removeprefix(apart): _entry(file) for path, file in index.files.items() if path.startswith(apart)}
    data |= {"hooks": hooks} if hooks else {}
    data |= {"apis": list(inputs.apis)} if inputs.apis else {}
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return escaped_bytes(orjson.dumps(data, option=options))


def from_bytes(data: bytes, where: str) -> Index:
    """Read an index; ``where`` is its path, which says whose it is.

    Raises:
        StaleError: it is not an index of this version or the one before.
    """
    hint = "pipeline render writes it again; git checkout restores the committed one"
    place = index_place(where)
    assert place is not None, f"BUG: {where} is the path of no index"
    try:
        raw = mapping(orjson.loads(data))
    except orjson.JSONDecodeError as error:
        merging = f"{where} holds the conflict of a merge"
        raise StaleError(merging if sides(data) else f"{where} is not valid JSON: {error}", hint=hint) from error
    if raw.get("schema") != (OLD_SCHEMA if place.old else SCHEMA):
        wanted = OLD_SCHEMA if place.old else SCHEMA
        raise StaleError(f"{where}: its schema is {raw.get('schema')!r}, not {wanted!r}", hint=hint)
    chart = mapping(raw.get("chart"))
    if not (_text(chart, "name") and _text(chart, "version") and isinstance(raw.get("files"), Mapping)):
        raise StaleError(f"{where}: it names no chart, or no files", hint=hint)
    inputs = _inputs_of(raw, old=place.old)
    try:
        _inside(inputs, place.release, where)
        noted = notes.from_data(raw)
        files = {
            f"{folder}/{_checked(path, where)}": _read_entry(mapping(entry))
            for folder, key in ((place.folder, "files"), (place.hooks, "hooks"))
            for path, entry in mapping(raw.get(key)).items()
        }
    except UnsafePathError as error:
        raise StaleError(error.message, hint=hint) from error
    except ValueError as error:
        raise StaleError(f"{where}: {error}", hint=hint) from error
    return Index(place.environment, place.release, inputs, files, noted)


def _inputs_of(raw: Mapping[str, Any], *, old: bool) -> Inputs:
    chart = mapping(raw.get("chart"))
    return Inputs(
        chart=_text(chart, "name"),
        version=_text(chart, "version"),
        chart_digest=_text(chart, "digest"),
        kube_version=_text(raw, "kubeVersion"),
        helm_version=_text(mapping(raw.get("helm")), "version") if old else _text(raw, "helm"),
        namespace=_text(raw, "namespace"),
        form=_text(raw, "form"),
        release_name=_text(raw, "releaseName"),
        apis=tuple(str(name) for name in sequence(raw.get("apis"))),
        values={str(key): str(value) for key, value in mapping(raw.get("values")).items()},
        overlay={str(key): str(value) for key, value in mapping(raw.get("overlay")).items()},
    )


def readable(data: bytes, where: str) -> Index | None:
    """The same; None where it is damaged, for whoever writes it again."""
    try:
        return from_bytes(data, where)
    except StaleError:
        return None


def all_readable(data: bytes, where: str) -> tuple[Index, ...]:
    """What can be read of it: of one that holds the conflict of a merge, that is what either side had."""
    indexes = (readable(text, where) for text in (sides(data) or (data,)))
    return tuple(index for index in indexes if index is not None)


def _entry(entry: IndexEntry) -> dict[str, str]:
    data = {"digest": entry.digest, "source": entry.source}
    return data if entry.delivery is Delivery.TEMPLATE else data | {"delivery": str(entry.delivery)}


def _read_entry(raw: Mapping[str, Any]) -> IndexEntry:
    return IndexEntry(_text(raw, "digest"), Delivery(raw.get("delivery", Delivery.TEMPLATE)), _text(raw, "source"))


def _inside(inputs: Inputs, release: str, where: str) -> None:
    """Raises UnsafePathError where a name of a chart or a file leads out."""
    SafeName(inputs.chart, f"{where}: chart name")
    SafeName(inputs.version, f"{where}: chart version")
    if inputs.overlay:  # whose folder has the release's name
        SafeName(release, f"{where}: release")
    for path in (*inputs.values, *inputs.overlay):
        SafePath(path, f"{where}: file")


def _checked(path: str, where: str) -> str:
    """An index decides what is deleted: a path in it must lie below its own folder."""
    try:
        return str(SafePath(path))
    except UnsafePathError as error:
        raise ValueError(f"{where} names {shown(path)}, which is outside its folder") from error


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""
