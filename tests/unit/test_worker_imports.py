"""What a worker loads."""

import subprocess
import sys

FOR_COMMANDS = {"matplotlib", "optuna", "pytrec_eval", "sklearn", "torch"}


def test_a_worker_loads_no_package_that_only_commands_need():
    program = "import sys, wsgi, app.serve.worker; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "flask" in loaded
    assert FOR_COMMANDS.isdisjoint(loaded)
