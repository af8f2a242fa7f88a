"""Falco's event sources: which cloud each is about, and the call in the fields of its alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingest_falco.clouds.aws import cloudtrail
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
