"""Reads pipeline.yaml: reports every problem at once, each with file:line:column and a suggestion."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pkgutil import get_data
from typing import Any

import orjson

from pipeline.core.budget import ChartLimits, InputLimits, Limits, RenderLimits
from pipeline.core.charts.chart_urls import trimmed
from pipeline.core.charts.reference import ChartRepository
from pipeline.core.charts.signing import SigningKeys
from pipeline.core.config.check import ConfigComplaint, meaning
from pipeline.core.config.model import (
    DEFAULT_ENVIRONMENT,
    FILE,
    ClusterTarget,
    Config,
    Environment,
    EnvironmentSettings,
    Release,
)
from pipeline.core.config.read_policy import read_policy, read_waivers
from pipeline.core.config.schema_messages import explain
from pipeline.core.errors import ConfigError, Problem
from pipeline.core.judge.waivers import Policy
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.yaml.positions import mark
from pipeline.core.yaml.reader import DuplicateKey, YamlError, load_all

_FIELDS = {
    "packedMiB": "packed_mib",
    "unpackedMiB": "unpacked_mib",
    "MiB": "mib",
    "memoryMiB": "memory_mib",
    "outputMiB": "output_mib",
}
"""Keys of ``limits:`` whose fields have another name."""


def read(text: str, *, rule_ids: Iterable[str] = (), file: str = FILE, valid: bool = False) -> Config:
    """The configuration that ``text`` holds. ``rule_ids`` are the rules there are; none given, none are checked.

    ``valid`` says that the text is known to fit the schema.

    Raises:
        ConfigError: whatever is wrong, all of it.
    """
    data, problems = _yaml(text, file)
    if not problems:
        complaints = [] if valid else list(explain(schema(), data))
        known = frozenset(rule_ids) if "policy" in data else frozenset[str]()
        complaints += [] if complaints else meaning(data, known)
        problems = [_problem(text, file, complaint) for complaint in complaints]
    if problems:
        raise ConfigError(tuple(sorted(problems, key=lambda p: (p.line, p.column, p.message))))
    return _config(data, text, file)


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of pipeline.yaml (draft 2020-12), as shipped in the package."""
    data: dict[str, Any] = orjson.loads(schema_text())
    return data


def schema_text() -> bytes:
    """The schema as its file has it."""
    raw = get_data("pipeline", "data/pipeline.schema.json")
    assert raw is not None, "BUG: pipeline.schema.json is missing from the package"
    return raw


def _yaml(text: str, file: str) -> tuple[dict[str, Any], list[Problem]]:
    doubles: list[DuplicateKey] = []
    try:
        documents = load_all(text, doubles)
    except YamlError as error:
        return {}, [Problem(file, error.line, error.column, f"not valid YAML: {error.message}")]
    problems = [Problem(file, double.line, 1, f"{double.key!r} appears twice in one map") for double in doubles]
    if len(documents) > 1:
        problems.append(Problem(file, 1, 1, f"expected one document, found {len(documents)}"))
    data = documents[0] if documents else None
    if not isinstance(data, dict):
        problems.append(
            Problem(file, 1, 1, "expected a map with releases:, environments:, … (pipeline init shows one)")
        )
        return {}, problems
    return data, problems


def _problem(text: str, file: str, complaint: ConfigComplaint) -> Problem:
    at = mark(text, complaint.steps)
    return Problem(file, at.line, at.column, complaint.message)


def _config(data: dict[str, Any], text: str, file: str) -> Config:
    policy = mapping(data.get("policy"))
    waivers = tuple(read_waivers(policy, text, file))
    named = mapping(data.get("environments")) or {DEFAULT_ENVIRONMENT: {}}
    common = mapping(data.get("apply"))
    environments = {
        name: replace(
            _environment(name, mapping(entry), read_policy(policy, mapping(entry).get("policy"), waivers, text, file)),
            apply={**common, **mapping(entry).get("apply", {})},
        )
        for name, entry in named.items()
    }
    helm = mapping(data.get("helm"))
    return Config(
        environments=environments,
        releases=tuple(_release(entry, tuple(environments)) for entry in data["releases"]),
        repositories={name: _repository(name, entry) for name, entry in mapping(data.get("repositories")).items()},
        groups={name: tuple(members) for name, members in mapping(data.get("groups")).items()},
        secrets=mapping(data.get("secrets")).get("rendered", "refuse"),
        copies=mapping(data.get("secrets")).get("copies", "refuse"),
        volatile=mapping(data.get("render")).get("volatile", "freeze"),
        helm_engine=helm.get("engine", "auto"),
        helm_version=helm.get("version", ""),
        limits=_limits(mapping(data.get("limits"))),
        policy=read_policy(policy, None, waivers, text, file),
        apply=common,
    )


def _limits(entry: Any) -> Limits:
    charts, inputs, render = (mapping(entry.get(key)) for key in ("charts", "inputs", "render"))
    return Limits(
        ChartLimits(**{_FIELDS.get(key, key): value for key, value in charts.items()}),
        InputLimits(**{_FIELDS.get(key, key): value for key, value in inputs.items()}),
        RenderLimits(**{_FIELDS.get(key, key): value for key, value in render.items()}),
    )


def _environment(name: str, entry: Any, own: Policy) -> Environment:
    cluster = mapping(entry.get("cluster"))
    target = ClusterTarget(cluster["context"], cluster.get("uid", "")) if cluster else None
    return Environment(name, entry.get("kubeVersion", ""), tuple(sequence(entry.get("apiVersions"))), target, own)


def _release(entry: Any, environments: tuple[str, ...]) -> Release:
    own = entry.get("environments")
    return Release(
        entry["name"],
        entry["chart"],
        entry["namespace"],
        entry.get("version", ""),
        tuple(entry.get("environments") or environments),
        tuple(entry.get("needs") or ()),
        tuple(entry.get("values") or ()),
        _keys(entry),
        {name: _settings(value) for name, value in own.items() if value} if isinstance(own, dict) else {},
        entry.get("releaseName", ""),
        mapping(entry.get("secrets")).get("rendered", ""),
    )


def _settings(entry: Any) -> EnvironmentSettings:
    return EnvironmentSettings(
        entry.get("version", ""),
        entry.get("namespace", ""),
        entry.get("releaseName", ""),
        tuple(entry.get("values") or ()),
    )


def _repository(name: str, entry: Any) -> ChartRepository:
    given = {field: entry.get(key, "") for key, field in _OF_REPOSITORY.items()}
    return ChartRepository(
        name, trimmed(entry["url"]), plain_http=entry.get("plainHTTP", False), signed_by=_keys(entry), **given
    )


def _keys(entry: Any) -> SigningKeys:
    keys = mapping(entry.get("signedBy"))
    return SigningKeys(keys.get("keyring", ""), keys.get("cosignKey", ""))


_OF_REPOSITORY = {
    "usernameEnv": "username_env",
    "passwordEnv": "password_env",
    "passwordFile": "password_file",
    "tokenEnv": "token_env",
    "tokenFile": "token_file",
    "caEnv": "ca_env",
    "caFile": "ca_file",
    "certEnv": "cert_env",
    "certFile": "cert_file",
    "keyEnv": "key_env",
    "keyFile": "key_file",
}
