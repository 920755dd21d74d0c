"""The name of a chart in an OCI registry: ``oci://host/path/chart:tag@sha256:…``, tag and digest if any.

The grammar is that of the OCI distribution specification (1.1, "Pulling manifests").
"""

import re
from dataclasses import dataclass

from pipeline.core.charts.chart_urls import without_query
from pipeline.core.errors import UsageError

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(
    rf"oci://(?P<host>{_HOST})/(?P<path>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_FORM = "oci://host/path/chart, oci://host/path/chart:1.2.3 or oci://host/path/chart@sha256:… (64 digits)"


@dataclass(frozen=True, slots=True)
class OciName:
    """``path`` is the repository in the registry, its last part the chart's name. ``tag``, ``digest`` may be empty."""

    host: str
    path: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> "OciName":
        """Read ``oci://…``. A ``+`` in a tag is read as ``_``: a tag cannot hold it, and Helm writes it so.

        Raises:
            UsageError: it is not a valid name.
        """
        match = _NAME.fullmatch(text)
        if match is None:
            raise UsageError(f"chart {without_query(text)!r} is not a chart in a registry", hint=_FORM)
        return cls(match["host"].lower(), match["path"], (match["tag"] or "").replace("+", "_"), match["digest"] or "")

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def __str__(self) -> str:
        return f"oci://{self.host}/{self.path}"


def tag_of(version: str) -> str:
    """``1.2.3+b1`` is tagged ``1.2.3_b1``."""
    return version.replace("+", "_")


def version_of(tag: str) -> str:
    return tag.replace("_", "+")
