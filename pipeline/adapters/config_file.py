"""Finds and reads pipeline.yaml."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.adapters.cache.valid_config import ValidConfig
from pipeline.core.config.model import FILE, Config
from pipeline.core.config.read import read, schema_text
from pipeline.core.errors import NoRepositoryError, UsageError


def find_root(start: Path) -> Path:
    """The nearest folder at or above ``start`` that holds pipeline.yaml; the search ends at a Git repository's top.

    Raises:
        NoRepositoryError: there is none.
    """
    for folder in (start.absolute(), *start.absolute().parents):
        if (folder / FILE).is_file():
            return folder
        if (folder / ".git").exists():
            break
    raise NoRepositoryError(f"no {FILE} here or in a parent folder", hint="pipeline init creates one")


def load(root: Path, rule_ids: Iterable[str] = ()) -> Config:
    """The configuration of the repository at ``root``.

    Raises:
        UsageError: it cannot be read.
        ConfigError: it is wrong.
    """
    try:
        text = (root / FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or "cannot be read") if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{FILE}: {reason.lower()}") from error
    memo = ValidConfig.of_user(schema_text(), text)
    known = memo.known
    config = read(text, rule_ids=rule_ids, valid=known)
    if not known:
        memo.keep()
    return config
