"""The ``tfdrift`` command."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from tfdrift.bus.errors import BusError
from tfdrift.cli import dead as dead_letters
from tfdrift.cli.diagnose import Finding, of_gateway_error, of_health, of_nats_error, of_streams
from tfdrift.cli.gateway import Gateway, GatewayError
from tfdrift.cli.jetstream import stream_reports, with_jetstream
from tfdrift.cli.render import COLOURS, change, drift_row, drift_text, reaches, table, where, who, workspace_row
from tfdrift.harness.errors import ConfigurationError
from tfdrift.severity import Severity
from tfdrift.subjects import DEAD_STREAM

_PIPE_COLUMNS = 300

app = typer.Typer(no_args_is_help=True)
dead = typer.Typer(no_args_is_help=True, help="Messages that could not be processed; reached by TFDRIFT_NATS_*.")
app.add_typer(dead, name="dead")
# A file or a pipe has no width to fit into.
console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_COLUMNS)

AtLeast = Annotated[Severity | None, typer.Option("--severity", help="only this severity and above")]
Workspace = Annotated[str | None, typer.Option("--workspace", help="only this workspace")]
Since = Annotated[str | None, typer.Option("--since", help="a time such as 24h or 2026-11-23T22:00:00Z")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON in place of a table, one object a line")]
Number = Annotated[int, typer.Argument(help="number of the dead letter, as `tfdrift dead list` shows it")]
FAILED = 1
UNAVAILABLE = 69  # EX_UNAVAILABLE of sysexits.h


@app.callback()
def choose_gateway(
    context: typer.Context,
    url: Annotated[
        str, typer.Option("--gateway", envvar="GATEWAY_URL", help="address of sse-gateway")
    ] = "http://127.0.0.1:8080",
    token: Annotated[
        str | None, typer.Option("--token", envvar="GATEWAY_TOKEN", help="bearer token for the gateway")
    ] = None,
) -> None:
    """Watch and handle drifts from a terminal."""
    context.obj = Gateway(url, token)


def _gateway(context: typer.Context) -> Gateway:
    gateway: Gateway = context.obj
    return gateway


@contextmanager
def _errors_as_sentences() -> Iterator[None]:
    """Ends the command with a sentence in place of a traceback."""
    try:
        yield
    except (GatewayError, BusError, ConfigurationError, ValueError) as error:
        typer.echo(f"tfdrift: {error}", err=True)
        raise typer.Exit(UNAVAILABLE) from error


def _filters(severity: Severity | None, workspace: str | None, **others: str | None) -> dict[str, str]:
    chosen = {"severity": f"{severity}+" if severity else None, "workspace": workspace, **others}
    return {name: text for name, text in chosen.items() if text}


@app.command()
def drifts(
    context: typer.Context,
    *,
    severity: AtLeast = None,
    workspace: Workspace = None,
    status: Annotated[str, typer.Option(help="open, resolved, or all")] = "open",
    since: Since = None,
    as_json: AsJson = False,
    fail_on: Annotated[
        Severity | None, typer.Option("--fail-on", help="exit with 1 if a drift is open of this severity or above")
    ] = None,
) -> None:
    """List drifts. In CI: tfdrift drifts --workspace prod --fail-on high"""
    filters = _filters(severity, workspace, since=since, status=None if status == "all" else status)
    with _errors_as_sentences():
        found = list(_gateway(context).drifts(filters))
    if as_json:
        for drift in found:
            typer.echo(json.dumps(drift, ensure_ascii=False))
    else:
        console.print(
            table(("severity", "workspace", "resource", "change", "by", "at", "id"), [drift_row(one) for one in found])
        )
    if fail_on and reaches((drift for drift in found if drift["status"] == "open"), fail_on):
        raise typer.Exit(FAILED)


@app.command()
def show(context: typer.Context, identifier: str, as_json: AsJson = False) -> None:
    """Show one drift: what, who, its history and what can be done about it."""
    with _errors_as_sentences():
        drift = _gateway(context).drift(identifier)
    for line in [json.dumps(drift, ensure_ascii=False)] if as_json else drift_text(drift):
        typer.echo(line)


@app.command()
def dismiss(
    context: typer.Context,
    identifier: str,
    reason: Annotated[str, typer.Option(help="why it may stay, for those who read it later")],
) -> None:
    """Dismiss a drift that may stay as it is."""
    with _errors_as_sentences():
        drift = _gateway(context).dismiss(identifier, reason)
    typer.echo(f"dismissed: {where(drift)} {change(drift)}")


@app.command()
def workspaces(context: typer.Context, as_json: AsJson = False) -> None:
    """List the workspaces whose states are watched, and what is wrong with each."""
    with _errors_as_sentences():
        found = list(_gateway(context).workspaces())
    if as_json:
        for workspace in found:
            typer.echo(json.dumps(workspace, ensure_ascii=False))
    else:
        console.print(table(("workspace", "serial", "resources", "condition"), [workspace_row(one) for one in found]))


@app.command()
def tail(
    context: typer.Context,
    *,
    severity: AtLeast = None,
    workspace: Workspace = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Print drifts as they come, until Ctrl-C."""
    filters = _filters(severity, workspace, since=since, events="drift")
    with _errors_as_sentences():
        for event, data in _gateway(context).stream(filters):
            if event == "drift":
                _print_live(data, as_json)


def _print_live(drift: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(drift, ensure_ascii=False))
        return
    line = Text(f"{str(drift['timestamp'])[11:19]}  ")
    line.append(f"{drift['severity']:<9}", style=COLOURS[drift["severity"]])
    line.append(f"{drift['status']:<9} {where(drift)}  {change(drift)}  {who(drift)}")
    console.print(line, soft_wrap=True)


@app.command()
def doctor(context: typer.Context) -> None:
    """Name what is wrong with the pipeline, and what to do about each; exits with 1 if something is."""
    found = [*_ask_nats(), *_ask_gateway(_gateway(context))]
    for finding in found:
        typer.echo(f"✗ {finding.problem}\n  {finding.remedy}")
    if found:
        raise typer.Exit(FAILED)
    typer.echo("✓ NATS, the streams, the services, the states and the alerts are as they should be")


def _ask_nats() -> list[Finding]:
    try:
        return of_streams(asyncio.run(with_jetstream(stream_reports)), DEAD_STREAM)
    except (BusError, ConfigurationError) as error:
        return [of_nats_error(str(error))]


def _ask_gateway(gateway: Gateway) -> list[Finding]:
    try:
        return of_health(gateway.health(), datetime.now(UTC))
    except GatewayError as error:
        return [of_gateway_error(str(error))]


@dead.command("list")
def dead_list() -> None:
    """List the dead letters, oldest first."""
    with _errors_as_sentences():
        found = asyncio.run(with_jetstream(dead_letters.letters))
    rows: list[tuple[str, ...]] = [(str(one.sequence), one.service, one.subject or "-", one.reason) for one in found]
    console.print(table(("number", "service", "message", "reason"), rows))


@dead.command("show")
def dead_show(number: Number) -> None:
    """Print the payload of a dead letter."""
    with _errors_as_sentences():
        found = asyncio.run(with_jetstream(partial(dead_letters.letter, sequence=number)))
    typer.echo(f"{found.service}: {found.reason}", err=True)
    typer.echo(found.data.decode(errors="replace"))


@dead.command("replay")
def dead_replay(number: Number) -> None:
    """Publish the message on the ledger again, and drop the dead letter; do so when the cause is mended."""
    with _errors_as_sentences():
        found = asyncio.run(with_jetstream(partial(dead_letters.replay, sequence=number)))
    typer.echo(f"replayed on {found.subject}")


@dead.command("drop")
def dead_drop(number: Number) -> None:
    """Delete a dead letter."""
    with _errors_as_sentences():
        asyncio.run(with_jetstream(partial(dead_letters.drop, sequence=number)))
    typer.echo(f"dropped {number}")


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
