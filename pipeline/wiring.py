"""Builds the real adapters for the flows. Imports are lazy, so that ``--help`` stays fast."""

from pipeline.core.render import Engine


def engine_for(setting: str = "auto", version_range: str = "") -> Engine:
    """The Helm that renders: ``cli``, ``embedded``, or the one that ``auto`` finds.

    Raises:
        WorldError: there is no such engine here, or none of the version asked for.
    """
    from pipeline.adapters.engines import choose

    return choose(setting, version_range)
