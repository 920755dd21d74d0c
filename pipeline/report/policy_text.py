"""What ``pipeline policy`` prints: the settings of each environment, each with where it is written."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pipeline.core.judge.waivers import Policy, SeverityChoice, WaiverRule

_BY_DEFAULT = "default"
_SCOPES = ("rule", "fingerprint", "release", "environment", "resource")


def policy_data(policies: Mapping[str, Policy], today: date) -> dict[str, Any]:
    """By environment, as a JSON value: each key of ``policy:`` with what it says, and where that is written."""
    return {name: _data(name, policy, today) for name, policy in policies.items()}


def _data(environment: str, policy: Policy, today: date) -> dict[str, Any]:
    origins = policy.origins
    return {
        "failOn": {"severity": policy.fail_on.label, "where": origins.get("failOn", _BY_DEFAULT)},
        "profiles": list(policy.profiles),
        "overrides": {
            rule: {"severity": severity.label, "where": origins.get(rule, "")}
            for rule, severity in sorted(policy.overrides.items())
        },
        "severities": [
            {"severity": choice.severity.label, "for": _selected(choice), "where": choice.where}
            for choice in policy.chosen
        ],
        "options": {
            rule: {
                name: {"value": value, "where": origins.get(f"{rule}.{name}", "")} for name, value in options.items()
            }
            for rule, options in sorted(policy.options.items())
        },
        "waivers": [_waiver(waiver, today) for waiver in policy.waivers if waiver.environment in ("", environment)],
    }


def _waiver(rule: WaiverRule, today: date) -> dict[str, str]:
    given = {name: getattr(rule, name) for name in ("id", *_SCOPES)}
    given |= {"from": rule.old_version, "to": rule.new_version, "where": rule.where}
    given |= {"reason": rule.waiver.reason, "owner": rule.waiver.owner, "expires": rule.waiver.expires}
    given["state"] = "expired" if rule.expired(today) else "in force"
    return {key: value for key, value in given.items() if value}


def policy_text(policies: Mapping[str, Policy], today: date) -> str:
    """One paragraph an environment, a line a setting."""
    return "\n".join("".join(f"{line}\n" for line in _lines(n, policy, today)) for n, policy in policies.items())


def _lines(environment: str, policy: Policy, today: date) -> Iterator[str]:
    chain = " extends ".join(reversed(policy.profiles))
    yield f"{environment}{f' (profile {chain})' if chain else ''}"
    yield f"  fails from {policy.fail_on.label} on    {policy.origins.get('failOn', _BY_DEFAULT)}"
    for rule, severity in sorted(policy.overrides.items()):
        yield f"  {rule} is {severity.label}    {policy.origins.get(rule, '')}".rstrip()
    for choice in policy.chosen:
        yield f"  {_selected(choice)} is {choice.severity.label}    {choice.where}"
    for rule, stated in sorted(policy.options.items()):
        for name, value in stated.items():
            yield f"  {rule} has {name}: {_value(value)}    {policy.origins.get(f'{rule}.{name}', '')}".rstrip()
    for waiver in policy.waivers:
        if waiver.environment in ("", environment):
            yield from _waiver_lines(waiver, today)


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _waiver_lines(waiver: WaiverRule, today: date) -> Iterator[str]:
    scope = ", ".join(f"{name} {getattr(waiver, name)}" for name in _SCOPES if getattr(waiver, name))
    versions = (waiver.old_version or "*", waiver.new_version or "*")
    pinned = f", {versions[0]} -> {versions[1]}" if versions != ("*", "*") else ""
    days = (date.fromisoformat(waiver.waiver.expires) - today).days
    ends = f"ends in {days} days" if days > 1 else "ends tomorrow" if days == 1 else f"ended on {waiver.waiver.expires}"
    yield f"  waiver {f'{waiver.id}: ' if waiver.id else ''}{scope}{pinned}    {waiver.where}"
    yield f"    {ends}, owner {waiver.waiver.owner}: {waiver.waiver.reason}"


def _selected(choice: SeverityChoice) -> str:
    keys = ("rule", "category", "release", "resource")
    return ", ".join(f"{key} {getattr(choice, key)}" for key in keys if getattr(choice, key))
