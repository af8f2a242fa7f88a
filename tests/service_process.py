"""Services in processes of their own that are forked from one which has imported them all.

Python spends most of a service's start on imports, and the tests start hundreds of services. A forked one is as real:
it has its own environment, output, signals and exit code. That the console scripts start by themselves is tested too.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.conftest import DEADLINE_SECONDS, console_script

MODULES = {
    "ingest-falco": "ingest_falco.__main__",
    "ingest-tfstate": "ingest_tfstate.__main__",
    "drift-detector": "drift_detector.__main__",
    "sse-gateway": "sse_gateway.__main__",
    "tfdrift": "tfdrift.cli.__main__",
}
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__, *MODULES.values()])


class ServiceProcess:
    """A running program, with the part of `subprocess.Popen` that tests use."""

    def __init__(
        self,
        program: str,
        environment: Mapping[str, str],
        out: Path,
        err: Path | None = None,
        *,
        arguments: Sequence[str] = (),
        before: Callable[[], object] | None = None,
    ) -> None:
        """Start it.

        Args:
            program: the name of a console script of ours, or the path of a Python script.
            out: standard output is appended to it.
            err: standard error is appended to it; by default to `out`.
            before: is called in the new process before the program, for limits; it can be pickled.
        """
        self.arguments = [program, *arguments]
        self._process: ForkServerProcess = _context.Process(
            target=_become, args=(self.arguments, dict(environment), str(out), str(err or out), before), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, minus the signal's number if a signal ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float | None = None) -> int:
        """The exit code, once it has ended; raises `subprocess.TimeoutExpired` if it does not in time."""
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(self.arguments, seconds or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL, unless it has ended."""
        self._process.kill()


def run_program(
    program: str, *arguments: str, environment: Mapping[str, str], seconds: float = DEADLINE_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a program of ours to its end, as `subprocess.run` does."""
    with tempfile.TemporaryDirectory() as name:
        out, err = Path(name, "out"), Path(name, "err")
        process = ServiceProcess(program, environment, out, err, arguments=arguments)
        try:
            code = process.wait(seconds)
        finally:
            process.kill()
        return subprocess.CompletedProcess([program, *arguments], code, out.read_text("utf-8"), err.read_text("utf-8"))


def _become(
    arguments: list[str], environment: dict[str, str], out: str, err: str, before: Callable[[], object] | None
) -> None:
    """What the forked process does: it becomes the program."""
    for name, descriptor in ((out, 1), (err, 2)):
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(file, descriptor)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    if before is not None:
        before()
    program, *rest = arguments
    sys.argv = [console_script(program) if program in MODULES else program, *rest]
    if program in MODULES:
        sys.exit(importlib.import_module(MODULES[program]).main())
    runpy.run_path(program, run_name="__main__")
