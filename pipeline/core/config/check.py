"""Checks of pipeline.yaml that a schema cannot express: names that must exist, cycles, ranges, paths that escape."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.core.charts.reference import ChartKind, ChartRepository, parse_reference
from pipeline.core.charts.semver import Range
from pipeline.core.charts.suggest import did_you_mean
from pipeline.core.config.check_repositories import repository_complaints
from pipeline.core.config.read_policy import profile_chain, rules_named
from pipeline.core.errors import UsageError
from pipeline.core.judge.waivers import CATEGORY
from pipeline.core.kube.capabilities import known_minors, minor_of
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.yaml.positions import Steps

_OWN_RULES = frozenset({"waiver-expired", "waiver-stale", "waiver-unused", f"{CATEGORY}policy"})


@dataclass(frozen=True, slots=True)
class ConfigComplaint:
    """Something wrong, and where in the data."""

    steps: Steps
    message: str


def meaning(data: Mapping[str, Any], rule_ids: frozenset[str]) -> list[ConfigComplaint]:
    """Everything wrong with data that its schema has nothing against."""
    releases = [mapping(entry) for entry in sequence(data.get("releases"))]
    environments = mapping(data.get("environments")) or {"default": {}}
    names = [entry["name"] for entry in releases]
    return [
        *_duplicates(names),
        *(ConfigComplaint(steps, message) for steps, message in repository_complaints(data)),
        *_charts(data, releases),
        *_references(releases, names, environments),
        *_circles(releases),
        *_groups(data, names),
        *_paths(releases),
        *_profiles(data, environments),
        *_rules(data, rule_ids),
        *_dates(data),
        *_waiver_ids(data),
        *_helm(data),
        *_kube_versions(environments),
    ]


def _kube_versions(environments: Mapping[str, Any]) -> Iterator[ConfigComplaint]:
    """A version that no table knows would be judged by another version's rules."""
    oldest, newest = known_minors()
    for name, entry in environments.items():
        stated = mapping(entry).get("kubeVersion")
        if isinstance(stated, str) and not (1, oldest) <= minor_of(stated) <= (1, newest):
            known = f"the newest known version is 1.{newest}, the oldest 1.{oldest}"
            message = f"no table knows Kubernetes {stated}; {known}"
            yield ConfigComplaint(("environments", name, "kubeVersion"), message)


def _unknown(what: str, word: str, known: Iterable[str]) -> str:
    return f"there is no {what} {word!r}{did_you_mean(word, known)}"


def _duplicates(names: list[str]) -> Iterator[ConfigComplaint]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ConfigComplaint(("releases", index, "name"), f"release {name!r} is declared twice")


def _charts(data: Mapping[str, Any], releases: list[Mapping[str, Any]]) -> Iterator[ConfigComplaint]:
    repositories = [ChartRepository(name, entry["url"]) for name, entry in mapping(data.get("repositories")).items()]
    for index, entry in enumerate(releases):
        try:
            reference = parse_reference(entry["chart"], repositories)
        except UsageError as error:
            yield ConfigComplaint(("releases", index, "chart"), error.message)
            continue
        if reference.kind is ChartKind.PATH and _leaves(reference.location):
            message = f"chart {entry['chart']!r} is outside this repository"
            yield ConfigComplaint(("releases", index, "chart"), message)
        yield from _range(("releases", index, "version"), entry.get("version", ""))
        for name, own in _own(entry):
            yield from _range(("releases", index, "environments", name, "version"), own.get("version", ""))


def _own(entry: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What a release has of its own by environment, in the long form."""
    yield from ((str(name), mapping(own)) for name, own in mapping(entry.get("environments")).items())


def _range(steps: Steps, text: str) -> Iterator[ConfigComplaint]:
    try:
        Range.parse(text)
    except ValueError as error:
        yield ConfigComplaint(steps, f"{steps[-1]}: {error}")


def _references(
    releases: list[Mapping[str, Any]], names: list[str], environments: Mapping[str, Any]
) -> Iterator[ConfigComplaint]:
    for index, entry in enumerate(releases):
        for field, what, known in (("environments", "environment", list(environments)), ("needs", "release", names)):
            for place, word in enumerate(sequence(entry.get(field))):
                if word not in known:
                    yield ConfigComplaint(("releases", index, field, place), f"{field}: {_unknown(what, word, known)}")
        for word, _ in _own(entry):
            if word not in environments:
                message = f"environments: {_unknown('environment', word, environments)}"
                yield ConfigComplaint(("releases", index, "environments", word), message)


def _circles(releases: list[Mapping[str, Any]]) -> Iterator[ConfigComplaint]:
    """Each circle once, told at the release that is written first."""
    needs = {entry["name"]: sequence(entry.get("needs")) for entry in releases}
    told: set[str] = set()
    for index, entry in enumerate(releases):
        circle = _circle_from(entry["name"], needs)
        if circle and not told & set(circle):
            told.update(circle)
            yield ConfigComplaint(("releases", index, "needs"), f"needs: a circle: {' -> '.join(circle)}")


def _circle_from(start: str, needs: Mapping[str, list[Any]]) -> list[str]:
    """The way from ``start`` back to itself, found breadth first."""
    ways = [[start, need] for need in needs[start]]
    seen: set[str] = set()
    for way in ways:
        if way[-1] == start:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways.extend([*way, need] for need in needs.get(way[-1], ()))
    return []


def _groups(data: Mapping[str, Any], names: list[str]) -> Iterator[ConfigComplaint]:
    for group, members in mapping(data.get("groups")).items():
        for index, member in enumerate(members):
            if member not in names:
                yield ConfigComplaint(("groups", group, index), f"group {group}: {_unknown('release', member, names)}")


def _paths(releases: list[Mapping[str, Any]]) -> Iterator[ConfigComplaint]:
    for index, entry in enumerate(releases):
        places: list[tuple[Steps, Mapping[str, Any]]] = [(("releases", index), entry)]
        places += [(("releases", index, "environments", name), own) for name, own in _own(entry)]
        for steps, holder in places:
            for place, path in enumerate(sequence(holder.get("values"))):
                if path.startswith("/") or _leaves(path):
                    message = f"values: {path!r} is outside this repository"
                    yield ConfigComplaint((*steps, "values", place), message)


def _leaves(path: str) -> bool:
    """Whether a relative path climbs out of where it starts."""
    depth = 0
    for part in path.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            return True
    return False


def _profiles(data: Mapping[str, Any], environments: Mapping[str, Any]) -> Iterator[ConfigComplaint]:
    known = mapping(mapping(data.get("policy")).get("profiles"))
    for name, entry in environments.items():
        profile = mapping(entry).get("policy")
        if profile is not None and profile not in known:
            yield ConfigComplaint(("environments", name, "policy"), f"policy: {_unknown('profile', profile, known)}")
    for name, entry in known.items():
        base, steps = mapping(entry).get("extends"), ("policy", "profiles", name, "extends")
        if base is not None and base not in known:
            yield ConfigComplaint(steps, f"extends: {_unknown('profile', base, known)}")
        elif base is not None and name in profile_chain(mapping(data.get("policy")), base):
            yield ConfigComplaint(steps, f"extends: profile {name} extends itself")


def _rules(data: Mapping[str, Any], rule_ids: frozenset[str]) -> Iterator[ConfigComplaint]:
    if not rule_ids:
        return
    known = rule_ids | _OWN_RULES
    for steps, rule in rules_named(mapping(data.get("policy"))):
        if rule not in known:
            if rule.startswith(CATEGORY):
                categories = [name.removeprefix(CATEGORY) for name in known if name.startswith(CATEGORY)]
                yield ConfigComplaint(steps, _unknown("category", rule.removeprefix(CATEGORY), categories))
            else:
                yield ConfigComplaint(steps, _unknown("rule", rule, known))


def _waiver_ids(data: Mapping[str, Any]) -> Iterator[ConfigComplaint]:
    seen = set()
    for index, waiver in enumerate(sequence(mapping(data.get("policy")).get("waivers"))):
        name = waiver.get("id")
        if name is not None and name in seen:
            yield ConfigComplaint(("policy", "waivers", index, "id"), f"id: {name!r} is the id of two waivers")
        seen.add(name)


def _dates(data: Mapping[str, Any]) -> Iterator[ConfigComplaint]:
    for index, waiver in enumerate(sequence(mapping(data.get("policy")).get("waivers"))):
        try:
            date.fromisoformat(waiver["expires"])
        except ValueError:
            message = f"expires: {waiver['expires']!r} is not a date"
            yield ConfigComplaint(("policy", "waivers", index, "expires"), message)


def _helm(data: Mapping[str, Any]) -> Iterator[ConfigComplaint]:
    yield from _range(("helm", "version"), mapping(data.get("helm")).get("version", ""))
