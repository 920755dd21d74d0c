"""Where runs keep their journals and backups: in the user's state folder, readable only by the user."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import orjson

from pipeline.adapters.user_folders import make_private, state_folder
from pipeline.core.errors import WorldError
from pipeline.core.kube.resource import Body, ResourceId
from pipeline.core.safe_path import SafePath

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class RunFolder:
    path: Path
    outer: Path | None = None
    """The folder that somebody chose for all of it: those below it are for no one else to read."""

    @classmethod
    def of_user(cls, cluster_uid: str, environment: str, run: str) -> "RunFolder":
        """``$PIPELINE_STATE_DIR`` or XDG's state folder, then the cluster, the environment and the run."""
        chosen = os.environ.get("PIPELINE_STATE_DIR")
        outer = Path(chosen) if chosen else None
        path = (outer or state_folder()) / SafePath.of("runs", _UNSAFE.sub("_", cluster_uid), environment, run)
        return cls(path, outer)

    def keep(self, rid: ResourceId, body: Body) -> str:
        """Write a live object, with whatever secrets it has, where only its owner can read it; where that is.

        Raises:
            WorldError: the disk refuses; then the object must not be deleted.
        """
        name = _UNSAFE.sub("_", f"{rid.kind}.{rid.group}-{rid.namespace}-{rid.name}")[:200]
        path = self.path / SafePath(f"backup-{name}.json")
        try:
            make_private(self.path, self.outer)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise WorldError(
                f"the backup {path} cannot be written: {(error.strerror or str(error)).lower()}",
                hint="free the disk, or name another folder: PIPELINE_STATE_DIR",
            ) from error
        return str(path)
