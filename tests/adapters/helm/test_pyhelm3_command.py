"""The parts of pyhelm3 are its own, and the rest of it stays out until somebody asks."""

import subprocess
import sys


def test_the_parts_are_pyhelm3s_own_and_the_whole_still_imports() -> None:
    script = (
        "import sys\nfrom pipeline.adapters.helm.pyhelm3_command import load\ncommand, errors = load()\n"
        "assert 'pydantic' not in sys.modules\nimport pyhelm3\n"
        "assert pyhelm3.Command is command and pyhelm3.Error is errors.Error and pyhelm3.Client\n"
        "assert load() == (command, errors)\n"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
