"""Finds one resource as the state records it, and hides its secrets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

import orjson
import structlog

from sse_gateway.access.scope import Scope
from sse_gateway.errors import BadParameter, Refused
from sse_gateway.metrics import UNREADABLE
from sse_gateway.problem import Problem
from tfdrift.bus import Bus, Entry
from tfdrift.events import SENSITIVE_DISPLAY, Json
from tfdrift.records import OVERSIZED_MEMBER, STATE_BUCKET, ResourceRecord, hidden_hash, resource_key

# The same text as in a state change.
OVERSIZED_DISPLAY: Final = "(oversized)"


async def find(bus: Bus, workspaces: Iterable[str], address: str, scope: Scope) -> ResourceRecord:
    """Returns the resource at an address, from the one workspace that has it.

    Raises:
        Refused: no workspace has it, or no longer, or it may not be seen (404).
        BadParameter: several have it, so the workspace must be named.
        tfdrift.bus.BusError: NATS cannot be asked now.
    """
    bucket, found = bus.bucket(STATE_BUCKET), list[ResourceRecord]()
    for entry in await asyncio.gather(*(bucket.get(resource_key(name, address)) for name in workspaces)):
        if entry is not None and entry.value:
            record = _record(entry)
            if (
                record is not None
                and record.removed is None
                and scope.allows_resource(record.provider, record.type, record.workspace)
            ):
                found.append(record)
    if not found:
        raise Refused(Problem(HTTPStatus.NOT_FOUND, f"No state has a resource at {address!r}."))
    if len(found) > 1:
        names = [record.workspace for record in found]
        raise BadParameter("workspace", f"{address!r} is in {len(names)} workspaces; name one", names)
    return found[0]


def _record(entry: Entry[bytes]) -> ResourceRecord | None:
    """Returns the record of an entry; None for a value that is not a record, which concerns that value alone."""
    try:
        return ResourceRecord.model_validate_json(entry.value or b"")
    except ValueError as error:
        UNREADABLE.labels(STATE_BUCKET).inc()
        structlog.get_logger().warning("unreadable_record", bucket=STATE_BUCKET, key=entry.key, reason=str(error)[:300])
        return None


def shown(record: ResourceRecord) -> bytes:
    """Returns the record in JSON. Each hidden value has its display text in place of its hash."""
    return orjson.dumps(_redacted(orjson.loads(record.encode())))


def _redacted(value: Json) -> Json:
    if hidden_hash(value) is not None:
        return OVERSIZED_DISPLAY if OVERSIZED_MEMBER in value else SENSITIVE_DISPLAY
    if isinstance(value, dict):
        return {name: _redacted(member) for name, member in value.items()}
    return [_redacted(item) for item in value] if isinstance(value, list) else value
