"""Steps of a script in the other clouds: alerts as Falco's plugins for their audit logs make them."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.drift_detector.playbook import Called
from tests.drift_detector.playbook import resource as any_resource
from tests.drift_detector.schema import schema_of, unknown_in_state

GOOGLE: Final = 'provider["registry.terraform.io/hashicorp/google"]'
AZURE: Final = 'provider["registry.terraform.io/hashicorp/azurerm"]'
KUBERNETES: Final = 'provider["registry.terraform.io/hashicorp/kubernetes"]'

_START: Final = datetime(2025, 1, 15, 10, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def google(address: str, **attributes: Any) -> dict[str, Any]:
    """A resource of the Google provider, in the project ``shop`` where its type tells one."""
    has_project = "project" in schema_of("gcp").types.get(address.partition(".")[0], ("project",))
    given = {"project": "shop", **attributes} if has_project else attributes
    return _checked("gcp", address, GOOGLE, given)


def azure(address: str, **attributes: Any) -> dict[str, Any]:
    """A resource of the Azure provider."""
    return _checked("azure", address, AZURE, attributes)


def kubernetes(address: str, **attributes: Any) -> dict[str, Any]:
    """A resource of the Kubernetes provider."""
    return _checked("kubernetes", address, KUBERNETES, attributes)


def _checked(cloud: str, address: str, provider: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """A resource of nothing but what the provider's schema has: a test of another one proves nothing."""
    unknown = unknown_in_state(cloud, address.partition(".")[0], attributes)
    assert unknown == [], unknown
    return any_resource(address, provider=provider, **attributes)


def at(minutes: int) -> str:
    """A time of the script, as audit logs write it."""
    return (_START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def alerted(minutes: int, source: str, fields: dict[str, Any]) -> Called:
    """An alert of a source, `minutes` after the start."""
    alert = {
        "rule": "Cloud infrastructure changed",
        "priority": "Notice",
        "source": source,
        "output": "",
        "time": at(minutes),
        "output_fields": fields,
    }
    return Called(minutes, alert)


def number() -> int:
    """A number that no other step has."""
    return next(_numbers)


def google_call(
    minutes: int,
    method: str,
    name: str,
    request: dict[str, Any] | None = None,
    *,
    service: str = "compute",
    by: str | None = "jane@example.com",
    agent: str | None = "google-cloud-sdk gcloud/470.0.0",
    deltas: list[dict[str, str]] | None = None,
    operation: str | None = None,
    by_id: str = "operation-1",
    **entry: Any,
) -> Called:
    """A call such as ``v1.compute.instances.setLabels`` on ``projects/shop/zones/z/instances/web``.

    Args:
        operation: ``first`` or ``last`` for one of the two entries of a long-running operation.
        by_id: the operation's id.
        entry: further members of ``protoPayload``.
    """
    entry_operation = {operation: True, "id": by_id, "producer": f"{service}.googleapis.com"} if operation else {}
    fields = {
        "gcp.user": by,
        "gcp.userAgent": agent,
        "gcp.serviceName": f"{service}.googleapis.com",
        "gcp.methodName": method,
        "gcp.resourceName": name,
        "gcp.projectId": "shop",
        "gcp.request": json.dumps(request),
        "gcp.policyDelta": json.dumps(deltas),
        "json.value[/insertId]": f"insert-{number()}",
        "json.value[/timestamp]": at(minutes),
        "json.obj": json.dumps({"protoPayload": entry, "operation": entry_operation}),
    }
    return alerted(minutes, "gcp_auditlog", fields)


def kubernetes_call(
    minutes: int,
    verb: str,
    path: str,
    body: Any = None,
    *,
    by: str = "jane",
    agent: str = "kubectl/v1.31.0 (linux/amd64) kubernetes/9edcffc",
    **event: Any,
) -> Called:
    """A request such as ``patch`` on ``/apis/apps/v1/namespaces/shop/deployments/web``.

    Args:
        event: further members of the audit event.
    """
    bare = path.partition("?")[0]
    parts = bare.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    namespace = parts[1] if len(parts) > 2 and parts[0] == "namespaces" else None
    resource, name, subresource = (*(parts[2:] if namespace else parts), None, None)[:3]
    audit = {
        "kind": "Event",
        "auditID": f"audit-{number()}",
        "stage": "ResponseComplete",
        "requestURI": path,
        "verb": verb,
        "user": {"username": by, "groups": ["system:authenticated"]},
        "userAgent": agent,
        "sourceIPs": ["198.51.100.7"],
        "objectRef": {
            "resource": resource,
            "namespace": namespace,
            "name": name,
            "subresource": subresource,
            "apiVersion": "v1",
        },
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": at(minutes),
        "requestObject": body,
        **event,
    }
    return alerted(minutes, "k8s_audit", {"json.obj": json.dumps(audit)})


def azure_call(
    minutes: int,
    operation: str,
    resource: str,
    body: dict[str, Any] | None = None,
    *,
    by: str = "jane@example.com",
    result: str = "Success",
    signature: str = "Succeeded.OK",
    **entry: Any,
) -> Called:
    """An entry of the Activity Log as Azure Monitor streams it, in its capitals.

    Args:
        body: what the entry's ``responseBody`` says of the resource.
        entry: further members of the entry.
    """
    properties = {"responseBody": json.dumps(body)} if body is not None else {}
    log = {
        "time": at(minutes),
        "resourceId": resource.upper(),
        "operationName": operation.upper(),
        "category": "Administrative",
        "resultType": result,
        "resultSignature": signature,
        "callerIpAddress": "198.51.100.7",
        "correlationId": f"correlation-{number()}",
        "identity": {"claims": {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": by}},
        "location": "global",
        "properties": {"eventCategory": "Administrative", **properties},
        **entry,
    }
    return alerted(minutes, "azure_platformlogs", {"json.obj": json.dumps(log)})
