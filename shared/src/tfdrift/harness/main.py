"""The command line of every service: ``--help``, ``--version``, ``--check-config``, and its one-off modes."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog
import uvloop

from tfdrift import __version__
from tfdrift.harness import log
from tfdrift.harness.errors import EXIT_CONFIGURATION, ConfigurationError
from tfdrift.harness.runtime import Run, supervise
from tfdrift.harness.settings import Settings
from tfdrift.harness.variables import SECRETS, variable

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Mode(Generic[S]):
    """A one-off mode: ``--<name> ARGUMENT…`` runs `act` in place of the service, and its result is the exit code.

    `act` receives a function that loads the settings, since not every mode needs them, and the arguments, with the
    values of `options` (``--<option> VALUE``, by their help texts) behind them, empty where they are not given.
    """

    help: str
    arguments: Sequence[str]
    act: Callable[[Callable[[], S], Sequence[str]], int]
    options: Mapping[str, str] = field(default_factory=dict)


# An index of resources or a window of events is hundreds of thousands of objects without cycles. With its defaults
# (700, 10, 10) the garbage collector visits them all again and again: loading takes twice as long, and many clients at
# once stop everything for a tenth of a second. With these a collection of the youngest generation takes some 1 ms.
COLLECTOR_THRESHOLDS = (2_000, 20, 50)


@dataclass(frozen=True)
class Service(Generic[S]):
    """A service: its name, its description, its settings, and its work.

    `check` raises `ConfigurationError` for settings that are well-formed but unusable. Without one of `streams` the
    service is unready; None means all.
    """

    name: str
    description: str
    settings: type[S]
    run: Run[S]
    modes: Mapping[str, Mode[S]] = field(default_factory=dict)
    check: Callable[[S], object] = lambda _: None
    streams: frozenset[str] | None = None


def main(service: Service[S], arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; returns the exit code.

    It is 78, with one sentence on stderr, for an invalid configuration, and 1, with one log line, for a defect.
    """
    options = _parser(service).parse_args(arguments)
    try:
        return _act(service, options)
    except ConfigurationError as error:
        print(f"{service.name}: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_CONFIGURATION
    except Exception:  # noqa: BLE001 - the last supervisor: one log line in place of a traceback on stderr
        structlog.get_logger().exception("crashed")
        return 1


def _act(service: Service[S], options: argparse.Namespace) -> int:
    for name, mode in service.modes.items():
        given = getattr(options, name.replace("-", "_"))
        if given is not None:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends the mode, as it ends any Unix program
            beside = [getattr(options, option.replace("-", "_")) or "" for option in mode.options]
            return mode.act(service.settings.load, [*given, *beside])
    settings = service.settings.load()
    service.check(settings)
    if options.check_config:
        settings.nats_options(service.name)  # reads the files that the settings name
        print("\n".join(f"{name}={value}" for name, value in settings.redacted().items()))
        return 0
    log.configure(service.name, settings.log_format, settings.log_level)
    structlog.get_logger().info("starting", version=__version__)
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(supervise(service.name, settings, service.run, service.streams))
    structlog.get_logger().info("stopped")
    return 0


def _parser(service: Service[S]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=service.name,
        description=service.description,
        epilog=_variables(service.settings),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{service.name} {__version__}")
    parser.add_argument("--check-config", action="store_true", help="print the settings in force, secrets hidden")
    for name, mode in service.modes.items():
        parser.add_argument(f"--{name}", nargs=len(mode.arguments), metavar=tuple(mode.arguments), help=mode.help)
        for option, meaning in mode.options.items():
            parser.add_argument(f"--{option}", metavar="VALUE", help=f"with --{name}: {meaning}")
    return parser


def _variables(settings: type[Settings]) -> str:
    lines = ["environment variables:"]
    for name, info in settings.model_fields.items():
        default = "required" if info.is_required() else f"default {'unset' if info.default is None else info.default}"
        file = f", or {variable(name)}_FILE names a file with it" if name in SECRETS else ""
        lines.append(f"  {variable(name)}\n      {info.description}{file} ({default})")
    return "\n".join(lines)
