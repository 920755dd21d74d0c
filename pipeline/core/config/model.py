"""The content of a valid pipeline.yaml (read.py makes sure that it is)."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.core.budget import Limits
from pipeline.core.charts.reference import ChartReference, ChartRepository, parse_reference
from pipeline.core.charts.signing import ANYBODY, SigningKeys
from pipeline.core.errors import UsageError
from pipeline.core.judge.waivers import Policy
from pipeline.core.render.order import DEFAULT_KUBE_VERSION

FILE = "pipeline.yaml"
DEFAULT_ENVIRONMENT = "default"


@dataclass(frozen=True, slots=True)
class ClusterTarget:
    """``context`` is one of KUBECONFIG; ``uid`` that of its kube-system namespace, empty where not pinned."""

    context: str
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """``kube_version`` as written, empty where no one said; ``api_versions`` beyond what can be known."""

    name: str
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    cluster: ClusterTarget | None = None
    policy: Policy = field(default_factory=Policy)
    apply: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The ``apply:`` section, the environment's own keys over the common ones; cluster/policy.py gives it types."""

    @property
    def full_kube_version(self) -> str:
        """With a patch level, as Helm wants it."""
        version = self.kube_version.removeprefix("v") or DEFAULT_KUBE_VERSION
        return version if version.count(".") > 1 else f"{version}.0"


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """What a release has of its own in one environment. Empty: as everywhere; ``values`` come after the common ones."""

    version: str = ""
    namespace: str = ""
    release_name: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """``version`` is exact, a range, or empty (any). ``values`` are the extra files, in order."""

    name: str
    chart: str
    namespace: str
    version: str = ""
    environments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    signed_by: SigningKeys = ANYBODY
    """By whom its chart must be signed, whatever its repository demands."""
    own: Mapping[str, EnvironmentSettings] = field(default_factory=dict, hash=False)
    """By environment, in the order of pipeline.yaml."""
    release_name: str = ""
    secrets: str = ""
    """What becomes of its Secrets in the rendered tree, where that is not what ``secrets.rendered`` says."""
    stands_alone: str = ""
    """The environment, of a release as it is in one that has a version of its own."""

    @property
    def pin(self) -> str:
        """Its key in pipeline.lock: ``vault``, or ``staging/vault`` of an environment with a version of its own."""
        return f"{self.stands_alone}/{self.name}" if self.stands_alone else self.name

    @property
    def helm_name(self) -> str:
        """What templates see as ``.Release.Name``."""
        return self.release_name or self.name

    def within(self, environment: str) -> "Release":
        """The release as it is in one environment."""
        settings = self.own.get(environment, EnvironmentSettings())
        return replace(
            self,
            version=settings.version or self.version,
            namespace=settings.namespace or self.namespace,
            release_name=settings.release_name or self.release_name,
            values=(*self.values, *settings.values),
            stands_alone=environment if settings.version else "",
            own={},
        )

    def pins(self) -> "tuple[Release, ...]":
        """The release once for each version that it states: an environment with a version of its own stands alone."""
        pins: dict[str, Release] = {}
        for environment in self.environments:
            pin = self.within(environment)
            before = pins.get(pin.pin)
            there = (*before.environments, environment) if before else (environment,)
            pins[pin.pin] = replace(pin, environments=there)
        return tuple(pins.values())

    def value_files(self, environment: str) -> tuple[str, ...]:
        """The files that may hold its values, in the order of their merge: the last one wins."""
        folder, settings = f"values/{self.name}", self.own.get(environment, EnvironmentSettings())
        return (f"{folder}/common.yaml", *self.values, *settings.values, f"{folder}/{environment}.yaml")


@dataclass(frozen=True, slots=True)
class Config:
    """The whole of pipeline.yaml. Environments and releases in the order written."""

    environments: Mapping[str, Environment] = field(hash=False)
    releases: tuple[Release, ...]
    repositories: Mapping[str, ChartRepository] = field(default_factory=dict, hash=False)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    secrets: str = "refuse"
    copies: str = "refuse"
    volatile: str = "freeze"
    helm_engine: str = "auto"
    helm_version: str = ""
    limits: Limits = field(default_factory=Limits)
    policy: Policy = field(default_factory=Policy)
    """What an environment without a profile is judged by."""
    apply: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The ``apply:`` section of an environment that adds nothing."""

    def secrets_of(self, release: Release) -> str:
        """What becomes of the Secrets of a release in the rendered tree: refuse, omit, sops or allow."""
        return release.secrets or self.secrets

    def reference(self, release: Release) -> ChartReference:
        """Where the chart of a release comes from, and by whom it must be signed.

        Raises:
            UsageError: it names no repository, and is not a URL and no path.
        """
        reference = parse_reference(release.chart, self.repositories.values())
        return replace(reference, signed_by=release.signed_by)

    def pins(self, releases: Container[str] = ()) -> tuple[Release, ...]:
        """Each release once for each of its entries in pipeline.lock, of those named (none named: all)."""
        return tuple(
            pin for release in self.releases if not releases or release.name in releases for pin in release.pins()
        )

    def pairs(
        self, environments: tuple[str, ...] = (), releases: tuple[str, ...] = ()
    ) -> tuple[tuple[Environment, Release], ...]:
        """Each release in each of its environments, as it is there, of those asked for (none asked for: all).

        Raises:
            UsageError: a name that pipeline.yaml does not have.
        """
        _known("environment", environments, self.environments)
        _known("release", releases, [release.name for release in self.releases])
        return tuple(
            (environment, release.within(environment.name))
            for environment in self.environments.values()
            for release in self.releases
            if not environments or environment.name in environments
            if not releases or release.name in releases
            if environment.name in release.environments
        )


def _known(what: str, asked: tuple[str, ...], known: object) -> None:
    names = list(known)  # type: ignore[call-overload]
    for name in asked:
        if name not in names:
            raise UsageError(f"{FILE} has no {what} {name!r}", hint=f"one of {', '.join(names) or 'none'}")
