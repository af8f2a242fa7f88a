"""One entry of Cloud Audit Logs, parsed once from the fields of Falco's gcpaudit and json plugins.

The gcpaudit plugin (falcosecurity/plugins, ``plugins/gcpaudit``) reads Cloud Audit Logs: a ``LogEntry`` whose
``protoPayload`` is an ``AuditLog``. Its own fields lack the entry's id, time, outcome and operation; these come from
the json plugin beside it (`ingest_falco.clouds.audit_entry`). A missing field costs only itself.

Source: https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingest_falco.clouds.audit_entry import AuditEntry
from ingest_falco.clouds.part import Gap
from tfdrift.events import Json

_PAYLOAD: Final = "/protoPayload"
_LABELS: Final = "/resource/labels"
_METADATA: Final = f"{_PAYLOAD}/requestMetadata"
_WHO: Final = f"{_PAYLOAD}/authenticationInfo"
_DELEGATION: Final = f"{_WHO}/serviceAccountDelegationInfo/0"


@dataclass(frozen=True, slots=True)
class GcpEntry:
    """An entry as far as the alert has it; what is missing is None.

    Attributes:
        method: such as ``v1.compute.instances.setTags``.
        endpoint: such as ``compute.googleapis.com``.
        service_account: the address of the service account that the call is about.
        principal: the address of whoever made the call.
        subject: the caller as an identity pool names them.
        delegate: the first principal of a delegation, who acts through `principal`.
        status_code: the gRPC code as digits.
        permissions: ``authorizationInfo``, the permissions that were checked.
        gaps: what is missing of the entry and its parts.
    """

    method: str
    endpoint: str | None
    resource_name: str | None
    resource_type: str | None
    project: str | None
    location: str | None
    cluster: str | None
    service_account: str | None
    insert_id: str | None
    time: datetime | None
    principal: str | None
    subject: str | None
    delegate: str | None
    caller_ip: str | None
    user_agent: str | None
    operation_id: str | None
    operation_producer: str | None
    is_first: bool
    is_last: bool
    status_code: str | None
    request: Json
    response: Json
    policy_deltas: Json
    metadata: Json
    permissions: Json
    gaps: tuple[Gap, ...]


def parse_entry(fields: Mapping[str, Json]) -> GcpEntry | None:
    """The entry in the output fields of one alert; None where they name no method."""
    entry = AuditEntry(fields)
    method = entry.text("gcp.methodName", f"{_PAYLOAD}/methodName")
    if method is None:
        return None
    return GcpEntry(
        method=method,
        endpoint=entry.text("gcp.serviceName", f"{_PAYLOAD}/serviceName"),
        resource_name=entry.text("gcp.resourceName", f"{_PAYLOAD}/resourceName"),
        resource_type=entry.text("gcp.resourceType", "/resource/type"),
        project=entry.text("gcp.projectId", f"{_LABELS}/project_id"),
        location=entry.text("gcp.location", f"{_LABELS}/location", f"{_LABELS}/region"),
        cluster=entry.text(None, f"{_LABELS}/cluster_name"),
        service_account=entry.text("gcp.iam.serviceAccount", f"{_LABELS}/email_id"),
        insert_id=entry.text(None, "/insertId"),
        time=entry.moment("/timestamp", "/receiveTimestamp"),
        principal=entry.text("gcp.user", f"{_WHO}/principalEmail"),
        subject=entry.text(None, f"{_WHO}/principalSubject"),
        delegate=entry.text(
            None, f"{_DELEGATION}/firstPartyPrincipal/principalEmail", f"{_DELEGATION}/principalSubject"
        ),
        caller_ip=entry.text("gcp.callerIP", f"{_METADATA}/callerIp"),
        user_agent=entry.text("gcp.userAgent", f"{_METADATA}/callerSuppliedUserAgent"),
        operation_id=entry.text(None, "/operation/id"),
        operation_producer=entry.text(None, "/operation/producer"),
        is_first=entry.flag("/operation/first"),
        is_last=entry.flag("/operation/last"),
        status_code=entry.text(None, f"{_PAYLOAD}/status/code"),
        request=entry.json("request", "gcp.request", f"{_PAYLOAD}/request"),
        policy_deltas=entry.json("policyDelta", "gcp.policyDelta", f"{_PAYLOAD}/serviceData/policyDelta/bindingDeltas"),
        response=entry.json("response", None, f"{_PAYLOAD}/response"),
        metadata=entry.json("metadata", None, f"{_PAYLOAD}/metadata"),
        permissions=entry.json("authorizationInfo", "gcp.authorizationInfo", f"{_PAYLOAD}/authorizationInfo"),
        gaps=tuple(entry.gaps),
    )
