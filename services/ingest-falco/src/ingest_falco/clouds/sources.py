"""Falco's event sources: which cloud each is about, and the call in the fields of its alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingest_falco.clouds.aws import cloudtrail
from ingest_falco.clouds.aws.fields import lacks_request
from ingest_falco.clouds.azure import entry as azure_entry
from ingest_falco.clouds.azure import operation
from ingest_falco.clouds.call import Call
from ingest_falco.clouds.google import entry as gcp_entry
from ingest_falco.clouds.google import gcp, gke
from ingest_falco.clouds.kubernetes import event as kubernetes_event
from ingest_falco.clouds.kubernetes import request
from tfdrift.events import Json
from tfdrift.subjects import Provider

CLOUDTRAIL: Final = "aws_cloudtrail"
SYSCALL: Final = "syscall"

# Prefixes of Falco's event sources: "syscall" (falcosidekick writes "syscalls"), "k8s_audit" and its "_eks" and
# "_gke", "gcp_auditlog", "azure_platformlogs" and what else plugins register (falcosecurity/plugins, registry.yaml).
_PROVIDERS: Final = (
    ("syscall", Provider.HOST),
    ("aws", Provider.AWS),
    ("k8s", Provider.KUBERNETES),
    ("gcp", Provider.GCP),
    ("azure", Provider.AZURE),
    ("aks", Provider.KUBERNETES),
)


def guess_source(fields: Mapping[str, Json]) -> str:
    """The source of an alert of Falco before 0.32, which names none: the cloudtrail plugin's fields identify it."""
    return CLOUDTRAIL if "ct.name" in fields or "ct.id" in fields else SYSCALL


def provider_of(source: str) -> Provider:
    """The cloud in which the events of a source happen."""
    source = source.lower()
    return next((provider for prefix, provider in _PROVIDERS if source.startswith(prefix)), Provider.OTHER)


def read_call(source: str, fields: Mapping[str, Json]) -> tuple[Provider, Call | None]:
    """The call in an alert's output fields and its provider; None where the alert is about no call.

    The provider is Kubernetes for a request to a cluster that Google's log records.
    """
    provider = provider_of(source)
    call: Call | None = None
    if source == CLOUDTRAIL:
        call = cloudtrail.read_call(fields)
    elif provider is Provider.GCP and (entry := gcp_entry.parse_entry(fields)) is not None:
        if (event := gke.audit_event(entry)) is not None:
            return Provider.KUBERNETES, request.call_of(event)
        call = gcp.call_of(entry)
    elif provider is Provider.KUBERNETES and (audited := kubernetes_event.parse_event(fields)) is not None:
        call = request.call_of(audited)
    elif provider is Provider.AZURE and (logged := azure_entry.parse_entry(fields)) is not None:
        call = operation.call_of(logged)
    return provider, call


# The output fields without which a call is no whole call, by the provider whose alerts need them.
_NEEDED: Final[Mapping[Provider, tuple[tuple[str, ...], ...]]] = {
    Provider.AWS: (("ct.id",), ("ct.src", "ct.shortsrc"), ("ct.request",)),
    Provider.GCP: (("json.obj", "json.value[/insertId]"), ("gcp.methodName", "json.obj")),
    Provider.KUBERNETES: (("ka.auditid", "json.obj"), ("ka.verb", "json.obj"), ("ka.target.resource", "json.obj")),
    Provider.AZURE: (("azure.operationName", "json.obj"),),
}


def missing_fields(provider: Provider, source: str, fields: Mapping[str, Json]) -> tuple[str, ...]:
    """The output fields that an alert about a cloud lacks; ``output_fields`` where it has none at all.

    Where one field of several is enough, the first is named. Read-only calls need no request.
    """
    if provider not in _NEEDED or (provider is Provider.AWS and source != CLOUDTRAIL):
        return ()
    if not fields:
        return ("output_fields",)
    if all(any(fields.get(name) not in (None, "") for name in names) for names in _NEEDED[provider]):
        return ()
    present = {name.replace("jevt.", "json.") for name, value in fields.items() if value not in (None, "")}
    missing = tuple(names[0] for names in _NEEDED[provider] if present.isdisjoint(names))
    return tuple(name for name in missing if name != "ct.request" or lacks_request(fields))
