"""Several processes of one service on one public port, for machines of many cores.

Theory of operation. The parent does no work and runs no event loop: it makes the sockets, forks, and waits for signals
and for the ends of its children. Each worker has a listening socket of its own on the public port, among which the
kernel spreads connections (``SO_REUSEPORT``, socket(7)). The parent keeps them open, so what is connected to a worker
that died waits for the one that takes its place. The workers' admin ports are sockets in the file system; a further
child, `workers_admin`, answers for all of them on the admin port.

A pipe whose one end only the parent holds ends with it, however it ends, and then the children stop.
"""

from __future__ import annotations

import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import structlog

from tfdrift.harness.connection import BACKLOG
from tfdrift.harness.errors import EXIT_CONFIGURATION, cannot_listen
from tfdrift.harness.exit_code import exit_code
from tfdrift.harness.worker import Worker
from tfdrift.harness.workers_admin import answer_for

_SIGNALS: Final = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)
_RESTART_SECONDS: Final = 1.0
# What a worker may take beyond its draining: closing its servers and its connection to NATS.
_GRACE_SECONDS: Final = 5.0
_ADMIN: Final = -1


class Workers:
    """The parent of some workers.

    `serve` is what each of them does, and its result is the worker's exit code; `name` is the service's.
    """

    def __init__(
        self, name: str, serve: Callable[[Worker], int], count: int, shared_bytes: int, drain_seconds: float
    ) -> None:
        self._name = name
        self._serve = serve
        self._count = count
        self._drain_seconds = drain_seconds
        self._memory = _parts(shared_bytes, count)
        self._works: dict[int, Callable[[], int]] = {}
        self._children: dict[int, int] = {}
        self._due: dict[int, float] = {}
        self._listening: list[list[socket.socket]] = []
        self._admin: list[socket.socket] = []
        self._stop_by: float | None = None
        self._failure = 0
        self._log = structlog.get_logger()

    def run(self, host: str, port: int, admin_port: int) -> int:
        """Start everything, start again what ends, and end all when told to; returns the exit code.

        Raises:
            ConfigurationError: a port is taken, or the host is not ours.
        """
        for one in listen(host, port):  # would be refused if others have it; a shared one joins them unseen
            one.close()
        self._listening = [listen(host, port, shared=True) for _ in range(self._count)]
        self._admin = listen(host, admin_port)
        with TemporaryDirectory(prefix="tfdrift-") as folder:
            places = [Path(folder) / f"{number}" for number in range(self._count)]
            admins = [_listen_at(place) for place in places]
            ended, self._pipe = os.pipe()
            for number in range(self._count):
                sockets = {port: self._listening[number], admin_port: [admins[number]]}
                self._works[number] = self._work(Worker(number, self._count, sockets, self._memory, ended))
            self._works[_ADMIN] = lambda: answer_for(places, self._admin, ended)
            signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
            for number in self._works:
                self._start(number)
            self._watch()
        return self._failure

    def _work(self, worker: Worker) -> Callable[[], int]:
        return lambda: self._serve(worker)

    def _start(self, number: int) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child:
            self._children[child] = number
            return
        status = 1
        try:
            os.close(self._pipe)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            status = exit_code(self._name, self._works[number])
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)  # what the parent has open is the parent's to tidy up

    def _watch(self) -> None:
        while self._children or self._due:
            told = signal.sigtimedwait(_SIGNALS, 0.25 if self._due or self._stop_by else 60.0)
            if told is not None and told.si_signo != signal.SIGCHLD:
                self._stop()
            self._reap()
            now = time.monotonic()
            for number in [number for number, at in self._due.items() if at <= now]:
                del self._due[number]
                self._start(number)
            if self._stop_by is not None:
                workers = [child for child, number in self._children.items() if number != _ADMIN]
                if not workers:
                    self._signal(self._children, signal.SIGTERM)
                elif now > self._stop_by:
                    self._signal(workers, signal.SIGKILL)

    def _stop(self) -> None:
        if self._stop_by is not None:
            return
        self._stop_by = time.monotonic() + self._drain_seconds + _GRACE_SECONDS
        self._due.clear()
        for sockets in self._listening:
            for one in sockets:
                one.close()
        self._signal([child for child, number in self._children.items() if number != _ADMIN], signal.SIGTERM)

    def _reap(self) -> None:
        while self._children:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            number, code = self._children.pop(child), os.waitstatus_to_exitcode(status)
            if number != _ADMIN and self._memory:  # its clients are gone with it, and may come to the others at once
                self._memory[number][:] = bytes(len(self._memory[number]))
            if self._stop_by is not None:
                continue
            if code == EXIT_CONFIGURATION:  # it has said why; starting it again would not help
                self._failure = code
                self._stop()
                continue
            self._log.error("worker_ended", child=child, number=None if number == _ADMIN else number, exit_code=code)
            self._due[number] = time.monotonic() + _RESTART_SECONDS

    def _signal(self, children: Sequence[int] | dict[int, int], which: signal.Signals) -> None:
        for child in children:
            os.kill(child, which)  # not reaped yet, so the number is still its own


def listen(host: str, port: int, *, shared: bool = False) -> list[socket.socket]:
    """Sockets bound to every address of a host; with `shared` others of ours may be bound there, too.

    Raises:
        ConfigurationError: the port is taken, or the host is not ours.
    """
    sockets = []
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            one = socket.socket(family, kind, protocol)
            sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if shared:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.bind(address)
    except OSError as error:
        for one in sockets:
            one.close()
        raise cannot_listen(host, port, error) from error
    return sockets


def _listen_at(place: Path) -> socket.socket:
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    one.bind(str(place))
    one.listen(BACKLOG)
    return one


def _parts(size: int, count: int) -> Sequence[memoryview]:
    """Memory that forked processes share, in equal parts."""
    if not size:
        return ()
    whole = memoryview(mmap.mmap(-1, size * count))
    return [whole[number * size : (number + 1) * size] for number in range(count)]
