"""The lifecycle of a service: how it is started, supervised, drained and stopped."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import structlog
from aiohttp import web
from prometheus_client import REGISTRY

from tfdrift.bus import Bus, Differs, NoRoom
from tfdrift.harness.admin import admin_app
from tfdrift.harness.browsers import Browsers, guard
from tfdrift.harness.connection import Listening
from tfdrift.harness.errors import ConfigurationError, cannot_listen
from tfdrift.harness.presence import be_present
from tfdrift.harness.readiness import NOT_DRAINING, Readiness
from tfdrift.harness.settings import Settings

S = TypeVar("S", bound=Settings)

# How long aiohttp waits for open requests when a port closes; streams have ended before.
_SHUTDOWN_SECONDS = 2.0


@dataclass
class Runtime(Generic[S]):
    """What a running service works with.

    Attributes:
        bus: connected or connecting; see `Bus.connected`.
        tasks: the process's one task group; an error in any task ends the process.
        stopping: set when the service is to stop; then it drains, and its `run` returns.
    """

    settings: S
    bus: Bus
    tasks: asyncio.TaskGroup
    readiness: Readiness = field(default_factory=Readiness)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    log: Any = field(default_factory=structlog.get_logger)
    _runners: list[web.AppRunner] = field(default_factory=list)

    async def serve(
        self,
        app: web.Application,
        port: int,
        tls: ssl.SSLContext | None = None,
        *,
        guarded: bool = True,
        reuse_port: bool = False,
        inherited: Sequence[socket.socket] = (),
    ) -> Listening:
        """Serve an application on `http_host`; a handler is cancelled when its client disconnects.

        Args:
            guarded: whether the harness refuses what pages of another origin make browsers send.
            reuse_port: let other processes that allow it too listen on the same port (SO_REUSEPORT).
            inherited: sockets that listen on the port already, in place of new ones.

        Raises:
            ConfigurationError: the port is taken, or the host is not an address of this machine.
        """
        if guarded:
            app.middlewares.insert(0, guard(Browsers(self.settings.own_host_names)))
        runner = Listening(app, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS, access_log=None)
        self._runners.append(runner)
        host = self.settings.http_host
        try:
            await runner.listen(host, port, tls, reuse_port=reuse_port, inherited=inherited)
        except OSError as error:
            raise cannot_listen(host, port, error) from error
        return runner

    async def serve_admin(self, app: web.Application, port: int) -> None:
        """Serve the operators' application on `http_host`, by plain aiohttp.

        Raises:
            ConfigurationError: the port is taken, or the host is not an address of this machine.
        """
        runner = web.AppRunner(app, shutdown_timeout=_SHUTDOWN_SECONDS, access_log=None)
        self._runners.append(runner)
        await runner.setup()
        host = self.settings.http_host
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise cannot_listen(host, port, error) from error

    async def or_stopping(self, awaited: Awaitable[object]) -> bool:
        """Wait for something, or for the service to stop; True when it came first. An error of it is raised."""
        work = asyncio.ensure_future(awaited)
        stopping = asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done() or work.cancelled():
                return False
            work.result()
            return True
        finally:
            work.cancel()
            stopping.cancel()

    async def close_servers(self) -> None:
        """Close every port, the admin port last."""
        while self._runners:
            await self._runners.pop().cleanup()


Run = Callable[[Runtime[S]], Awaitable[None]]


class _Stopped(Exception):  # noqa: N818
    """The service ended in order."""


async def supervise(name: str, settings: S, run: Run[S], streams: frozenset[str] | None = None) -> None:
    """Run a service until SIGTERM or SIGINT; then make it unready, drain it and return.

    Args:
        streams: the streams without which it is unready; None means all.

    Raises:
        ConfigurationError: it cannot run with its configuration.
    """
    bus = Bus(settings.nats_options(name), settings.retention())
    failure: ConfigurationError | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            runtime = Runtime(settings, bus, tasks)
            _stop_on_signals(runtime)
            tasks.create_task(_open(bus))
            tasks.create_task(be_present(bus, name, runtime.readiness))
            try:
                admin = admin_app(REGISTRY, runtime.readiness, lambda: _fault(bus, streams))
                await runtime.serve_admin(admin, settings.admin_port)
                await _run_to_the_end(runtime, run)
            finally:
                await runtime.close_servers()
            raise _Stopped  # makes the task group cancel the tasks that are left
    except* ConfigurationError as group:
        failure = _first(group)
    except* _Stopped:
        pass
    finally:
        with suppress(OSError):
            await bus.close()
    if failure is not None:
        raise failure


async def _open(bus: Bus) -> None:
    try:
        await bus.open()
    except (Differs, NoRoom) as error:
        raise ConfigurationError(str(error)) from error


def _fault(bus: Bus, streams: frozenset[str] | None) -> str | None:
    """Return why a service that uses these streams cannot work; None when it can."""
    if not bus.connected:
        return "NATS is away, or its streams are not verified yet"
    faults = [fault for name, fault in bus.faults.items() if streams is None or name in streams]
    return "; ".join([*faults, *bus.stopped.values()]) or None


async def _run_to_the_end(runtime: Runtime[S], run: Run[S]) -> None:
    runtime.readiness.set(NOT_DRAINING, True)
    running = asyncio.ensure_future(run(runtime))
    stopped = asyncio.create_task(runtime.stopping.wait())
    try:
        await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            runtime.readiness.set(NOT_DRAINING, False)
            runtime.log.info("stopping", drain_seconds=runtime.settings.drain_seconds)
            await asyncio.wait({running}, timeout=runtime.settings.drain_seconds)
        if not running.done():
            runtime.log.warning("drain_cut_short", remedy="raise TFDRIFT_DRAIN_SECONDS")
        else:
            running.result()
    finally:
        stopped.cancel()
        running.cancel()
        await asyncio.wait({running, stopped})


def _stop_on_signals(runtime: Runtime[S]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, runtime.stopping.set)


def _first(group: BaseExceptionGroup[ConfigurationError]) -> ConfigurationError:
    for error in group.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    raise AssertionError("an exception group is never empty")
