"""Reads Helm's output: one Resource per object, with template, delivery and namespace.

Every namespaced object gets its namespace written out, and a cluster-scoped one loses a stray namespace, so that an
object is the same one whoever reads the file and wherever it is applied.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import Any, Protocol

from pipeline.core.kube.resource import CRD_KIND, Body, Delivery, ManifestSet, Resource, mapping, sequence
from pipeline.core.kube.scope import BUILT_IN, Scopes
from pipeline.core.yaml import reader as yaml_read

LOADER_VERSION = 1
"""Of what YAML is read to: to be raised whenever core/yaml/reader.py answers otherwise."""
HOOK_ANNOTATION = "helm.sh/hook"
CRD_INSTALL = "crd-install"
"""Helm 2's hook for CRDs. Helm 3 and 4 drop what carries it."""
_SOURCE = "# Source: "
_CRDS_FOLDER = re.compile(r"[^/]+/(?:charts/[^/]+/)*crds/")
_DASHES, _AFTER_MARK = "---", " \t\r\n#"
_END = re.compile(r"\.\.\.\s")
_BLANKS = (" ", "\t")


class ManifestError(yaml_read.YamlError):
    """A document of ``source`` that is not valid YAML. ``line`` counts from the first line of that document."""

    def __init__(self, message: str, line: int, column: int, *, source: str) -> None:
        super().__init__(message, line, column)
        self.source = source


class ParsedDocuments(Protocol):
    """Keeps what large documents were parsed to; its answers equal those of the parser."""

    def __hash__(self) -> int: ...
    def get(self, text: str) -> list[Any] | None: ...
    def put(self, text: str, documents: list[Any]) -> None: ...


def parse(
    text: str, *, namespace: str, release: str = "", scopes: Scopes = BUILT_IN, kept: ParsedDocuments | None = None
) -> ManifestSet:
    """Read a stream of documents, as ``helm template`` prints or a rendered file holds it.

    ``scopes`` says what is known of custom kinds; the CRDs in ``text`` itself are added. Documents that hold nothing
    are dropped, ``List`` kinds are taken apart. A document without a kind is not an object and is dropped as well.
    ``kept`` changes what this costs, never what it answers.

    Raises:
        ManifestError: a document is not valid YAML.
    """
    return placed(as_written(text, release=release, kept=kept), namespace, scopes)


def as_written(text: str, *, release: str = "", kept: ParsedDocuments | None = None) -> list[Resource]:
    """The objects of a stream as they stand there: without a namespace where none is written.

    Raises:
        ManifestError: a document is not valid YAML.
    """
    pairs = ((body, source) for source, document in documents(text) for body in _read(document, source, kept))
    return [_resource(body, source, release) for body, source in pairs]


def placed(resources: Iterable[Resource], namespace: str, scopes: Scopes) -> ManifestSet:
    """With the namespace of each made explicit; the CRDs among them say the scope of their kinds."""
    every = list(resources)
    known = scopes.with_crds(every)
    return ManifestSet.of(place(resource, namespace, known) for resource in every)


def _read(document: str, source: str, kept: ParsedDocuments | None) -> tuple[Body, ...]:
    try:
        return _bodies(document, kept)
    except yaml_read.YamlError as error:
        raise ManifestError(explained(document, error), error.line, error.column, source=source) from error


def explained(document: str, error: yaml_read.YamlError) -> str:
    """What is wrong with a document that is not valid YAML. Helm passes over three dots, and over all of crds/."""
    if _follows_dots(document, error.line):
        return "a line of three dots ends the document, so what follows would be lost: separate documents by ---"
    return error.message


def _follows_dots(document: str, line: int) -> bool:
    """Whether the last line before ``line`` (from 1 on), blanks and comments aside, is one of three dots."""
    before = (text for text in reversed(document.split("\n")[: line - 1]) if text.strip() and text.lstrip()[0] != "#")
    return _END.match(f"{next(before, '')}\n") is not None


def documents(text: str) -> Iterator[tuple[str, str]]:
    """``(source, document)`` of each document; one that has no ``# Source:`` keeps that of the one before it."""
    source = ""
    for part in _split(text):
        if part.startswith(_SOURCE):
            line, _, part = part.partition("\n")  # noqa: PLW2901 - the comment is not part of the document
            source = line.removeprefix(_SOURCE).strip()
        if part and not part.isspace():
            yield source, part


def place(resource: Resource, namespace: str, scopes: Scopes) -> Resource:
    """With the namespace written where the kind has one, and without where it has none."""
    namespaced = scopes.namespaced(resource.group, resource.kind)
    if namespaced and not resource.id.namespace and namespace:
        return resource.with_body(_with_metadata(resource.body, {"namespace": namespace}))
    if namespaced is False and "namespace" in resource.metadata:
        rest = {key: value for key, value in resource.metadata.items() if key != "namespace"}
        return resource.with_body(resource.body | {"metadata": rest})
    return resource


def _with_metadata(body: Body, extra: dict[str, Any]) -> Body:
    return body | {"metadata": dict(mapping(body.get("metadata"))) | extra}


def _split(text: str) -> Iterator[str]:
    """At lines that start with three dashes, as Kubernetes splits; what follows them on the line stays."""
    start, mark = 0, 0 if text.startswith(_DASHES) else _next_mark(text, 0)
    while mark >= 0:
        end = mark + len(_DASHES)
        if end == len(text) or text[end] in _AFTER_MARK:
            yield text[start:mark].removeprefix("\n")
            while text[end : end + 1] in _BLANKS:
                end += 1
            start = end
        mark = _next_mark(text, end)
    yield text[start:].removeprefix("\n")


def _next_mark(text: str, after: int) -> int:
    """Where the next line begins that starts with dashes; five times as fast as a regular expression; -1 for none."""
    at = text.find(f"\n{_DASHES}", after)
    return at + 1 if at >= 0 else -1


# Both sides of an upgrade share most documents word for word: each is then parsed once, and its body, which no one
# may change, is the same object on both sides, which a comparison sees at once.
@lru_cache(maxsize=8192)
def _bodies(document: str, kept: ParsedDocuments | None) -> tuple[Body, ...]:
    known = None if kept is None else kept.get(document)
    if known is None:
        known = yaml_read.load_all(document)
        if kept is not None:
            kept.put(document, known)
    return tuple(chain.from_iterable(_flatten(body) for body in known))


def _flatten(body: Any) -> Iterator[Body]:
    """An object, or the objects of a ``List`` (``RoleList`` …, whose entries may leave out their kind)."""
    if not isinstance(body, dict) or not body.get("kind"):
        return
    kind, items = str(body["kind"]), body.get("items")
    if not kind.endswith("List") or not isinstance(items, list):
        yield body
        return
    fallback = {"apiVersion": body.get("apiVersion"), "kind": kind.removesuffix("List")} if kind != "List" else {}
    for item in sequence(items):
        yield from _flatten(fallback | item if isinstance(item, dict) else item)


def _resource(body: Body, source: str, release: str) -> Resource:
    resource = Resource.of(body, source=source, release=release)
    return replace(resource, delivery=_delivery(resource))


def _delivery(resource: Resource) -> Delivery:
    """Helm takes what lies in crds/ as it is. Helm 2's hook for CRDs meant the same before there was that folder."""
    hooks = str(resource.annotations.get(HOOK_ANNOTATION) or "")
    if _CRDS_FOLDER.match(resource.source) or (resource.kind == CRD_KIND and CRD_INSTALL in hooks):
        return Delivery.CRDS_DIR
    return Delivery.HOOK if hooks else Delivery.TEMPLATE
