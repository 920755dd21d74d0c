"""Words that every text format shares: places, counts, values on one line, text that cannot take over a terminal."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from pipeline.core.kube.path import from_json, to_text

LEVELS = ("blocker", "high", "medium", "low", "info")
_LONGEST = 60
_NAMED = 4
# C0 and C1 controls, what reorders or hides text (bidirectional controls, zero width), and what XML and UTF-8 refuse.
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


def safe(text: str) -> str:
    """Text from charts and manifests, with nothing left that a terminal would obey; newlines and tabs stay.

    What is invisible or reorders text is shown as an escape, and half a surrogate pair, which no encoder takes, too.
    """
    return text if text.isascii() and text.isprintable() else _HOSTILE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    number = ord(match.group())
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"  # noqa: PLR2004 - the first plane's end


def line(text: str) -> str:
    """The same on one line."""
    return safe(" ".join(text.split()))


def resource(ref: Mapping[str, Any]) -> str:
    """``Deployment shop/web``; a file of the chart is ``chart's values.yaml``."""
    if ref["kind"] == "ChartFile":
        return line(f"chart's {ref['name']}")
    if ref["kind"] == "ConfigFile":  # core/judge/waivers.py: a line that people wrote
        return line(ref["name"])
    name = f"{ref['namespace']}/{ref['name']}" if ref.get("namespace") else ref["name"]
    return line(f"{ref['kind']} {name}")


def path(steps: list[Any]) -> str:
    return line(to_text(from_json(steps)))


def place(item: Mapping[str, Any]) -> str:
    """An object, with the path in it where there is one."""
    where = path(item["path"])
    return f"{resource(item['resource'])}  {where}" if where else resource(item["resource"])


def home(report: Mapping[str, Any], finding: Mapping[str, Any]) -> str:
    """The release that a finding is of, where there are several to tell apart: ``prod/web``."""
    if len(report["releases"]) < 2:  # noqa: PLR2004 - one needs no telling apart
        return ""
    environment = finding.get("environment", "")
    return line(f"{environment}/{finding['release']}" if environment else finding["release"])


def value(item: Any, longest: int = _LONGEST) -> str:
    """Any JSON value on one line, shortened in the middle of nowhere with a mark."""
    text = item if isinstance(item, str) else orjson.dumps(item, option=orjson.OPT_SORT_KEYS).decode()
    text = line(text) if text or not isinstance(item, str) else '""'
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def row(text: str, longest: int) -> str:
    """A line of a text as it is indented, tabs as two spaces, shortened at its end."""
    text = safe(text.rstrip("\n").replace("\t", "  "))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def told_apart(report: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The findings that are not waived: those to read, and those that are only recorded."""
    open_ = [finding for finding in report["findings"] if not finding["waived"]]
    return [f for f in open_ if f["severity"] != "info"], [f for f in open_ if f["severity"] == "info"]


def by_words(findings: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Findings of a rule that break the same and ask for the same, together, in the order they come."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for finding in findings:
        key = tuple(str(finding[part]) for part in ("rule", "confidence", "why", "remedy"))
        groups.setdefault(key, []).append(finding)
    return list(groups.values())


def elsewhere(finding: Mapping[str, Any]) -> list[str]:
    """The other objects that the same fact is about; other paths of the same object are not worth a line."""
    own = resource(finding["resource"])
    return list(dict.fromkeys(name for item in finding["also"] if (name := resource(item["resource"])) != own))


def waiver(finding: Mapping[str, Any]) -> str:
    """``the reason (who, until 2026-12-31)``."""
    waived = finding["waived"]
    return line(f"{waived['reason']} ({waived['owner']}, until {waived['expires']})")


def anchor(finding: Mapping[str, Any]) -> str:
    """The id of a finding on the HTML page, for links to it."""
    return f"f-{finding['fingerprint'] or finding['rule']}"


def counted(number: int, word: str) -> str:
    """``1 release``, ``3 releases``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def tally(report: Mapping[str, Any]) -> str:
    """``2 blockers · 1 high · 3 medium``, worst first, zeros left out."""
    found = report["summary"]["findings"]
    parts = [
        f"{found[level]} {level}{'s' if level == 'blocker' and found[level] != 1 else ''}"
        for level in LEVELS
        if found[level]
    ]
    return " · ".join(parts) or "no findings"


def extent(report: Mapping[str, Any]) -> str:
    """What changes, and what is restarted by it."""
    summary = report["summary"]
    parts = [f"{summary[key]} {key}" for key in ("changed", "added", "removed") if summary[key]]
    rolled = summary["rollouts"]
    if rolled["workloads"]:
        pods = f" ({counted(rolled['replicas'], 'pod')})" if rolled["replicas"] else ""
        parts.append(
            f"{counted(rolled['workloads'], 'workload')} restart{'s' if rolled['workloads'] == 1 else ''}{pods}"
        )
    return " · ".join(parts) or "nothing changes"


def release_title(release: Mapping[str, Any]) -> str:
    """``prod/mesh  lattice 1.4.0 → 2.0.0``."""
    name = f"{release['environment']}/{release['name']}" if release["environment"] else release["name"]
    chart = release["chart"]
    old, new = chart["old_version"], chart["new_version"]
    versions = f"{old} → {new}" if old and new and old != new else new or old
    return line(f"{name}  {chart['name']} {versions}".rstrip())


def real_paths(change: Mapping[str, Any]) -> int:
    """How many paths of a changed object are more than version labels and the like."""
    return sum(1 for field in change["fields"] if not field.get("noise"))


def shown_changes(report: Mapping[str, Any], release: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], int]:
    """A release's changed objects, and how many more differ in nothing but labels and checksums."""
    key = (release["name"], release["environment"])
    own = [change for change in report["changes"] if (change["release"], change.get("environment", "")) == key]
    shown = [change for change in own if not change["fields"] or real_paths(change)]
    return shown, len(own) - len(shown)


def steps_before_merging(report: Mapping[str, Any]) -> list[str]:
    """What to do first, each step once with the objects it is about: the remedies of all that is high or worse."""
    steps: dict[str, dict[str, None]] = {}
    for finding in report["findings"]:
        if finding["severity"] in LEVELS[:2] and not finding["waived"]:
            steps.setdefault(line(finding["remedy"]), {})[resource(finding["resource"])] = None
    return [f"{remedy} ({_named(list(names))})" for remedy, names in steps.items()]


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


VERDICT_WORDS = {
    "no-changes": "No changes",
    "safe": "Safe",
    "review": "Review",
    "blocked": "Blocked",
    "failed": "Failed",
}
VERDICT_MEANING = {
    "no-changes": "both sides are the same",
    "safe": "every change is explained, none of them needs care",
    "review": "read the findings before you merge",
    "blocked": "do not merge before the blockers are dealt with",
    "failed": "a chart does not render: nothing is known about it",
}
