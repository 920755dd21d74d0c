"""Reads ``policy:`` of pipeline.yaml: what is common, then the chain of an environment's profiles, then its waivers."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.judge.waivers import CATEGORY, Policy, SeverityChoice, WaiverRule
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.risk.finding import Severity, Waiver
from pipeline.core.yaml.positions import Steps, mark

_WAIVER = {
    **{name: name for name in ("id", "rule", "fingerprint", "release", "environment", "resource")},
    "from": "old_version",
    "to": "new_version",
}


def profile_chain(policy: Mapping[str, Any], name: str | None) -> tuple[str, ...]:
    """The profiles that hold for ``name``, the one that all others extend first. It ends where a circle closes."""
    profiles, chain = mapping(policy.get("profiles")), list[str]()
    while name is not None and name in profiles and name not in chain:
        chain.insert(0, name)
        name = mapping(profiles[name]).get("extends")
    return tuple(chain)


def read_policy(
    policy: Mapping[str, Any], profile: str | None, waivers: tuple[WaiverRule, ...], text: str, file: str
) -> Policy:
    """What an environment is judged by: later profiles replace what earlier ones say, key by key."""
    parts: list[tuple[Steps, Mapping[str, Any], str]] = [(("policy",), policy, "")]
    parts += [
        (("policy", "profiles", name), mapping(mapping(policy.get("profiles"))[name]), f" (profile {name})")
        for name in profile_chain(policy, profile)
    ]
    fail_on, overrides, origins = Policy().fail_on, dict[str, Severity](), dict[str, str]()
    chosen: list[SeverityChoice] = []
    options: dict[str, Mapping[str, Any]] = {}
    for steps, part, said in parts:
        if level := part.get("failOn"):
            fail_on = Severity[level.upper()]
            origins["failOn"] = f"{file}:{mark(text, (*steps, 'failOn')).line}{said}"
        for rule, level in mapping(part.get("overrides")).items():
            overrides[rule] = _severity(level)
            origins[rule] = f"{file}:{mark(text, (*steps, 'overrides', rule)).line}{said}"
        for index, entry in enumerate(sequence(part.get("severities"))):
            where = f"{file}:{mark(text, (*steps, 'severities', index)).line}{said}"
            names = {name: entry.get(name, "") for name in ("rule", "category", "release", "resource")}
            chosen.append(SeverityChoice(_severity(entry["severity"]), **names, where=where))
        for rule, stated in mapping(part.get("options")).items():
            options[rule] = {**options.get(rule, {}), **stated}
            for name in stated:
                origins[f"{rule}.{name}"] = f"{file}:{mark(text, (*steps, 'options', rule, name)).line}{said}"
    return Policy(fail_on, overrides, waivers, tuple(chosen), profile_chain(policy, profile), options, origins)


def _severity(word: Any) -> Severity:
    """YAML reads a plain ``off`` as false."""
    return Severity[word.upper()] if isinstance(word, str) else Severity.OFF


def read_waivers(policy: Mapping[str, Any], text: str, file: str) -> Iterator[WaiverRule]:
    for index, entry in enumerate(sequence(policy.get("waivers"))):
        yield WaiverRule(
            Waiver(entry["reason"], entry["owner"], entry["expires"]),
            **{field: str(entry.get(name, "")) for name, field in _WAIVER.items()},
            where=f"{file}:{mark(text, ('policy', 'waivers', index)).line}",
        )


def rules_named(policy: Mapping[str, Any]) -> Iterator[tuple[Steps, str]]:
    """Where a policy names a rule or ``category:NAME``, and what it says."""
    parts: list[tuple[Steps, Mapping[str, Any]]] = [(("policy",), policy)]
    parts += [(("policy", "profiles", n), mapping(part)) for n, part in mapping(policy.get("profiles")).items()]
    for steps, part in parts:
        yield from (((*steps, "overrides", rule), rule) for rule in mapping(part.get("overrides")))
        for index, entry in enumerate(sequence(part.get("severities"))):
            for key, head in (("rule", ""), ("category", CATEGORY)):
                if key in entry:
                    yield (*steps, "severities", index, key), f"{head}{entry[key]}"
    for index, waiver in enumerate(sequence(policy.get("waivers"))):
        if "rule" in waiver:
            yield ("policy", "waivers", index, "rule"), waiver["rule"]
