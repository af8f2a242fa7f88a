"""The request to a cluster of Kubernetes Engine's behind an entry of Google's own log.

Google writes the audit events of its clusters into the log of their project, as calls of a service ``k8s.io``, so
Falco's gcpaudit plugin meets them too. They are requests to a Kubernetes API server all the same: here an entry becomes
the audit event that it was, as far as it tells, which `ingest_falco.clouds.kubernetes` reads.

Sources: https://cloud.google.com/kubernetes-engine/docs/how-to/audit-logging, ``plugins/k8saudit-gke`` of
falcosecurity/plugins, which makes audit events of the same entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingest_falco.clouds import gcp
from ingest_falco.clouds.audit_entry import AuditEntry
from ingest_falco.clouds.kubernetes import CORE_GROUP, DONE
from tfdrift.events import Json

SERVICE: Final = "k8s.io"

_PAYLOAD: Final = "/protoPayload"
_NAMESPACES: Final = "namespaces"
# What follows the name of a namespace and is no kind of object in it.
_OF_NAMESPACE: Final = ("status", "finalize")
# What the entry does not tell: the answer's code. A refused request is told by its status.
_CREATED, _DONE, _REFUSED = 201, 200, 400


def audit_event(fields: Mapping[str, Json]) -> dict[str, Json] | None:
    """The audit event in the output fields of an alert; None where they tell of no request to a cluster.

    Its members are those of ``audit.k8s.io/v1``; the cluster stands in the annotation ``cluster_name``.
    """
    entry = AuditEntry(fields)
    method = entry.text("gcp.methodName", f"{_PAYLOAD}/methodName")
    name = entry.text("gcp.resourceName", f"{_PAYLOAD}/resourceName")
    if method is None or name is None or entry.text("gcp.serviceName", f"{_PAYLOAD}/serviceName") != SERVICE:
        return None
    verb = method.rpartition(".")[2]
    reference = _reference(name)
    if reference is None:
        return None
    error = gcp.error_of(entry)
    status: Json = {"code": _CREATED if verb == "create" else _DONE}
    return {
        "auditID": entry.text(None, "/insertId"),
        "stage": DONE,
        "verb": verb,
        "requestURI": f"/{name}",
        "user": {"username": entry.text("gcp.user", f"{_PAYLOAD}/authenticationInfo/principalEmail")},
        "sourceIPs": [entry.text("gcp.callerIP", f"{_PAYLOAD}/requestMetadata/callerIp")],
        "userAgent": entry.text("gcp.userAgent", f"{_PAYLOAD}/requestMetadata/callerSuppliedUserAgent"),
        "objectRef": reference,
        "responseStatus": status if error is None else {"code": _REFUSED, "reason": error},
        "requestObject": entry.json("request", "gcp.request", f"{_PAYLOAD}/request"),
        "responseObject": entry.json("response", None, f"{_PAYLOAD}/response"),
        "requestReceivedTimestamp": entry.text(None, "/timestamp", "/receiveTimestamp"),
        "annotations": {"cluster_name": entry.text(None, "/resource/labels/cluster_name")},
    }


def _reference(name: str) -> dict[str, Json] | None:
    """The object that a name such as ``apps/v1/namespaces/shop/deployments/web/scale`` refers to."""
    group, version, *rest = [*name.split("/"), "", ""]
    parts = [part for part in rest if part]
    if not parts:
        return None
    namespace = None
    if parts[0] == _NAMESPACES and len(parts) > 2 and parts[2] not in _OF_NAMESPACE:
        namespace, parts = parts[1], parts[2:]
    resource, name_of, subresource = (*parts, None, None)[:3]
    return {
        "apiGroup": group if group != CORE_GROUP else None,
        "apiVersion": version,
        "resource": resource,
        "namespace": namespace,
        "name": name_of,
        "subresource": subresource,
    }
