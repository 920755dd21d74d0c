"""Derives pipeline/data/fields.json: which fields each built-in kind has in each Kubernetes minor, and of what type.

usage: python -m scripts.derive_fields WHEEL SDIST
  the two folders of scripts/derive_apis.py, which is to be run first: apis.json says which kinds are resources

The table is ``{"oldest", "newest", "kinds": {"group/version/Kind": type}, "types": {type: {field: runs}}}``. A run is a
code with the minors it holds in, ``!s@20-25``: required text from 1.20 on, no longer in 1.25; no minors means as long
as the type has been there. pipeline/core/kube/fields.py says what the codes mean.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.core.kube.apis import kinds
from scripts.derive_apis import NEWEST, OLDEST, gvk_of, published

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "pipeline" / "data" / "fields.json"
REFUSED = ROOT / "tests" / "data" / "fields" / "refused.txt"
PREFIXES = ("io.k8s.", "api.", "apimachinery.", "apiextensions-apiserver.", "kube-aggregator.", "pkg.", "apis.")
SPECIAL = {"api.resource.Quantity": "q", "util.intstr.IntOrString": "x", "meta.v1.Time": "t", "meta.v1.MicroTime": "m"}
OPEN = "JSONSchemaProps"  # the schemas of CRDs are large, and have rules of their own
SCALARS = {"string": "s", "integer": "i", "number": "n", "boolean": "b"}
Definitions = dict[str, dict[str, Any]]
Minors = dict[int, str]  # minor -> code


def main(wheel: Path, sdist: Path) -> None:
    served = {(api.group, api.version, api.kind) for api in kinds() if api.namespaced is not None}
    roots: dict[str, str] = {}
    lives: dict[str, set[int]] = defaultdict(set)
    fields: dict[str, dict[str, Minors]] = defaultdict(lambda: defaultdict(dict))
    for minor, definitions in published([wheel, *sdist.glob("**/kubernetes_validate")]):
        if minor < OLDEST:
            continue
        here = {name: gvk for name, one in definitions.items() if (gvk := gvk_of(one)) in served}
        roots |= {"/".join(filter(None, gvk or ())): short(name) for name, gvk in here.items()}
        for name in reachable(definitions, here):
            lives[short(name)].add(minor)
            for field, code in described(definitions, name):
                fields[short(name)][field][minor] = code
    types = {name: {field: runs(codes, lives[name]) for field, codes in of.items()} for name, of in fields.items()}
    table = {"oldest": OLDEST, "newest": NEWEST, "kinds": roots, "types": types}
    TARGET.write_text(json.dumps(table, separators=(",", ":"), sort_keys=True) + "\n")
    pairs = sum(map(len, types.values()))
    print(f"{len(roots)} kinds, {len(types)} types, {pairs} fields, {TARGET.stat().st_size} bytes")


def short(name: str) -> str:
    """``core.v1.Container`` for ``io.k8s.api.core.v1.Container``."""
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


def reachable(definitions: Definitions, roots: Iterable[str]) -> set[str]:
    """The names of every type with fields that stands somewhere in one of the kinds."""
    found: set[str] = set()
    left = list(roots)
    while left:
        name = left.pop()
        if name in found or not closed(definitions, name):
            continue
        found.add(name)
        left += [target for one in definitions[name]["properties"].values() if (target := inner(one))]
    return found


def closed(definitions: Definitions, name: str) -> bool:
    """Whether a type says which fields it has."""
    return bool(definitions[name].get("properties")) and not name.endswith(OPEN)


def inner(schema: dict[str, Any]) -> str:
    """The definition that a field's type comes down to, below lists and maps; empty where there is none."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    below = schema.get("items") or schema.get("additionalProperties")
    return inner(below) if isinstance(below, dict) else ""


def described(definitions: Definitions, name: str) -> Iterator[tuple[str, str]]:
    """Every field of a type with its code; ``!`` where the schema requires it and a real server holds that."""
    required = {field for field in definitions[name].get("required") or () if f"{short(name)}.{field}" in refused()}
    for field, schema in definitions[name]["properties"].items():
        yield field, ("!" if field in required else "") + code_of(definitions, schema)


@cache
def refused() -> frozenset[str]:
    return frozenset(line for line in REFUSED.read_text().splitlines() if not line.startswith("#"))


def code_of(definitions: Definitions, schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = inner(schema)
        if short(name) in SPECIAL:
            return SPECIAL[short(name)]
        return f"#{short(name)}" if closed(definitions, name) else code_of(definitions, definitions[name])
    named = schema.get("type")
    kind = next((one for one in named if one != "null"), "") if isinstance(named, list) else named
    if kind == "array":
        return f"[{keys_of(schema)}{code_of(definitions, schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return "{" + code_of(definitions, schema["additionalProperties"])
    return "y" if schema.get("format") == "byte" else SCALARS.get(str(kind), "j")


def keys_of(schema: dict[str, Any]) -> str:
    """``<containerPort,protocol>``, by which server-side apply tells the entries of a list apart; ``<>`` for a set.

    As schemaconv of kube-openapi reads it: older schemas say it by the words of strategic merge.
    """
    kind = schema.get("x-kubernetes-list-type", "")
    if kind in ("map", "set"):
        return f"<{','.join(schema.get('x-kubernetes-list-map-keys', ()))}>"
    merged = not kind and "merge" in schema.get("x-kubernetes-patch-strategy", "").split(",")
    return f"<{schema.get('x-kubernetes-patch-merge-key', '')}>" if merged else ""


def runs(codes: Minors, alive: set[int]) -> str:
    """``s@16-20 !s@20``: which code holds from which minor, up to which; the bounds of the type itself are left out."""
    found: list[tuple[int, int, str]] = []
    for minor in sorted(codes):
        if found and found[-1][1] == minor and found[-1][2] == codes[minor]:
            found[-1] = (found[-1][0], minor + 1, codes[minor])
        else:
            found.append((minor, minor + 1, codes[minor]))
    if codes.keys() == alive and len(set(codes.values())) == 1:
        return found[0][2]
    return " ".join(f"{code}@{since}-{'' if until > NEWEST else until}".rstrip("-") for since, until, code in found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
