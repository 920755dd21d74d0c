"""Derives pipeline/data/apis.json: which API kinds each Kubernetes minor serves, from published facts alone.

usage: python -m scripts.derive_apis WHEEL SDIST
  WHEEL   an unpacked or installed kubernetes-validate (its folder kubernetes_validate; schemas of 1.25 and later)
  SDIST   the unpacked source distribution of kubernetes-validate 1.24.1 (schemas of 1.10 to 1.24)
Needs go, which downloads k8s.io/api and its kin: types.go says scopes, zz_generated.prerelease-lifecycle.go lifetimes.

To refresh for a new minor: raise NEWEST, install the newest kubernetes-validate, run this, then scripts.derive_fields
with the same folders, then the tests (those in tests/cluster against a server of that minor).
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OLDEST, NEWEST = 16, 37
FIRST_TAG = {16: 4}  # before it, these modules had no versions
TARGET = Path(__file__).parent.parent / "pipeline" / "data" / "apis.json"
MODULES = {
    "k8s.io/api": "",
    "k8s.io/apiextensions-apiserver": "pkg/apis/apiextensions",
    "k8s.io/kube-aggregator": "pkg/apis/apiregistration",
}
GROUPS = {  # folder of k8s.io/api -> group, where they differ by more than .k8s.io (each package's register.go)
    "core": "", "apps": "apps", "autoscaling": "autoscaling", "batch": "batch", "extensions": "extensions",
    "policy": "policy", "rbac": "rbac.authorization.k8s.io", "flowcontrol": "flowcontrol.apiserver.k8s.io",
    "apiserverinternal": "internal.apiserver.k8s.io",
}  # fmt: skip
# Two lifetimes that no generated file states (changelogs of 1.16 and 1.22).
BY_HAND = {
    ("apiextensions.k8s.io", "v1beta1", "CustomResourceDefinition"): (7, 16, 22),
    ("apiregistration.k8s.io", "v1beta1", "APIService"): (7, 19, 22),
}
Gvk = tuple[str, str, str]
LIFECYCLE = re.compile(
    r"func \(in \*(\w+)\) APILifecycle(Introduced|Deprecated|Removed)\(\) \(major, minor int\) \{\s*return 1, (\d+)"
)
REPLACEMENT = re.compile(
    r"func \(in \*(\w+)\) APILifecycleReplacement\(\) schema\.GroupVersionKind \{\s*return schema\.GroupVersionKind"
    r'\{Group: "([^"]*)", Version: "([^"]*)", Kind: "([^"]*)"\}'
)
TYPE = re.compile(r"((?:^//[^\n]*\n|^\n)+)^type (\w+) struct", re.MULTILINE)


def main(wheel: Path, sdist: Path) -> None:
    """Write the table: ``{"group/version": {"Kind": [introduced, deprecated, removed, scope, replacement]}}``.

    Minors of Kubernetes 1; scope is 1 for namespaced, 0 for cluster-scoped, null for what is not a resource of its own.
    """
    seen = presence([wheel, *sdist.glob("**/kubernetes_validate")])
    life, replaced, namespaced, typed = lifecycles()
    table: dict[str, dict[str, list[object]]] = defaultdict(dict)
    for gvk in sorted(seen.keys() | life.keys()):
        group, version, kind = gvk
        if kind.endswith(("List", "Options")):
            continue
        minors = seen.get(gvk, set())
        introduced, deprecated, removed = life.get(gvk, (None, None, None))
        first = first_minor(introduced, typed.get(gvk, OLDEST), minors)
        gone = min((m for m in (removed, last_seen(minors)) if m is not None), default=None)
        scope = namespaced.get(gvk)
        row: list[object] = [first, deprecated, gone, None if scope is None else int(scope)]
        other = replaced.get(gvk)
        table[f"{group}/{version}".removeprefix("/")][kind] = [*row, other] if other else row
    TARGET.write_text(json.dumps({"newest": NEWEST, "kinds": table}, separators=(",", ":"), sort_keys=True) + "\n")
    print(f"{sum(map(len, table.values()))} kinds in {len(table)} versions, {TARGET.stat().st_size} bytes")


def first_minor(introduced: int | None, typed: int, minors: set[int]) -> int:
    """Where a type came after the oldest release, with the type: what the lifetimes say is off by up to three minors.

    Else the older of what the lifetimes say and the first schema.
    """
    if typed > OLDEST and typed <= min(minors, default=typed):
        return typed
    return min([*minors, *([] if introduced is None else [introduced])], default=OLDEST)


def last_seen(minors: set[int]) -> int | None:
    """The first minor without it; None where the newest still has it, or no schema ever had."""
    return None if not minors or max(minors) >= NEWEST else max(minors) + 1


def presence(folders: list[Path]) -> dict[Gvk, set[int]]:
    """In which minors a schema of each kind was published."""
    found: dict[Gvk, set[int]] = defaultdict(set)
    for minor, definitions in published(folders):
        for definition in definitions.values():
            if gvk := gvk_of(definition):
                found[gvk].add(minor)
    return found


def published(folders: list[Path]) -> Iterator[tuple[int, dict[str, dict[str, Any]]]]:
    """The definitions of each minor, by name, oldest minor first."""
    files = [file for folder in folders for file in folder.glob("kubernetes-json-schema/v1.*-local/_definitions.json")]
    for path in sorted(files, key=_minor):
        schema = json.loads(path.read_text())
        yield _minor(path), schema.get("$defs") or schema["definitions"]


def _minor(path: Path) -> int:
    return int(path.parent.name.split(".")[1])


def gvk_of(definition: dict[str, Any]) -> Gvk | None:
    """The kind that a definition describes; None for parts of kinds, and for what stands in every group."""
    gvks = definition.get("x-kubernetes-group-version-kind") or []
    return (gvks[0]["group"], gvks[0]["version"], gvks[0]["kind"]) if len(gvks) == 1 else None


def lifecycles() -> tuple[
    dict[Gvk, tuple[int | None, int | None, int | None]], dict[Gvk, str], dict[Gvk, bool], dict[Gvk, int]
]:
    """Lifetimes, replacements and scopes (what a newer release says wins), and the release in which each type came."""
    typed: dict[Gvk, int] = {}
    life: dict[Gvk, dict[str, int]] = defaultdict(dict)
    replaced: dict[Gvk, str] = {}
    namespaced: dict[Gvk, bool] = {}
    for minor in range(OLDEST, NEWEST + 1):
        for group, version, folder in packages(minor):
            lifecycle = folder / "zz_generated.prerelease-lifecycle.go"
            text = lifecycle.read_text() if lifecycle.exists() else ""
            for kind, what, number in LIFECYCLE.findall(text):
                life[group, version, kind][what] = int(number)
            for kind, *other in REPLACEMENT.findall(text):
                replaced[group, version, kind] = "/".join(filter(None, other))
            for kind, flag in scopes(folder):
                namespaced[group, version, kind] = flag
                typed.setdefault((group, version, kind), minor)
    for gvk, (introduced, deprecated, removed) in BY_HAND.items():
        life[gvk] = {"Introduced": introduced, "Deprecated": deprecated, "Removed": removed}
    namespaced["", "v1", "Binding"] = True  # served as a resource of its own, and no client was ever generated
    rows = {gvk: (f.get("Introduced"), f.get("Deprecated"), f.get("Removed")) for gvk, f in life.items()}
    return rows, replaced, namespaced, typed


def packages(minor: int) -> Iterator[tuple[str, str, Path]]:
    """Each API package of a release: group, version, folder."""
    for module, below in MODULES.items():
        asked = f"{module}@v0.{minor}.{FIRST_TAG.get(minor, 0)}"
        done = subprocess.run(["go", "mod", "download", "-json", asked], capture_output=True, check=False, cwd="/")
        if done.returncode:
            sys.exit(f"go mod download {asked} failed: {done.stdout.decode()}{done.stderr.decode()}")
        root = Path(json.loads(done.stdout)["Dir"])
        for types in sorted((root / below).glob("**/types.go")):
            version = types.parent.name
            if re.fullmatch(r"v\d+((alpha|beta)\d+)?", version):
                yield group_of(types.parent), version, types.parent


def group_of(folder: Path) -> str:
    name = re.search(r'GroupName\s*=\s*"([^"]*)"', (folder / "register.go").read_text())
    return name.group(1) if name else GROUPS.get(folder.parent.name, f"{folder.parent.name}.k8s.io")


def scopes(folder: Path) -> Iterator[tuple[str, bool]]:
    """Every kind that is a resource of its own, by its client with verbs; True where namespaced."""
    for types in folder.glob("*.go"):
        for comment, kind in TYPE.findall(types.read_text()):
            if re.search(r"^// \+genclient$", comment, re.MULTILINE) and "+genclient:noVerbs" not in comment:
                yield kind, "+genclient:nonNamespaced" not in comment


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
