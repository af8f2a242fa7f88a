"""The call behind an alert of Falco's gcpaudit plugin (source ``gcp_auditlog``).

The plugin (falcosecurity/plugins, ``plugins/gcpaudit``) reads Cloud Audit Logs: a ``LogEntry`` whose ``protoPayload``
is an ``AuditLog``. Its own fields tell neither the entry's id nor its time, outcome or operation; these come from the
json plugin beside it (`ingest_falco.clouds.audit_entry`). What is missing costs only itself.

Source: https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ingest_falco.clouds.audit_entry import AuditEntry
from ingest_falco.clouds.caller_agent import gcp_via
from ingest_falco.clouds.cloudtrail import Call
from tfdrift.events import CloudCall, CloudResource, Json, UserIdentity, Via

SOURCE: Final = "gcp_auditlog"

# A long-running operation has two entries: the first has the request and who asked for it, the last the outcome, and
# in some services (Kubernetes Engine) not who asked.
FIRST: Final = "OperationStarted"
LAST: Final = "OperationFinished"

_PAYLOAD: Final = "/protoPayload"
_LABELS: Final = "/resource/labels"
_PLACE: Final = re.compile(r"(?:^|/)(zones|regions|locations)/([^/]+)")
_PROJECT: Final = re.compile(r"(?:^|/)projects/([a-z][^/]*)")
_ZONE: Final = re.compile(r"[a-z]+-[a-z]+\d+-[a-z]")
_READING: Final = re.compile(
    r"(?:batch)?(?:get|list|aggregatedlist|search|query|read|test|check|lookup|fetch|watch)", re.IGNORECASE
)

# Google's own robots: service agents, the APIs service agent, and the system itself.
_SERVICE_AGENT: Final = re.compile(
    r"service-\d+@.*\.gserviceaccount\.com|[^@]+@gcp-sa-[^@]+|\d+@cloudservices\.gserviceaccount\.com|system@google\.com"
)
_SERVICE_ACCOUNT: Final = re.compile(r"[^@]+@(?:([a-z][^.]*)\.iam|developer|appspot|.*)\.gserviceaccount\.com")

# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
_CODES: Final = {
    "1": "CANCELLED",
    "2": "UNKNOWN",
    "3": "INVALID_ARGUMENT",
    "4": "DEADLINE_EXCEEDED",
    "5": "NOT_FOUND",
    "6": "ALREADY_EXISTS",
    "7": "PERMISSION_DENIED",
    "8": "RESOURCE_EXHAUSTED",
    "9": "FAILED_PRECONDITION",
    "10": "ABORTED",
    "11": "OUT_OF_RANGE",
    "12": "UNIMPLEMENTED",
    "13": "INTERNAL",
    "14": "UNAVAILABLE",
    "15": "DATA_LOSS",
    "16": "UNAUTHENTICATED",
}


def read_call(fields: Mapping[str, Json]) -> Call | None:
    """The Google Cloud call that the output fields of one alert tell of; None where they name no method."""
    entry = AuditEntry(fields)
    method = entry.text("gcp.methodName", f"{_PAYLOAD}/methodName")
    if method is None:
        return None
    endpoint = entry.text("gcp.serviceName", f"{_PAYLOAD}/serviceName")
    name = entry.text("gcp.resourceName", f"{_PAYLOAD}/resourceName")
    account = entry.text("gcp.projectId", f"{_LABELS}/project_id") or _first(_PROJECT, name)
    request = entry.json("request", "gcp.request", f"{_PAYLOAD}/request")
    detail = None
    if endpoint is not None:
        detail = CloudCall(
            event_source=endpoint,
            event_type=_phase(entry),
            request=request,
            response=_outcome(entry),
            operation=_operation(entry),
        )
    return Call(
        event_id=entry.text(None, "/insertId"),
        event_name=method,
        occurred=entry.moment("/timestamp", "/receiveTimestamp"),
        service=endpoint.removesuffix(".googleapis.com") if endpoint else None,
        account_id=account,
        region=_region(entry, name),
        source_ip=entry.text("gcp.callerIP", f"{_PAYLOAD}/requestMetadata/callerIp"),
        user_agent=_agent(entry),
        error_code=error_of(entry),
        read_only=bool(_READING.match(method.rsplit(".", 1)[-1])),
        resources=tuple(_resources(entry, name, account)),
        detail=detail,
        undecodable=tuple(entry.undecodable),
    )


def identify(fields: Mapping[str, Json]) -> UserIdentity | None:
    """Who made the call.

    A person who acts through a service account (impersonation) is the first of its delegation's history; a person of
    an identity pool has no address, but a subject.
    """
    entry = AuditEntry(fields)
    who = f"{_PAYLOAD}/authenticationInfo"
    principal = entry.text("gcp.user", f"{who}/principalEmail")
    subject = entry.text(None, f"{who}/principalSubject")
    delegation = f"{who}/serviceAccountDelegationInfo/0"
    behind = entry.text(None, f"{delegation}/firstPartyPrincipal/principalEmail", f"{delegation}/principalSubject")
    if principal is None and subject is None:
        return None
    is_robot = principal is not None and bool(_SERVICE_AGENT.fullmatch(principal))
    account = _SERVICE_ACCOUNT.fullmatch(principal) if principal is not None else None
    return UserIdentity(
        type="ServiceAgent" if is_robot else "ServiceAccount" if account else "User" if principal else "Principal",
        user_name=_person(behind) or principal or _person(subject),
        arn=subject,
        principal_id=principal or subject,
        account_id=account.group(1) if account and not is_robot else None,
        session_name=None if behind is None else principal,
        via=Via.SERVICE if is_robot else gcp_via(_agent(entry)),
    )


def _person(subject: str | None) -> str | None:
    """The name in ``user:ann@example.com`` or ``principal://iam.googleapis.com/.../subject/ann@example.com``."""
    if subject is None:
        return None
    return subject.rsplit("/subject/", 1)[-1] if "://" in subject else subject.rpartition(":")[2]


def _agent(entry: AuditEntry) -> str | None:
    return entry.text("gcp.userAgent", f"{_PAYLOAD}/requestMetadata/callerSuppliedUserAgent")


def _phase(entry: AuditEntry) -> str | None:
    first, last = entry.flag("/operation/first"), entry.flag("/operation/last")
    return None if first == last else FIRST if first else LAST


def _operation(entry: AuditEntry) -> str | None:
    """What the first and the last entry of a long-running operation share; None for one that has a single entry."""
    identifier = entry.text(None, "/operation/id") if _phase(entry) is not None else None
    return f"{entry.text(None, '/operation/producer') or '-'}/{identifier}" if identifier is not None else None


def _outcome(entry: AuditEntry) -> Json:
    """The response, with the changes of an IAM policy under ``bindingDeltas``, and the service's own words of what
    changed (the keys of an instance's metadata) under ``metadata``.
    """
    deltas = entry.json("policyDelta", "gcp.policyDelta", f"{_PAYLOAD}/serviceData/policyDelta/bindingDeltas")
    response = entry.json("response", None, f"{_PAYLOAD}/response")
    metadata = entry.json("metadata", None, f"{_PAYLOAD}/metadata")
    told: dict[str, Json] = {}
    if isinstance(deltas, list):
        told["bindingDeltas"] = deltas
    if isinstance(metadata, dict):
        told["metadata"] = metadata
    return {**(response if isinstance(response, dict) else {}), **told} if told else response


def error_of(entry: AuditEntry) -> str | None:
    """Why a call failed, as gRPC calls it; None where it did not."""
    code = entry.text(None, f"{_PAYLOAD}/status/code")
    if code is not None and code != "0":
        return _CODES.get(code, code)
    granted = entry.json("authorizationInfo", "gcp.authorizationInfo", f"{_PAYLOAD}/authorizationInfo")
    if code is None and isinstance(granted, list) and granted:
        # A denied permission is written without `granted`; some calls ask for one of several.
        told = [one for one in granted if isinstance(one, dict) and one.get("granted") is not True]
        return "PERMISSION_DENIED" if len(told) == len(granted) else None
    return None


def _resources(entry: AuditEntry, name: str | None, account: str | None) -> Iterator[CloudResource]:
    """The resource of the call; a service account, which may be named by its number, also by its address."""
    if name is not None:
        yield CloudResource(arn=name, type=entry.text("gcp.resourceType", "/resource/type"), account_id=account)
    address = entry.text("gcp.iam.serviceAccount", f"{_LABELS}/email_id")
    if address is not None:
        arn = f"projects/{account or '-'}/serviceAccounts/{address}"
        yield CloudResource(arn=arn, type="service_account", account_id=account)


def _region(entry: AuditEntry, name: str | None) -> str | None:
    """The region, of a zone its region; None for what is global."""
    place = _PLACE.search(name or "")
    text = place.group(2) if place else entry.text("gcp.location", f"{_LABELS}/location", f"{_LABELS}/region")
    if text is None or text == "global":
        return None
    text = text.lower().strip('"-')  # gcpaudit cuts a zone's last two characters off its JSON
    return text.rsplit("-", 1)[0] if _ZONE.fullmatch(text) else text


def _first(pattern: re.Pattern[str], text: str | None) -> str | None:
    found = pattern.search(text or "")
    return found.group(1) if found else None
