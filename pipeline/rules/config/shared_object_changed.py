"""A setting changes of an object that acts on others: a quota, a class, a driver, a volume, an account's pull secrets.

## Why it matters

No pod of the release restarts, and what changes is felt elsewhere: the next pod of the namespace is rejected, the next
volume is made in another way, an image can no longer be pulled.

## What to do

Look at what uses the object, in other releases too, before the merge.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.core.analysis.rule_helpers import FindingText, hit
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


@dataclass(frozen=True, slots=True)
class SharedSetting:
    """What changes for others where one of ``paths`` of an object does."""

    paths: tuple[Path, ...]
    impact: str
    fix: str
    severity: Severity = Severity.MEDIUM


_SPEC: tuple[Path, ...] = (("spec",),)
_FLOW = SharedSetting(
    _SPEC,
    "The API server queues or drops other requests than before when it is busy.",
    "Compare it with what your controllers and nodes send.",
)
_ENDPOINTS = "Its Service sends traffic to other addresses."
_KEPT_DATA = SharedSetting(
    (("immutable",),),
    "The object is now immutable: the next change of its data is rejected.",
    "Make sure that later versions get another name.",
    Severity.LOW,
)


def _of_spec(*keys: str) -> tuple[Path, ...]:
    return tuple(("spec", key) for key in keys)


# Fields that the API server lets change, from each kind's API reference; rules about immutable fields have the rest.
_SETTINGS: Mapping[tuple[str, str], SharedSetting] = {
    ("", "LimitRange"): SharedSetting(
        _SPEC,
        "New pods of its namespace get other defaults, or are rejected.",
        "Compare it with what the pods of the namespace request.",
    ),
    ("", "ResourceQuota"): SharedSetting(
        _of_spec("hard"),
        "Pods and claims beyond a lower quota are rejected; those that exist stay.",
        "Compare it with what the namespace uses.",
    ),
    ("scheduling.k8s.io", "PriorityClass"): SharedSetting(
        (("globalDefault",), ("description",)),
        "New pods that name no class get another priority.",
        "Check that one class at most is the default.",
    ),
    ("", "PersistentVolume"): SharedSetting(
        _of_spec("accessModes", "capacity", "claimRef", "mountOptions", "storageClassName"),
        "It may no longer fit its claim, or is mounted in another way.",
        "Compare it with the claim that is bound to it.",
    ),
    ("node.k8s.io", "RuntimeClass"): SharedSetting(
        (("overhead",), ("scheduling",)),
        "New pods of the class need more room, or other nodes.",
        "Compare it with the nodes that have the runtime.",
    ),
    ("storage.k8s.io", "StorageClass"): SharedSetting(
        (("allowVolumeExpansion",), ("mountOptions",), ("allowedTopologies",)),
        "New volumes are made in another way; those that exist keep theirs.",
        "Check whether claims of the class must grow, or need the mount options.",
        Severity.LOW,
    ),
    ("storage.k8s.io", "CSIDriver"): SharedSetting(
        _SPEC,
        "Volumes of the driver are mounted in another way at the next start of a pod: owner, labels, tokens.",
        "Check the owner and the access of files on volumes of the driver.",
    ),
    ("networking.k8s.io", "IngressClass"): SharedSetting(
        _of_spec("parameters"),
        "The controller treats every Ingress of the class by other parameters.",
        "Check that the object that it names exists.",
    ),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"): _FLOW,
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): _FLOW,
    ("", "ServiceAccount"): SharedSetting(
        (("imagePullSecrets",), ("secrets",)),
        "New pods of the account pull their images with other credentials, or with none.",
        "Check that the Secrets exist and give access to the registries of those pods.",
    ),
    ("discovery.k8s.io", "EndpointSlice"): SharedSetting(
        (("endpoints",), ("ports",)), _ENDPOINTS, "Check that the addresses answer."
    ),
    ("", "Endpoints"): SharedSetting((("subsets",),), _ENDPOINTS, "Check that the addresses answer."),
    ("resource.k8s.io", "DeviceClass"): SharedSetting(
        _SPEC, "New claims of the class get other devices.", "Compare it with the devices of your nodes."
    ),
    ("coordination.k8s.io", "Lease"): SharedSetting(
        _SPEC, "Whoever holds the lease may lose it.", "Let its holder write it, and leave it out.", Severity.LOW
    ),
    ("apps", "StatefulSet"): SharedSetting(
        _of_spec("ordinals"),
        "Its pods get other numbers, and with them other names and other claims.",
        "Keep the numbers, or move the data of each claim first.",
        Severity.HIGH,
    ),
    ("", "ConfigMap"): _KEPT_DATA,
    ("", "Secret"): _KEPT_DATA,
}


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    known = _SETTINGS.get((change.id.group, change.id.kind))
    if known is None or change.action in (Action.ADDED, Action.REMOVED):
        return
    fields = (field for field in change.fields if not field.noise)
    picked = [field for field in fields if any(field.path[: len(path)] == path for path in known.paths)]
    if picked:
        words = FindingText("settings change", known.impact, known.fix, grade=lambda *_: known.severity)
        yield hit(change, picked, words)


_QUOTA = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {pods: '%s'}}\n"
_ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n%s"
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n%sdata: {a: b}\n"
_SETS = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset(kind for _, kind in _SETTINGS),
    cases=(
        speaks("a quota is lowered", ("medium", "spec.hard.pods"), before=_QUOTA % 5, after=_QUOTA % 3),
        speaks(
            "an account no longer has a pull secret",
            ("medium", "imagePullSecrets"),
            before=_ACCOUNT % "imagePullSecrets: [{name: p}]\n",
            after=_ACCOUNT % "",
        ),
        speaks("data becomes immutable", ("low", "immutable"), before=_MAP % "", after=_MAP % "immutable: true\n"),
        speaks(
            "pods are numbered from another start",
            ("high", "spec.ordinals"),
            before=_SETS % "replicas: 2",
            after=_SETS % "replicas: 2, ordinals: {start: 5}",
        ),
        quiet("a quota is added", after=_QUOTA % 3),
        quiet(
            "an account gets a label",
            before=_ACCOUNT % "",
            after=(_ACCOUNT % "").replace("name: a", "name: a, labels: {b: c}"),
        ),
    ),
)
