"""Which releases need no render: those made of the same as before, whose files lie in the tree as they were made.

Two entries a release. The first, by what the release itself is made of, says what it brings to the others. The second,
by that and by what the others bring to it, says which files were made: digests, never a content, so no Secret is kept.
An entry only ever saves work: where anything differs, the release is rendered.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from pipeline.core.config.model import Config
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.kube.scope import Scopes
from pipeline.core.ports import Memory
from pipeline.core.render.hand_edits import MANIFEST
from pipeline.core.render.layout import owner
from pipeline.core.render.manifests import LOADER_VERSION
from pipeline.core.render.offers import CrdOffer, GroupKind
from pipeline.flows.render.jobs import Job, RenderPorts

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Known:
    """What a release brings to the others. ``kinds`` are the custom kinds in it, None where that depends on others."""

    offer: CrdOffer
    asks: bool
    """Whether its templates look at the list of APIs."""
    kinds: frozenset[GroupKind] | None


@dataclass(frozen=True, slots=True)
class RenderOutcome:
    """What a render made: its files with the SHA-256 of each, in hex, and what it said."""

    files: Mapping[str, str] = field(hash=False)
    objects: int
    said: tuple[str, ...] = ()
    """By Helm."""
    noted: tuple[str, ...] = ()
    """By us; what will be said of the same the next time."""


def known(base: str, memory: Memory) -> Known | None:
    """None where the release was never rendered of the same."""
    raw = _read(memory.get(f"known {base}"))
    if raw is None:
        return None
    try:
        scopes = {(str(group), str(kind)): bool(value) for group, kind, value in sequence(raw["scopes"])}
        kinds = None if raw["kinds"] is None else frozenset((str(g), str(k)) for g, k in sequence(raw["kinds"]))
        return Known(CrdOffer(frozenset(map(str, raw["apis"])), scopes), bool(raw["asks"]), kinds)
    except (KeyError, TypeError, ValueError):
        return None


def keep_known(base: str, memory: Memory, brought: Known) -> None:
    data = {
        "apis": sorted(brought.offer.apis),
        "scopes": sorted([*key, value] for key, value in brought.offer.scopes.items()),
        "asks": brought.asks,
        "kinds": None if brought.kinds is None else sorted(brought.kinds),
    }
    memory.put(f"known {base}", orjson.dumps(data))


@dataclass(frozen=True, slots=True)
class Others:
    """What the other releases of the environment bring: ``apis`` are those of custom kinds."""

    apis: frozenset[str]
    scopes: Scopes


def outcome(base: str, memory: Memory, brought: Known, others: Others) -> RenderOutcome | None:
    """What was made of the same; None where that is not known."""
    raw = _read(memory.get(_full_key(base, brought, others)))
    try:
        return (
            None
            if raw is None
            else RenderOutcome(
                {str(path): str(digest) for path, digest in raw["files"].items()},
                int(raw["objects"]),
                tuple(map(str, raw["said"])),
                tuple(map(str, raw["noted"])),
            )
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def keep_outcome(base: str, memory: Memory, brought: Known, others: Others, made: RenderOutcome) -> None:
    data = {"files": made.files, "objects": made.objects, "said": made.said, "noted": made.noted}
    memory.put(_full_key(base, brought, others), orjson.dumps(data))


def held(tree: Mapping[str, str]) -> dict[tuple[str, str], dict[str, str]]:
    """The manifests and the index of each release, by environment and release, of a tree by path."""
    digests_of: dict[tuple[str, str], dict[str, str]] = {}
    for path, digest in tree.items():
        if path.endswith(MANIFEST):
            digests_of.setdefault(owner(path), {})[path] = digest
    return digests_of


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}


def base_key(job: Job, config: Config, world: RenderPorts) -> str:
    """Of everything that a release's render is made of, apart from what other releases bring."""
    overlay = job.overlay
    parts: list[Any] = [
        _VERSION,
        LOADER_VERSION,
        world.identity,
        repr(job.release),
        [job.environment.name, job.environment.full_kube_version, *job.environment.api_versions],
        [job.chart.name, job.chart.version, job.chart.tree],
        [[layer.file, layer.written] for layer in job.layers],
        None if overlay is None else [overlay.folder, _texts(overlay.by_path), world.kustomize_identity()],
        job.form,
        [config.secrets, config.copies, config.volatile, repr(config.limits.render)],
    ]
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()


def _texts(files: Mapping[str, bytes]) -> Sequence[Sequence[str]]:
    return [[path, hashlib.sha256(data).hexdigest()] for path, data in sorted(files.items())]


def _full_key(base: str, brought: Known, others: Others) -> str:
    used = others.scopes.custom.items()
    scopes = sorted([*key, value] for key, value in used if brought.kinds is None or key in brought.kinds)
    apis = sorted(others.apis) if brought.asks else []
    own = hashlib.sha256(orjson.dumps([base, apis, scopes])).hexdigest()
    return f"outcome {own}"


def _read(raw: bytes | None) -> Mapping[str, Any] | None:
    try:
        return None if raw is None else mapping(orjson.loads(raw))
    except orjson.JSONDecodeError:
        return None
