"""What a changed setting of a program is worth: a flag, a variable, a key of its configuration.

A setting that goes, or gets another value, changes what the program does without anybody having asked for it. One that
only names another version, digest or image does not, and one that is new may only spell out what was there.
"""

import re
from typing import Any

from pipeline.core.diff.change import FieldChange, Op
from pipeline.core.kube.path import MISSING
from pipeline.core.risk.finding import Severity

_VERSION = re.compile(r"sha\d+:[0-9a-f]{12,}|\b[0-9a-f]{32,64}\b|\bv?\d+\.\d+(?:\.\d+)?(?!\.?\d)(?:[-+][\w.+-]+)?")
"""A digest, a checksum, or the number of a version; a network address has four numbers and is none."""
_NOTHING: tuple[Any, ...] = (MISSING, None, "", [], {})


def setting_grade(fields: list[FieldChange]) -> Severity | None:
    """MEDIUM where one of ``fields`` goes or gets another value; None, the rule's own grade, for all else."""
    return Severity.MEDIUM if any(map(_acts, fields)) else None


def _acts(field: FieldChange) -> bool:
    if field.op is Op.REMOVED:
        return field.old not in _NOTHING
    return field.op is Op.CHANGED and not same_but_versions(field.old, field.new)


def same_but_versions(old: Any, new: Any) -> bool:
    """Whether two values differ in nothing but versions, digests and the empty ways to say nothing."""
    if old in _NOTHING and new in _NOTHING:
        return True
    return type(old) is type(new) and _bare(old) == _bare(new)


def _bare(value: Any) -> Any:
    """The value with each version replaced by one sign."""
    if isinstance(value, str):
        return _VERSION.sub("#", value)
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def lines_removed(old: Any, new: Any) -> list[str]:
    """The lines of a text that the new one does not have, except versions; a value that is not text is one line."""
    if not isinstance(old, str) or not isinstance(new, str):
        return [] if same_but_versions(old, new) else [str(old)]
    lines_after = {_bare(line.strip()) for line in new.splitlines()}
    return [line for line in old.splitlines() if line.strip() and _bare(line.strip()) not in lines_after]
