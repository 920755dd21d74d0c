"""Reads folders of this repository, such as an overlay, with size limits and never outside the repository.

A link is followed where it stays in the repository; one that leads out, a device or a FIFO is refused by its name.
"""

from pipeline.adapters.below import Below
from pipeline.adapters.descriptors import FileKind, LinkError
from pipeline.core.budget import MEBIBYTE, InputLimits, LimitError
from pipeline.core.safe_path import SafePath


def read_inputs(below: Below, folder: SafePath, limits: InputLimits) -> dict[str, bytes]:
    """Every file below ``folder`` by its path there, sorted; empty where there is no such folder.

    Raises:
        LinkError: a link leads out of the repository or in a circle, or something is not a file.
        LimitError: more files, bytes or folders than ``limits`` allow.
    """
    files: dict[str, bytes] = {}
    left = limits.mib * MEBIBYTE
    todo, folders = [""], 0
    while todo:
        folders += 1
        if folders > limits.files:
            raise _exceeded(folder, f"it holds more than {limits.files} links to folders", "files")
        prefix = todo.pop()
        if prefix.count("/") > limits.depth:
            raise _exceeded(folder, f"{prefix[:60]}… is more than {limits.depth} folders deep", "depth")
        for entry in below.walk(SafePath.of(folder, prefix.rstrip("/")) if prefix else folder):
            path = prefix + entry.path
            if entry.kind is FileKind.LINK and below.is_folder(SafePath.of(folder, path)):
                todo.append(f"{path}/")
                continue
            if len(files) >= limits.files:
                raise _exceeded(folder, f"it holds more than {limits.files} files", "files")
            if path.count("/") > limits.depth:
                raise _exceeded(folder, f"{path[:60]}… is more than {limits.depth} folders deep", "depth")
            files[path] = _read(below, SafePath.of(folder, path), left, limits)
            left -= len(files[path])
    return dict(sorted(files.items()))


def _read(below: Below, path: SafePath, left: int, limits: InputLimits) -> bytes:
    try:
        return below.read(path, left)
    except LimitError:
        raise _exceeded(path, f"with it, there are more than {limits.mib} MiB", "MiB") from None
    except OSError as error:
        raise LinkError(f"{path}: {(error.strerror or str(error)).lower()}", hint="fix or remove it") from error


def _exceeded(path: str, message: str, setting: str) -> LimitError:
    return LimitError(f"{path}: {message}", hint=f"limits.inputs.{setting} in pipeline.yaml is the limit")
