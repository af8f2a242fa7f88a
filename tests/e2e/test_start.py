"""What `make run` starts and stops everything with."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.conftest import DEADLINE_SECONDS

START = Path(__file__).parents[2] / "deploy" / "local" / "start.py"


def started(folder: Path, *processes: str) -> subprocess.Popen[str]:
    """A run of these processes."""
    lines = [f"process{number}: {process}\n" for number, process in enumerate(processes)]
    (folder / "Procfile").write_text("".join(lines), encoding="utf-8")
    return subprocess.Popen([sys.executable, START], cwd=folder, stdout=subprocess.PIPE, text=True)


def test_ctrl_c_is_a_good_end(tmp_path: Path) -> None:
    """make prints an error for every status but 0, and there is none in having stopped what one started."""
    with started(tmp_path, "echo ready; exec sleep 600") as run:
        assert run.stdout is not None
        assert any(line.endswith("| ready\n") for line in iter(run.stdout.readline, ""))
        run.send_signal(signal.SIGINT)
        output, _ = run.communicate(timeout=DEADLINE_SECONDS)
    assert run.returncode == 0, output


def test_a_process_that_fails_ends_the_run_with_its_status(tmp_path: Path) -> None:
    """The others are stopped."""
    with started(tmp_path, "exec sleep 600", "exit 3") as run:
        output, _ = run.communicate(timeout=DEADLINE_SECONDS)
    assert run.returncode == 3, output
