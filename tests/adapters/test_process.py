import pytest

from pipeline.adapters.process import Command, bare_environment, run
from pipeline.core.errors import WorldError


def test_stdin_reaches_the_program_and_stdout_comes_back() -> None:
    assert run(Command(("cat",), stdin=b"hello")).stdout == b"hello"


def test_arguments_are_never_read_by_a_shell() -> None:
    assert run(Command(("printf", "%s", "$(id); `id`"))).stdout == b"$(id); `id`"


def test_an_exit_code_that_is_fine_is_no_error() -> None:
    assert run(Command(("sh", "-c", "exit 3"), fine=frozenset({0, 3}))).code == 3


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (Command(("sh", "-c", "echo it broke >&2; exit 7")), "sh exited with 7: it broke"),
        (Command(("sh", "-c", "exit 7")), "sh exited with 7: it said nothing"),
        (Command(("/no/such/helm",)), "helm is not installed: /no/such/helm"),
        (Command(("sleep", "5"), timeout_seconds=0.05), "sleep took longer than 0.05 s"),
    ],
)
def test_what_goes_wrong_is_one_clear_error(command: Command, message: str) -> None:
    with pytest.raises(WorldError) as caught:
        run(command)
    assert caught.value.message == message


def test_the_bare_environment_has_nothing_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_NAMESPACE", "mine")
    monkeypatch.setenv("KUBECONFIG", "/home/me/.kube/config")
    assert set(bare_environment(HOME="/x")) <= {"PATH", "TMPDIR", "HOME", "LD_LIBRARY_PATH", "GOMAXPROCS", "GOMEMLIMIT"}
