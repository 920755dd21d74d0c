"""The gate holds: what comes from charts, indexes, locks, plans and values becomes a path in core/safe_path.py only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "pipeline"
GATES = {"SafePath", "SafeName"}
RECORD = "the write-ahead record, whose reader refuses every name that is not ours"
NUMBER = "a number or a digest, made here"
CONSTANT = "names that are constants of this program"
USER = "a file that the user names on the command line, or a folder of the user's own"
OURS = {
    "adapters/signatures/chart_signatures.py:_key": "a keyring that pipeline.yaml names, of the user's own",
    "adapters/cache/cache.py:_file": NUMBER,
    "adapters/cache/cache.py:put": NUMBER,
    "adapters/charts/folder.py:_repository": CONSTANT,
    "adapters/fetch/git_objects.py:_joined": "looked up among the names of a commit, never opened",
    "adapters/fetch/source.py:_reference": "_from_disk makes a SafePath of it, or refuses it",
    "adapters/fetch/one_chart.py:_from_disk": "a variable that holds a SafePath",
    "adapters/fetch/server_identity.py:_file": "a file of credentials that pipeline.yaml names, of the user's own",
    "adapters/git/commit.py:commit": NUMBER,
    "adapters/git/locks.py:lock_of": "the index of Git itself",
    "adapters/git/scratch.py:_copy_changes": "paths that Git itself lists in this work tree",
    "adapters/git/scratch.py:scratch": "the folder of pipeline.yaml below the top of its work tree",
    "adapters/git/killed_commit.py:_go_on": RECORD,
    "adapters/git/killed_commit.py:go_on_with_commit": RECORD,
    "adapters/git/repository.py:common": "an answer of Git itself",
    "adapters/git/repository.py:path": "an answer of Git itself",
    "adapters/git/sparse.py:check_whole": "names that Git itself lists; only whether they are there is asked",
    "adapters/helm/chart_check.py:_files": "what os.walk lists: single names, and links are refused there",
    "adapters/helm/chart_check.py:_schemas": "names that the chart's own folder lists",
    "adapters/kube/plain_access.py:_trust": "a path in the user's own kubeconfig, as kubectl reads it",
    "adapters/kube/plain_access.py:bearer": "a path in the user's own kubeconfig, as kubectl reads it",
    "adapters/recovery.py:_files": RECORD,
    "adapters/user_folders.py:_base": USER,
    "adapters/user_folders.py:cache_folder": CONSTANT,
    "adapters/write_ahead/aside.py:__init__": NUMBER,
    "adapters/write_ahead/aside.py:_free": NUMBER,
    "adapters/write_ahead/durable.py:staged_name": CONSTANT,
    "adapters/write_ahead/place.py:_git_directory": "the .git file of a worktree, as Git reads it",
    "cli/init.py:command": CONSTANT,
    "cli/support/showing.py:write_whole": USER,
    "cli/support/trace.py:_folders": USER,
    "cli/support/trace.py:save": NUMBER,
    "core/charts/git_reference.py:beside": "a path in a repository of Git, which becomes a SafePath or is refused",
    "core/render/overlay_references.py:shared_references": "read through Disk.inputs, which makes a SafePath of it",
    "core/render/overlay_references.py:_check_kustomization": "compared with the names of the overlay, never opened",
    "core/render/overlay_references.py:kustomizations_built": "compared with the names of the overlay, never opened",
    "core/render/overlay_probes.py:_beside": "compared with the names of the overlay, never opened",
}
"""Functions that make a path longer without the gate, and why what they add never comes from outside."""
_JOINS = {"joinpath", "with_name", "with_stem"}


def joins(tree: ast.AST) -> Iterator[tuple[ast.AST, ast.expr]]:
    """Each expression that makes a path longer, with the part that is added."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield node, node.right
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            of_os = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in ("os.path", "posixpath")
            if name in _JOINS or (of_os and name == "join"):
                yield from ((node, part) for part in node.args[of_os:])
            elif name in ("Path", "PurePath", "PurePosixPath", "open"):
                whole = [part for part in node.args[:1] if isinstance(part, ast.JoinedStr)]
                yield from ((node, part) for part in (*whole, *(node.args[1:] if name != "open" else ())))


def is_safe(part: ast.expr) -> bool:
    """A literal, a constant of a module, or what comes straight out of the gate."""
    match part:
        case ast.Constant():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.Call(func=ast.Name(id=name)):
            return name in GATES
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="of")):
            return name in GATES
        case ast.IfExp(body=body, orelse=orelse):
            return is_safe(body) and is_safe(orelse)
    return False


def unsafe(source: str) -> dict[str, list[str]]:
    """By function, or ``<module>``: each join that the gate has not seen."""
    if not any(word in source for word in ("pathlib", "os.path", "posixpath")):
        return {}
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inner = {id(node) for function in functions for node in ast.walk(function)}
    found: dict[str, list[str]] = {}
    for name, nodes in (*((one.name, joins(one)) for one in functions), ("<module>", joins(tree))):
        for node, part in nodes:
            if not is_safe(part) and (name != "<module>" or id(node) not in inner):
                found.setdefault(name, []).append(ast.unparse(node))
    return found


def test_nothing_but_the_gate_makes_paths_of_text_from_outside() -> None:
    found = {
        f"{file.relative_to(ROOT).as_posix()}:{name}": nodes
        for file in sorted(ROOT.rglob("*.py"))
        for name, nodes in unsafe(file.read_text()).items()
    }
    assert {where: nodes for where, nodes in found.items() if where not in OURS} == {}, "use core/safe_path.py"
    assert [where for where in OURS if where not in found] == [], "these functions join nothing any more"


@pytest.mark.parametrize(
    "line",
    [
        "root / name",
        "Path(root, name)",
        "root.joinpath(name)",
        "os.path.join(root, name)",
        "posixpath.join(root, name)",
        "root / 'a' / name",
        "Path(f'{root}/{name}')",
        "open(f'{root}/{name}')",
        "place.with_name(name)",
        "root / f'x{name}'",
    ],
)
def test_the_test_sees_each_way_to_join(line: str) -> None:
    assert unsafe(f"from pathlib import Path\n\ndef read(root, name, place):\n    return {line}\n")
    assert unsafe(f"from pathlib import Path\n\nfound = {line}\n")


@pytest.mark.parametrize(
    "line", ["root / 'a'", "root / SafePath(name)", "root / SafePath.of('a', name)", "Path(root) / FILE"]
)
def test_the_test_lets_the_gate_pass(line: str) -> None:
    assert not unsafe(f"from pathlib import Path\n\ndef read(root, name):\n    return {line}\n")
