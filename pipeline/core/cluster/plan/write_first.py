"""What goes before the apply of a custom resource, so that the apply works and ends as planned."""

from dataclasses import dataclass, field

from pipeline.core.cluster.plan.managed_fields import FieldPath
from pipeline.core.crd.definition import Definition


@dataclass(frozen=True, slots=True)
class WriteFirst:
    """``patch`` is written by a merge patch, ``nulls`` are not sent.

    ``read_by`` is the definition by which it will be read, where that changes in the same plan.
    """

    patch: tuple[FieldPath, ...] = ()
    nulls: tuple[FieldPath, ...] = ()
    read_by: Definition | None = field(default=None, hash=False)


NOTHING_FIRST = WriteFirst()
