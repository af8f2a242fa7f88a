"""Entries of audit logs that come without Falco, each as the alert that Falco would make of it.

Four senders, each of which tries again by itself: CloudTrail's records (of a file, from EventBridge, or alone),
Pub/Sub's push of Google's log entries, the audit webhook of a Kubernetes API server, and Event Grid's resource events.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingest_falco.alert.parse import Alert
from ingest_falco.clouds import sources
from ingest_falco.clouds.aws.record import fields_of
from ingest_falco.errors import MalformedAlert
from ingest_falco.strict_json import InvalidJson, parse
from tfdrift.events import Json
from tfdrift.severity import Severity

_PRIORITY: Final = "Notice"
_VALIDATION: Final = "Microsoft.EventGrid.SubscriptionValidationEvent"

Entry = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class AuditLog:
    """One kind of audit log.

    Attributes:
        source: the Falco source whose alerts the entries become.
        entries: the entries of one document that a sender posts.
        fields: the output fields of one entry.
    """

    source: str
    name: str
    entries: Callable[[Json], Iterator[Json]]
    fields: Callable[[Entry], dict[str, Json]]


def alerts(log: AuditLog, body: bytes, received: datetime) -> Iterator[Alert]:
    """The alerts of the entries in a body: one JSON document, or one on each line.

    Raises:
        MalformedAlert: it is no JSON, or has an entry that is no object.
    """
    for document in _documents(body):
        for entry in log.entries(document):
            if not isinstance(entry, dict):
                raise MalformedAlert(f"an entry of the {log.name} is no JSON object")
            yield _alert(log, log.fields(entry), entry, received)


def log_of(body: bytes) -> AuditLog | None:
    """The kind of audit log that a file is of, by the members of its first entry; None for none of them."""
    try:
        document = next(_documents(body), None)
    except MalformedAlert:
        return None
    for log in AUDIT_LOGS.values():
        first = next(log.entries(document), None)
        if isinstance(first, dict) and _MEMBERS[log.source] in first:
            return log
    return None


def validation_code(body: bytes) -> str | None:
    """The code that Event Grid wants to be answered when it validates a subscription; None for any other body.

    Source: https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
    """
    try:
        document = parse(body)
    except InvalidJson:
        return None
    first = document[0] if isinstance(document, list) and document else document
    if not isinstance(first, dict) or first.get("eventType") != _VALIDATION:
        return None
    data = first.get("data")
    code = data.get("validationCode") if isinstance(data, dict) else None
    return code if isinstance(code, str) else None


def _alert(log: AuditLog, fields: dict[str, Json], entry: Entry, received: datetime) -> Alert:
    return Alert(
        rule=log.name,
        priority=_PRIORITY,
        severity=Severity.LOW,
        time=received,
        output=f"{log.name}: an entry without Falco",
        source=log.source,
        hostname=None,
        tags=(),
        uuid=None,
        fields=fields,
        document=entry,
    )


def _documents(body: bytes) -> Iterator[Json]:
    try:
        yield parse(body)
        return
    except InvalidJson as error:
        lines = [line for line in body.split(b"\n") if line.strip()]
        if len(lines) < 2:
            raise MalformedAlert(f"the body is not JSON: {error}") from error
    for line in lines:
        try:
            yield parse(line)
        except InvalidJson as error:
            raise MalformedAlert(f"a line of the body is not JSON: {error}") from error


def _cloudtrail(document: Json) -> Iterator[Json]:
    """Records of a file, of EventBridge's envelope (``detail``), of a list, or one alone."""
    if isinstance(document, list):
        for inner in document:
            yield from _cloudtrail(inner)
    elif isinstance(document, dict) and isinstance(document.get("Records"), list):
        yield from document["Records"]
    elif isinstance(document, dict) and "detail-type" in document:
        yield document.get("detail")
    else:
        yield document


def _pub_sub(document: Json) -> Iterator[Json]:
    """The log entry in a push of Pub/Sub, or an entry alone.

    Source: https://cloud.google.com/pubsub/docs/push#receive_push
    """
    message = document.get("message") if isinstance(document, dict) else None
    if not isinstance(message, dict):
        yield from document if isinstance(document, list) else [document]
        return
    data = message.get("data")
    try:
        yield parse(base64.b64decode(data if isinstance(data, str) else "", validate=True))
    except (binascii.Error, InvalidJson) as error:
        raise MalformedAlert(f"the data of the Pub/Sub message is no log entry: {error}") from error


def _event_list(document: Json) -> Iterator[Json]:
    """The events of an ``EventList`` of ``audit.k8s.io``, or one alone."""
    if isinstance(document, dict) and isinstance(document.get("items"), list):
        yield from document["items"]
    else:
        yield from document if isinstance(document, list) else [document]


def _event_grid(document: Json) -> Iterator[Json]:
    """Event Grid's events, or the ``records`` that Azure Monitor streams."""
    if isinstance(document, dict) and isinstance(document.get("records"), list):
        yield from document["records"]
    else:
        yield from document if isinstance(document, list) else [document]


def _azure_fields(entry: Entry) -> dict[str, Json]:
    """An event of Event Grid is an entry of the Activity Log under ``data``, its id and time beside it."""
    data = entry.get("data")
    if not isinstance(data, dict):
        return {"json.obj": dict(entry)}
    beside = {"eventDataId": entry.get("id"), "eventTimestamp": entry.get("eventTime", entry.get("time"))}
    return {"json.obj": {**beside, **data}}


def _whole(entry: Entry) -> dict[str, Json]:
    return {"json.obj": dict(entry)}


CLOUDTRAIL: Final = AuditLog(sources.CLOUDTRAIL, "CloudTrail", _cloudtrail, fields_of)
AUDIT_LOGS: Final[Mapping[str, AuditLog]] = {
    "/cloudtrail": CLOUDTRAIL,
    "/gcp": AuditLog("gcp_auditlog", "Cloud Audit Logs", _pub_sub, _whole),
    "/k8s-audit": AuditLog("k8s_audit", "Kubernetes audit log", _event_list, _whole),
    "/azure": AuditLog("azure_activity", "Azure Activity Log", _event_grid, _azure_fields),
}
_MEMBERS: Final = {
    CLOUDTRAIL.source: "eventSource",
    "gcp_auditlog": "protoPayload",
    "k8s_audit": "auditID",
    "azure_activity": "operationName",
}
