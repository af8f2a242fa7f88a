"""Runs honcho on the Procfile, so that Ctrl-C stops everything at any moment.

honcho 2.0 cannot handle a signal while it starts its processes: it fails on the first that has not reported its pid yet
(KeyError), and its children fail on the signals that the terminal sends to the whole group. So a signal is only noted
until all have started.
"""

import os
import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)  # before the imports: an interrupted import ends in a traceback

import honcho.command  # type: ignore[import-untyped]  # noqa: E402
from honcho.manager import SIGNALS, Manager  # type: ignore[import-untyped]  # noqa: E402


class PatientManager(Manager):  # type: ignore[misc]
    """honcho's manager, which stops processes only after all have started."""

    def _start(self) -> None:
        noted: list[int] = []
        handlers = {number: signal.signal(number, lambda came, _frame: noted.append(came)) for number in SIGNALS}
        super()._start()
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if noted:
            os.kill(os.getpid(), noted[0])

    def terminate(self) -> None:
        if super()._all_started():
            super().terminate()

    def _all_started(self) -> bool:
        started = bool(super()._all_started())
        if started and self.returncode is not None:
            self.terminate()
        return started


if __name__ == "__main__":
    honcho.command.Manager = PatientManager
    try:
        honcho.command.main(["--env", os.devnull, "start"])
    except SystemExit as ended:
        # Ctrl-C is the normal end of a run; make reports any other status than 0 as an error.
        sys.exit(0 if ended.code == SIGNALS[signal.SIGINT]["rc"] else ended.code)
