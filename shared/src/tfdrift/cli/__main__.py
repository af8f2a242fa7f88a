"""The ``tfdrift`` command."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from tfdrift.cli.dead_command import app as dead
from tfdrift.cli.doctor import examine
from tfdrift.cli.findings import ocsf, sarif
from tfdrift.cli.gateway import Gateway
from tfdrift.cli.render import (
    COLOURS,
    change,
    drift_row,
    drift_text,
    explanation,
    reaches,
    table,
    where,
    who,
    workspace_row,
)
from tfdrift.cli.report import comma_separated, html, markdown
from tfdrift.cli.terminal import FAILED, become, console, errors_as_sentences
from tfdrift.severity import Severity

app = typer.Typer(no_args_is_help=True)
app.add_typer(dead, name="dead")

AtLeast = Annotated[Severity | None, typer.Option("--severity", help="only this severity and above")]
Workspace = Annotated[str | None, typer.Option("--workspace", help="only this workspace")]
Since = Annotated[str | None, typer.Option("--since", help="a time such as 24h or 2026-11-23T22:00:00Z")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON in place of a table, one object a line")]


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


def _filters(severity: Severity | None, workspace: str | None, **others: str | None) -> dict[str, str]:
    chosen = {"severity": f"{severity}+" if severity else None, "workspace": workspace, **others}
    return {name: text for name, text in chosen.items() if text}


@app.command(epilog="Example: tfdrift drifts --workspace prod --fail-on high")
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
    """List drifts; in CI, fail if a severe one is open."""
    filters = _filters(severity, workspace, since=since, status=None if status == "all" else status)
    with errors_as_sentences():
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


@app.command(epilog="Example: tfdrift show ID --json")
def show(context: typer.Context, identifier: str, as_json: AsJson = False) -> None:
    """Show one drift: what, who, its history and what can be done about it."""
    with errors_as_sentences():
        drift = _gateway(context).drift(identifier)
    for line in [json.dumps(drift, ensure_ascii=False)] if as_json else drift_text(drift):
        typer.echo(line)


@app.command(epilog="Example: tfdrift dismiss ID --reason 'planned work'")
def dismiss(
    context: typer.Context,
    identifier: str,
    reason: Annotated[str, typer.Option(help="why it may stay, for those who read it later")],
) -> None:
    """Dismiss a drift that may stay as it is."""
    with errors_as_sentences():
        drift = _gateway(context).dismiss(identifier, reason)
    typer.echo(f"dismissed: {where(drift)} {change(drift)}")


@app.command(epilog="Example: tfdrift workspaces")
def workspaces(context: typer.Context, as_json: AsJson = False) -> None:
    """List the workspaces whose states are watched, and what is wrong with each."""
    with errors_as_sentences():
        found = list(_gateway(context).workspaces())
    if as_json:
        for workspace in found:
            typer.echo(json.dumps(workspace, ensure_ascii=False))
    else:
        console.print(table(("workspace", "serial", "resources", "condition"), [workspace_row(one) for one in found]))


@app.command(epilog="Example: tfdrift tail --severity high --since 1h")
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
    with errors_as_sentences():
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


@app.command(epilog="Example: tfdrift doctor")
def doctor(context: typer.Context) -> None:
    """Name what is wrong with the pipeline, and what to do about each; exits with 1 if something is."""
    with errors_as_sentences():
        found = examine(_gateway(context))
    for finding in found:
        typer.echo(f"✗ {finding.problem}\n  {finding.remedy}")
    if found:
        raise typer.Exit(FAILED)
    typer.echo("✓ NATS, the streams, the services, the states and the alerts are as they should be")


class Format(StrEnum):
    """What a report is written in."""

    MARKDOWN = "markdown"
    HTML = "html"
    CSV = "csv"
    OCSF = "ocsf"
    SARIF = "sarif"


@app.command(epilog="Example: tfdrift report --format html --since 7d --workspace prod > drifts.html")
def report(
    context: typer.Context,
    *,
    form: Annotated[
        Format, typer.Option("--format", help="ocsf is one finding a line; sarif has the open drifts alone")
    ] = Format.MARKDOWN,
    since: Annotated[str, typer.Option("--since", help="drifts that changed since; a time or a duration")] = "7d",
    severity: AtLeast = None,
    workspace: Workspace = None,
) -> None:
    """Write a report of all drifts that changed lately, open or not."""
    with errors_as_sentences():
        found = list(_gateway(context).drifts(_filters(severity, workspace, since=since)))
    title = f"Drifts of {workspace or 'all workspaces'} since {since}"
    match form:
        case Format.MARKDOWN:
            text = markdown(found, title)
        case Format.HTML:
            text = html(found, title)
        case Format.CSV:
            text = comma_separated(found)
        case Format.OCSF:
            text = ocsf(found)
        case Format.SARIF:
            text = sarif(found)
    sys.stdout.write(text)


@app.command(epilog="Example: tfdrift explain alert.json prod.tfstate, or tfdrift explain ID; - is standard input")
def explain(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(help="the id of a drift, or a file with alerts")],
    state: Annotated[str | None, typer.Argument(help="the state to compare the alerts with")] = None,
) -> None:
    """Say why a drift was found, or what the calls of an alert file would mean for a state file."""
    if state is not None:
        become("drift-detector", "--explain", subject, state)
    with errors_as_sentences():
        drift = _gateway(context).drift(subject)
    for line in explanation(drift):
        typer.echo(line)


@app.command(epilog="Example: tfdrift replay s3://bucket/AWSLogs/123456789012/CloudTrail/ --since 2h")
def replay(
    uri: Annotated[str, typer.Argument(help="a folder or a file, s3://, gs:// or az://, of CloudTrail and its like")],
    since: Annotated[str, typer.Option("--since", help="a duration such as 2h or 7d, or a time")] = "24h",
) -> None:
    """Put the calls of audit log files on the ledger, after an outage or for the history of the first day."""
    become("ingest-falco", "--replay", uri, "--since", since)


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
