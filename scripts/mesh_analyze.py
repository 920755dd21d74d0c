"""Holds what the rules say of new manifests against the messages of ``istioctl analyze``, object by object.

usage: python -m scripts.mesh_analyze FOLDER: pairs of NAME.yaml and NAME.json (code, level, origin).

The messages are those of the namespace ``default`` and of objects without a namespace: of others nothing is known.
An Error or a Warning counts as found where a rule that its code asks for speaks at that object; where analyze says
nothing of an object, no rule of the mesh may.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline import rules
from pipeline.core.diff.compare import compare
from pipeline.core.judge.judge import judge
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.render.manifests import parse
from pipeline.core.risk.rule import Rule
from pipeline.core.risk.upgrade import Side, Upgrade

NAMESPACE = "default"
RULES_OF = {
    "IST0101": (
        "mesh-destination-missing",
        "mesh-destination-port-missing",
        "mesh-subset-missing",
        "mesh-gateway-missing",
        "mesh-gateway-secret-missing",
    ),
    "IST0102": ("mesh-injection-lost",),
    "IST0104": ("mesh-gateway-workload-missing",),
    "IST0106": ("mesh-config-refused",),
    "IST0109": ("mesh-host-conflict",),
    "IST0111": ("mesh-scope-conflict",),
    "IST0112": ("mesh-destination-port-missing",),
    "IST0122": ("mesh-config-refused",),
    "IST0123": ("mesh-injection-label-conflict",),
    "IST0128": ("mesh-tls-unverified",),
    "IST0129": ("mesh-tls-unverified",),
    "IST0130": ("mesh-route-shadowed",),
    "IST0132": ("mesh-gateway-host-missing", "mesh-gateway-missing"),
    "IST0133": ("mesh-service-entry-without-address",),
    "IST0134": ("mesh-service-entry-without-address",),
    "IST0138": ("mesh-certificate-shared",),
    "IST0139": ("webhook-service-dangling",),
    "IST0144": ("security-reserved-uid",),
    "IST0145": ("mesh-host-conflict",),
    "IST0149": ("mesh-claim-route-unauthenticated", "mesh-config-refused"),
    "IST0152": ("mesh-envoyfilter-patch-ignored",),
    "IST0153": ("mesh-envoyfilter-patch-ignored",),
    "IST0154": ("mesh-envoyfilter-patch-ignored",),
    "IST0160": ("mesh-scope-conflict",),
    "IST0163": ("mesh-webhook-without-address",),
    "IST0165": ("mesh-gateway-missing",),
    "IST0177": ("mesh-host-conflict",),
}
"""The rules that say what a message of analyze says. Where a Gateway is missing, it serves no host either."""
_ALARMS = ("Error", "Warning")

Spot = tuple[str, str, str]
"""Kind, namespace and name of an object; of one that needs no namespace, it is NAMESPACE."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``missed`` are messages that no rule gives, ``invented`` what rules say of objects that analyze passes."""

    asked: int
    missed: tuple[str, ...]
    invented: tuple[str, ...]


def compare_with_analyze(manifests: Path, every: Iterable[Rule]) -> Answer:
    """One file: its objects are new, beside those of a release that stays."""
    messages = json.loads(manifests.with_suffix(".json").read_text())
    said = _said(manifests.read_text(), tuple(every))
    alarms = [one for one in messages if one["level"] in _ALARMS]
    missed = [one for one in alarms if not any((_spot(one), rule) in said for rule in RULES_OF.get(one["code"], ()))]
    known = {_spot(one) for one in messages}
    others = [(spot, rule) for spot, rule in sorted(said) if spot not in known and spot[1] == NAMESPACE]
    invented = [f"{rule} of {' '.join(spot)}" for spot, rule in others if rule.startswith("mesh-")]
    return Answer(len(alarms), tuple(f"{one['code']} of {one['origin']}" for one in missed), tuple(invented))


def _said(text: str, every: tuple[Rule, ...]) -> set[tuple[Spot, str]]:
    before, after = Side(ManifestSet.of([])), Side(parse(text, namespace=NAMESPACE, release="mesh"))
    found = judge(Upgrade("mesh", NAMESPACE, before, after, compare(before.manifests, after.manifests)), every).findings
    places = ((place.resource, one.rule) for one in found for place in (one.place, *one.also))
    return {((at.kind, at.namespace or NAMESPACE, at.name), rule) for at, rule in places}


def _spot(message: dict[str, str]) -> Spot:
    kind, _, name = message["origin"].partition(" ")
    namespace, slash, short = name.partition("/")
    return (kind, namespace, short) if slash else (kind, NAMESPACE, name)


def report(folder: Path) -> Iterator[str]:
    every, asked, missed = rules.load(), 0, 0
    for manifests in sorted(folder.glob("*.yaml")):
        answer = compare_with_analyze(manifests, every)
        asked, missed = asked + answer.asked, missed + len(answer.missed)
        yield from (f"{manifests.stem}: missed {one}" for one in answer.missed)
        yield from (f"{manifests.stem}: invented {one}" for one in answer.invented)
    yield f"{asked} messages, {missed} missed"


if __name__ == "__main__":
    print("\n".join(report(Path(sys.argv[1]))))
