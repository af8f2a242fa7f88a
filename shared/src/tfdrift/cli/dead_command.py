"""The commands ``tfdrift dead``."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

import typer

from tfdrift.cli import dead as dead_letters
from tfdrift.cli.jetstream import with_jetstream
from tfdrift.cli.render import table
from tfdrift.cli.terminal import console, errors_as_sentences

app = typer.Typer(no_args_is_help=True, help="Messages that could not be processed; reached by TFDRIFT_NATS_*.")

Number = Annotated[int, typer.Argument(help="number of the dead letter, as `tfdrift dead list` shows it")]


@app.command("list", epilog="Example: tfdrift dead list")
def dead_list() -> None:
    """List the dead letters, oldest first."""
    with errors_as_sentences():
        found = asyncio.run(with_jetstream(dead_letters.letters))
    rows: list[tuple[str, ...]] = [(str(one.sequence), one.service, one.subject or "-", one.reason) for one in found]
    console.print(table(("number", "service", "message", "reason"), rows))


@app.command("show", epilog="Example: tfdrift dead show 7")
def dead_show(number: Number) -> None:
    """Print the payload of a dead letter."""
    with errors_as_sentences():
        found = asyncio.run(with_jetstream(partial(dead_letters.letter, sequence=number)))
    typer.echo(f"{found.service}: {found.reason}", err=True)
    typer.echo(found.data.decode(errors="replace"))


@app.command("replay", epilog="Example: tfdrift dead replay 7")
def dead_replay(number: Number) -> None:
    """Publish the message on the ledger again, and drop the dead letter; do so when the cause is mended."""
    with errors_as_sentences():
        found = asyncio.run(with_jetstream(partial(dead_letters.replay, sequence=number)))
    typer.echo(f"replayed on {found.subject}")


@app.command("drop", epilog="Example: tfdrift dead drop 7")
def dead_drop(number: Number) -> None:
    """Delete a dead letter."""
    with errors_as_sentences():
        asyncio.run(with_jetstream(partial(dead_letters.drop, sequence=number)))
    typer.echo(f"dropped {number}")
