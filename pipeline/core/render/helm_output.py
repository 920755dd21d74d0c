"""What Helm does with rendered templates before it prints them: split them, separate hooks, sort.

Written after Helm's own code (pkg/release/v1/util of 4.2), for the engine that only gets the rendered templates.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.kube.resource import CRD_KIND
from pipeline.core.render.manifests import CRD_INSTALL, HOOK_ANNOTATION, explained, parse
from pipeline.core.yaml.reader import YamlError, load

KNOWN_HOOKS = frozenset(
    [
        "pre-install",
        "post-install",
        "pre-delete",
        "post-delete",
        "pre-upgrade",
        "post-upgrade",
        "pre-rollback",
        "post-rollback",
        "test",
        "test-success",
    ]
)
_INSTALL_ORDER = {
    kind: index
    for index, kind in enumerate(
        [
            "PriorityClass",
            "Namespace",
            "NetworkPolicy",
            "ResourceQuota",
            "LimitRange",
            "PodSecurityPolicy",
            "PodDisruptionBudget",
            "ServiceAccount",
            "Secret",
            "SecretList",
            "ConfigMap",
            "StorageClass",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "CustomResourceDefinition",
            "ClusterRole",
            "ClusterRoleList",
            "ClusterRoleBinding",
            "ClusterRoleBindingList",
            "Role",
            "RoleList",
            "RoleBinding",
            "RoleBindingList",
            "Service",
            "DaemonSet",
            "Pod",
            "ReplicationController",
            "ReplicaSet",
            "Deployment",
            "HorizontalPodAutoscaler",
            "StatefulSet",
            "Job",
            "CronJob",
            "IngressClass",
            "Ingress",
            "APIService",
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
        ]
    )
}
_GO_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_SEPARATOR = re.compile(r"(?:\A|[\t\n\f\r ]*\n)---[\t\n\f\r ]*")
_HEAD = "\n---\n# Source: "
_NOTES = "NOTES.txt"
_TYPES = {str: "string", list: "array", bool: "bool", int: "number", float: "number"}
"""As Helm's own decoder names them."""


class HelmOutputError(Exception):
    """A rendered template that Helm refuses; the message is as Helm words it."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a rendered template. ``hooks`` is its hook annotation, None where it has none."""

    source: str
    text: str
    kind: str
    name: str
    hooks: str | None = None

    @property
    def lost(self) -> bool:
        """Whether Helm drops it: one of its hooks is none that Helm knows."""
        return self.hooks is not None and not {word.strip().lower() for word in self.hooks.split(",")} <= KNOWN_HOOKS

    @property
    def rescued(self) -> bool:
        """A CRD that Helm 2 would have installed: part of what the chart needs, whatever Helm does today."""
        return self.lost and self.kind == CRD_KIND and CRD_INSTALL in (self.hooks or "")


def documents(templates: Mapping[str, str]) -> tuple[Document, ...]:
    """The documents of all templates, by path, then as they stand in it. Partials and notes are none.

    Raises:
        HelmOutputError: one is not valid YAML, or no map.
    """
    paths = sorted(templates, key=lambda path: path.encode())
    shown = (path for path in paths if not path.endswith(_NOTES) and not path.rpartition("/")[2].startswith("_"))
    return tuple(_document(path, text) for path in shown for text in split(templates[path]))


def split(text: str) -> Iterator[str]:
    """At every line that starts with three dashes, whatever follows them, as Helm does."""
    for part in _SEPARATOR.split(text.lstrip(_GO_SPACE)):
        if stripped := part.lstrip(_GO_SPACE):
            yield stripped


def assemble(crds: Iterable[tuple[str, str]], sent: Iterable[Document]) -> str:
    """The text that ``helm template --include-crds`` prints: CRD files, then manifests, then hooks, by kind."""
    kept = [document for document in sent if not document.lost]
    manifests = sorted((document for document in kept if document.hooks is None), key=_order)
    hooks = sorted((document for document in kept if document.hooks is not None), key=_order)
    texts = [*crds, *((document.source, document.text) for document in (*manifests, *hooks))]
    return "".join(_print(source, text) for source, text in texts)


def trim(printed: str) -> str:
    """Helm's output with no space at the end of a document: Helm 4.1 takes it away, 4.2 leaves it."""
    head, *parts = f"\n{printed}".split(_HEAD)
    assert not head.strip(_GO_SPACE), "BUG: helm printed something before its first document"
    return "".join(_print_part(part) for part in parts)


def _print_part(part: str) -> str:
    return f"{_HEAD[1:]}{part.rstrip(_GO_SPACE)}\n"


def rescue(sent: Iterable[Document], present: str) -> str:
    """The CRDs that Helm drops although the chart needs them, unless ``present`` (Helm's output) has them anyway."""
    wanted = [document for document in sent if document.rescued]
    if not wanted:
        return ""
    there = {resource.id.name for resource in parse(present, namespace="").of_kind(CRD_KIND)}
    return "".join(_print(document.source, document.text) for document in wanted if document.name not in there)


def lost_warnings(sent: Iterable[Document]) -> tuple[str, ...]:
    """One line for each document that Helm drops because of a hook that it does not know."""
    return tuple(
        f"{document.source}: helm drops {document.kind} {document.name}, whose hook {document.hooks!r} it does not know"
        + (": kept, since it is a CRD" if document.rescued else "")
        for document in sent
        if document.lost
    )


def _print(source: str, text: str) -> str:
    return _print_part(f"{source}\n{text}")


def _order(document: Document) -> tuple[int, bytes]:
    index = _INSTALL_ORDER.get(document.kind)
    return (len(_INSTALL_ORDER), document.kind.encode()) if index is None else (index, b"")


def _document(path: str, text: str) -> Document:
    try:
        body = load(text)
    except YamlError as error:
        where = f"line {error.line}: " if error.line else ""
        raise HelmOutputError(
            f"YAML parse error on {path}: error converting YAML to JSON: yaml: {where}{explained(text, error)}"
        ) from error
    if body is None:
        return Document(path, text, "", "")
    head = _table(path, body, "the document")
    metadata = _table(path, head.get("metadata") or {}, "metadata")
    annotations = _table(path, metadata.get("annotations") or {}, "metadata.annotations")
    for key, value in annotations.items():
        _word(path, value, f"metadata.annotations[{key}]")
    hooks = annotations.get(HOOK_ANNOTATION)
    return Document(
        path,
        text,
        _word(path, head.get("kind"), "kind"),
        _word(path, metadata.get("name"), "metadata.name"),
        None if HOOK_ANNOTATION not in annotations else _word(path, hooks, HOOK_ANNOTATION),
    )


def _table(path: str, value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise HelmOutputError(
            f"YAML parse error on {path}: {what} is of type {_TYPES.get(type(value), type(value).__name__)}, not a map"
        )
    return value


def _word(path: str, value: Any, what: str) -> str:
    """Scalars of any type become text, as sigs.k8s.io/yaml makes them where text is wanted."""
    if isinstance(value, dict | list):
        raise HelmOutputError(f"YAML parse error on {path}: {what} is a {type(value).__name__}, not text")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
