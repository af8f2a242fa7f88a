"""An alert in; the event for clients and the call for the detector out."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ingest_falco.alert.parse import Alert
from ingest_falco.clouds import sources
from ingest_falco.clouds.call import Call
from ingest_falco.clouds.part import Gap
from ingest_falco.clouds.plugin_fields import text_field
from tfdrift.envelope import canonical_json
from tfdrift.events import CloudCall, FalcoEvent, Json
from tfdrift.subjects import Provider

# Falco's names of the host itself in place of a container's id.
_NO_CONTAINERS: Final = frozenset({"host", "<NA>"})

# A message id is a header of every message; ids that clouds and senders create are half as long.
_MAX_ID_LENGTH: Final = 80

_UUID_NAMESPACE: Final = uuid.UUID("b0a1b4a1-6f2c-5d67-9f0e-3c1d5a7e8f90")


@dataclass(frozen=True, slots=True)
class Normalised:
    """One alert, ready for the ledger.

    Attributes:
        message_id: the same whenever the same alert arrives again.
        occurred: the time of the cloud call; None for an alert about no call.
        call: request and response for the detector; clients never see them.
        gaps: what is missing of the call's parts.
        missing_fields: the output fields that an alert about a cloud should have and lacks.
    """

    event: FalcoEvent
    message_id: str
    occurred: datetime | None = None
    call: CloudCall | None = None
    gaps: tuple[Gap, ...] = ()
    missing_fields: tuple[str, ...] = ()


def normalise(alert: Alert) -> Normalised:
    """The ledger's view of an alert of any source."""
    provider, call = sources.read_call(alert.source, alert.fields)
    missing = sources.missing_fields(provider, alert.source, alert.fields)
    if call is not None:
        return _cloud_call(alert, provider, call, missing)
    message_id = _sent_id(alert)
    event = _event(alert, message_id, provider, alert.time, output_fields=dict(alert.fields))
    return Normalised(event, message_id, missing_fields=missing)


def _cloud_call(alert: Alert, provider: Provider, call: Call, missing_fields: tuple[str, ...]) -> Normalised:
    event_id = call.event_id
    if event_id is None and alert.fields:
        event_id = _derived_event_id(alert)
    # One cloud event may match two rules: two alerts, both of which clients see, so the rule is part of the id.
    # falcosidekick makes a new uuid at each receipt, so the cloud's own event id goes before it.
    if not event_id:
        message_id = _sent_id(alert)
    else:
        message_id = f"falco:{provider}:{_bounded(event_id)}:{_digest(alert.rule)[:16]}"
        if call.gaps and call.detail is not None:
            # With an id of its own, what arrives later with more is no duplicate, and the same again is one.
            message_id += f":{_digest(call.detail.model_dump_json())[:8]}"
    return Normalised(
        event=_event(
            alert,
            message_id,
            provider,
            call.occurred or alert.time,
            service=call.service,
            event_id=event_id,
            event_name=call.event_name,
            account_id=call.account_id,
            region=call.region,
            user_identity=call.identity,
            source_ip=call.source_ip,
            user_agent=call.user_agent,
            error_code=call.error_code,
            read_only=call.read_only,
            resources=call.resources,
        ),
        message_id=message_id,
        occurred=call.occurred or alert.time,
        call=call.detail,
        gaps=call.gaps,
        missing_fields=missing_fields,
    )


def _event(alert: Alert, message_id: str, provider: Provider, timestamp: datetime, **more: Any) -> FalcoEvent:
    """The event with the members that every alert has, and the given fields beside."""
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


def _derived_event_id(alert: Alert) -> str:
    """An id for an entry whose own the rule does not name: the digest of its fields and time."""
    content = canonical_json([alert.time.isoformat(), dict(alert.fields)])
    return f"derived-{hashlib.sha256(content).hexdigest()[:32]}"


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
    """The version 5 UUID of the message id (RFC 9562 §5.5); the module uuid takes three times as long."""
    digest = bytearray(hashlib.sha1(_UUID_NAMESPACE.bytes + message_id.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _container_id(fields: Mapping[str, Json]) -> str | None:
    container_id = text_field(fields, "container.id")
    return None if container_id in _NO_CONTAINERS else container_id
