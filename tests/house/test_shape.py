"""The house keeps its shape: small files, small functions, and a ``--help`` that imports next to nothing."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli.support.examples import EXAMPLES
from pipeline.cli.support.verbs import SECTIONS

ROOT = Path(__file__).parents[2]
MOST_LINES = {"pipeline": 250, "scripts": 250, "tests": 500}
MOST_FUNCTION_LINES = 40
PACKAGES_FOR_HELP = {"click", "pipeline"}
TOO_SLOW_FOR_HELP = {
    "asyncio",
    "concurrent",
    "email",
    "http",
    "importlib.metadata",
    "json",
    "logging",
    "multiprocessing",
}
TOO_SLOW_FOR_HELP |= {"pathlib", "socket", "ssl", "subprocess", "tempfile", "traceback", "unittest", "xml"}


def files() -> Iterator[Path]:
    return (path for folder in MOST_LINES for path in sorted((ROOT / folder).rglob("*.py")))


@pytest.mark.parametrize("folder", MOST_LINES)
def test_no_file_is_long(folder: str) -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in (ROOT / folder).rglob("*.py")}
    assert {name: size for name, size in sizes.items() if size > MOST_LINES[folder]} == {}


def test_no_function_is_long() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path in files()
        if path.relative_to(ROOT).parts[0] != "tests"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
        if node.end_lineno - node.lineno + 1 > MOST_FUNCTION_LINES
    ]
    assert long == []


def test_no_name_of_a_type_is_used_twice() -> None:
    names: dict[str, list[str]] = {}
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        tree = ast.parse(path.read_text())
        classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        for name in [*classes, *_aliases(tree)]:
            names.setdefault(name, []).append(str(path.relative_to(ROOT)))
    assert {name: places for name, places in names.items() if len(places) > 1} == {}


def _aliases(tree: ast.Module) -> Iterator[str]:
    """Public names of types that are no classes: ``Steps = tuple[str, ...]``."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name[:1].isupper() and not name.isupper():
                yield name


def test_no_file_is_a_drawer_for_odds_and_ends() -> None:
    assert [str(path) for path in files() if path.stem in {"utils", "util", "helpers", "common", "misc"}] == []


def test_a_file_name_stands_for_one_thing() -> None:
    """Only a verb and what does its work in a lower layer may have the same name."""
    verbs = {verb for section in SECTIONS.values() for verb in section}
    names: dict[str, list[str]] = {}
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        if path.stem not in {"__init__", *verbs}:
            names.setdefault(path.stem, []).append(str(path.relative_to(ROOT)))
    assert {name: places for name, places in names.items() if len(places) > 1} == {}


def test_help_imports_click_and_nothing_heavy() -> None:
    script = "import sys; from pipeline.cli import run; code = run(['--help']); print(*sys.modules, file=sys.stderr)"
    script = f"import sys; sys.path[:0] = {sys.path!r}; {script}; sys.exit(code)"
    done = subprocess.run([sys.executable, "-S", "-c", script], check=True, capture_output=True, text=True)
    modules = set(done.stderr.split())
    assert {name for name in modules if not _standard(name)} == PACKAGES_FOR_HELP
    assert modules & TOO_SLOW_FOR_HELP == set()


def _standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names or "." in name or name == "__main__"


def test_every_verb_that_is_listed_has_a_module_and_no_other_module_is_a_verb() -> None:
    modules = {path.stem for path in (ROOT / "pipeline" / "cli").glob("*.py")} - {"__init__"}
    assert {verb for verbs in SECTIONS.values() for verb in verbs} == modules


def test_every_verb_has_examples_in_its_help() -> None:
    assert {verb for verbs in SECTIONS.values() for verb in verbs} == set(EXAMPLES)


def test_a_test_that_is_named_as_a_module_lies_where_the_module_does() -> None:
    """Tests of single modules mirror the tree; those of whole runs (tests/cli, others) are named for what they try."""
    rooms: dict[str, set[str]] = {}
    for path in (ROOT / "pipeline").rglob("*.py"):
        rooms.setdefault(path.stem, set()).add(path.parent.relative_to(ROOT / "pipeline").as_posix())
    strays = [
        str(path.relative_to(ROOT))
        for room in ("core", "adapters", "flows")
        for path in sorted((ROOT / "tests" / room).rglob("test_*.py"))
        if (named := path.stem.removeprefix("test_")) in rooms
        and path.parent.relative_to(ROOT / "tests").as_posix() not in rooms[named]
    ]
    assert strays == []


def test_a_test_lies_in_the_room_of_what_it_imports() -> None:
    """Something of its room, of one inside it, or of the one around it: a room's behaviour may show there first."""
    strays = []
    for room in ("core", "adapters", "flows"):
        for path in sorted((ROOT / "tests" / room).rglob("test_*.py")):
            here = path.parent.relative_to(ROOT / "tests").as_posix()
            near = {here, str(Path(here).parent)}
            tested = _rooms_tested(path)
            if not any(name in near or f"{name}/".startswith(f"{here}/") for name in tested):
                strays.append(f"{path.relative_to(ROOT)}: tests {sorted(tested)}")
    assert strays == []


def _rooms_tested(path: Path) -> set[str]:
    """The rooms of the modules of ours that a file names: in an import, or in a script that it runs."""
    names = re.findall(r"(?:from|import) pipeline\.([\w.]+)(?: import (\w+))?", path.read_text(encoding="utf-8"))
    modules = {f"{module.replace('.', '/')}" for module, _ in names}
    modules |= {f"{module.replace('.', '/')}/{name}" for module, name in names if name}
    return {str(Path(module).parent) for module in modules if (ROOT / "pipeline" / f"{module}.py").is_file()}
