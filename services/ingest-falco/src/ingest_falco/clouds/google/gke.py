"""The request to a cluster of Kubernetes Engine that an entry of Google's own log records.

Google writes the audit events of its clusters into the log of their project, as calls of a service ``k8s.io``, so
Falco's gcpaudit plugin reads them too. They are requests to a Kubernetes API server all the same: here an entry becomes
the audit event that it was, as far as the entry has it, for `ingest_falco.clouds.kubernetes`.

Sources: https://cloud.google.com/kubernetes-engine/docs/how-to/audit-logging, ``plugins/k8saudit-gke`` of
falcosecurity/plugins, which makes audit events of the same entries.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ingest_falco.clouds.google.entry import GcpEntry
from ingest_falco.clouds.google.gcp import error_of
from ingest_falco.clouds.kubernetes.event import CORE_GROUP, DONE, KubernetesEvent, failure_of
from tfdrift.events import Json

SERVICE: Final = "k8s.io"

_NAMESPACES: Final = "namespaces"
# What follows the name of a namespace and is no kind of object in it.
_OF_NAMESPACE: Final = ("status", "finalize")
# The entry lacks the answer's code; a refused request has a status.
_CREATED, _DONE, _REFUSED = "201", "200", "400"


class _Reference(NamedTuple):
    """The object that a request is about."""

    api_group: str | None
    api_version: str | None
    resource: str
    namespace: str | None
    name: str | None
    subresource: str | None


def audit_event(entry: GcpEntry) -> KubernetesEvent | None:
    """The audit event that an entry records; None where it is no request to a cluster."""
    if entry.resource_name is None or entry.endpoint != SERVICE:
        return None
    reference = _reference(entry.resource_name)
    if reference is None:
        return None
    verb = entry.method.rpartition(".")[2]
    error = error_of(entry)
    code = _REFUSED if error is not None else _CREATED if verb == "create" else _DONE
    return KubernetesEvent(
        verb=verb,
        resource=reference.resource,
        audit_id=entry.insert_id,
        stage=DONE,
        time=entry.time,
        uri=f"/{entry.resource_name}",
        api_group=reference.api_group,
        api_version=reference.api_version,
        subresource=reference.subresource,
        namespace=reference.namespace,
        name=reference.name or _name_in(entry.request) or _name_in(entry.response),
        cluster=entry.cluster,
        username=entry.principal,
        source_ip=entry.caller_ip,
        user_agent=entry.user_agent,
        response_code=code,
        response_reason=error,
        failure=_failure_in(entry.response),
        request=entry.request,
        response=entry.response,
        gaps=entry.gaps,
    )


def _reference(name: str) -> _Reference | None:
    """The object that a name such as ``apps/v1/namespaces/shop/deployments/web/scale`` refers to."""
    group, version, *rest = [*name.split("/"), "", ""]
    parts = [part for part in rest if part]
    if not parts:
        return None
    namespace = None
    if parts[0] == _NAMESPACES and len(parts) > 2 and parts[2] not in _OF_NAMESPACE:
        namespace, parts = parts[1], parts[2:]
    resource, name_of, subresource = (*parts, None, None)[:3]
    return _Reference(group if group != CORE_GROUP else None, version, str(resource), namespace, name_of, subresource)


def _name_in(body: Json) -> str | None:
    """The name in the metadata of an object; the API server makes that of one posted without a name."""
    metadata = body.get("metadata") if isinstance(body, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) and name else None


def _failure_in(body: Json) -> str | None:
    if not isinstance(body, dict):
        return None
    return failure_of(body.get("kind"), body.get("status"), body.get("reason") or body.get("code"))
