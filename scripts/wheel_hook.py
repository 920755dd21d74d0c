"""Puts the man pages into the wheel, where pip and pipx install them: below share/man/man1."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent.parent


class ManPages(BuildHookInterface):  # type: ignore[type-arg,misc]  # hatchling is there in a build only
    """Runs while the wheel is built; an editable installation has none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or self.target_name != "wheel":
            return
        sys.path.insert(0, str(ROOT))
        from scripts.man_pages import pages  # noqa: PLC0415 - the source is on the path now

        folder = Path(tempfile.mkdtemp())
        for name, text in pages().items():
            (folder / name).write_text(text, encoding="utf-8")
            build_data["shared_data"][str(folder / name)] = f"share/man/man1/{name}"
