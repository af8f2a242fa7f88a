"""One entry of Azure's Activity Log, parsed once from an alert's output fields.

No plugin in Falco's registry reads the Activity Log (falcosecurity/plugins, ``registry.yaml``). Two shapes of alerts
are taken, from any source whose name starts with ``azure``. One is the log's own entry, as the json plugin's fields
(`ingest_falco.clouds.audit_entry`), in the schema that Azure Monitor streams to an Event Hub or in that of its REST
API: rules of Sysdig's agent read its source ``azure_platformlogs`` so, and a forwarder can send it so. The other is
flat ``azure.*`` fields (``azure.operationName``, ``azure.resourceId``, ``azure.caller``, ``azure.status``,
``azure.properties``, ...), as a plugin of one's own might have: nothing published is known to send those.

Source: https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingest_falco.clouds.audit_entry import AuditEntry
from ingest_falco.clouds.part import Gap
from tfdrift.events import Json

# Claims of an access token, as Microsoft Entra ID names them.
_CLAIMS: Final = ("/identity/claims", "/claims")
_NAME: Final = "http:~1~1schemas.xmlsoap.org~1ws~12005~105~1identity~1claims~1name"
_UPN: Final = "http:~1~1schemas.xmlsoap.org~1ws~12005~105~1identity~1claims~1upn"
_OBJECT: Final = "http:~1~1schemas.microsoft.com~1identity~1claims~1objectidentifier"
_TENANT: Final = "http:~1~1schemas.microsoft.com~1identity~1claims~1tenantid"


@dataclass(frozen=True, slots=True)
class AzureEntry:
    """An entry as far as the alert has it; what is missing is None.

    Attributes:
        operation: such as ``Microsoft.Compute/virtualMachines/write``.
        status: the phase of the operation, in one of the log's spellings.
        sub_status: the HTTP status in words, such as ``Created``.
        correlation_id: what the entries of one operation share; it may be that of a whole deployment.
        user_principal: the person's name, by the claims of the token.
        caller: a person's name or an application's id.
        application_id: the application that the token was given to.
        body: the resource after the operation, else as the request would have it.
        gaps: what is missing of the entry and its parts.
    """

    operation: str
    resource_id: str | None
    subscription_id: str | None
    event_data_id: str | None
    correlation_id: str | None
    time: datetime | None
    status: str | None
    sub_status: str | None
    status_code: str | None
    caller_ip: str | None
    user_agent: str | None
    caller: str | None
    user_principal: str | None
    application_id: str | None
    object_id: str | None
    tenant_id: str | None
    body: Json
    gaps: tuple[Gap, ...]


def parse_entry(fields: Mapping[str, Json]) -> AzureEntry | None:
    """The entry in the output fields of one alert; None where they name no operation."""
    entry = AuditEntry(fields)
    operation = entry.text("azure.operationName", "/operationName", "/operationName/value", "/authorization/action")
    if operation is None or "/" not in operation:
        return None
    return AzureEntry(
        operation=operation,
        resource_id=entry.text("azure.resourceId", "/resourceId", "/resourceUri", "/authorization/scope"),
        subscription_id=entry.text("azure.subscriptionId", "/subscriptionId"),
        event_data_id=entry.text("azure.eventDataId", "/eventDataId"),
        correlation_id=entry.text("azure.correlationId", "/correlationId"),
        time=entry.moment("/time", "/eventTimestamp"),
        status=entry.text("azure.status", "/resultType", "/status/value", "/status"),
        sub_status=entry.text("azure.subStatus", "/resultSignature", "/subStatus/value"),
        status_code=entry.text(None, "/properties/statusCode"),
        caller_ip=entry.text("azure.callerIpAddress", "/callerIpAddress", "/httpRequest/clientIpAddress"),
        user_agent=entry.text("azure.userAgent", "/userAgent", "/httpRequest/userAgent"),
        caller=entry.text("azure.caller", "/caller"),
        user_principal=_claim(entry, _UPN) or _claim(entry, _NAME),
        application_id=_claim(entry, "appid"),
        object_id=_claim(entry, _OBJECT),
        tenant_id=_claim(entry, _TENANT),
        body=_body(entry),
        gaps=tuple(entry.gaps),
    )


def _claim(entry: AuditEntry, name: str) -> str | None:
    return entry.text(None, *(f"{claims}/{name}" for claims in _CLAIMS))


def _body(entry: AuditEntry) -> Json:
    """The resource as it is after the operation, else as the request would have it; both are JSON as text."""
    response = entry.json("response", None, "/properties/responseBody")
    if response is not None:
        return response
    request = entry.json("request", None, "/properties/requestbody", "/properties/requestBody")
    if request is not None:
        return request
    properties = entry.json("properties", "azure.properties")
    if not isinstance(properties, dict):
        return None
    inner = AuditEntry({"json.obj": {"properties": properties}})
    return inner.json("properties", None, "/properties/responseBody", "/properties/requestbody")
