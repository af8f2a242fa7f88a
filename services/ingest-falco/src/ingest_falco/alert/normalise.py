"""An alert in, the event that clients see and the call that the detector reads out."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from ingest_falco.alert.parse import CLOUDTRAIL_SOURCE, Alert
from ingest_falco.clouds import azure, gcp, gke, kubernetes
from ingest_falco.clouds.cloudtrail import Call, read_call, text_field
from ingest_falco.clouds.identity import identify
from tfdrift.envelope import canonical_json
from tfdrift.events import CloudCall, FalcoEvent, Json, UserIdentity
from tfdrift.subjects import Provider

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

# How the audit logs of the other clouds are read: the call, and who made it.
_Reader = tuple[Callable[[Mapping[str, Json]], Call | None], Callable[[Mapping[str, Json]], UserIdentity | None]]
_READERS: Final[Mapping[Provider, _Reader]] = {
    Provider.GCP: (gcp.read_call, gcp.identify),
    Provider.AZURE: (azure.read_call, azure.identify),
    Provider.KUBERNETES: (kubernetes.read_call, kubernetes.identify),
}

# How Falco names the host itself where a container's id would stand.
_NO_CONTAINERS: Final = frozenset({"host", "<NA>"})

# A message id is a header of every message; ids that clouds and senders make are half as long.
_MAX_ID_LENGTH: Final = 80

_UUID_NAMESPACE: Final = uuid.UUID("b0a1b4a1-6f2c-5d67-9f0e-3c1d5a7e8f90")


@dataclass(frozen=True, slots=True)
class Normalised:
    """One alert, ready for the ledger.

    Attributes:
        message_id: the same whenever the same alert comes again.
        occurred: when the cloud call was made; None for an alert that is none.
        call: what the detector reads, which clients never see.
        undecodable: the parts of the call that were sent but could not be read.
    """

    event: FalcoEvent
    message_id: str
    occurred: datetime | None = None
    call: CloudCall | None = None
    undecodable: tuple[str, ...] = ()


def normalise(alert: Alert) -> Normalised:
    """The ledger's view of an alert of any source."""
    if alert.source == CLOUDTRAIL_SOURCE:
        return _cloud_call(alert, read_call(alert.fields), Provider.AWS, identify(alert.fields))
    provider, fields = provider_of(alert.source), alert.fields
    if provider is Provider.GCP and (event := gke.audit_event(fields)) is not None:
        provider, fields = Provider.KUBERNETES, {"json.obj": event}
    if provider in _READERS:
        read, who = _READERS[provider]
        call = read(fields)
        if call is not None:
            return _cloud_call(alert, _with_id(alert, call), provider, who(fields))
    message_id = _sent_id(alert)
    return Normalised(_event(alert, message_id, provider, alert.time, output_fields=dict(alert.fields)), message_id)


def _event(alert: Alert, message_id: str, provider: Provider, timestamp: datetime, **more: Any) -> FalcoEvent:
    """The event with what every alert tells, and the fields that are given beside."""
    return FalcoEvent(
        severity=alert.severity,
        rule=alert.rule,
        output=alert.output,
        container_id=_container_id(alert.fields),
        priority=alert.priority,
        source=alert.source,
        hostname=alert.hostname,
        tags=alert.tags,
        timestamp=timestamp,
        uuid=alert.uuid or _derived_uuid(message_id),
        provider=provider,
        **more,
    )


def provider_of(source: str) -> Provider:
    """Where the events of a Falco source happen."""
    source = source.lower()
    return next((provider for prefix, provider in _PROVIDERS if source.startswith(prefix)), Provider.OTHER)


def _with_id(alert: Alert, call: Call) -> Call:
    """A rule need not name the entry's id; then what it names, and when, tells one entry from another."""
    if call.event_id is not None:
        return call
    told = canonical_json([alert.time.isoformat(), dict(alert.fields)])
    return replace(call, event_id=f"derived-{hashlib.sha256(told).hexdigest()[:32]}")


def _cloud_call(alert: Alert, call: Call, provider: Provider, identity: UserIdentity | None) -> Normalised:
    # One cloud event may match two rules: two alerts, both of which clients see, so the rule is part of the id.
    # falcosidekick makes a new uuid at each receipt, so the cloud's own event id goes before it.
    message_id = _sent_id(alert)
    if call.event_id:
        message_id = f"falco:{provider}:{_bounded(call.event_id)}:{_digest(alert.rule)[:16]}"
    return Normalised(
        event=_event(
            alert,
            message_id,
            provider,
            call.occurred or alert.time,
            service=call.service,
            event_id=call.event_id,
            event_name=call.event_name,
            account_id=call.account_id,
            region=call.region,
            user_identity=identity,
            source_ip=call.source_ip,
            user_agent=call.user_agent,
            error_code=call.error_code,
            read_only=call.read_only,
            resources=call.resources,
        ),
        message_id=message_id,
        occurred=call.occurred or alert.time,
        call=call.detail,
        undecodable=call.undecodable,
    )


def _bounded(identifier: str) -> str:
    return identifier if len(identifier) <= _MAX_ID_LENGTH else _digest(identifier)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _sent_id(alert: Alert) -> str:
    """The sender's id, else the SHA-256 of what was sent."""
    if alert.uuid is not None:
        return f"falco:uuid:{_bounded(alert.uuid)}"
    return f"falco:sha256:{hashlib.sha256(canonical_json(alert.document)).hexdigest()}"


def _derived_uuid(message_id: str) -> str:
    return str(uuid.uuid5(_UUID_NAMESPACE, message_id))


def _container_id(fields: Mapping[str, Json]) -> str | None:
    container_id = text_field(fields, "container.id")
    return None if container_id in _NO_CONTAINERS else container_id
