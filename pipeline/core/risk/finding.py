"""A finding: one fact, with its severity, its confidence, its place, and what to do."""

import hashlib
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Any

import orjson

from pipeline.core.kube.path import Path, to_json, to_text
from pipeline.core.kube.resource import CHART_FILE, Resource


class Severity(IntEnum):
    """How bad. BLOCKER: apply is certain to be refused, data is lost, or an outage follows from the manifests alone.

    HIGH: a likely outage, or a security boundary moves. MEDIUM: behaviour changes and must be read. LOW: minor.
    INFO: recorded, never alarms. OFF: computed, not shown.
    """

    OFF = 0
    INFO = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    BLOCKER = 5

    @property
    def label(self) -> str:
        return self.name.lower()


class Confidence(StrEnum):
    """How sure. PROVEN: API semantics or instance evidence; only this may block by default."""

    PROVEN = "proven"
    LIKELY = "likely"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """How the report names an object: ``resource`` in report.json. Core group and cluster scope are empty strings."""

    group: str
    version: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, resource: Resource) -> "ResourceRef":
        return cls(resource.group, resource.version, resource.kind, resource.id.namespace, resource.id.name)

    @classmethod
    def chart_file(cls, name: str) -> "ResourceRef":
        """What lives in the chart: ``name`` is the path inside the archive below the chart's own folder."""
        return cls("", "", CHART_FILE, "", name)

    def __str__(self) -> str:
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"

    def to_json(self) -> dict[str, str]:
        data = {"group": self.group, "version": self.version, "kind": self.kind, "name": self.name}
        return data | ({"namespace": self.namespace} if self.namespace else {})


@dataclass(frozen=True, slots=True)
class Place:
    """An object and a path in it; ``()`` is the object itself."""

    resource: ResourceRef
    path: Path = ()

    def __str__(self) -> str:
        return f"{self.resource} {to_text(self.path)}" if self.path else str(self.resource)

    def to_json(self) -> dict[str, Any]:
        return {"resource": self.resource.to_json(), "path": to_json(self.path)}


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why a finding was let through, by whom, and until when (ISO date)."""

    reason: str
    owner: str
    expires: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact, with every place it holds: ``place`` first, the others in ``also``."""

    rule: str
    category: str
    severity: Severity
    confidence: Confidence
    release: str
    place: Place
    title: str
    impact: str
    fix: str
    also: tuple[Place, ...] = ()
    alike: tuple[Place, ...] = ()
    """Those of ``also`` of which the same is said as of ``place``."""
    evidence: tuple[str, ...] = ()
    waived: Waiver | None = None
    fingerprint: str = ""
    environment: str = ""
    commands: tuple[str, ...] = ()
    """Whole command lines that ``fix`` speaks of, ready to copy."""

    @property
    def blocks(self) -> bool:
        """Whether this alone stops an upgrade by default."""
        return self.severity is Severity.BLOCKER and self.confidence is Confidence.PROVEN and self.waived is None

    def with_fingerprint(self) -> "Finding":
        """Survives rebases and reworded messages: rule, release and places only, never text or list indexes' order."""
        places = [place.to_json() for place in (self.place, *self.also)]
        for entry in places:
            entry["resource"].pop("version")
        known = orjson.dumps([self.rule, self.environment, self.release, places])
        return replace(self, fingerprint=hashlib.sha256(known).hexdigest()[:12])

    def with_waiver(self, waiver: Waiver) -> "Finding":
        return replace(self, waived=waiver)


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """A rule that could not be judged: silence is never a pass."""

    rule: str
    needs: str
    reason: str
