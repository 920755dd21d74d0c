"""Which tag of an OCI registry a version stands for, as Helm resolves it (Client.Tags, Client.ValidateReference).

Helm takes what reads as a version for a tag, and looks through the tags only for a range. There it skips every tag that
is not written in full (``v1.2.3``, ``1.2``); where that would decide, it is an error here that asks to pin.
"""

import re
from collections.abc import Iterable

from pipeline.core.charts.nearest_names import nearest_versions
from pipeline.core.charts.oci_reference import tag_of, version_of
from pipeline.core.charts.repository_index import equal_versions, range_of
from pipeline.core.charts.semver import Version
from pipeline.core.charts.suggest import nearest
from pipeline.core.errors import UsageError

_IN_FULL = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:[-+].*)?")


def exact_tag(wanted: str) -> str:
    """The tag of one version; empty for a range, which has to be looked up."""
    return tag_of(wanted) if Version.or_none(wanted) is not None else ""


def choose_tag(tags: Iterable[str], wanted: str, *, chart: str, where: str) -> str:
    """The tag of the newest version in the range ``wanted``.

    Raises:
        UsageError: it is not a range, nothing matches it, several match equally, or Helm would skip the newest.
    """
    asked = range_of(wanted, chart)
    versions = {version_of(tag): version for tag in tags if (version := Version.or_none(version_of(tag))) is not None}
    if not versions:
        raise UsageError(f"chart {chart!r}: {where} has no tag that is a version", hint="pin a tag: version: TAG")
    newest = asked.best(tuple(versions.values()))
    best = asked.best(tuple(version for text, version in versions.items() if _IN_FULL.fullmatch(text)))
    if newest is None:
        hint = nearest_versions(wanted, versions.values())
        raise UsageError(f"chart {chart!r}: no version in {where} matches {wanted!r}", hint=hint)
    if best is None or best < newest:
        taken = "nothing" if best is None else str(best)
        raise UsageError(
            f"chart {chart!r}: the newest version in {where} that matches {wanted!r} is tagged {newest}, which is not a"
            f" version in full: Helm skips it, and takes {taken}",
            hint=f"pin the one you want: version: {newest}" + ("" if best is None else f", or version: {best}"),
        )
    equal = [text for text, version in versions.items() if version == best]
    if len(equal) > 1:
        raise equal_versions(equal, chart, where)
    return tag_of(equal[0])


def unknown_tag(tags: Iterable[str], wanted: str, *, chart: str, where: str) -> UsageError:
    """That there is no such tag, with the nearest."""
    known = list(tags)
    versions = [version for tag in known if (version := Version.or_none(version_of(tag))) is not None]
    hint = nearest_versions(wanted, versions)
    if Version.or_none(wanted) is None and (alike := nearest(tag_of(wanted), known)):
        hint = f"did you mean the tag {alike}?"
    if f"v{tag_of(wanted)}" in known:
        hint = f"did you mean v{wanted}? A registry knows the tag only as it is written"
    elif Version.or_none(wanted) is not None and not _IN_FULL.fullmatch(wanted.removeprefix("v")):
        hint = f"in a registry {wanted} is a tag; the range is written ~{wanted}. {hint}"
    return UsageError(f"chart {chart!r}: {where} has no version {wanted!r}", hint=hint)
