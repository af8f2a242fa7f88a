"""Diagnoses the pipeline from what the gateway and NATS answer. Nothing here does I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

# A quiet estate has an alert within this time: CloudTrail alone logs somebody's console sign-in.
SILENCE: Final = timedelta(hours=6)
_FUTURE: Final = timedelta(minutes=5)
_CLOCKS_DIFFER: Final = timedelta(seconds=30)

_SERVICE_REMEDIES: Final = {
    "silent": "start it, and look at the last line of its log: exit code 78 is an invalid configuration",
    "not_ready": "ask /readyz on its admin port, which names what it lacks",
    "unknown": "start NATS, which the gateway needs to ask it",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and what to do about it."""

    problem: str
    remedy: str


@dataclass(frozen=True)
class StreamReport:
    """What NATS says of one of our streams.

    Attributes:
        missing: it does not exist.
        lacks: of one that is missing, why it cannot be created; None where it could be.
        differences: sentences on settings that differ from what the variables ask for.
    """

    name: str
    missing: bool = False
    lacks: str | None = None
    messages: int = 0
    differences: Sequence[str] = ()


def of_streams(reports: Iterable[StreamReport], dead_stream: str) -> list[Finding]:
    """What is wrong with the streams."""
    found = []
    for report in reports:
        if report.lacks is not None:
            remedy = "give nats-server a larger disk or max_file_store, or set TFDRIFT_RETENTION_BYTES to less"
            found.append(Finding(f"the stream {report.name} does not fit: {report.lacks}", remedy))
        elif report.missing:
            remedy = "start a service, which creates it; events that it had are lost"
            found.append(Finding(f"the stream {report.name} is missing", remedy))
        for difference in report.differences:
            remedy = f"run `nats stream edit {report.name}`, or set the variable to what the stream has"
            found.append(Finding(f"the stream {report.name} has another configuration: {difference}", remedy))
        if report.name == dead_stream and report.messages:
            remedy = "read the reasons with `tfdrift dead list`, mend the cause, then replay or drop them"
            found.append(Finding(f"{report.messages} messages could not be processed", remedy))
    return found


def of_nats_error(error: str) -> Finding:
    """Why NATS cannot be used."""
    text = error.lower()
    if "authorization" in text or "authentication" in text:
        remedy = "set TFDRIFT_NATS_USER and TFDRIFT_NATS_PASSWORD, or the credentials file, of a user that NATS has"
        return Finding(f"NATS refuses the credentials: {error}", remedy)
    if "permission" in text:
        return Finding(f"NATS does not permit it: {error}", "compare the user with deploy/nats/users.conf")
    return Finding(f"NATS cannot be used: {error}", "start nats-server with JetStream, or correct TFDRIFT_NATS_URL")


def of_gateway_error(error: str) -> Finding:
    """Why the gateway cannot be asked."""
    if " 401" in error or " 403" in error:
        return Finding(error, "give a valid token with --token or GATEWAY_TOKEN")
    if " 404" in error or "is not sse-gateway" in error:
        remedy = "stop the other program, or give sse-gateway another TFDRIFT_HTTP_PORT and name it with --gateway"
        return Finding(f"the port of sse-gateway is taken by another program: {error}", remedy)
    return Finding(error, "start sse-gateway; if it runs, its port or its address is another one")


def of_health(health: Mapping[str, Any], now: datetime) -> list[Finding]:
    """What is wrong by the gateway's ``/api/v1/health``."""
    found = []
    if not health["nats"]:
        found.append(Finding("the gateway cannot reach NATS", "start NATS; the gateway reconnects by itself"))
    for service in health["services"]:
        remedy = _SERVICE_REMEDIES.get(service["status"])
        if remedy:
            failing = f" ({', '.join(service['failing'])})" if service["failing"] else ""
            found.append(Finding(f"{service['name']} is {service['status'].replace('_', ' ')}{failing}", remedy))
        found += [Finding(f"{service['name']}: {hint}", _remedy_of(hint)) for hint in service["hints"]]
    if not health["workspaces"]:
        remedy = "name the states in TFDRIFT_STATE_SOURCES; the log of ingest-tfstate says what it finds there"
        found.append(Finding("no Terraform state has been read, so no drift can be found", remedy))
    for workspace in health["workspaces"]:
        if workspace["condition"]:
            remedy = "docs/states.md has the remedy of each condition; the log of ingest-tfstate has the reason"
            found.append(Finding(f"the state of {workspace['workspace']} is refused: {workspace['condition']}", remedy))
    return [*found, *_of_last_alert(health["last_alert_at"], now)]


def of_versions(instances: Sequence[tuple[str, str]], own: str) -> list[Finding]:
    """Which instances are of another release than the newest one that is here.

    Args:
        instances: the name and the version of each.
        own: the version of this command.
    """
    newest = max([own, *(version for _, version in instances)], key=_release)
    remedy = "replace it: all instances belong to one release (docs/operations.md says in which order)"
    older = sorted({one for one in instances if one[1] != newest})
    return [
        Finding(f"an instance of {name} is of release {version}, and the newest is {newest}", remedy)
        for name, version in older
    ]


def of_clocks(here: datetime, there: datetime | None) -> list[Finding]:
    """Whether the clock of this machine and that of the gateway differ; `there` is None where it is not known."""
    if there is None or abs(there - here) < _CLOCKS_DIFFER:
        return []
    remedy = "have NTP set the clock of both: drifts are put in order by time"
    return [Finding(f"the clock of the gateway differs from this one's by {abs(there - here).seconds} s", remedy)]


def of_ports(health: Mapping[str, Any], taken: Iterable[str]) -> list[Finding]:
    """Which services are silent while something listens on the port that they would take.

    Args:
        taken: the names of the services on whose usual port of this machine something listens.
    """
    silent = {service["name"] for service in health["services"] if service["status"] == "silent"}
    remedy = "stop the other program, or set TFDRIFT_HTTP_PORT; if it is the service, its TFDRIFT_NATS_URL is another"
    return [Finding(f"the port of {name} is taken, and {name} is silent", remedy) for name in sorted(silent & {*taken})]


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _remedy_of(hint: str) -> str:
    """What to do about what a service says of itself; the sentences are ingest-falco's."""
    if "shortens" in hint:
        return "let Falco post to ingest-falco, and set TFDRIFT_RELAY_URL to falcosidekick (docs/falco.md)"
    if "sends no" in hint:
        return "copy the files of deploy/falco, whose append_output names every field (docs/falco.md)"
    if "refused" in hint:
        return "give the sender the token, the signing key or the certificate (docs/falco.md)"
    return "the log of the service has the reason; docs/operations.md has the remedy of each condition"


def _of_last_alert(text: str | None, now: datetime) -> list[Finding]:
    if text is None:
        remedy = "send a test with `curl -X POST http://localhost:2801/test`; docs/falco.md connects Falco"
        return [Finding("no alert has ever arrived", remedy)]
    last = datetime.fromisoformat(text)
    if last > now + _FUTURE:
        return [
            Finding(f"the last alert is from the future ({text})", "set the clocks of this machine and of NATS (NTP)")
        ]
    if now - last > SILENCE:
        remedy = "look at Falco's log, its plugin's credentials, and whether its rules match"
        return [Finding(f"no alert has arrived since {text}", remedy)]
    return []
