"""``diff`` takes its sides as Git users write them; verbs have examples; shells complete what a repository has."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from pipeline.cli import cli, run
from pipeline.cli.support.completions import complete
from pipeline.cli.support.examples import EXAMPLES
from tests.support.platforms import git, platform, verbs, write
from tests.support.program import program_context

Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Port 80 at v1, 81 at v2, 82 in the work tree."""
    here = platform(tmp_path_factory.mktemp("sides") / "platform", {"values/web/common.yaml": "port: 80\n"})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        verbs("vendor")
        for port, tag in ((80, "v1"), (81, "v2"), (82, "")):
            write(here, {"values/web/common.yaml": f"port: {port}\n"})
            verbs("render")
            if tag:
                git(here, "add", "--all")
                git(here, "commit", "--quiet", "--message", tag)
                git(here, "tag", tag)
    return here


def ports(capsys: Output, line: str) -> list[str]:
    capsys.readouterr()
    run(["--quiet", *line.split()])
    text = capsys.readouterr().out
    return [word for word in ("80", "81", "82") if f"port={word}," in text or f"port: {word}" in text]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("diff HEAD", ["81", "82"]),
        ("diff v1", ["80", "82"]),
        ("diff v1..v2", ["80", "81"]),
        ("diff v1..", ["80", "81"]),
        ("diff v1 v2", ["80", "81"]),
        ("diff v1...HEAD", ["80", "81"]),
        ("diff ref:v1 worktree", ["80", "82"]),
        ("diff v1 web", ["80", "82"]),
        ("diff HEAD -- web", ["81", "82"]),
        ("diff v2..v2", []),
    ],
)
def test_sides_are_taken_as_git_users_write_them(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output, line: str, found: list[str]
) -> None:
    monkeypatch.chdir(root)
    assert ports(capsys, line.replace("diff", "diff --full", 1)) == found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("diff nope", "'nope' is neither a source nor a Git revision nor a release"),
        ("diff HEAD -- nope", "pipeline.yaml has no release 'nope'"),
        ("diff v1 v2 HEAD", "only two sides can be compared"),
        ("diff v1 web@2.0.0", "'web@2.0.0' is compared with what is committed, and with no other side"),
        ("diff web@2.0.0 -- web", "takes no --release"),
        ("diff v1...v2", "only HEAD has a merge base"),
        ("diff HEAD --only web", "--only 'web' is not an object"),
    ],
)
def test_what_cannot_be_read_says_what_to_try(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output, line: str, said: str
) -> None:
    monkeypatch.chdir(root)
    assert run(line.split()) == 64
    assert said in capsys.readouterr().err


def test_another_folder_may_be_named_before_the_verb(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ports(capsys, f"-C {root} diff v1..v2 --full") == ["80", "81"]
    assert Path.cwd() == tmp_path
    assert run(["-C", "nowhere", "diff"]) == 64


def test_a_side_is_named_with_its_commit(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.chdir(root)
    run(["diff", "v1..v2", "-o", "json"])
    text = capsys.readouterr().out
    for tag in ("v1", "v2"):
        assert f'"ref:{tag} ({git(root, "rev-parse", f"{tag}^{{commit}}")[:10]})"' in text


@pytest.mark.parametrize(
    ("words", "typed", "offered"),
    [
        (["diff", "-l"], "", {"web"}),
        (["diff", "-e"], "d", {"default"}),
        (["diff"], "w", {"web", "worktree"}),
        (["render"], "", {"web"}),
        (["values"], "we", {"web"}),
        (["rules", "explain"], "image-c", {"image-changed"}),
        ([], "dif", {"diff"}),
    ],
)
def test_a_shell_completes_what_the_repository_has(
    root: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], typed: str, offered: set[str]
) -> None:
    monkeypatch.chdir(root)
    found = BashComplete(cli, {}, "pipeline", "_PIPELINE_COMPLETE").get_completions(words, typed)
    assert {item.value for item in found} == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_calls_pipeline(capsys: Output, shell: str) -> None:
    assert run(["completion", shell]) == 0
    assert f"_PIPELINE_COMPLETE={shell}_complete" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "offered"),
    [("pipeline di", ["diff"]), ("pipeline render w", ["web"]), ("pipeline diff --bri", ["--brief"])],
)
def test_a_real_bash_completes(root: Path, monkeypatch: pytest.MonkeyPatch, line: str, offered: list[str]) -> None:
    """The script is sourced as a shell's start does it, and asked as the tab key asks it."""
    bash = shutil.which("bash")
    assert bash, "the product's own scripts need one"
    monkeypatch.chdir(root)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    ask = (
        'source <(pipeline completion bash)\nread -ra COMP_WORDS <<< "$1"\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n'
        'spec=$(complete -p pipeline)\n[[ $spec =~ -F\\ ([^ ]+) ]]\n"${BASH_REMATCH[1]}" pipeline\n'
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run([bash, "--norc", "-c", ask, "bash", line], capture_output=True, text=True, check=True)
    assert done.stdout.split() == offered, done.stderr


@pytest.mark.parametrize("verb", EXAMPLES)
def test_a_verb_takes_its_examples(verb: str) -> None:
    with program_context() as context:
        command = cli.get_command(context, verb)
        assert command is not None
        assert "Examples:" in (command.epilog or "")
        whole = command
        for line, _ in EXAMPLES[verb]:
            command = whole
            words = shlex.split(line.partition(" > ")[0])[1:]
            while isinstance(command, click.Group) and words and words[0] in command.commands:
                command = command.get_command(context, words.pop(0))
                assert command is not None, line
            if verb != "apply":  # its file must be there
                command.make_context(verb, words, parent=context)


def test_only_named_parameters_are_completed() -> None:
    option = click.Option(["--page"])
    complete(option, "comment")
    assert option.shell_complete(program_context(), "") == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("mesh HEAD", 0),
        ("mesh v1..v2", 0),
        ("mesh v1...HEAD", 0),
        ("mesh v1 worktree", 0),
        ("mesh v1..v2 HEAD", 64),
        ("mesh nowhere", 64),
    ],
)
def test_mesh_takes_its_states_as_diff_does(root: Path, monkeypatch: pytest.MonkeyPatch, line: str, code: int) -> None:
    monkeypatch.chdir(root)
    assert run(["--quiet", *line.split()]) == code
