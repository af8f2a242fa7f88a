"""What all commands share: how they print, how they end, and how they run another program of ours."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

import typer
from rich.console import Console

from tfdrift.bus.errors import BusError
from tfdrift.cli.gateway import GatewayError
from tfdrift.harness.errors import ConfigurationError

FAILED: Final = 1
UNAVAILABLE: Final = 69  # EX_UNAVAILABLE of sysexits.h
_PIPE_COLUMNS: Final = 300

# A file or a pipe has no width to fit into.
console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_COLUMNS)


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Ends the command with a sentence in place of a traceback."""
    try:
        yield
    except (GatewayError, BusError, ConfigurationError, ValueError) as error:
        typer.echo(f"tfdrift: {error}", err=True)
        raise typer.Exit(UNAVAILABLE) from error


def become(program: str, *arguments: str) -> NoReturn:
    """Run a service's program in place of this one.

    Raises:
        typer.Exit: it is not installed here.
    """
    beside = Path(sys.argv[0]).resolve().parent / program
    command = str(beside) if beside.exists() else shutil.which(program)
    if command is None:
        typer.echo(f"tfdrift: {program} is not installed here; the image of the services has it", err=True)
        raise typer.Exit(UNAVAILABLE)
    os.execv(command, [command, *arguments])  # noqa: S606 -- a program of ours, without a shell
