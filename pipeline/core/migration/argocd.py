"""Reads Argo CD's Applications whose source is a Helm chart.

Facts: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/ (the order of values: valueFiles, values, valuesObject,
parameters; the release is named like the Application) and .../user-guide/multiple_sources/.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.migration.flux import Documents
from pipeline.core.migration.imported import Imported, ImportedRelease, LeftOut, merged, with_value
from pipeline.core.migration.own_repository import is_followed, same_repository
from pipeline.core.yaml.reader import YamlError, load

_GROUP = "argoproj.io/"
_READ = frozenset(
    {"releaseName", "valueFiles", "values", "valuesObject", "parameters", "version", "ignoreMissingValueFiles"}
)
_BY_ITSELF = frozenset({"skipCrds", "passCredentials", "skipTests", "skipSchemaValidation", "namespace"})


def argocd(documents: Documents, own: str = "") -> Imported:
    """The releases of one environment, under the name ``""``. ``own`` is the address of their repository."""
    releases, left_out, repositories = [], list[LeftOut](), dict[str, str]()
    for file, document in documents.of_kind("Application", _GROUP):
        releases += _ApplicationReader(file, document, left_out, repositories, own).releases()
    for file, document in documents.of_kind("ApplicationSet", _GROUP):
        name = mapping(document.get("metadata")).get("name")
        todo = "import what argocd appset generate prints: each Application in a file"
        left_out.append(LeftOut(f"{file}: ApplicationSet {name}", "its Applications are not taken over", todo))
    return Imported({"": tuple(releases)}, repositories, tuple(left_out))


@dataclass(frozen=True, slots=True)
class _ApplicationReader:
    file: str
    document: Mapping[str, Any]
    left_out: list[LeftOut]
    repositories: dict[str, str]
    own: str

    @property
    def name(self) -> str:
        return str(mapping(self.document.get("metadata")).get("name"))

    @property
    def where(self) -> str:
        return f"{self.file}: Application {self.name}"

    def _leave(self, what: str, todo: str) -> None:
        self.left_out.append(LeftOut(self.where, what, todo))

    def releases(self) -> list[ImportedRelease]:
        spec = mapping(self.document.get("spec"))
        sources = [mapping(each) for each in sequence(spec.get("sources"))] or [mapping(spec.get("source"))]
        namespace = str(mapping(spec.get("destination")).get("namespace") or "default")
        named = {str(each["ref"]): str(each.get("path") or "") for each in sources if each.get("ref")}
        imported = []
        for source in sources:
            if source.get("ref") and not source.get("chart") and not source.get("helm"):
                continue  # it only lends files to the others
            release = self._release(source, namespace, named)
            imported += [release] if release is not None else []
        return imported

    def _release(self, source: Mapping[str, Any], namespace: str, named: Mapping[str, str]) -> ImportedRelease | None:
        helm = mapping(source.get("helm"))
        chart = self._chart(source)
        if chart is None:
            return None
        for key in helm.keys() - _READ - _BY_ITSELF:
            self._leave(f"helm.{key} is not taken over", "set what it does in values/ or in an overlay")
        return ImportedRelease(
            name=str(helm.get("releaseName") or self.name),
            chart=chart,
            namespace=namespace,
            version=str(source.get("targetRevision") or "") if source.get("chart") else "",
            value_files=tuple(self._files(helm, source, named)),
            values=self._values(helm),
            where=self.where,
        )

    def _chart(self, source: Mapping[str, Any]) -> str | None:
        url, chart = str(source.get("repoURL") or ""), str(source.get("chart") or "")
        path, revision = str(source.get("path") or ""), str(source.get("targetRevision") or "HEAD")
        if chart and not url.startswith(("http://", "https://")):
            return f"oci://{url.removeprefix('oci://').rstrip('/')}/{chart}"
        if chart:
            name = _short(url, self.repositories)
            self.repositories[name] = url.rstrip("/")
            return f"{name}/{chart}"
        if source.get("helm") is None:
            what = f"its source {path or url} is not a Helm chart" if not source.get("kustomize") else "Kustomize"
            self._leave(f"{what} and is not taken over", "keep the Application, or render it by an overlay")
            return None
        if self._lies_here(source):
            return f"./{path}"
        return f"git+{url}//{path}" + ("" if revision == "HEAD" else f"?ref={revision}")

    def _lies_here(self, source: Mapping[str, Any]) -> bool:
        """Whether its chart is a folder of the repository that declares it."""
        here = same_repository(str(source.get("repoURL") or ""), self.own)
        return here and is_followed(str(source.get("targetRevision") or ""))

    def _files(self, helm: Mapping[str, Any], source: Mapping[str, Any], named: Mapping[str, str]) -> list[str]:
        files = []
        for file in map(str, sequence(helm.get("valueFiles"))):
            name, _, rest = file.removeprefix("$").partition("/")
            if file.startswith("$") and name in named:
                files.append(rest)
            elif source.get("chart") or file.startswith(("http://", "https://", "$")):
                self._leave(f"valueFiles {file} is not taken over", "copy its content into values/")
            elif self._lies_here(source):
                files.append(posixpath.normpath(f"{source.get('path') or '.'}/{file}"))
            else:  # it is a file of the chart itself, beside its templates
                self._leave(f"valueFiles {file} lies in the chart", "copy its content into values/")
        return files

    def _values(self, helm: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        text = helm.get("values")
        if isinstance(text, str) and text.strip() and not helm.get("valuesObject"):
            try:
                values = merged(values, mapping(load(text)))
            except YamlError as error:
                self._leave(f"helm.values cannot be read: {error}", "write them into values/")
        values = merged(values, mapping(helm.get("valuesObject")))
        for entry in map(mapping, sequence(helm.get("parameters"))):
            value = entry.get("value")
            given = value if entry.get("forceString") else typed(str(value))
            if "[" in str(entry.get("name")) and helm.get("valueFiles"):
                said = "it is one entry of a list, and the others may stand in valueFiles"
                self._leave(f"parameter {entry.get('name')}: {said}", "write the whole list into values/")
                continue
            try:
                values = with_value(values, str(entry.get("name")), given)
            except ValueError as error:
                self._leave(f"parameter {entry.get('name')}: {error}", "write it into values/")
        return values


def typed(text: str) -> Any:
    """As ``helm --set`` reads a value: whole numbers, booleans and null; everything else is text."""
    words: Mapping[str, Any] = {"true": True, "false": False, "null": None}
    if text in words:
        return words[text]
    bare = text.removeprefix("-")
    return int(text) if bare.isascii() and bare.isdigit() and (bare == "0" or not bare.startswith("0")) else text


def _short(url: str, known: Mapping[str, str]) -> str:
    """A short name for a repository: the last part of its path, or of its host; another where that is taken."""
    for name, other in known.items():
        if other == url.rstrip("/"):
            return name
    host, _, path = url.rstrip("/").partition("://")[2].partition("/")
    base = path.rpartition("/")[2] or host.partition(".")[0]
    if base in ("charts", "helm-charts", "helm", "stable"):
        base = (
            (path.rpartition("/")[0].rpartition("/")[2] or host.partition(".")[0])
            if "/" in path
            else host.split(".")[-2]
        )
    clean = "".join(c if c.isalnum() or c == "-" else "-" for c in base.lower()).strip("-") or "charts"
    names = (clean, *(f"{clean}-{number}" for number in range(2, 1000)))
    return next(name for name in names if name not in known)
