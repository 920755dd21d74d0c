"""The rendered/ tree: where each object's file is, and the index that says which files belong to us.

``rendered/<environment>/<release>/<namespace|_cluster>/<kind>[.<group>]-<name>.yaml``; CRDs under ``_crds/``. Neither
the API version nor the content is part of a name, so that an upgrade shows as an edit.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pipeline.core.errors import StaleError
from pipeline.core.json_text import escaped_bytes
from pipeline.core.kube.resource import CRD_KIND, Delivery, Resource, mapping
from pipeline.core.render import notes
from pipeline.core.render.notes import NOTHING, Notes
from pipeline.core.safe_path import SafeName, SafePath, UnsafePathError, shown

FOLDER = "rendered"
INDEX = "index.json"
SCHEMA = "pipeline.index/v1"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 200
_DIGEST_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a render was made of. ``values`` and ``overlay`` map each file to its digest (``sha256:…``)."""

    chart: str
    version: str
    chart_digest: str
    kube_version: str
    api_versions_digest: str
    helm_engine: str
    helm_version: str
    namespace: str
    values: Mapping[str, str] = field(default_factory=dict, hash=False)
    overlay: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A file that we own. ``source`` is the template that made it."""

    digest: str
    delivery: Delivery = Delivery.TEMPLATE
    source: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """index.json of one release in one environment: files by their path below its folder."""

    environment: str
    release: str
    inputs: Inputs
    files: Mapping[str, IndexEntry] = field(hash=False)
    notes: Notes = NOTHING

    @property
    def folder(self) -> str:
        return folder_of(self.environment, self.release)


def folder_of(environment: str, release: str) -> str:
    return f"{FOLDER}/{environment}/{release}"


Seal = Callable[[str, Resource, bytes], bytes]
"""What to write for an object, given its path below the release's folder and its YAML."""


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
) -> dict[str, bytes]:
    """Every file of a release by its path below its folder, index.json included.

    Raises:
        UnsafePathError: an object's namespace or name would lead into Git's own folder.
    """
    from pipeline.core.yaml.writer import dump  # noqa: PLC0415 - 8 ms that whoever only reads a tree need not pay

    files: dict[str, bytes] = {}
    entries: dict[str, IndexEntry] = {}
    for path, resource in _placed(resources):
        SafePath(
            path, f"{folder_of(environment, release)}: {resource.id}, rendered from {resource.source or 'an overlay'}"
        )
        files[path] = seal(path, resource, dump(resource.body).encode())
        entries[path] = IndexEntry(digest(files[path]), resource.delivery, resource.source)
    return files | {INDEX: to_bytes(Index(environment, release, inputs, entries, noted))}


def path_of(resource: Resource) -> str:
    """Below the release's folder. What a file system might not take is written ``%XX``."""
    group = f".{resource.id.group}" if resource.id.group else ""
    folder = "_crds" if resource.kind == CRD_KIND else _safe(resource.id.namespace) or "_cluster"
    name = f"{_safe(resource.kind.lower() + group)}-{_safe(resource.id.name)}"
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST - _DIGEST_LENGTH - 1]}-{_short(name)}"
    return f"{folder}/{name}.yaml"


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def to_bytes(index: Index) -> bytes:
    """Canonical JSON, keys sorted."""
    from pipeline.core.yaml.writer import FORMAT_VERSION  # noqa: PLC0415 - as above

    inputs = index.inputs
    data = {
        "schema": SCHEMA,
        "format": FORMAT_VERSION,
        "environment": index.environment,
        "release": index.release,
        "namespace": inputs.namespace,
        "chart": {"name": inputs.chart, "version": inputs.version, "digest": inputs.chart_digest},
        "kubeVersion": inputs.kube_version,
        "apiVersions": inputs.api_versions_digest,
        "helm": {"engine": inputs.helm_engine, "version": inputs.helm_version},
        "values": dict(inputs.values),
        "overlay": dict(inputs.overlay),
        "files": {path: _entry(entry) for path, entry in index.files.items()},
        **notes.to_data(index.notes),
    }
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return escaped_bytes(orjson.dumps(data, option=options))


def from_bytes(data: bytes, where: str) -> Index:
    """Read an index; ``where`` is its path, for messages.

    Raises:
        StaleError: it is not an index of this version.
    """
    hint = "pipeline render writes it again; git checkout restores the committed one"
    try:
        raw = mapping(orjson.loads(data))
    except orjson.JSONDecodeError as error:
        raise StaleError(f"{where} is not valid JSON: {error}", hint=hint) from error
    if raw.get("schema") != SCHEMA:
        raise StaleError(f"{where}: its schema is {raw.get('schema')!r}, not {SCHEMA!r}", hint=hint)
    chart, helm = mapping(raw.get("chart")), mapping(raw.get("helm"))
    if not (_text(chart, "name") and _text(chart, "version") and isinstance(raw.get("files"), Mapping)):
        raise StaleError(f"{where}: it names no chart, or no files", hint=hint)
    inputs = Inputs(
        chart=_text(chart, "name"),
        version=_text(chart, "version"),
        chart_digest=_text(chart, "digest"),
        kube_version=_text(raw, "kubeVersion"),
        api_versions_digest=_text(raw, "apiVersions"),
        helm_engine=_text(helm, "engine"),
        helm_version=_text(helm, "version"),
        namespace=_text(raw, "namespace"),
        values={str(key): str(value) for key, value in mapping(raw.get("values")).items()},
        overlay={str(key): str(value) for key, value in mapping(raw.get("overlay")).items()},
    )
    try:
        _inside(inputs, _text(raw, "release"), where)
        noted = notes.from_data(raw)
        files = {
            _checked(path, where): _read_entry(mapping(entry)) for path, entry in mapping(raw.get("files")).items()
        }
    except UnsafePathError as error:
        raise StaleError(error.message, hint=hint) from error
    except ValueError as error:
        raise StaleError(f"{where}: {error}", hint=hint) from error
    return Index(_text(raw, "environment"), _text(raw, "release"), inputs, files, noted)


def readable(data: bytes, where: str) -> Index | None:
    """The same; None where it is damaged, for whoever writes it again."""
    try:
        return from_bytes(data, where)
    except StaleError:
        return None


def _placed(resources: Iterable[Resource]) -> list[tuple[str, Resource]]:
    """Paths sorted; of two names that a file system without cases takes for one, the later gets a digest."""
    taken: set[str] = set()
    out = []
    for resource in sorted(resources, key=lambda resource: resource.id):
        path = path_of(resource)
        if path.casefold() in taken:
            path = f"{path.removesuffix('.yaml')}-{_short(str(resource.id))}.yaml"
        taken.add(path.casefold())
        out.append((path, resource))
    return sorted(out, key=lambda item: item[0])


def _safe(text: str) -> str:
    safe = _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match.group().encode()), text)
    return safe if safe.strip(".") else safe.replace(".", "%2E")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


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
