"""The call behind an alert of Falco's gcpaudit plugin (source ``gcp_auditlog``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ingest_falco.clouds.call import Call
from ingest_falco.clouds.caller_agent import gcp_via
from ingest_falco.clouds.google.entry import GcpEntry
from ingest_falco.clouds.part import sentence
from tfdrift.events import CloudCall, CloudResource, Json, UserIdentity, Via

# A long-running operation has two entries: the first has the request and who asked for it, the last the outcome, and
# in some services (Kubernetes Engine) not who asked.
FIRST: Final = "OperationStarted"
LAST: Final = "OperationFinished"

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


def call_of(entry: GcpEntry) -> Call:
    """The Google Cloud call of one entry."""
    account = entry.project or _first(_PROJECT, entry.resource_name)
    detail = None
    if entry.endpoint is not None:
        detail = CloudCall(
            incomplete=bool(entry.gaps),
            detail=sentence(entry.gaps),
            event_source=entry.endpoint,
            event_type=_phase(entry),
            request=entry.request,
            response=_outcome(entry),
            operation=_operation(entry),
        )
    return Call(
        event_id=entry.insert_id,
        event_name=entry.method,
        occurred=entry.time,
        service=entry.endpoint.removesuffix(".googleapis.com") if entry.endpoint else None,
        account_id=account,
        region=_region(entry),
        source_ip=entry.caller_ip,
        user_agent=entry.user_agent,
        error_code=error_of(entry),
        read_only=bool(_READING.match(entry.method.rsplit(".", 1)[-1])),
        resources=tuple(_resources(entry, account)),
        identity=identify(entry),
        detail=detail,
        gaps=entry.gaps,
    )


def identify(entry: GcpEntry) -> UserIdentity | None:
    """Who made the call.

    A person who acts through a service account (impersonation) is the first of its delegation's history; a person of
    an identity pool has no address, but a subject.
    """
    principal, subject = entry.principal, entry.subject
    if principal is None and subject is None:
        return None
    is_robot = principal is not None and bool(_SERVICE_AGENT.fullmatch(principal))
    account = _SERVICE_ACCOUNT.fullmatch(principal) if principal is not None else None
    return UserIdentity(
        type="ServiceAgent" if is_robot else "ServiceAccount" if account else "User" if principal else "Principal",
        user_name=_person(entry.delegate) or principal or _person(subject),
        arn=subject,
        principal_id=principal or subject,
        account_id=account.group(1) if account and not is_robot else None,
        session_name=None if entry.delegate is None else principal,
        via=Via.SERVICE if is_robot else gcp_via(entry.user_agent),
    )


def error_of(entry: GcpEntry) -> str | None:
    """Why a call failed, in gRPC's words; None where it did not."""
    code = entry.status_code
    if code is not None and code != "0":
        return _CODES.get(code, code)
    checked = entry.permissions
    if code is None and isinstance(checked, list) and checked:
        # A denied permission is written without `granted`; some calls ask for one of several.
        denied = [one for one in checked if isinstance(one, dict) and one.get("granted") is not True]
        return "PERMISSION_DENIED" if len(denied) == len(checked) else None
    return None


def _person(subject: str | None) -> str | None:
    """The name in ``user:ann@example.com`` or ``principal://iam.googleapis.com/.../subject/ann@example.com``."""
    if subject is None:
        return None
    return subject.rsplit("/subject/", 1)[-1] if "://" in subject else subject.rpartition(":")[2]


def _phase(entry: GcpEntry) -> str | None:
    return None if entry.is_first == entry.is_last else FIRST if entry.is_first else LAST


def _operation(entry: GcpEntry) -> str | None:
    """The id that both entries of a long-running operation share; None for an operation with a single entry."""
    identifier = entry.operation_id if _phase(entry) is not None else None
    return f"{entry.operation_producer or '-'}/{identifier}" if identifier is not None else None


def _outcome(entry: GcpEntry) -> Json:
    """The response, with the changes of an IAM policy under ``bindingDeltas`` and what the service itself reports as
    changed (the keys of an instance's metadata) under ``metadata``.
    """
    added: dict[str, Json] = {}
    if isinstance(entry.policy_deltas, list):
        added["bindingDeltas"] = entry.policy_deltas
    if isinstance(entry.metadata, dict):
        added["metadata"] = entry.metadata
    return {**(entry.response if isinstance(entry.response, dict) else {}), **added} if added else entry.response


def _resources(entry: GcpEntry, account: str | None) -> Iterator[CloudResource]:
    """The resource of the call; a service account, which may be named by its number, also by its address."""
    if entry.resource_name is not None:
        yield CloudResource(arn=entry.resource_name, type=entry.resource_type, account_id=account)
    if entry.service_account is not None:
        arn = f"projects/{account or '-'}/serviceAccounts/{entry.service_account}"
        yield CloudResource(arn=arn, type="service_account", account_id=account)


def _region(entry: GcpEntry) -> str | None:
    """The region, of a zone its region; None for what is global."""
    place = _PLACE.search(entry.resource_name or "")
    text = place.group(2) if place else entry.location
    if text is None or text == "global":
        return None
    text = text.lower().strip('"-')  # gcpaudit removes a zone's last two characters from its JSON
    return text.rsplit("-", 1)[0] if _ZONE.fullmatch(text) else text


def _first(pattern: re.Pattern[str], text: str | None) -> str | None:
    found = pattern.search(text or "")
    return found.group(1) if found else None
