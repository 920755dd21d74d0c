"""Reads a helmfile.yaml. Templates that name the environment, the release or a value are resolved; others are named.

Facts: https://helmfile.readthedocs.io/en/latest/ (OCI repositories, ``needs``, ``installed``, ``condition``).
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.migration.argocd import typed
from pipeline.core.migration.files_beside import FilesBelow, FilesBeside, joined_path
from pipeline.core.migration.helmfile_templates import LEFT, of_release, resolved, value_at
from pipeline.core.migration.imported import Imported, ImportedRelease, LeftOut, merged, with_value
from pipeline.core.yaml.reader import YamlError, load_all

_READ = frozenset(  # chartPath is what `helmfile build` adds
    {"name", "namespace", "chart", "chartPath", "version", "values", "set", "needs", "installed", "condition",
     "createNamespace", "labels", "wait", "timeout", "atomic", "cleanupOnFail", "force", "historyMax",
     "missingFileHandler", "skipDeps"}
)  # fmt: skip


def helmfile(text: str, files: FilesBeside, *, where: str = "helmfile.yaml", folder: str = "") -> Imported:
    """Every environment that the file names; ``default`` where it names none. ``folder`` is where the file lies.

    Raises:
        ValueError: it is not YAML, even with its templates set aside.
    """
    text, left_out = _with_bases(text, files, where)
    names = list(mapping(_state(text, "default", {}).get("environments"))) or ["default"]
    imported = Imported(left_out=left_out)
    for name in names:
        values = _environment_values(text, name, files)
        state = _state(text, name, values)
        imported = imported.with_environment(
            name, StateReader(state, values, files, f"{where} ({name})", folder).imported()
        )
    return _with_others(imported, text, files, where, folder)


def _with_bases(text: str, files: FilesBeside, where: str) -> tuple[str, tuple[LeftOut, ...]]:
    """``text`` after the files that it is based on: their documents come first."""
    bases = [str(each) for each in sequence(_state(text, "default", {}).get("bases"))]
    text_of = {base: files.text(base) for base in bases}
    gone = tuple(
        LeftOut(where, f"its base {base} cannot be read", BUILD) for base, text_ in text_of.items() if text_ is None
    )
    return "\n---\n".join([*filter(None, text_of.values()), text]), gone


def _with_others(imported: Imported, text: str, files: FilesBeside, where: str, folder: str) -> Imported:
    """``imported`` with the releases of the files under ``helmfiles:``, each in the environments of its own."""
    for each in sequence(_state(text, "default", {}).get("helmfiles")):
        entry = each if isinstance(each, str) else str(mapping(each).get("path"))
        own = mapping(each).keys() - {"path"}
        paths = [] if "://" in entry or LEFT in entry or own else sorted(files.matching(entry))
        if not paths:
            imported = replace(
                imported, left_out=(*imported.left_out, LeftOut(where, f"helmfiles {entry} is not taken over", BUILD))
            )
        for path in paths:
            inside = posixpath.dirname(path)
            below = FilesBelow(files, inside)
            other = helmfile(files.text(path) or "", below, where=path, folder=joined_path(folder, inside))
            imported = imported.beside(other)
    return imported


def _state(text: str, environment: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """All documents as one, the later ones over the earlier ones."""
    state: dict[str, Any] = {}
    try:
        for document in load_all(resolved(text, environment, values)):
            state = merged(state, mapping(document))
    except YamlError as error:
        raise ValueError(
            f"{error}; resolve its templates with: helmfile build > state.yaml, and import that"
        ) from error
    return state


def _environment_values(text: str, name: str, files: FilesBeside) -> dict[str, Any]:
    entry = mapping(mapping(_state(text, name, {}).get("environments")).get(name))
    values: dict[str, Any] = {}
    for each in sequence(entry.get("values")):
        if isinstance(each, str):
            content = files.text(resolved(each, name, {}))
            for document in load_all(resolved(content or "", name, values)):
                values = merged(values, mapping(document))
        else:
            values = merged(values, mapping(each))
    return values


@dataclass(frozen=True, slots=True)
class StateReader:
    """Reads one helmfile in one environment. ``folder`` is where it lies, ``values`` those of the environment."""

    state: Mapping[str, Any]
    values: Mapping[str, Any]
    files: FilesBeside
    where: str
    folder: str

    def imported(self) -> Imported:
        left_out: list[LeftOut] = []
        urls = {str(each.get("name")): each for each in map(mapping, sequence(self.state.get("repositories")))}
        plain = {name: str(each.get("url")).rstrip("/") for name, each in urls.items() if not each.get("oci")}
        keys = (key for key in _INSTEAD if self.state.get(key))
        left_out += [LeftOut(self.where, f"{key} is not taken over", _INSTEAD[key]) for key in keys]
        releases = [
            self._release(entry, urls, left_out) for entry in map(mapping, sequence(self.state.get("releases")))
        ]
        return Imported({"": tuple(release for release in releases if release is not None)}, plain, tuple(left_out))

    def _release(
        self, entry: Mapping[str, Any], urls: Mapping[str, Mapping[str, Any]], left_out: list[LeftOut]
    ) -> ImportedRelease | None:
        entry = self._inherited(entry)
        name, namespace = str(entry.get("name")), str(entry.get("namespace") or "default")
        where = f"{self.where}: release {name}"
        condition = entry.get("condition")
        if entry.get("installed") is False or (condition and not value_at(self.values, str(condition))):
            return None
        if LEFT in f"{name}{namespace}{entry.get('chart')}":
            left_out.append(LeftOut(where, "its name, namespace or chart is a template", BUILD))
            return None
        chart = self._chart(str(entry.get("chart")), urls)
        if not chart:
            left_out.append(LeftOut(where, f"its chart {entry.get('chart')} lies outside of {_HERE}", _COPY))
            return None
        todo = "set what it does in values/ or in an overlay"
        left_out += [LeftOut(where, f"{key} is not taken over", todo) for key in sorted(entry.keys() - _READ)]
        value_files, values = self._layers(entry, where, left_out)
        version = str(entry.get("version") or "")
        if LEFT in version:
            left_out.append(LeftOut(where, "its version is a template", BUILD))
        return ImportedRelease(
            name,
            chart,
            namespace,
            "" if LEFT in version else version,
            tuple(str(each).rpartition("/")[2] for each in sequence(entry.get("needs"))),
            tuple(filter(None, (_below(self.folder, file) for file in value_files))),
            values,
            where=where,
        )

    def _inherited(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """With what it inherits from ``templates:``, whose own templates name this release."""
        known, inherited = mapping(self.state.get("templates")), dict[str, Any]()
        for each in map(mapping, sequence(entry.get("inherit"))):
            template = mapping(known.get(str(each.get("template"))))
            inherited = merged(inherited, {k: v for k, v in template.items() if k not in sequence(each.get("except"))})
        whole = merged(inherited, {key: value for key, value in entry.items() if key != "inherit"})
        return mapping(
            of_release(whole, {"Name": str(entry.get("name")), "Namespace": str(entry.get("namespace") or "")})
        )

    def _chart(self, chart: str, urls: Mapping[str, Mapping[str, Any]]) -> str:
        """As pipeline.yaml names it; empty where it lies outside of the repository."""
        short, _, name = chart.partition("/")
        if chart.startswith((".", "/")):
            path = _below(self.folder, chart)
            return "" if path is None else f"./{path}"
        if short in urls and urls[short].get("oci"):
            return f"oci://{str(urls[short].get('url')).removeprefix('oci://').rstrip('/')}/{name}"
        return chart

    def _layers(
        self, entry: Mapping[str, Any], where: str, left_out: list[LeftOut]
    ) -> tuple[list[str], dict[str, Any]]:
        """FilesBeside that can stay as they are, while nothing inline comes before them; else all of it merged."""
        files: list[str] = []
        values: dict[str, Any] = {}
        for each in sequence(entry.get("values")):
            if not isinstance(each, str):
                values = merged(values, mapping(each))
                continue
            if LEFT in each or each.endswith(".gotmpl") or "⟨" in each:
                left_out.append(LeftOut(where, f"values {each} is a template", BUILD))
                continue
            for file in sorted(self.files.matching(each)):
                if values or _below(self.folder, file) is None:
                    values = merged(values, self._content(file, where, left_out))
                else:
                    files.append(file)
        below: dict[str, Any] = {}
        for file in files if any("[" in str(mapping(each).get("name")) for each in sequence(entry.get("set"))) else ():
            below = merged(below, self._content(file, where, left_out))
        for each in map(mapping, sequence(entry.get("set"))):
            values = self._set(values, each, merged(below, values), where, left_out)
        if LEFT in repr(values):
            left_out.append(LeftOut(where, "some of its inline values are templates", BUILD))
        return files, values

    def _content(self, file: str, where: str, left_out: list[LeftOut]) -> dict[str, Any]:
        text = self.files.text(file)
        try:
            documents = load_all(text or "")
        except YamlError as error:
            left_out.append(LeftOut(where, f"values {file} cannot be read: {error}", "copy it into values/"))
            return {}
        content: dict[str, Any] = {}
        for document in documents:
            content = merged(content, mapping(document))
        return content

    def _set(
        self,
        values: dict[str, Any],
        each: Mapping[str, Any],
        below: Mapping[str, Any],
        where: str,
        left_out: list[LeftOut],
    ) -> dict[str, Any]:
        try:
            return with_value(values, str(each.get("name")), typed(str(each.get("value"))), below)
        except ValueError as error:
            left_out.append(LeftOut(where, f"set {each.get('name')}: {error}", "write it into values/"))
            return values


BUILD = "import what helmfile build prints for this environment, or write it by hand"
"""What to do about a template, and about a file that only helmfile finds."""
_INSTEAD = {"hooks": "run what they do in your CI", "lockFilePath": "pipeline vendor writes pipeline.lock"}


_HERE = "the folder of pipeline.yaml"
_COPY = "copy it into this repository, or name where it is published"


def _below(folder: str, path: str) -> str | None:
    """``path`` from the repository's root; None where it leads out of it, or begins at the machine's."""
    parts: list[str] = []
    for part in [*folder.split("/"), *path.split("/")]:
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return None if path.startswith("/") else "/".join(parts)
