"""Where things lie below rendered/: the manifests of a release, its hooks, and the index that says which are ours.

```
rendered/<environment>/<release>/<namespace|_cluster|_crds>/<kind>[.<group>]-<name>.yaml
rendered/.pipeline-hooks/<environment>/<release>/<phases>/<namespace|_cluster>/<kind>[.<group>]-<name>.yaml
rendered/.pipeline/<environment>/<release>.json
```

A release's folder holds nothing but objects that are there to stay, so that ``kubectl apply -R -f``, a directory
application of Argo CD and a Kustomization of Flux take it as it is. None of them leaves hidden folders out (kubectl
and Argo CD walk into them), which is why hooks lie beside the environments and not within a release.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.core.kube.resource import CRD_KIND, Delivery, Resource
from pipeline.core.render.manifests import HOOK_ANNOTATION

FOLDER = "rendered"
INDEXES = f"{FOLDER}/.pipeline"
HOOKS = f"{FOLDER}/.pipeline-hooks"
OLD_INDEX = "index.json"
"""What an earlier layout had in each release's folder, hooks and tests among its manifests."""
TESTS = frozenset({"test", "test-success"})
"""Events of ``helm test`` (helm.sh/helm/v4, pkg/release/v1/hook.go). What has no other is not part of the tree."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 200
_DIGEST_LENGTH = 10
_JSON = ".json"
_BETWEEN = "+"


@dataclass(frozen=True, slots=True, order=True)
class IndexPlace:
    """Whose index a path is. ``old`` is that of the earlier layout, beside the manifests."""

    environment: str
    release: str
    old: bool = False

    @property
    def folder(self) -> str:
        return folder_of(self.environment, self.release)

    @property
    def hooks(self) -> str:
        return hooks_of(self.environment, self.release)

    @property
    def path(self) -> str:
        return f"{self.folder}/{OLD_INDEX}" if self.old else index_of(self.environment, self.release)


def folder_of(environment: str, release: str) -> str:
    return f"{FOLDER}/{environment}/{release}"


def hooks_of(environment: str, release: str) -> str:
    return f"{HOOKS}/{environment}/{release}"


def index_of(environment: str, release: str) -> str:
    return f"{INDEXES}/{environment}/{release}{_JSON}"


def folders_of(environment: str) -> tuple[str, ...]:
    """All that belongs to an environment."""
    return f"{FOLDER}/{environment}", f"{INDEXES}/{environment}", f"{HOOKS}/{environment}"


def index_place(path: str) -> IndexPlace | None:
    """None where the path, from the repository's root, is that of no index."""
    match path.split("/"):
        case [top, ".pipeline", environment, name] if top == FOLDER and name.endswith(_JSON) and name != _JSON:
            return IndexPlace(environment, name.removesuffix(_JSON))
        case [top, environment, release, name] if top == FOLDER and name == OLD_INDEX and environment[0:1] != ".":
            return IndexPlace(environment, release, old=True)
    return None


def owner(path: str) -> tuple[str, str]:
    """The environment and the release that a path below rendered/ belongs to; two empty texts where it is neither's."""
    place = index_place(path)
    if place is not None:
        return place.environment, place.release
    parts = path.removeprefix(f"{HOOKS}/" if path.startswith(f"{HOOKS}/") else f"{FOLDER}/").split("/")
    inside = len(parts) > 2 and not parts[0].startswith(".")  # noqa: PLR2004 - environment, release, file
    return (parts[0], parts[1]) if inside else ("", "")


def is_test(resource: Resource) -> bool:
    """Whether it is there for ``helm test`` only."""
    events = _events(resource)
    return bool(events) and TESTS.issuperset(events)


def placed(resources: Iterable[Resource]) -> list[tuple[str, Resource]]:
    """Paths below the release's folder, or its folder of hooks, sorted by path; no test has one.

    Of two names that a file system without cases takes for one, the later gets a digest.
    """
    taken: set[str] = set()
    out = []
    for resource in sorted(resources, key=lambda resource: resource.id):
        path = path_of(resource)
        if path.casefold() in taken:
            path = f"{path.removesuffix('.yaml')}-{_short(str(resource.id))}.yaml"
        taken.add(path.casefold())
        out.append((path, resource))
    return sorted(out, key=lambda item: item[0])


def path_of(resource: Resource) -> str:
    """Below the release's folder, or its folder of hooks. What a file system might not take is written ``%XX``."""
    group = f".{resource.id.group}" if resource.id.group else ""
    folder = "_crds" if resource.kind == CRD_KIND else _safe(resource.id.namespace) or "_cluster"
    name = f"{_safe(resource.kind.lower() + group)}-{_safe(resource.id.name)}"
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST - _DIGEST_LENGTH - 1]}-{_short(name)}"
    path = f"{folder}/{name}.yaml"
    return f"{_phases(resource)}/{path}" if resource.delivery is Delivery.HOOK else path


def _phases(resource: Resource) -> str:
    """``pre-install+pre-upgrade``: all events of one hook, sorted, for one file may have several."""
    text = _BETWEEN.join(sorted(map(_safe, _events(resource)))) or "hook"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - _DIGEST_LENGTH - 1]}-{_short(text)}"


def _events(resource: Resource) -> set[str]:
    return set(_words(str(resource.annotations.get(HOOK_ANNOTATION) or "")))


def _words(text: str) -> Iterator[str]:
    return (word.strip() for word in text.split(",") if word.strip())


def _safe(text: str) -> str:
    safe = _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match.group().encode()), text)
    return safe if safe.strip(".") else safe.replace(".", "%2E")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
