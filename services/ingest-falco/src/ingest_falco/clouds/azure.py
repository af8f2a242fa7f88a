"""The operation behind an alert about Azure's Activity Log.

No plugin in Falco's registry reads the Activity Log (falcosecurity/plugins, ``registry.yaml``). Two shapes of alerts
are taken, from any source whose name starts with ``azure``: the log's own entry, as the json plugin's fields
(`ingest_falco.clouds.audit_entry`), in the schema that Azure Monitor streams to an Event Hub or in that of its REST
API, which is how rules of Sysdig's agent read its source ``azure_platformlogs``, and how a forwarder can send it; and
flat ``azure.*`` fields (``azure.operationName``, ``azure.resourceId``, ``azure.caller``, ``azure.status``,
``azure.properties``, ...), as a plugin of one's own might have: nothing published is known to send those.

Source: https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ingest_falco.clouds.audit_entry import AuditEntry
from ingest_falco.clouds.caller_agent import AZURE_APPLICATIONS, azure_via
from ingest_falco.clouds.cloudtrail import Call
from tfdrift.events import CloudCall, CloudResource, Json, UserIdentity, Via

# An operation has several entries: its start, for longer ones that it was accepted, and how it ended.
STARTED: Final = "Started"
ACCEPTED: Final = "Accepted"
SUCCEEDED: Final = "Succeeded"
FAILED: Final = "Failed"
_PHASES: Final = {
    "start": STARTED,
    "started": STARTED,
    "accept": ACCEPTED,
    "accepted": ACCEPTED,
    "success": SUCCEEDED,
    "succeeded": SUCCEEDED,
    "failure": FAILED,
    "failed": FAILED,
    "cancelled": FAILED,
    "canceled": FAILED,
}
_CREATED: Final = "Created"

_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([0-9a-f-]{36})", re.IGNORECASE)
_NAMESPACE: Final = re.compile(r"[a-z0-9]+(\.[a-z0-9]+)+", re.IGNORECASE)

# Claims of an access token, as Microsoft Entra ID names them.
_CLAIMS: Final = ("/identity/claims", "/claims")
_NAME: Final = "http:~1~1schemas.xmlsoap.org~1ws~12005~105~1identity~1claims~1name"
_UPN: Final = "http:~1~1schemas.xmlsoap.org~1ws~12005~105~1identity~1claims~1upn"
_OBJECT: Final = "http:~1~1schemas.microsoft.com~1identity~1claims~1objectidentifier"
_TENANT: Final = "http:~1~1schemas.microsoft.com~1identity~1claims~1tenantid"


def read_call(fields: Mapping[str, Json]) -> Call | None:
    """The Azure operation that the output fields of one alert tell of; None where they name none."""
    entry = AuditEntry(fields)
    operation = entry.text("azure.operationName", "/operationName", "/operationName/value", "/authorization/action")
    name = entry.text("azure.resourceId", "/resourceId", "/resourceUri", "/authorization/scope")
    if operation is None or "/" not in operation:
        return None
    namespace = operation.split("/", 1)[0].lower()
    phase = _phase(entry)
    subscription = _SUBSCRIPTION.search(name or "")
    account = subscription.group(1).lower() if subscription else entry.text("azure.subscriptionId", "/subscriptionId")
    resources: tuple[CloudResource, ...] = ()
    if name is not None:
        resources = (CloudResource(arn=name, type=operation.rsplit("/", 1)[0].lower(), account_id=account),)
    return Call(
        event_id=_event_id(entry, phase),
        event_name=operation,
        occurred=entry.moment("/time", "/eventTimestamp"),
        service=namespace if _NAMESPACE.fullmatch(namespace) else None,
        account_id=account,
        region=None,
        source_ip=entry.text("azure.callerIpAddress", "/callerIpAddress", "/httpRequest/clientIpAddress"),
        user_agent=entry.text("azure.userAgent", "/userAgent", "/httpRequest/userAgent"),
        error_code=_error(entry, phase),
        read_only=operation.lower().endswith("/read"),
        resources=resources,
        detail=CloudCall(
            event_source=namespace,
            event_type=_type(entry, phase),
            request=_body(entry),
            operation=_operation(entry, operation, name),
        ),
        undecodable=tuple(entry.undecodable),
    )


def identify(fields: Mapping[str, Json]) -> UserIdentity | None:
    """Who did it: a person by the user principal name, an application by its id.

    The log tells no user agent. Microsoft's own clients are known by the application that the token was given to;
    Terraform run with the Azure CLI's login looks like the CLI, and with a service principal like any application.
    """
    entry = AuditEntry(fields)
    person = _person(_claim(entry, _UPN) or _claim(entry, _NAME))
    caller = entry.text("azure.caller", "/caller")
    application = _claim(entry, "appid")
    identifier = _claim(entry, _OBJECT)
    if not (person or caller or application or identifier):
        return None
    name = person or caller
    is_person = name is not None and "@" in name
    via = azure_via(entry.text("azure.userAgent", "/userAgent", "/httpRequest/userAgent"))
    if via is Via.UNKNOWN and application is not None:
        via = AZURE_APPLICATIONS.get(application, Via.UNKNOWN if is_person else Via.SDK)
    return UserIdentity(
        type="User" if is_person else "ServicePrincipal",
        user_name=name or application or identifier,
        principal_id=identifier or (None if is_person else caller),
        account_id=_claim(entry, _TENANT),
        session_name=None if is_person else application,
        via=via,
    )


def _person(name: str | None) -> str | None:
    """A name without what Microsoft Entra ID writes before that of a personal account: ``live.com#ann@example.com``."""
    return name.strip().removeprefix("live.com#") if name is not None else None


def _claim(entry: AuditEntry, name: str) -> str | None:
    return entry.text(None, *(f"{claims}/{name}" for claims in _CLAIMS))


def _phase(entry: AuditEntry) -> str | None:
    text = entry.text("azure.status", "/resultType", "/status/value", "/status")
    return _PHASES.get((text or "").lower())


def _event_id(entry: AuditEntry, phase: str | None) -> str | None:
    """The entry's own id; streamed entries have none, but that of the operation, which its entries share."""
    found = entry.text("azure.eventDataId", "/eventDataId")
    operation = entry.text("azure.correlationId", "/correlationId")
    if found is not None or operation is None:
        return found
    told = (entry.text("azure.operationName", "/operationName"), entry.text("azure.resourceId", "/resourceId"))
    return "/".join([operation, phase or "-", *(part.lower() for part in told if part)])


def _operation(entry: AuditEntry, name: str, resource: str | None) -> str | None:
    """What the entries of one operation share: a correlation alone may be that of a whole deployment."""
    correlation = entry.text("azure.correlationId", "/correlationId")
    return "/".join([correlation, name.lower(), (resource or "").lower()]) if correlation is not None else None


def _type(entry: AuditEntry, phase: str | None) -> str | None:
    """The phase; with ``Created`` where the entry says that the resource is new."""
    signature = entry.text("azure.subStatus", "/resultSignature", "/subStatus/value") or ""
    status = entry.text(None, "/properties/statusCode") or ""
    is_new = "created" in signature.lower() or status.lower() in ("created", "201")
    return f"{phase}{_CREATED}" if is_new and phase in (ACCEPTED, SUCCEEDED) else phase


def _error(entry: AuditEntry, phase: str | None) -> str | None:
    if phase != FAILED:
        return None
    signature = entry.text("azure.subStatus", "/resultSignature", "/subStatus/value")
    return signature or FAILED


def _body(entry: AuditEntry) -> Json:
    """The resource as it is after the operation, else as the request would have it; both are JSON in text."""
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
